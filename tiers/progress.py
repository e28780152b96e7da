"""How far it is: to the next tier, and to keep the present one. For one account or a whole list."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from accounts.models import Enrollment
from accounts.periods import add_months, day_of, start_of
from accounts.postgres.statements import run
from accounts.windows import PERIODS, period_around
from tiers.criteria import AtLeast, Condition, Part, Weighted
from tiers.evaluating import evaluated
from tiers.judging import Values, Verdict
from tiers.keeping import Look, ended, kept_until, running
from tiers.ladders import AUDIENCE, Ladder, Rung
from tiers.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where an enrollment stands on a ladder as of an instant.

    `to_next` judges the next tier and `to_keep` the present one by what counts now; both None where
    there is nothing to reach or to keep. `carriers` name what was best, by the key of its reading.
    Instants are UTC. `by` is when the first of the windows ends in which the way to the next tier
    is counted, None where all of them roll; `keep_by` the same of the way to keep the present one.
    To `kept_until` that one is safe, by what was met in the period that starts on `kept_by`; at
    `falls_at` it ends unless it is met again; to `pinned_until` it is held by hand.
    """

    enrollment_id: UUID
    ladder: Ladder
    held: Rung
    since: datetime
    next: Rung | None
    values: Values
    carriers: Mapping[str, str]
    to_next: Verdict | None
    to_keep: Verdict | None
    by: datetime | None
    keep_by: datetime | None
    kept_until: datetime | None
    kept_by: date | None
    falls_at: datetime | None
    pinned_until: datetime | None
    is_meant: bool

    @property
    def percent(self) -> int:
        """Whole percent of the way to the next tier, rounded down; 100 only when it is met, an
        invitation where it wants one among it."""
        if self.to_next is None:
            return 100
        return min(self.to_next.percent, 99) if self.needs_invitation else self.to_next.percent

    @property
    def needs_invitation(self) -> bool:
        """Whether the next tier waits for an invitation, whatever is reached."""
        return (
            self.next is not None
            and self.next.by_invitation
            and not self.values.get(self.next.invitation)
        )

    @property
    def way(self) -> list[Verdict]:
        """The conditions to meet for the next tier, by the shortest way; none when it is met."""
        return shortest_way(self.to_next) if self.to_next else []


def shortest_way(verdict: Verdict) -> list[Verdict]:
    """The unmet conditions that are nearest to make `verdict` met.

    Of “any” and “n of” those that lack least in percent, of equals the ones asked for first; of a
    score its gates that are not met, and the score itself while it is too low.
    """
    if verdict.met:
        return []
    if isinstance(verdict.criteria, AtLeast):
        open_ones = sorted(
            (part for part in verdict.parts if not part.met), key=lambda part: -part.percent
        )
        needed = verdict.criteria.least - sum(part.met for part in verdict.parts)
        return [step for part in open_ones[:needed] for step in shortest_way(part)]
    gates = [part for part in verdict.parts if not part.met]
    return gates if gates and not verdict.missing else [verdict, *gates]


def progress_of(
    enrollment_id: UUID, *, as_of: datetime, ladders: Sequence[Ladder], setting: Setting
) -> list[Progress]:
    """The progress of one enrollment on each of its ladders, the leading one first."""
    found = progress_of_all([enrollment_id], as_of=as_of, ladders=ladders, setting=setting)
    return found.get(enrollment_id, [])


def progress_of_all(
    enrollment_ids: Collection[UUID],
    *,
    as_of: datetime,
    ladders: Sequence[Ladder],
    setting: Setting,
) -> dict[UUID, list[Progress]]:
    """The progress of each enrollment that stands somewhere, the leading ladder first; in a number
    of queries that depends on the ladders alone. `ladders` are the tenant's published ones."""
    in_programs: dict[UUID, list[UUID]] = {}
    enrolled = Enrollment.objects.filter(pk__in=enrollment_ids)
    for program_id, account_id in enrolled.values_list("program_id", "account_id"):
        in_programs.setdefault(program_id, []).append(account_id)
    found: dict[UUID, list[Progress]] = {}
    for ladder in in_force(ladders, at=as_of):
        accounts = in_programs.get(ladder.program_id, [])
        for one in _on_ladder(ladder, accounts, at=as_of, setting=setting) if accounts else ():
            found.setdefault(one.enrollment_id, []).append(one)
    return found


def in_force(ladders: Iterable[Ladder], *, at: datetime) -> list[Ladder]:
    """Those in force, leading ones first, then by name."""
    found = [one for one in ladders if one.is_in_force(at)]
    return sorted(found, key=lambda one: (not one.is_leading, one.name, one.scheme))


def _on_ladder(
    ladder: Ladder, accounts: Sequence[UUID], *, at: datetime, setting: Setting
) -> Iterator[Progress]:
    now = running(ladder, at=at, setting=setting)
    rows = _rows(ladder, now, at=at, setting=setting, accounts=accounts)
    kept = _kept(ladder, now, rows, setting=setting)
    for row in rows:
        look = kept.get(row.enrollment_id)
        yield _progress(ladder, row, look, at=at, setting=setting)


