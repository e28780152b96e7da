"""What a program allows its people to correct, and up to where alone."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.events import record
from rewards.models import AdjustmentLimit, CorrectionTerms


def limit_for(*, program_id: UUID, role: str) -> int:
    """Up to this amount a person of the role decides alone."""
    limit = AdjustmentLimit.objects.filter(program_id=program_id, role=role).first()
    return limit.amount if limit else terms_of(program_id).approval_above


def terms_of(program_id: UUID) -> CorrectionTerms:
    """The program's terms, or those of a program that never set any."""
    found = CorrectionTerms.objects.filter(program_id=program_id).first()
    return found or CorrectionTerms(program_id=program_id)


def save_terms(terms: CorrectionTerms, *, actor: str, now: datetime) -> None:
    """Change what a program allows, and record what it was before."""
    with transaction.atomic():
        before = terms_of(terms.program_id)
        terms.save()
        record(
            kind="program.corrections_changed",
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject=f"program:{terms.program_id}",
            payload={"before": _as_payload(before), "after": _as_payload(terms)},
        )


def _as_payload(terms: CorrectionTerms) -> dict[str, object]:
    return {
        "approval_above": terms.approval_above,
        "transfers": terms.transfers,
        "grace_days": terms.grace_days,
    }
