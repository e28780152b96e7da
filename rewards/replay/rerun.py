"""Living through a history once more: its facts by day, the clock between them, what people did by
hand; from one day on under a draft.

Facts come in on the days on which they occurred, also those that were recorded late. Whoever cannot
spend as much as they did spends what is there. What the draft's world refuses is counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.facts import Fact
from accounts.ids import uuid7
from accounts.models import Enrollment, Program, Tenant
from accounts.periods import day_of, start_of
from accounts.tenancy import tenant_scope
from rewards import ledger
from rewards.history import Past, Walk, by_day
from rewards.intake import take_in
from rewards.models import Unit
from rewards.replay.drafts import Draft, begin_draft, copy_rules, copy_tiers
from rewards.replay.figures import Figures, figures_of
from rewards.replay.past import (
    ByHand,
    Pinned,
    by_hand,
    pinned,
    source_of,
    stage_facts,
    staged_facts,
)
from rewards.replay.scratch import ACTOR, Scratch, enroll_copies, open_scratch
from rewards.terms import forget_terms
from tiers import pinning
from tiers.models import Scheme

HOLDER = "replay"
Done = TypeVar("Done", ByHand, Pinned)
TAKEN = ("accepted", "known")  # the outcomes of facts that are in


@dataclass(frozen=True, slots=True)
class Rerun:
    """Name and figures by account number, and what was left out: how many facts were refused, by
    the reason, and how many tiers set by hand there was no way to set."""

    figures: Mapping[str, tuple[str, Figures]]
    refused: Mapping[str, int]
    pins_left_out: int


class _TakeBack(Exception):
    """Ends the transaction of a replay."""


@contextmanager
def _taken_back() -> Iterator[None]:
    """Whatever is written inside is rolled back."""
    try:
        with transaction.atomic():
            yield
            raise _TakeBack
    except _TakeBack:
        pass


def rerun(
    *,
    tenant: Tenant,
    program: Program,
    draft: Draft,
    since: date,
    until: date,
    tell: Callable[[int], None] = lambda thousandths: None,
) -> Rerun:
    """What the program would have given on the local days [since, until) under `draft`. Before
    `since` history is what it was. Raises `scratch.TooLong`.

    It takes minutes: anywhere but in a rehearsal (`accounts.postgres.rehearsal`) all who read
    events would wait for it.
    """
    starts, ends = start_of(since, tenant.zone), start_of(until, tenant.zone)

    def tell_live(thousandths: int) -> None:
        with tenant_scope(tenant.id):  # what is told in the scratch one, nobody can read
            tell(thousandths)

    found = Rerun({}, {}, 0)
    with _taken_back():
        scratch = open_scratch(tenant, program=program, until=ends)
        try:
            copy_rules(scratch, program=program, draft=draft, since=starts)
            copy_tiers(scratch, program=program, draft=draft, since=starts)
            enroll_copies(scratch, program=program)
            moved = by_hand(program_id=program.pk, until=ends)
            pins = pinned(program_id=program.pk, until=ends)
            size = stage_facts(until=ends)
            with tenant_scope(scratch.tenant.id):
                life = _Life(
                    scratch, program, draft, since=since, until=until, moved=moved, pins=pins
                )
                life.live(size, tell_live)
                figures = figures_of(program_id=life.program_id, since=starts, until=ends)
                found = Rerun(figures, dict(life.refused), life.pins_left_out)
        finally:
            forget_terms(scratch.tenant.id)
    return found


class _Life:
    """The scratch workspace's way through its history."""

    def __init__(
        self,
        scratch: Scratch,
        program: Program,
        draft: Draft,
        *,
        since: date,
        until: date,
        moved: Sequence[ByHand],
        pins: Sequence[Pinned],
    ) -> None:
        self.program_id: UUID = scratch.ids[program.pk]
        self.refused: Counter[str] = Counter()
        self.pins_left_out = 0
        self._scratch, self._draft = scratch, draft
        self._zone: ZoneInfo = scratch.tenant.zone
        self._since, self._until = since, until
        self._has_begun = False
        ends = start_of(until, self._zone)
        self._walk = Walk(Past(zone=self._zone, holder=HOLDER, at=ends))
        self._by_hand = self._by_day(moved)
        self._pins = self._by_day(pins)

    def _by_day(self, some: Sequence[Done]) -> dict[date, list[Done]]:
        days = groupby(some, key=lambda one: day_of(one.at, self._zone))
        return {day: list(found) for day, found in days}

    def live(self, size: int, tell: Callable[[int], None]) -> None:
        """Every day on which something happened, then the clock's way to the last."""
        done = 0
        facts = by_day(staged_facts(), occurred_at=lambda fact: fact.occurred_at, zone=self._zone)
        for day, batch in facts:
            self._pass_days_before(day)
            self._take(batch, as_of=self._begin(day))
            done += len(batch)
            tell(1000 * done // size)
        self._pass_days_before(self._until)
        self._reach(self._until)

    def _pass_days_before(self, day: date) -> None:
        """What was done by hand before `day`, each on its own day, after that day's facts."""
        for earlier in sorted(one for one in {*self._by_hand, *self._pins} if one < day):
            self._begin(earlier)
            for movement in self._by_hand.pop(earlier, ()):
                self._move(movement)

    def _begin(self, day: date) -> datetime:
        """Reach the day and set the tiers that were set by hand on it: they multiply its facts."""
        as_of = self._reach(day)
        for pin in self._pins.pop(day, ()):
            self._pin(pin)
        return as_of

    def _reach(self, day: date) -> datetime:
        if not self._has_begun and day >= self._since:
            self._has_begun = True
            self._walk.reach(self._since)
            begin_draft(self._scratch, self._draft, at=start_of(self._since, self._zone))
        return self._walk.reach(day)

    def _take(self, facts: Sequence[Fact], *, as_of: datetime) -> None:
        for source, some in groupby(facts, key=source_of):
            outcomes = take_in(list(some), source=source, actor=ACTOR, as_of=as_of)
            self.refused.update(one.reason for one in outcomes if one.status not in TAKEN)

    def _pin(self, pin: Pinned) -> None:
        """Set the tier by hand once more, where the ladder still has it."""
        account_id = self._scratch.ids[pin.account_id]
        found = Enrollment.objects.filter(account_id=account_id, program_id=self.program_id).first()
        if found is None:
            self.pins_left_out += 1
            return
        try:
            pinning.ask_for_pin(
                enrollment=found,
                scheme=Scheme.objects.get(pk=self._scratch.ids[pin.scheme_id]),
                tier_code=pin.tier_code,
                reason=pin.reason,
                ends_at=pin.ends_at,
                actor=ACTOR,
                now=pin.at,
            )
        except pinning.CannotPin:
            self.pins_left_out += 1

    def _move(self, movement: ByHand) -> None:
        account_id = self._scratch.ids[movement.account_id]
        member_id = self._scratch.ids[movement.member_id] if movement.member_id else None
        wallets = ledger.open_wallets(
            account_id=account_id,
            program_id=self.program_id,
            unit=Unit.POINTS,
            member_ids=[member_id],
        )
        _repeat(movement, wallet_id=wallets[member_id])


def _repeat(movement: ByHand, *, wallet_id: UUID) -> None:
    cause, at = uuid7(), movement.at
    if movement.kind == "spend":
        _spend(wallet_id, -movement.moved, cause=cause, at=at)
    elif movement.moved > 0:
        gift = ledger.Gift(cause, movement.moved, movement.earned_at or at, movement.expires_at)
        ledger.give(wallet_id=wallet_id, gift=gift, actor=ACTOR, at=at)
    else:
        ledger.deduct(
            wallet_id=wallet_id,
            amount=-movement.moved,
            cause=cause,
            into_debt=True,
            actor=ACTOR,
            at=at,
        )


def _spend(wallet_id: UUID, amount: int, *, cause: UUID, at: datetime) -> None:
    about = {"wallet_id": wallet_id, "actor": ACTOR, "occurred_at": at, "recorded_at": at}
    try:
        ledger.spend(amount=amount, cause=cause, **about)
    except ledger.NotEnough as short:
        if short.available > 0:
            ledger.spend(amount=short.available, cause=cause, **about)
