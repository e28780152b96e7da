"""What is recorded of referrals: history, outbox, and all that a notice needs."""

from datetime import datetime
from typing import Any

from accounts.events import record
from partners.models import Referral


def tell(referral: Referral, what: str, *, actor: str, now: datetime, **more: Any) -> None:
    """An event of a referral whose account and terms are loaded."""
    payload = {
        "reference": referral.reference,
        "program": str(referral.program_id),
        "account": referral.account.name,
        "member": str(referral.member_id) if referral.member_id else None,
        "customer": referral.customer,
        "state": referral.state,
        "unit": referral.terms.unit,
        "amount": referral.terms.referrer_amount,
        "until": referral.held_until.isoformat() if referral.held_until else None,
        "flags": [flag["code"] for flag in referral.flags],
        "note": "",
    }
    record(
        kind=f"referral.{what}",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"referral:{referral.pk}",
        account_id=referral.account_id,
        payload=payload | more,
    )
