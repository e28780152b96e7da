"""What is recorded of a request for support: its steps, the outbox, and what a notice needs."""

from datetime import datetime
from typing import Any

from accounts import events
from partners.models import SupportRequest


def tell(request: SupportRequest, what: str, *, actor: str, now: datetime, **more: Any) -> None:
    """Of a request whose type and account are loaded."""
    events.record(
        kind=f"support.{what}",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"support:{request.pk}",
        account_id=request.account_id,
        payload={
            "reference": request.reference,
            "type": request.type.code,
            "subject": request.subject,
            "state": request.state,
            "wanted_on": request.wanted_on.isoformat() if request.wanted_on else "",
            "note": "",
            "person": "",
        }
        | more,
    )
