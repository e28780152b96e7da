"""Which statements of agreements are due when, and what they would say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Sum

from rebates.calendar import calculated_on
from rebates.closing import due_on
from rebates.models import (
    Accrual,
    Agreement,
    AgreementVersion,
    Estimate,
    LineState,
    StatementLine,
)


@dataclass(slots=True, kw_only=True)
class Due:
    """The next statements of an agreement's period: up to the last day before `upto`, calculated
    on `calculated_on` or later. `owed` is what open accruals come to, less what was stated before;
    in the currency's smallest unit."""

    agreement: Agreement
    since: date
    upto: date
    calculated_on: date
    accounts: int = 0
    owed: int = 0
    actual: int | None = None
    expected: int | None = None
    disputed: int = 0

    @property
    def difference(self) -> int | None:
        """On the forecast less on actuals."""
        return None if self.expected is None else self.expected - (self.actual or 0)

    def days_late(self, day: date) -> int:
        return max((day - self.calculated_on).days, 0)

    def is_due(self, day: date) -> bool:
        return self.calculated_on <= day


def due_periods(*, day: date) -> list[Due]:
    """Of all open periods that have begun by `day`, those due first at the beginning; in five
    queries. Amounts are as of the last accrual."""
    groups = list(_groups(day))
    agreements = Agreement.objects.in_bulk({one["agreement_id"] for one in groups})
    versions = AgreementVersion.objects.in_bulk({one["version_id"] for one in groups})
    found: dict[tuple, Due] = {}
    for one in groups:
        version = versions[one["version_id"]]
        span = {name: one[name] for name in ("since", "until", "stated_upto")}
        upto = due_on(Accrual(**span), settles=version.settles)
        if upto is None:
            continue
        due = found.setdefault(
            (one["agreement_id"], one["since"], upto, version.grace_days),
            Due(
                agreement=agreements[one["agreement_id"]],
                since=one["since"],
                upto=upto,
                calculated_on=calculated_on(upto, grace_days=version.grace_days),
            ),
        )
        due.accounts += one["accounts"]
        due.owed += one["accrued"] - one["said"]
    _add_what_is_known(list(found.values()))
    return sorted(found.values(), key=lambda one: (one.calculated_on, one.agreement.name, one.upto))


def _add_what_is_known(found: Sequence[Due]) -> None:
    """The forecasts of their periods, and the disputes of their agreements."""
    ids = {one.agreement.pk for one in found}
    same = {name: OuterRef(name) for name in ("agreement_id", "holder_id", "since")}
    later = Estimate.objects.filter(**same, month__gt=OuterRef("month"))
    last = Estimate.objects.filter(~Exists(later), agreement_id__in=ids).order_by()
    sums = {
        (agreement_id, since): (actual, expected)
        for agreement_id, since, actual, expected in last.values_list("agreement_id", "since")
        .annotate(Sum("actual"), Sum("expected"))
        .order_by()
    }
    disputed = dict(
        StatementLine.objects.filter(statement__agreement_id__in=ids, state=LineState.DISPUTED)
        .order_by()
        .values_list("statement__agreement_id")
        .annotate(Count("id"))
    )
    for one in found:
        key = (one.agreement.pk, one.since)
        one.actual, one.expected = sums.get(key, (None, None))
        one.disputed = disputed.get(one.agreement.pk, 0)


def _groups(day: date) -> Any:
    """Open accruals by all that says when their statement is due."""
    there = Accrual.objects.filter(closed_at=None, since__lte=day).order_by()
    return there.values("agreement_id", "version_id", "since", "until", "stated_upto").annotate(
        accounts=Count("account_id", distinct=True), accrued=Sum("amount"), said=Sum("stated")
    )
