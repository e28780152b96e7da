"""What is recorded of completions and certificates: all that notices and webhooks need to tell.

Without names and addresses of people: events are for ever, and a person may ask to be forgotten.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.events import NewEvent, record, record_many
from partners.models import Certificate, Completion


def tell_completed(completion: Completion, *, actor: str, now: datetime) -> None:
    record(
        kind="training.completed",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"completion:{completion.pk}",
        account_id=completion.account_id,
        payload={
            "course": completion.course.code,
            "name": completion.course.name,
            "member": str(completion.member_id),
            "source": completion.source,
            "score": completion.score,
            "completed_at": completion.completed_at.isoformat(),
        },
    )


def told(
    certificate: Certificate,
    what: str,
    *,
    place: tuple[UUID, UUID] | None,
    actor: str,
    now: datetime,
    **more: Any,
) -> NewEvent:
    """An event of a certificate whose credential is loaded; `place` is (account, member) where its
    holder works now, None where nowhere."""
    account_id, member_id = place or (certificate.account_id, None)
    return NewEvent(
        kind=f"certificate.{what}",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"certificate:{certificate.pk}",
        account_id=account_id,
        payload={
            "reference": certificate.reference,
            "certificate": certificate.credential.name,
            "level": certificate.credential.level,
            "member": str(member_id) if member_id else "",
            "until": certificate.valid_until.isoformat() if certificate.valid_until else "",
            "is_renewal": certificate.renews_id is not None,
            "note": "",
        }
        | more,
    )


def tell(events: Iterable[NewEvent]) -> None:
    record_many(list(events))
