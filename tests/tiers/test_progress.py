"""How far it is, and in which words: T2's certificates, shortest ways, what keeps a tier."""

from datetime import datetime
from decimal import Decimal

import pytest

from accounts.facts import Fact
from accounts.models import Account, ActivityKind, Program
from accounts.readings import Reading
from accounts.windows import Window
from loyalty.ladders import criteria_words, progress_now, tiers_in_words
from loyalty.tier_words import TierWords
from rewards import clock
from rewards.voice import voice_of
from tests.factories import ProgramFactory, enrolled_account, publish_rule
from tests.rewards.stories import accepted, at
from tests.tiers.climbing import buy, orders, published, revenue, rolling, rung
from tiers.criteria import parse
from tiers.judging import judge
from tiers.progress import shortest_way

CERTIFICATES = {
    "measure": "certificates",
    "window": {"window": "valid_now"},
    "op": "gte",
    "threshold": 6,
}


@pytest.fixture
def program(in_tenant) -> Program:
    ActivityKind.objects.create(
        code="certificate",
        name="Certificate",
        attributes=[{"name": "valid_until", "type": "date"}],
    )
    program = ProgramFactory()
    publish_rule(program)
    return program


@pytest.fixture
def account(program) -> Account:
    return enrolled_account(program, on=at("2026-01-01 00:00"))


def certify(account: Account, number: int, on: str) -> None:
    clock.advance(upto=at(on))
    fact = Fact(
        account=account.number,
        kind="certificate",
        external_id=f"C-{number}",
        line="",
        occurred_at=at(on),
        amount=0,
        quantity=Decimal(0),
        product="",
        attributes={"valid_until": "2027-12-31"},
        reverses=None,
    )
    accepted(fact, as_of=at(on))


def told(account: Account, tenant, *, at_: datetime) -> TierWords:
    enrollment = account.enrollments.get()
    voice = voice_of(tenant)
    found = progress_now([enrollment.pk], as_of=at_)[enrollment.pk]
    words = criteria_words(voice=voice, program_id=enrollment.program_id, at=at_)
    tier, _ = tiers_in_words(found, words=words)
    assert tier is not None
    return tier


def test_t2_says_one_certificate_to_go(in_tenant, program, account):
    published(
        program,
        rung("Silver"),
        rung("Gold", {"all": [revenue(250_000, window=rolling(12)), CERTIFICATES]}, multiplier="2"),
    )
    buy(account, 400_000, "2026-02-10")
    for number in range(5):
        certify(account, number, "2026-03-10")

    words = told(account, in_tenant, at_=at("2026-03-20"))
    assert [(bar.name, bar.reached, bar.goal, bar.missing) for bar in words.bars] == [
        ("Revenue, the last 12 months", "$400,000", "$250,000", ""),
        ("Valid certificates", "5", "6", "1 certificate to go"),
    ]
    assert (words.percent, words.way, words.deadline) == (83, ["1 more certificate"], "")
    assert words.opening == "1 more certificate reaches Gold — 2 × points"

    certify(account, 5, "2026-03-21")
    words = told(account, in_tenant, at_=at("2026-03-22"))
    assert (words.name, words.next_name, words.multiplier) == ("Gold", "", "2 × points")


def test_what_keeps_a_tier_is_said_with_its_day(in_tenant, program, account):
    published(program, rung("Bronze"), rung("Silver", revenue(1_000)), rung("Gold", revenue(9_000)))
    buy(account, 1_500, "2026-02-10")
    words = told(account, in_tenant, at_=at("2026-03-20"))
    assert words.keeping == (
        "Silver is safe until Jun 30, 2026: what it asks was met in the first quarter of 2026."
    )
    assert words.opening == "$7,500 more by Mar 31, 2026 reaches Gold"

    buy(account, 400, "2026-04-10")
    words = told(account, in_tenant, at_=at("2026-04-20"))
    assert words.keeping == (
        "Silver is safe until Jun 30, 2026: what it asks was met in the first quarter of 2026. "
        "$600.00 more by Jun 30, 2026 keeps it for longer."
    )
    assert [(bar.reached, bar.goal) for bar in words.keep_bars] == [("$400.00", "$1,000")]


def test_who_falls_after_a_grace_is_warned(in_tenant, program, account):
    published(
        program, rung("Bronze"), rung("Silver", revenue(1_000)), kept_periods=0, grace_days=30
    )
    buy(account, 1_500, "2026-02-10")
    clock.advance(upto=at("2026-04-02"))
    words = told(account, in_tenant, at_=at("2026-04-02"))
    assert words.name == "Silver"
    assert words.warning == (
        "Silver ends after Apr 30, 2026, unless you meet it again: $1,000 more."
    )


def test_the_ladders_are_told_the_leading_one_first(in_tenant, program, account):
    published(program, rung("Bronze"), rung("Silver", revenue(1_000)))
    published(program, rung("Novice"), rung("Expert", orders(5)), code="arcade")
    found = progress_now([account.enrollments.get().pk], as_of=at("2026-02-01"))
    assert [one.ladder.scheme for [*some] in found.values() for one in some] == ["tiers", "arcade"]


def verdict_of(criteria, **values: int):
    keys = {name: Reading(name, Window("quarter")).key for name in ("revenue", "orders", "units")}
    return judge(parse(criteria), {keys[name]: values.get(name, 0) for name in keys})


def way_of(criteria, **values: int) -> list[tuple[str, int]]:
    steps = shortest_way(verdict_of(criteria, **values))
    return [(one.criteria.reading.measure, one.missing) for one in steps]


def units(threshold: int):
    return {
        "measure": "units",
        "window": {"window": "quarter"},
        "op": "gte",
        "threshold": threshold,
    }


def test_the_shortest_way_leads_through_what_is_nearest():
    every = {"all": [revenue(10), orders(4), units(100)]}
    assert way_of(every, revenue=1_000, orders=1) == [("orders", 3), ("units", 100)]
    one = {"any": [revenue(10), orders(4), units(100)]}
    assert way_of(one, revenue=400, orders=3, units=10) == [("orders", 1)]
    two = {"n_of": 2, "of": [revenue(10), orders(4), units(100)]}
    assert way_of(two, revenue=1_000, orders=1, units=30) == [("units", 70)]
    assert way_of(two, revenue=1_000, orders=4) == []


def test_the_way_of_a_score_is_the_score_and_its_gates():
    part = {"measure": "revenue", "window": {"window": "quarter"}}
    parts = [
        {"reading": part, "full": 1_000, "weight": 60},
        {"reading": part | {"measure": "orders"}, "full": 10, "weight": 40, "least": 20},
    ]
    asked = {"weighted": parts, "score": 70}
    low = verdict_of(asked, revenue=500, orders=2)
    assert [(one.value, one.missing) for one in shortest_way(low)] == [(38, 32), (8, 12)]
    gated = verdict_of(asked, revenue=1_000, orders=4)
    assert [(one.value, one.missing) for one in shortest_way(gated)] == [(16, 4)]


def test_criteria_are_told_line_by_line(in_tenant, program):
    words = criteria_words(voice=voice_of(in_tenant), program_id=program.pk, at=at("2026-01-01"))
    asked = {
        "all": [
            revenue(250_000, window=rolling(12), take={"best_of": "product_line"}),
            {"any": [CERTIFICATES, orders(3)]},
        ]
    }
    assert words.lines(parse(asked)) == [
        (0, "Revenue of the best product line, the last 12 months: at least $250,000"),
        (0, "One of these:"),
        (1, "Valid certificates: at least 6"),
        (1, "Purchases, this quarter: at least 3"),
    ]
