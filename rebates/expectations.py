"""What is forecast beside what happened: of each open period, and of one month by month."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, QuerySet, Sum, TextField
from django.db.models.functions import Cast

from rebates.models import Accrual, Estimate, Forecast


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """An open period of a holder. `accrual` is one of those it is split into; `accrued` the sum of
    them on actuals up to now. `forecast` and `estimate` are the last ones, None where there is
    none."""

    accrual: Accrual
    accrued: int
    forecast: Forecast | None
    estimate: Estimate | None

    @property
    def difference(self) -> int | None:
        """By the end of the estimate's month, on the forecast less on actuals."""
        return self.estimate.expected - self.estimate.actual if self.estimate else None


def open_periods(
    *, agreement_id: UUID | None = None, missing: bool = False
) -> QuerySet[Accrual, dict[str, Any]]:
    """The open periods by agreement, holder and first day: to be paged through, and told by
    `outlooks`. `missing` leaves those that nobody has forecast."""
    found = Accrual.objects.filter(closed_at=None)
    if agreement_id:
        found = found.filter(agreement_id=agreement_id)
    if missing:
        same = {name: OuterRef(name) for name in ("agreement_id", "holder_id", "since")}
        found = found.exclude(Exists(Forecast.objects.filter(**same)))
    return (
        found.order_by()
        .values("agreement_id", "holder_id", "since", "agreement__name", "holder__name")
        .annotate(one=Min(Cast("id", TextField())), accrued=Sum("amount"))
        .order_by("agreement__name", "since", "holder__name", "one")
    )


def outlooks(found: Sequence[dict[str, Any]]) -> list[Outlook]:
    """A page of `open_periods`; in three queries."""
    accruals = Accrual.objects.select_related("agreement", "holder", "version").in_bulk(
        [UUID(one["one"]) for one in found]
    )
    forecasts, estimates = _last(Forecast, "number", found), _last(Estimate, "month", found)
    return [
        Outlook(
            accrual=accruals[UUID(one["one"])],
            accrued=one["accrued"],
            forecast=forecasts.get(_key(one)),
            estimate=estimates.get(_key(one)),
        )
        for one in found
    ]


def forecasts_of(accrual: Accrual) -> QuerySet[Forecast]:
    """All that was ever expected of the accrual's period, the last first."""
    return Forecast.objects.filter(**_same(accrual)).order_by("-number")


def estimates_of(accrual: Accrual) -> QuerySet[Estimate]:
    """What was booked for each month of it, with the forecast it rests on."""
    found = Estimate.objects.filter(**_same(accrual)).select_related("forecast")
    return found.order_by("month")


def _same(accrual: Accrual) -> dict[str, Any]:
    return {name: getattr(accrual, name) for name in ("agreement_id", "holder_id", "since")}


def _last(model: Any, by: str, found: Sequence[dict[str, Any]]) -> dict[tuple, Any]:
    """The last row of each period, by its key."""
    rows = model.objects.filter(
        agreement_id__in={one["agreement_id"] for one in found},
        holder_id__in={one["holder_id"] for one in found},
        since__in={one["since"] for one in found},
    )
    return {(one.agreement_id, one.holder_id, one.since): one for one in rows.order_by(by)}


def _key(one: dict[str, Any]) -> tuple[Any, ...]:
    return one["agreement_id"], one["holder_id"], one["since"]
