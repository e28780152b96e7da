"""What is recorded of SPIFFs: their history for ever, the outbox, and all that a notice needs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.events import record
from partners.models import Spiff, SpiffClaim


def tell_claim(claim: SpiffClaim, what: str, *, actor: str, now: datetime, **more: Any) -> None:
    """An event of a claim whose SPIFF, account, member and product are loaded."""
    payload = {
        "reference": claim.reference,
        "spiff": claim.spiff.name,
        "program": str(claim.spiff.program_id),
        "account": claim.account.name,
        "member": str(claim.member_id),
        "person": claim.member.name,
        "product": claim.product.sku,
        "quantity": claim.quantity,
        "sold_on": claim.sold_on.isoformat(),
        "document": claim.document,
        "unit": claim.spiff.unit,
        "amount": claim.granted,
        "recalled": claim.recalled,
        "state": claim.state,
        "note": "",
    }
    record(
        kind=f"spiff_claim.{what}",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"spiff_claim:{claim.pk}",
        account_id=claim.account_id,
        payload=payload | more,
    )


def tell_spiff(spiff: Spiff, what: str, *, actor: str, now: datetime, **more: Any) -> None:
    record(
        kind=f"spiff.{what}",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"spiff:{spiff.pk}",
        payload={"name": spiff.name, "unit": spiff.unit} | more,
    )


def tell_consent(
    what: str, *, member_id: UUID, account_id: UUID, actor: str, now: datetime, **more: Any
) -> None:
    record(
        kind=f"spiff_consent.{what}",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"member:{member_id}",
        account_id=account_id,
        payload=more,
    )
