"""The accrual board: what is owed for open periods, on actuals and on the forecast, summed up."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum

from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rebates.models import Accrual, Estimate

# What the board can be cut by, and where each cut finds its value and how it is called.
PARTNER, REGION, LINE, AGREEMENT = "partner", "region", "line", "agreement"
_CUTS = {
    PARTNER: ("holder_id", "holder__name", "holder__number"),
    REGION: ("holder__region", "holder__region", "holder__region"),
    AGREEMENT: ("agreement_id", "agreement__name", "agreement__code"),
}


SORTS = {"name": "", "agreements": "agreements", "accrued": "accrued", "stated": "said"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the board is narrowed to; nothing of it means everything that is open. `search` is part
    of the holder's name, or the beginning of its number."""

    agreement_id: UUID | None = None
    region: str | None = None
    search: str = ""

    @property
    def fits(self) -> Q:
        found = Q(closed_at=None)
        if self.agreement_id is not None:
            found &= Q(agreement_id=self.agreement_id)
        if self.region is not None:
            found &= Q(holder__region=self.region)
        if self.search:
            named = Q(holder__name__icontains=self.search)
            found &= named | Q(holder__number__istartswith=self.search)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`key` is an id, a region or a product line; `name` and `note` are how it is called.

    `accrued` is owed on actuals up to now, `stated` what of it is on statements. By the end of the
    month `month`, `actual` was owed on actuals and `expected` on the forecast; None where nothing
    is forecast. In the currency's smallest unit.
    """

    key: Any = None
    name: str = ""
    note: str = ""
    agreements: int = 0
    accrued: int = 0
    stated: int | None = None
    actual: int | None = None
    expected: int | None = None
    month: date | None = None

    @property
    def difference(self) -> int | None:
        return None if self.expected is None or self.actual is None else self.expected - self.actual


def cut(by: str, scope: Scope, *, sort: str = "-accrued") -> QuerySet[Accrual, dict[str, Any]]:
    """The open accruals by partner, region or agreement, in the order of one of SORTS, turned
    round by a “-”: to be paged through, and told by `rows_of`."""
    key, name, note = _CUTS[by]
    sign = "-" if sort.startswith("-") else ""
    order = SORTS[sort.removeprefix("-")] or name
    return (
        Accrual.objects.filter(scope.fits)
        .order_by()
        .values(key, name, note)
        .annotate(
            agreements=Count("agreement_id", distinct=True),
            accrued=Sum("amount"),
            said=Sum("stated"),
        )
        .order_by(f"{sign}{order}", name, key)
    )


def rows_of(by: str, found: Sequence[dict[str, Any]], scope: Scope) -> list[Row]:
    """A page of `cut`, with the last estimates beside it; in one query more."""
    key, name, note = _CUTS[by]
    only = Q(**{f"{key}__in": [one[key] for one in found]})
    expected = {
        one[key]: {
            "actual": one["at_actuals"],
            "expected": one["at_forecast"],
            "month": one["upto"],
        }
        for one in _last_estimates(scope, only=only, by=(key,))
    }
    return [
        Row(
            key=one[key],
            name=one[name],
            note=one[note] if note != name else "",
            agreements=one["agreements"],
            accrued=one["accrued"],
            stated=one["said"],
            **expected.get(one[key], {}),
        )
        for one in found
    ]


def total(scope: Scope) -> Row:
    """Of all that is in the scope. What nothing is forecast for is on neither side of the
    difference."""
    owed = Accrual.objects.filter(scope.fits).aggregate(
        agreements=Count("agreement_id", distinct=True), accrued=Sum("amount"), said=Sum("stated")
    )
    [told] = _last_estimates(scope, only=Q(), by=()) or [{}]
    return Row(
        agreements=owed["agreements"],
        accrued=owed["accrued"] or 0,
        stated=owed["said"] or 0,
        actual=told.get("at_actuals"),
        expected=told.get("at_forecast"),
        month=told.get("upto"),
    )


def by_line(scope: Scope) -> list[Row]:
    """Of product lines actuals alone: a forecast is of an agreement as a whole."""
    values = {
        "tenant": current_tenant_id(),
        "agreement": scope.agreement_id,
        "region": scope.region,
        "search": scope.search.lower(),
    }
    return [
        Row(key=line, name=line, agreements=agreements, accrued=accrued)
        for line, agreements, accrued in run(_LINES, values)
    ]


# As `Scope.fits` has it.
_LINES = """
SELECT line ->> 0, count(DISTINCT a.agreement_id), sum((line ->> 2)::bigint)::bigint AS accrued
FROM rebates_accrual a
JOIN accounts_account holder ON holder.tenant_id = a.tenant_id AND holder.id = a.holder_id
CROSS JOIN LATERAL jsonb_array_elements(a.lines) AS line
WHERE a.tenant_id = %(tenant)s AND a.closed_at IS NULL
  AND (%(agreement)s::uuid IS NULL OR a.agreement_id = %(agreement)s::uuid)
  AND (%(region)s::text IS NULL OR holder.region = %(region)s::text)
  AND (strpos(lower(holder.name), %(search)s::text) > 0
       OR starts_with(lower(holder.number), %(search)s::text))
GROUP BY 1 ORDER BY accrued DESC, 1
"""


def _last_estimates(scope: Scope, *, only: Q, by: Collection[str]) -> list[dict[str, Any]]:
    """The last estimate of each open period, summed up by the cut; [] where there is none."""
    same = {name: OuterRef(name) for name in ("agreement_id", "holder_id", "since")}
    later = Estimate.objects.filter(**same, month__gt=OuterRef("month"))
    last = Estimate.objects.filter(
        only, Exists(Accrual.objects.filter(scope.fits, **same)), ~Exists(later)
    )
    sums = {
        "at_actuals": Sum("actual"),
        "at_forecast": Sum("expected"),
        "upto": Max("month"),
    }
    if by:
        return list(last.order_by().values(*by).annotate(**sums))
    whole = last.aggregate(**sums)
    return [whole] if whole["upto"] else []
