"""The figures of a program on the console's home: what moved, against the time before, and the
year's trend. Read from the sums by day and what moved since they were made; the ledger as a whole
is never added up here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from babel.dates import format_date
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.periods import add_months, day_of, quarter_around
from loyalty.charts import Chart, Series, bar_chart
from rewards import tallying
from rewards.models import Unit
from rewards.tallying import Moved
from rewards.voice import Voice

MONTHS = 12
FAR = 1_000  # percent: from there on a growth says nothing but “next to nothing before”


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the running quarter; `change` compares it in words, "" without a time before."""

    label: str
    amount: int
    change: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """`before` names what the changes compare with; `as_of` is how far movements are
    counted, None where all are."""

    quarter: date
    before: str
    as_of: datetime | None
    figures: list[Figure]
    trend: Chart


def figures_of(*, program_id: UUID, voice: Voice, now: datetime) -> Figures:
    today = day_of(now, voice.zone)
    quarter = quarter_around(today)
    last, last_until = _same_days_before(quarter, today)
    months = [add_months(today.replace(day=1), number - MONTHS) for number in range(1, MONTHS + 1)]
    (moved, before, *by_month), as_of = tallying.moved_in(
        [
            (quarter, today + timedelta(days=1)),
            (last, last_until),
            *((month, add_months(month, 1)) for month in months),
        ],
        program_id=program_id,
        unit=Unit.POINTS,
        zone=voice.zone,
    )
    taken_back = _("%(count)s taken back by returns") % {"count": voice.number(moved.taken_back)}
    return Figures(
        quarter=quarter,
        before=_("%(first)s to %(last)s")
        % {"first": voice.day(last), "last": voice.day(last_until - timedelta(days=1))},
        as_of=as_of,
        figures=[
            Figure(
                pgettext("points", "Issued"),
                moved.issued,
                _change(moved.issued, before.issued),
                taken_back,
            ),
            Figure(_("Redeemed"), moved.redeemed, _change(moved.redeemed, before.redeemed)),
            Figure(_("Expired"), moved.expired, _change(moved.expired, before.expired)),
        ],
        trend=_trend(months, by_month, voice=voice),
    )


def _same_days_before(quarter: date, today: date) -> tuple[date, date]:
    """As many days of the quarter before, [first, end): half a quarter is not set against a whole
    one. A shorter quarter ends with its last day."""
    last = add_months(quarter, -3)
    return last, min(last + (today - quarter) + timedelta(days=1), quarter)


def _change(now: int, before: int) -> str:
    if now == before:
        return _("as before") if now else ""
    if not before:
        return _("none before")
    percent = round((now - before) * 100 / before)
    if percent == 0:
        return _("as before")
    if percent >= FAR:
        return _("more than ten times as before")
    told = _("%(percent)s%% more") if percent > 0 else _("%(percent)s%% less")
    return told % {"percent": abs(percent)}


def _trend(months: Sequence[date], by_month: Sequence[Moved], *, voice: Voice) -> Chart:
    return bar_chart(
        key="trend",
        title=_("%(points)s issued, redeemed and expired by month")
        % {"points": voice.points_name[:1].upper() + voice.points_name[1:]},
        columns=[
            (
                format_date(month, "MMM", locale=voice.locale),
                format_date(month, "MMM y", locale=voice.locale),
            )
            for month in months
        ],
        series=[
            Series(pgettext("points", "Issued"), [one.issued for one in by_month]),
            # Below zero where a month's refunds are more than what was redeemed in it.
            Series(_("Redeemed"), [one.redeemed for one in by_month]),
            Series(_("Expired"), [one.expired for one in by_month]),
        ],
        voice=voice,
    )
