"""How long a tier is kept, and therefore which periods decide about it.

A tier met on a day is kept until the end of the period around that day, plus some more: both as the
ladder says. So the tier that an enrollment deserves is a function of its measures alone: the best
one met now, or at the end of an earlier period that keeps it until now.

Where tiers are reached at once, the day is the last one of the period that was evaluated. Where
they are reached at the evaluation only, it is the first day on which they are held.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.periods import add_months, day_of, start_of
from accounts.readings import AsOf, as_of, at_the_end_before
from accounts.windows import PERIODS, period_around
from tiers.ladders import Ladder
from tiers.setting import Setting


@dataclass(frozen=True, slots=True)
class Look:
    """As of when measures are read, and the evaluated period [since, until) that it is of."""

    as_of: AsOf
    since: date
    until: date
    is_running: bool


def running(ladder: Ladder, *, at: datetime, setting: Setting) -> Look:
    """As of `at`, in the period that runs then."""
    since = period_around(
        ladder.evaluated,
        day=day_of(at, setting.zone),
        fiscal_year_starts=setting.fiscal_year_starts,
    )
    until = add_months(since, PERIODS[ladder.evaluated])
    return Look(as_of(at, setting.zone), since, until, is_running=True)


def ended(ladder: Ladder, *, first: date, setting: Setting) -> Iterator[Look]:
    """At the ends of the periods before the one that starts on the local day `first`, the latest
    first, as long as what was met in them is kept beyond `first`."""
    until = first
    while kept_until(ladder, ended_on=until, setting=setting) > first:
        look = _end_of(ladder, until=until, setting=setting)
        yield look
        until = look.since


def _end_of(ladder: Ladder, *, until: date, setting: Setting) -> Look:
    """At the end of the period before the local day `until`."""
    since = add_months(until, -PERIODS[ladder.evaluated])
    return Look(at_the_end_before(until, setting.zone), since, until, is_running=False)


def kept_until(ladder: Ladder, *, ended_on: date, setting: Setting) -> date:
    """The first local day on which a tier met in the period before `ended_on` is kept no more."""
    day = ended_on - timedelta(days=1) if ladder.rises_at_once else ended_on
    around = period_around(ladder.kept_unit, day=day, fiscal_year_starts=setting.fiscal_year_starts)
    return add_months(around, PERIODS[ladder.kept_unit] * (1 + ladder.kept_periods))


def looks_at_edge(ladder: Ladder, *, first: date, setting: Setting) -> list[Look]:
    """What decides when the period before the local day `first` has ended.

    Where nothing of it is kept, or where windows lie before the running period, that is what is
    met as the new period begins; but windows that roll are read as full as they were just before,
    lest a steady account fall because its new month is empty.
    """
    looks = list(ended(ladder, first=first, setting=setting))
    windows = [reading.window for reading in ladder.readings]
    if not ladder.rises_at_once or (looks and not any(window.back for window in windows)):
        return looks
    if any(window.window in PERIODS for window in windows):
        return [running(ladder, at=start_of(first, setting.zone), setting=setting), *looks]
    return looks or [_end_of(ladder, until=first, setting=setting)]


def looks_at(ladder: Ladder, *, at: datetime, setting: Setting) -> list[Look]:
    """What decides at any other instant: what is met now, where that counts at once, and what was
    met in earlier periods and is kept until now."""
    now = running(ladder, at=at, setting=setting)
    earlier = list(ended(ladder, first=now.since, setting=setting))
    return [now, *earlier] if ladder.rises_at_once or not earlier else earlier


def edges(ladder: Ladder, *, after: datetime, upto: datetime, setting: Setting) -> Iterator[date]:
    """First local days of the ladder's periods that begin in (after, upto] while it is in force."""
    length = PERIODS[ladder.evaluated]
    first = add_months(running(ladder, at=after, setting=setting).since, length)
    while (instant := start_of(first, setting.zone)) <= upto:
        if ladder.valid_from < instant and ladder.is_in_force(instant):
            yield first
        first = add_months(first, length)
