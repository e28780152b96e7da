"""What a program allows its people to correct, and up to where alone."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.events import record
from accounts.models import Program
from rewards.models import AdjustmentLimit, CorrectionTerms


def limit_for(*, program_id: UUID, role: str) -> int:
    """Up to this amount a person of the role decides alone."""
    own = limits_of(program_id).get(role)
    return terms_of(program_id).approval_above if own is None else own


def limits_of(program_id: UUID) -> dict[str, int]:
    """Roles with a limit of their own; the program's holds for all others."""
    limits = AdjustmentLimit.objects.filter(program_id=program_id, amount__isnull=False)
    return dict(limits.values_list("role", "amount"))


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


def save_limits(
    *, program_id: UUID, limits: Mapping[str, int | None], actor: str, now: datetime
) -> bool:
    """Set the limits of roles; None leaves a role to the program's, roles not named stay.

    Returns whether that changed anything; if so, it is recorded with what was before.
    """
    with transaction.atomic():
        Program.objects.select_for_update(no_key=True).get(pk=program_id)  # one at a time
        before = limits_of(program_id)
        after = {
            role: amount for role, amount in (before | dict(limits)).items() if amount is not None
        }
        if after == before:
            return False
        for role, amount in limits.items():
            AdjustmentLimit.objects.update_or_create(
                program_id=program_id, role=role, defaults={"amount": amount}
            )
        record(
            kind="program.limits_changed",
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject=f"program:{program_id}",
            payload={"before": before, "after": after},
        )
    return True


def _as_payload(terms: CorrectionTerms) -> dict[str, object]:
    return {
        "approval_above": terms.approval_above,
        "transfers": terms.transfers,
        "grace_days": terms.grace_days,
    }
