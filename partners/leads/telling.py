"""What is recorded of a lead: its history for ever, the outbox, and all that a notice needs.

Nothing here says who the person is: events stay when a person is erased. Nor does anything say
which other partners were asked: partners hear some of it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.events import NewEvent
from partners.models import Lead


def told(
    lead: Lead,
    what: str,
    *,
    actor: str,
    now: datetime,
    account_id: UUID | None = None,
    **more: Any,
) -> NewEvent:
    """An event of a lead, about `account_id` where it is about one that holds it no more."""
    return NewEvent(
        kind=f"lead.{what}",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"lead:{lead.pk}",
        account_id=account_id or lead.account_id,
        payload={
            "reference": lead.reference,
            "company": lead.company,
            "country": lead.country,
            "region": lead.region,
            "state": lead.state,
            "until": lead.answer_by.isoformat() if lead.answer_by else "",
            "note": "",
        }
        | more,
    )
