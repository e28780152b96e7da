"""What finance expects holders of agreements to sell, version by version; see `rebates.estimating`
for what follows from it each month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.models import Account
from rebates.accruing import lock_agreements
from rebates.models import Accrual, Agreement, Forecast
from rebates.term_values import LARGEST

LONGEST_NOTE = 300


class ForecastRefused(ValueError):
    """Its text says why; nothing was written."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What `holder_id` is expected to sell in the whole period that begins on `since`, in the units
    of Accrual.measured."""

    agreement_id: UUID
    holder_id: UUID
    since: date
    expected: int
    note: str = ""

    @property
    def about(self) -> tuple[UUID, UUID, date]:
        return self.agreement_id, self.holder_id, self.since


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an expectation: a new `number` of its period's forecasts, nothing where the
    last one said the same (`is_known`), or nothing because of `why_not`."""

    number: int = 0
    is_known: bool = False
    why_not: str = ""


def forecast(
    *,
    agreement: Agreement,
    holder: Account,
    since: date,
    expected: int,
    actor: str,
    now: datetime,
    note: str = "",
) -> Forecast:
    """Expect `expected` (in the units of Accrual.measured) of the period that begins on `since`.
    The same number again changes nothing.

    Raises ForecastRefused for a period that is closed or is none of the agreement's.
    """
    asked = Expected(agreement.pk, holder.pk, since, expected, note)
    [verdict] = forecast_many([asked], actor=actor, now=now)
    if verdict.why_not:
        raise ForecastRefused(verdict.why_not)
    return Forecast.objects.get(
        agreement=agreement, holder=holder, since=since, number=verdict.number
    )


@transaction.atomic
def forecast_many(asked: Sequence[Expected], *, actor: str, now: datetime) -> list[Verdict]:
    """Keep what can be kept of many expectations, each judged by itself; a verdict for each."""
    lock_agreements([one.agreement_id for one in asked])
    verdicts = judged(asked)
    made = [
        Forecast(
            agreement_id=one.agreement_id,
            holder_id=one.holder_id,
            since=one.since,
            number=verdict.number,
            expected=one.expected,
            note=one.note.strip(),
            made_by=actor,
            made_at=now,
        )
        for one, verdict in zip(asked, verdicts, strict=True)
        if not verdict.why_not and not verdict.is_known
    ]
    Forecast.objects.bulk_create(made)
    codes = dict(
        Agreement.objects.filter(pk__in={one.agreement_id for one in made}).values_list(
            "pk", "code"
        )
    )
    events.record_many([_told(one, codes[one.agreement_id]) for one in made])
    return verdicts


def judged(asked: Sequence[Expected]) -> list[Verdict]:
    """What would become of these expectations now; nothing is written. In two queries."""
    about: dict[str, Any] = {
        "agreement_id__in": {one.agreement_id for one in asked},
        "since__in": {one.since for one in asked},
    }
    is_open = {
        (agreement_id, holder_id, since): closed_at is None
        for agreement_id, holder_id, since, closed_at in Accrual.objects.filter(
            **about
        ).values_list("agreement_id", "holder_id", "since", "closed_at")
    }
    last: dict[tuple[UUID, UUID, date], tuple[int, int]] = {
        (agreement_id, holder_id, since): (number, expected)
        for agreement_id, holder_id, since, number, expected in Forecast.objects.filter(**about)
        .order_by("number")
        .values_list("agreement_id", "holder_id", "since", "number", "expected")
    }
    found = []
    for one in asked:
        verdict = _judged(one, is_open.get(one.about, False), last.get(one.about))
        if not verdict.why_not:
            last[one.about] = (verdict.number, one.expected)
        found.append(verdict)
    return found


def _judged(one: Expected, is_open: bool, last: tuple[int, int] | None) -> Verdict:
    number, before = last or (0, None)
    if not 0 <= one.expected <= LARGEST:
        return Verdict(why_not=_("A forecast is not below zero, and no more than can be counted."))
    if len(one.note) > LONGEST_NOTE or not one.note.isprintable():
        return Verdict(why_not=_("A note is one line of at most 300 characters."))
    if not is_open:
        return Verdict(why_not=_("Forecast a period that is accrued and not closed."))
    if one.expected == before:
        return Verdict(number, is_known=True)
    return Verdict(number + 1)


def _told(made: Forecast, code: str) -> events.NewEvent:
    return events.NewEvent(
        kind="rebate.forecast",
        occurred_at=made.made_at,
        recorded_at=made.made_at,
        actor=made.made_by,
        subject=f"agreement:{made.agreement_id}",
        account_id=made.holder_id,
        payload={
            "agreement": code,
            "period": made.since.isoformat(),
            "number": made.number,
            "expected": made.expected,
        },
    )
