"""Earning alone: a fact against 20 published rules and 4 campaigns, without a database."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.conditions import compile_condition
from rewards.earning import Raise, Rule, Setting, grants_for
from tiers.standing import Held

FACTS = 20_000
ROUNDS = 5
RULES, CAMPAIGNS = 20, 4
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
WHEN = datetime(2026, 5, 4, 12, tzinfo=UTC)


def run() -> Iterator[str]:
    """Half of the rules have a condition that does not hold; one campaign is for this line."""
    rules, raises = [_rule(number) for number in range(RULES)], _raises()
    rates = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for number in range(FACTS):
            facts = _facts(number)
            on = [one for one in raises if one.is_on(WHEN) and one.holds_for(facts)]
            grants_for(rules, _setting(facts, on))
        rates.append(FACTS / (time.perf_counter() - started))
    yield (
        f"earning alone: {median(rates):,.0f} facts/s against {RULES} rules of one kind and "
        f"{CAMPAIGNS} campaigns"
    )


def _facts(number: int) -> dict:
    return {
        "kind": "purchase",
        "amount": 10_000 + number,
        "quantity": Decimal(3),
        "line": "Bikes" if number % 2 else "Parts",
        "region": "North",
        "attributes": None,
        "member": None,
    }


def _setting(facts: dict, on: list[Raise]) -> Setting:
    return Setting(
        facts=facts,
        occurred_at=WHEN,
        held=Held(UUID(int=1), "Gold", 2, 1_500),
        account_id=UUID(int=9),
        cap_used={},
        places=2,
        zone=ZoneInfo("America/New_York"),
        raises=on,
    )


def _rule(number: int) -> Rule:
    north = {"field": "region", "op": "in", "value": ["North" if number % 2 else "South"]}
    big = {"field": "amount", "op": "gte", "value": 100}
    return Rule(
        version_id=UUID(int=100 + number),
        rule_id=UUID(int=200 + number),
        code=f"rule-{number}",
        number=1,
        program_id=UUID(int=7),
        program="rewards",
        exclusive_group="g" if number % 4 == 1 else "",
        kind="purchase",
        valid_from=LONG_AGO,
        valid_to=None,
        holds_for=compile_condition({"all": [north, big]}),
        unit="points",
        basis="per_amount",
        rate=10_000,
        tier_multiplies=True,
        cap=None,
        cap_window="",
        hold_days=0,
    )


def _raises() -> list[Raise]:
    lines = ("Bikes", "Helmets", "Tires", "Locks")
    return [
        Raise(
            campaign_id=UUID(int=300 + number),
            code=f"campaign-{number}",
            name="Campaign",
            rule_id=None,
            unit="points",
            multiplier=1_500,
            bonus=0,
            starts_at=LONG_AGO,
            ends_at=None,
            holds_for=compile_condition({"field": "line", "op": "eq", "value": line}),
        )
        for number, line in enumerate(lines[:CAMPAIGNS])
    ]
