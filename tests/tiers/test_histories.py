"""Whatever happens to accounts on a ladder, in whatever order: what is true of it all along."""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as some

from accounts.models import Account, Event, Program, Tenant
from accounts.periods import quarter_of
from rewards import clock
from tests.factories import ProgramFactory, enrolled_account
from tests.rewards.stories import NEW_YORK, accepted, at, purchase, taken_back
from tests.tiers.climbing import published, revenue, rung
from tiers import pinning, publishing
from tiers.books import per_tenant
from tiers.evaluating import evaluated
from tiers.keeping import running
from tiers.ladders import Ladder, published_ladders
from tiers.models import SchemeVersion, Standing
from tiers.setting import current_setting

ENROLLED = at("2026-01-01 00:00")
FIRST_DAY = at("2026-01-05")
POLICY: dict[str, Any] = {
    "rises": "at_once",
    "falls": "never",
    "kept_periods": 0,
    "grace_days": 0,
    "skips_tiers": False,
}
FALLS_BY = {"evaluated", "grace_ended", "published", "pinned", "pin_ended"}
CODES = ("base", "silver", "gold", "platinum")

who, dollars = some.integers(0, 1), some.sampled_from([300, 700, 1_200, 5_000])
days = some.integers(1, 100)
steps = some.one_of(
    some.tuples(some.just("buy"), who, dollars),
    some.tuples(some.just("late"), who, dollars, days),
    some.tuples(some.just("give_back"), some.integers(0, 9)),
    some.tuples(some.just("wait"), days),
    some.tuples(some.just("pin"), who, some.sampled_from(CODES), days),
    some.tuples(some.just("publish"), some.sampled_from([1, 2, 5]), some.sampled_from([0, 15])),
)
policies = some.fixed_dictionaries(
    {
        "rises": some.sampled_from(["at_once", "at_evaluation"]),
        "falls": some.sampled_from(["never", "one_step", "to_what_is_met"]),
        "kept_periods": some.integers(0, 2),
        "grace_days": some.sampled_from([0, 20]),
        "skips_tiers": some.booleans(),
    }
)


def rungs(times: int) -> list[dict[str, Any]]:
    asked = (None, 500, 1_000, 4_000)
    return [
        rung(code.title(), revenue(each * times) if each else None)
        for code, each in zip(CODES, asked, strict=True)
    ]


@dataclass
class Story:
    """What was done, kept as plainly as possible: by account its dollars of each quarter."""

    program: Program
    accounts: list[Account]
    version: SchemeVersion
    now: datetime = FIRST_DAY
    times: int = 1
    numbers: Iterator[int] = field(default_factory=count)
    sold: list[tuple[int, str, int]] = field(default_factory=list)
    bought: dict[tuple[int, Any], int] = field(default_factory=dict)

    def happen(self, what: str, *about: Any) -> None:
        self.now += timedelta(days=1)
        clock.advance(upto=self.now)
        getattr(self, what)(*about)

    def buy(self, who: int, amount: int, ago: int = 0) -> None:
        when = max(self.now - timedelta(days=ago), ENROLLED)
        before, document = self.ranks(), f"INV-{next(self.numbers)}"
        fact = purchase(self.accounts[who], str(amount), when, document)
        accepted(fact, as_of=self.now)
        self.sold.append((who, document, amount))
        self._count(who, when, amount)
        assert all(rank <= self.ranks()[one] for one, rank in before.items())

    late = buy

    def give_back(self, which: int) -> None:
        if which >= len(self.sold):
            return
        who, document, amount = self.sold.pop(which)
        before = self.ranks()
        back = taken_back(
            self.accounts[who], str(amount), self.now, of=document, document=f"R-{document}"
        )
        accepted(back, as_of=self.now)
        self._count(who, self.now, -amount)
        # Where tiers are not skipped, who meets a higher one still goes up a step with any fact.
        step = 0 if self.version.skips_tiers else 1
        assert all(rank <= self.ranks()[one] <= rank + step for one, rank in before.items())

    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)
        clock.advance(upto=self.now)

    def pin(self, who: int, code: str, days: int) -> None:
        enrollment = self.accounts[who].enrollments.get()
        has_just_moved = Standing.objects.filter(enrollment=enrollment, starts_at=self.now).exists()
        with pytest.raises(pinning.CannotPin) if has_just_moved else nullcontext():
            pinning.ask_for_pin(
                enrollment=enrollment,
                scheme=self.version.scheme,
                tier_code=code,
                reason="So they agreed",
                ends_at=self.now + timedelta(days=days),
                actor="staff:x",
                now=self.now,
            )

    def publish(self, times: int, grace_days: int) -> None:
        terms = {name: getattr(self.version, name) for name in publishing.TERMS}
        about: dict[str, Any] = {"actor": "staff:x", "now": self.now}
        terms["rungs"], self.times = rungs(times), times
        draft = publishing.draft_version(scheme=self.version.scheme, terms=terms, **about)
        self.version = publishing.publish(
            version=draft, valid_from=None, grace_days=grace_days, **about
        )

    def _count(self, who: int, when: datetime, amount: int) -> None:
        key = (who, quarter_of(when, NEW_YORK))
        self.bought[key] = self.bought.get(key, 0) + amount

    def ranks(self) -> dict[UUID, int]:
        held = Standing.objects.filter(ends_at=None)
        return dict(held.values_list("enrollment__account_id", "tier__rank"))

    def met_by_hand(self, who: int) -> int:
        dollars = self.bought.get((who, quarter_of(self.now, NEW_YORK)), 0)
        return sum(dollars >= each * self.times for each in (500, 1_000, 4_000))