@dataclass(frozen=True, slots=True)
class _Row:
    enrollment_id: UUID
    account_id: UUID
    since: datetime
    falls_at: datetime | None
    pinned_until: datetime | None
    held: int
    values: dict[str, int]
    carriers: dict[str, str]


def _rows(
    ladder: Ladder, look: Look, *, at: datetime, setting: Setting, accounts: Sequence[UUID]
) -> list[_Row]:
    query = evaluated(ladder, as_of=look.as_of, at=at, setting=setting, accounts=accounts)
    keys = list(query.columns)
    carriers = [(reading.key, n) for n, reading in enumerate(ladder.readings) if reading.by]
    names = [query.columns[key] for key in keys] + [f"carrier_{n}" for _, n in carriers]
    listed = "".join(f", x.{name}" for name in names)
    rows = run(
        "SELECT x.enrollment_id, x.account_id, x.since, x.falls_at, x.pinned_until, x.held"  # noqa: S608
        f"{listed} FROM ({query.sql}) x WHERE x.standing_id IS NOT NULL",
        query.values,
    )
    return [
        _Row(
            *row[:6],
            values=dict(zip(keys, row[6:], strict=False)),
            carriers=dict(zip((key for key, _ in carriers), row[6 + len(keys) :], strict=True)),
        )
        for row in rows
    ]


def _kept(ladder: Ladder, now: Look, rows: Sequence[_Row], *, setting: Setting) -> dict[UUID, Look]:
    """Of each enrollment the latest period, the running one among them, that keeps the tier held:
    in which it, or a higher one, was met."""
    held = {row.enrollment_id: row.held for row in rows if row.held}
    found = {row.enrollment_id: now for row in rows if row.held and _meets(ladder, row, row.held)}
    for look in ended(ladder, first=now.since, setting=setting):
        left = [row.account_id for row in rows if row.held and row.enrollment_id not in found]
        if not left:
            break
        edge = start_of(look.until, setting.zone)
        for row in _rows(ladder, look, at=edge, setting=setting, accounts=left):
            if _meets(ladder, row, held[row.enrollment_id]):
                found[row.enrollment_id] = look
    return found


def _meets(ladder: Ladder, row: _Row, rank: int) -> bool:
    return ladder.highest_met(row.values).rank >= rank


def _progress(
    ladder: Ladder, row: _Row, kept_by: Look | None, *, at: datetime, setting: Setting
) -> Progress:
    held = ladder.rungs[row.held]
    is_top = held.rank + 1 == len(ladder.rungs)
    next_rung = None if is_top else ladder.rungs[held.rank + 1]
    to_next = ladder.verdict(next_rung, row.values) if next_rung else None
    to_keep = ladder.verdict(held, row.values) if held.rank else None
    return Progress(
        enrollment_id=row.enrollment_id,
        ladder=ladder,
        held=held,
        since=row.since,
        next=next_rung,
        values=row.values,
        carriers=row.carriers,
        to_next=to_next,
        to_keep=to_keep,
        by=_deadline(to_next, at, setting),
        keep_by=_deadline(to_keep, at, setting),
        kept_until=_kept_until(ladder, kept_by, setting) if kept_by else None,
        kept_by=kept_by.since if kept_by else None,
        falls_at=row.falls_at,
        pinned_until=row.pinned_until,
        is_meant=bool(row.values.get(AUDIENCE, 1)),
    )


def _kept_until(ladder: Ladder, look: Look, setting: Setting) -> datetime:
    return start_of(kept_until(ladder, ended_on=look.until, setting=setting), setting.zone)


def _deadline(verdict: Verdict | None, at: datetime, setting: Setting) -> datetime | None:
    """When the first of the running periods ends in which the way to it is counted."""
    way = shortest_way(verdict) if verdict else []
    day = day_of(at, setting.zone)
    ends = [
        start_of(
            add_months(
                period_around(name, day=day, fiscal_year_starts=setting.fiscal_year_starts),
                PERIODS[name],
            ),
            setting.zone,
        )
        for name in {name for one in way for name in _periods(one)}
    ]
    return min(ends, default=None)


def _periods(verdict: Verdict) -> Iterator[str]:
    asked: Any = verdict.criteria
    readings = [part.reading for part in asked.parts] if isinstance(asked, Weighted) else []
    if isinstance(asked, Condition | Part):
        readings = [asked.reading]
    for reading in readings:
        if reading.window.window in PERIODS and not reading.window.back:
            yield reading.window.window


def names_of(ladders: Iterable[Ladder]) -> dict[str, tuple[str, dict[str, str]]]:
    """By the code of each ladder its name and the names of its tiers by their codes."""
    return {one.scheme: (one.name, {rung.code: rung.name for rung in one.rungs}) for one in ladders}
