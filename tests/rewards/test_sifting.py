"""Sifting never changes what is granted: it only answers some questions once for many facts."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.conditions import Condition, compile_condition
from rewards.earning import Raise, Rule, Setting, grants_for
from rewards.sifting import sieve_of

WHEN = datetime(2026, 5, 4, 12, tzinfo=UTC)

BIKES = {"field": "line", "op": "eq", "value": "Bikes"}
NORTH = {"field": "region", "op": "in", "value": ["North"]}
GOLD = {"field": "tier", "op": "eq", "value": "Gold"}
BIG = {"field": "amount", "op": "gte", "value": 100}
RED = {"field": "attributes.color", "op": "eq", "value": "red"}
CONDITIONS: list[Condition] = [
    {},
    BIKES,
    BIG,
    {"all": [BIKES, BIG]},
    {"all": [{"all": [NORTH, RED]}, {"not": GOLD}]},
    {"any": [BIKES, BIG]},  # asks for an amount: no part of it can be answered for all
    {"not": {"all": [BIKES, BIG]}},
    {"any": [NORTH, GOLD]},
    {"not": {"any": []}},
]


def _rule(number: int, condition: Condition) -> Rule:
    return Rule(
        version_id=UUID(int=100 + number),
        rule_id=UUID(int=number),
        code=f"rule-{number}",
        number=1,
        program_id=UUID(int=7),
        program="rewards",
        exclusive_group="",
        kind="purchase",
        valid_from=WHEN,
        valid_to=None,
        holds_for=compile_condition(condition),
        unit="points",
        basis="per_activity",
        rate=10_000 * (number + 1),
        tier_multiplies=False,
        cap=None,
        cap_window="",
        hold_days=0,
        condition=condition,
    )


def _raise(number: int, condition: Condition) -> Raise:
    return Raise(
        campaign_id=UUID(int=300 + number),
        code=f"campaign-{number}",
        name="Campaign",
        rule_id=None,
        unit="points",
        multiplier=1_000,
        bonus=1_000 * 2**number,  # the sum says which of them raised
        starts_at=WHEN,
        ends_at=None,
        holds_for=compile_condition(condition),
        condition=condition,
    )


def _granted(rules, raises, facts) -> list[tuple[str, int]]:
    setting = Setting(
        facts=facts,
        occurred_at=WHEN,
        held=None,
        account_id=UUID(int=9),
        cap_used={},
        places=2,
        zone=ZoneInfo("UTC"),
        raises=[one for one in raises if one.holds_for(facts)],
    )
    return [(grant.rule.code, grant.granted) for grant in grants_for(rules, setting)]


def test_what_is_sifted_out_would_have_given_nothing():
    rules = [_rule(number, condition) for number, condition in enumerate(CONDITIONS)]
    rules.append(replace(_rule(50, BIKES), condition=None))  # nothing is known of what it asks
    raises = [_raise(number, condition) for number, condition in enumerate(CONDITIONS)]
    sieve = sieve_of(rules, raises)
    sifted, answers = {}, set()
    for line, region, tier, amount, color in product(
        ("Bikes", "Parts"), ("North", ""), ("Gold", ""), (99, 100), ("red", None)
    ):
        facts = {
            "kind": "purchase",
            "amount": amount,
            "quantity": Decimal(1),
            "line": line,
            "region": region,
            "tier": tier,
            "attributes": {"color": color} if color else None,
        }
        look = sieve.look_of(facts)
        left = sifted.setdefault(look, sieve.sift(facts))  # as the first that looked like it left
        expected = _granted(rules, raises, facts)
        assert _granted(left.rules, left.raises, facts) == expected
        answers.add(tuple(expected))
    assert len(sifted) == 8  # line, region and tier; neither amounts nor attributes
    assert len(answers) == 12  # by line, amount, and three kinds of the others
    parts = sieve.sift({"line": "Parts", "region": "", "tier": ""})
    assert len(parts.rules) == 6  # not those for bikes, the north or gold alone
