"""Accounts of a rep that are near the next band of an agreement, and what reaching it adds."""

from datetime import date
from uuid import UUID

from loyalty.rebate_terms import Names
from loyalty.rebate_working import next_text
from rebates.models import Accrual
from rebates.nearness import nearest

NEAR_PERCENT = 25  # of where the next band begins: further away it is no call yet


def near_bands(*, rep_id: UUID, program_id: UUID, today: date, names: Names) -> dict[UUID, str]:
    """By account, the opportunity that is worth most in a sentence; in one query."""
    open_ones = Accrual.objects.filter(
        account__rep_id=rep_id,
        agreement__program_id=program_id,
        closed_at=None,
        since__lte=today,
        until__gt=today,
    ).select_related("agreement", "version")
    found: dict[UUID, str] = {}
    for accrual, step in nearest(list(open_ones), percent=NEAR_PERCENT):
        said = names.wording(accrual.version, period=accrual.agreement.period)
        found.setdefault(accrual.account_id, f"{accrual.agreement.name}: {next_text(step, said)}")
    return found
