"""What is recorded of a plan: its history for ever, the outbox, and what a notice needs."""

from datetime import datetime
from typing import Any

from accounts import events
from partners.models import Plan


def tell(plan: Plan, what: str, *, actor: str, now: datetime, **more: Any) -> None:
    events.record(
        kind=f"plan.{what}",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"plan:{plan.pk}",
        account_id=plan.account_id,
        payload={
            "name": plan.name,
            "starts_on": plan.starts_on.isoformat(),
            "ends_on": plan.ends_on.isoformat(),
            "note": "",
        }
        | more,
    )
