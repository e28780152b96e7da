"""Facts taken in as if the system had been running then: by day, with the clock between the days.

A day's facts are recorded as of the day's last instant, so that they never influence each other and
it makes no difference where batches are cut or a process was killed. Before a day's facts, all that
was due up to the day's start has happened. While this goes on, nobody else moves the clock.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts import clock as tenant_clock
from accounts.facts import EARLIEST, Fact
from accounts.importing import BATCH, Batch, SourceFile
from accounts.imports import CannotGoOn, is_alive
from accounts.models import ImportRun
from accounts.periods import day_of, last_instant_of, start_of
from rewards import clock
from rewards.intake import Outcome, take_in
from rewards.staging import Stage

STAGING_SHARE = 50  # thousandths of the progress bar

T = TypeVar("T")


class ClockHeld(CannotGoOn):
    """Somebody else holds the tenant's clock; its text says who, and what to do."""


class OutOfOrder(ValueError):
    """Facts of a history were not in the order of their dates."""


@dataclass(frozen=True)
class Past:
    """A stretch of the past to be worked off in `zone` by `holder`, seen from `at` (UTC).

    With `until` the clock runs on to the end of that local day, though never beyond `at`.
    """

    zone: ZoneInfo
    holder: str
    at: datetime
    until: date | None = None


def take_in_history(
    facts: Iterable[Fact],
    *,
    source: str,
    actor: str,
    past: Past,
    after_day: Callable[[date, list[Outcome]], None] = lambda day, outcomes: None,
) -> None:
    """Take `facts`, in the order of `occurred_at`, in as of their days, then let the clock run on.

    `after_day` sees each batch's day and outcomes. Interrupted, it goes on when called again with
    the same facts: what was taken in is known. Raises OutOfOrder and ClockHeld.
    """
    walk = Walk(past)
    for day, batch in by_day(facts, occurred_at=lambda fact: fact.occurred_at, zone=past.zone):
        as_of = walk.reach(day)
        after_day(day, take_in(batch, source=source, actor=actor, as_of=as_of))
    walk.run_on()


def in_order_of_time(file: SourceFile, past: Past) -> Iterator[Batch]:
    """The batches of an import of history. The file may be in any order: its rows are sorted in a
    temporary table, rows that cannot be read come first."""
    stage, walk = Stage(), Walk(past)
    for rejects in stage.fill(file):
        yield Batch(rejects, file.progress * STAGING_SHARE // 1000)
    done = 0
    rows = stage.rows(read=file.read)
    for day, batch in by_day(rows, occurred_at=lambda row: row.item.occurred_at, zone=past.zone):
        done += len(batch)
        progress = STAGING_SHARE + (1000 - STAGING_SHARE) * done // stage.size
        yield Batch(batch, progress, walk.reach(day))
    walk.run_on()
    stage.drop()


def rehearsed(file: SourceFile) -> Iterator[Batch]:
    """The same rows in the same order, without the clock: what would be accepted is the same.

    A rehearsal is one transaction, and in one transaction a thousand days of the clock would take
    hours: each of them reads past the rows that all days before it have left behind.
    """
    stage = Stage()
    yield from (Batch(rejects, 0) for rejects in stage.fill(file))
    rows = stage.rows(read=file.read)
    while batch := list(islice(rows, BATCH)):
        yield Batch(batch, 0)
    stage.drop()


def by_day(
    items: Iterable[T], *, occurred_at: Callable[[T], datetime], zone: ZoneInfo
) -> Iterator[tuple[date, list[T]]]:
    """Sorted items by their local day, a day's in one or more pieces. Raises OutOfOrder."""
    batch: list[T] = []
    day, starts, ends = date.min, EARLIEST, EARLIEST
    for item in items:
        instant = occurred_at(item)
        if instant < starts:
            earlier = day_of(instant, zone)
            raise OutOfOrder(f"A fact of {earlier} comes after those of {day}; sort them.")
        if batch and (instant > ends or len(batch) == BATCH):
            yield day, batch
            batch = []
        if instant > ends:
            day = day_of(instant, zone)
            starts, ends = start_of(day, zone), last_instant_of(day, zone)
        batch.append(item)
    if batch:
        yield day, batch


class Walk:
    """The clock's way through a past. Raises ClockHeld where the clock is in other hands."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._reached: datetime | None = None  # nobody but us moves the clock once we hold it

    def reach(self, day: date) -> datetime:
        """Let everything due before `day` happen; returns as of when the day's facts come in.

        Where the clock is past that day already, they are late and come in as of the clock.
        """
        starts = start_of(day, self._past.zone)
        reached = self._take_up(at=starts)
        if reached < starts:
            self._advance(upto=starts)
        return max(last_instant_of(day, self._past.zone), reached)

    def run_on(self) -> None:
        """Let the clock run on to the end of the past, and let others move it again."""
        with transaction.atomic():
            if tenant_clock.reached() is None:
                return  # there was nothing to take in
        past = self._past
        self._take_up(at=past.at)
        if past.until is not None:
            self._advance(upto=min(last_instant_of(past.until, past.zone), past.at))
        with transaction.atomic():
            tenant_clock.release()

    def _take_up(self, *, at: datetime) -> datetime:
        """Where the clock stands, which is at `at` if it is new."""
        if self._reached is None:
            with transaction.atomic():
                _hold(self._past, at=at)
                self._reached = tenant_clock.reached() or at
        return self._reached

    def _advance(self, *, upto: datetime) -> None:
        if not clock.advance(upto=upto, holder=self._past.holder):
            raise ClockHeld("Another import of history took the clock over; this one stops.")
        self._reached = max(upto, self._reached or upto)


def _hold(past: Past, *, at: datetime) -> None:
    """Hold the clock for ourselves, also when it belongs to an import that is over or given up."""
    tenant_clock.start(at=at)
    tenant_clock.reached(lock=True)
    holder = tenant_clock.held_for()
    if holder == past.holder:
        return
    if holder and _is_at_work(holder, at=past.at):
        raise ClockHeld(
            "Another import of history is at work for this tenant; wait until it has ended, or "
            "stop it first."
        )
    tenant_clock.hold(at=at, reason=past.holder)


def _is_at_work(holder: str, *, at: datetime) -> bool:
    what, _, key = holder.partition(":")
    if what != "import":
        return True  # whatever it is, it is not ours to judge
    run = ImportRun.objects.filter(pk=key).first()
    return run is not None and is_alive(run, at=at)