def met_by_sql(ladder: Ladder, story: Story) -> Mapping[UUID, int]:
    query = evaluated(
        ladder,
        as_of=running(ladder, at=story.now, setting=current_setting()).as_of,
        at=story.now,
        setting=current_setting(),
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT x.account_id, x.met FROM ({query.sql}) x", query.values)
        return dict(cursor.fetchall())


def check_standings(account: Account) -> None:
    """No gap, no overlap; none falls but by what may let it fall, and everybody is told."""
    found = list(
        Standing.objects.filter(enrollment__account=account)
        .select_related("tier")
        .order_by("starts_at")
    )
    assert found[0].starts_at == ENROLLED
    assert [one.ends_at for one in found] == [*(one.starts_at for one in found[1:]), None]
    told = set(
        Event.objects.filter(kind="tier.changed", account=account).values_list(
            "occurred_at", "payload__to"
        )
    )
    for before, after in pairwise(found):
        assert after.tier.rank >= before.tier.rank or after.cause in FALLS_BY, after
        assert before.tier.code == after.tier.code or (after.starts_at, after.tier.name) in told


def found_by(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"places": 2})
        return cursor.fetchall()


# Phases without shrinking: that takes minutes, and the history is short as it is.
@settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@example(
    policy=POLICY,
    history=[("buy", 0, 1_200), ("pin", 0, "base", 9), ("publish", 1, 0), ("wait", 20)],
)
@example(  # a return after which a tier is met that was not skipped to
    policy=POLICY,
    history=[("buy", 1, 300), ("late", 1, 1_200, 25), ("give_back", 1)],
)
@example(  # asked for in the instant in which another pin ends
    policy=POLICY,
    history=[("buy", 0, 5_000), ("pin", 0, "base", 2), ("buy", 0, 1_200), ("pin", 0, "gold", 48)],
)
@example(  # a new version while a tier is pinned, and a pin that ends with nothing to change
    policy=POLICY,
    history=[("buy", 1, 1_200), ("pin", 1, "base", 90), ("publish", 2, 15), ("wait", 100)],
)
@given(policy=policies, history=some.lists(steps, min_size=8, max_size=16))
def test_no_history_breaks_a_ladder(in_tenant: Tenant, policy, history):
    with transaction.atomic():
        program = ProgramFactory()
        version = published(program, *rungs(1), **policy)
        accounts = [enrolled_account(program, on=ENROLLED) for _ in range(2)]
        story = Story(program, accounts, version)
        story.buy(0, 700)
        for step in history:
            story.happen(*step)
            ladder = published_ladders()[-1]
            by_sql = met_by_sql(ladder, story)
            for place, account in enumerate(accounts):
                assert by_sql[account.pk] == story.met_by_hand(place), (step, story.now)
        for account in accounts:
            check_standings(account)
        # Among them that the evidence of every decision is what the facts of then add up to.
        assert [one.claim for one in per_tenant() if found_by(one.query)] == []
        transaction.set_rollback(True)
