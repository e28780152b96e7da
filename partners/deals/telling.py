"""What is recorded of a deal: its history for ever, the outbox, and all that a notice needs.

Nothing here says who else registered the same customer: partners read some of it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accounts.events import NewEvent, record_many
from partners.models import Deal


def told(deal: Deal, what: str, *, actor: str, now: datetime, **more: Any) -> NewEvent:
    """An event of a deal whose accounts are loaded."""
    accounts = [one for one in (deal.reseller, deal.distributor) if one]
    return NewEvent(
        kind=f"deal.{what}",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"deal:{deal.pk}",
        account_id=deal.account_id,
        payload={
            "reference": deal.reference,
            "customer": deal.customer,
            "state": deal.state,
            "accounts": {str(account.pk): account.name for account in accounts},
            "reseller": deal.reseller.number if deal.reseller else "",
            "distributor": deal.distributor.number if deal.distributor else "",
            "amount": deal.amount,
            "until": deal.exclusive_until.isoformat() if deal.exclusive_until else "",
            "note": "",
        }
        | more,
    )


def tell(deals: Sequence[Deal], what: str, *, actor: str, now: datetime, **more: Any) -> None:
    record_many([told(deal, what, actor=actor, now=now, **more) for deal in deals])
