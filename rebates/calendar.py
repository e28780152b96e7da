"""An agreement's periods: whole local months, named by their first days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from accounts.periods import add_months
from accounts.windows import PERIODS, period_around
from rebates.models import Agreement, Settles

# How long after its end a late fact or a return still corrects a closed period.
CORRECTS_FOR = 12  # months
# Agreements begin and end within: the periods before and after theirs are days as well.
EARLIEST, LATEST = date(1990, 1, 1), date(2200, 1, 1)


@dataclass(frozen=True, slots=True)
class Span:
    """[since, until), both first days of months."""

    since: date
    until: date


def span_around(agreement: Agreement, day: date, *, fiscal_year_starts: int) -> Span:
    """The period of the agreement in which the local `day` lies, whether it runs then or not."""
    since = period_around(agreement.period, day=day, fiscal_year_starts=fiscal_year_starts)
    return Span(since, add_months(since, PERIODS[agreement.period]))


def begins_period(agreement: Agreement, day: date, *, fiscal_year_starts: int) -> bool:
    """Whether one begins on `day`; none does that is out of all reach."""
    if not EARLIEST <= day <= LATEST:
        return False
    return span_around(agreement, day, fiscal_year_starts=fiscal_year_starts).since == day


def spans_until(agreement: Agreement, day: date, *, back_to: date) -> Iterator[Span]:
    """The agreement's periods, oldest first, that have begun by the local `day` and end after
    `back_to`. They follow each other from `starts_on`, which begins one."""
    months = PERIODS[agreement.period]
    since = agreement.starts_on
    while since <= day and (agreement.ends_on is None or since < agreement.ends_on):
        until = add_months(since, months)
        if until > back_to:
            yield Span(since, until)
        since = until


def _months(first: str) -> str:
    return f"(extract(year FROM {first}) * 12 + extract(month FROM {first}))::int"


_LENGTH = " ".join(f"WHEN '{name}' THEN {months}" for name, months in PERIODS.items())
# How many periods `spans_until` gives of the agreement `g`, with the places `day` and `back_to`.
PERIODS_BEGUN = f"""(
    SELECT greatest(least(last, begun) - greatest(gone, 0), 0)
    FROM (SELECT CASE g.period {_LENGTH} END AS length) one,
    LATERAL (
        SELECT CASE WHEN %(day)s::date < g.starts_on THEN 0
                    ELSE ({_months("%(day)s::date")} - {_months("g.starts_on")}) / length + 1 END
                   AS begun,
               ({_months("g.ends_on")} - {_months("g.starts_on")} + length - 1) / length AS last,
               ({_months("%(back_to)s::date")} - {_months("g.starts_on")}) / length AS gone
    ) counted)"""  # noqa: S608


def correctable_from(day: date) -> date:
    """Periods that ended on this day or before are corrected no more."""
    return add_months(day.replace(day=1), -CORRECTS_FOR)


def statement_days(span: Span, *, settles: str) -> list[date]:
    """The first days after what each statement of the period covers: its end, or each month's."""
    if settles == Settles.PERIOD:
        return [span.until]
    days, day = [], span.since
    while day < span.until:
        day = add_months(day, 1)
        days.append(day)
    return days


def calculated_on(upto: date, *, grace_days: int) -> date:
    """The local day on which a statement up to `upto` is calculated: facts of those days that came
    in later are corrected on the next."""
    return upto + timedelta(days=grace_days)
