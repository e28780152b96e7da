"""Earning as arithmetic: no database, no clock, exact whole numbers."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.conditions import compile_condition
from rewards.earning import Raise, Rule, Setting, cap_key, desired_amount, grants_for
from rewards.expiry import UnknownPolicy, expires_at
from tiers.standing import Held

ZONE = ZoneInfo("America/New_York")
WHEN = datetime(2026, 2, 15, 17, tzinfo=UTC)
ACCOUNT = UUID(int=9)
GOLD = Held(UUID(int=1), "Gold", 2, 1_500)


def _rule(number: int = 1, **terms) -> Rule:
    defaults = {
        "version_id": UUID(int=100 + number),
        "rule_id": UUID(int=number),
        "code": f"rule-{number}",
        "number": 1,
        "program_id": UUID(int=7),
        "program": "rewards",
        "exclusive_group": "",
        "kind": "purchase",
        "valid_from": datetime(2026, 1, 1, tzinfo=UTC),
        "valid_to": None,
        "holds_for": compile_condition({}),
        "unit": "points",
        "basis": "per_amount",
        "rate": 10_000,
        "tier_multiplies": True,
        "cap": None,
        "cap_window": "",
        "hold_days": 0,
    }
    return Rule(**(defaults | terms))


def _granted(*rules: Rule, amount=124_055, held=GOLD, used=None, when=WHEN, quantity="3"):
    facts = {"kind": "purchase", "amount": amount, "quantity": Decimal(quantity), "line": "Bikes"}
    return [
        (grant.rule.code, grant.desired, grant.granted)
        for grant in grants_for(rules, _setting(facts, held=held, used=used, when=when))
    ]


def _setting(facts, *, held=GOLD, used=None, when=WHEN, raises=(), budget_left=None) -> Setting:
    return Setting(
        facts=facts,
        occurred_at=when,
        held=held,
        account_id=ACCOUNT,
        cap_used=used or {},
        places=2,
        zone=ZONE,
        raises=raises,
        budget_left=budget_left,
    )


def test_the_multiplier_counts_before_the_one_rounding():
    assert _granted(_rule()) == [("rule-1", 1860, 1860)]
    assert _granted(_rule(), held=None) == [("rule-1", 1240, 1240)]
    assert _granted(_rule(tier_multiplies=False)) == [("rule-1", 1240, 1240)]


def test_per_unit_and_fixed():
    per_unit = _rule(basis="per_unit", rate=25_000, tier_multiplies=False)
    assert _granted(per_unit, quantity="3.5") == [("rule-1", 8, 8)]
    assert _granted(_rule(basis="fixed", rate=500_000)) == [("rule-1", 75, 75)]


def test_a_version_is_valid_from_its_instant_and_no_longer_at_its_end():
    ended = _rule(valid_to=WHEN)
    begun = _rule(2, valid_from=WHEN)
    assert _granted(ended, begun) == [("rule-2", 1860, 1860)]


def test_rules_of_a_group_compete_and_others_add_up():
    rules = (
        _rule(1, exclusive_group="promo"),
        _rule(2, exclusive_group="promo", rate=20_000),
        _rule(3, exclusive_group="other"),
        _rule(4),
    )
    assert [code for code, _, _ in _granted(*rules)] == ["rule-2", "rule-3", "rule-4"]


def test_a_cap_leaves_what_is_left_of_the_month():
    capped = _rule(cap=2_000, cap_window="month", tier_multiplies=False)
    used = {cap_key(ACCOUNT, capped, date(2026, 2, 1)): 1_800}
    assert _granted(capped, amount=60_000, used=used) == [("rule-1", 600, 200)]
    assert _granted(capped, amount=60_000) == [("rule-1", 600, 600)]
    per_activity = _rule(cap=100, cap_window="activity")
    assert _granted(per_activity) == [("rule-1", 1860, 100)]


@pytest.mark.parametrize(
    ("window", "period", "last", "first_of_next"),
    [
        ("fiscal_quarter", date(2026, 2, 1), datetime(2026, 5, 1, 3, 59, tzinfo=UTC), 4),
        ("fiscal_year", date(2026, 2, 1), datetime(2027, 2, 1, 4, 59, tzinfo=UTC), 5),
    ],
)
def test_a_cap_counts_in_fiscal_periods_of_the_tenants_own_zone(
    window, period, last, first_of_next
):
    """A fiscal year from February on; its periods end at local midnight."""
    capped = _rule(cap=2_000, cap_window=window, year_starts=2, tier_multiplies=False)
    used = {cap_key(ACCOUNT, capped, period): 1_800}
    assert _granted(capped, amount=60_000, used=used, when=last) == [("rule-1", 600, 200)]
    new = last.replace(hour=first_of_next, minute=0)
    assert _granted(capped, amount=60_000, used=used, when=new) == [("rule-1", 600, 600)]


def test_nothing_wanted_is_nothing_granted():
    assert _granted(_rule(kind="training")) == []
    assert _granted(_rule(), amount=0) == []
    only_parts = compile_condition({"field": "line", "op": "eq", "value": "Parts"})
    assert _granted(_rule(holds_for=only_parts)) == []


def test_a_budget_limits_its_own_unit_over_all_rules_of_a_fact():
    facts = {"kind": "purchase", "amount": 100_00, "quantity": Decimal(1)}
    rules = [_rule(1), _rule(2, unit="credits"), _rule(3), _rule(4, unit="credits"), _rule(5)]
    setting = _setting(facts, held=None, budget_left={"points": 150})
    assert [
        (one.rule.unit, one.granted, one.less_because) for one in grants_for(rules, setting)
    ] == [
        ("points", 100, ""),
        ("credits", 100, ""),
        ("points", 50, "budget"),
        ("credits", 100, ""),
        ("points", 0, "budget"),
    ]


def test_campaigns_multiply_what_the_tier_multiplied_and_add_at_the_end():
    facts = {"kind": "purchase", "amount": 10_01, "quantity": Decimal(1)}
    always = {"starts_at": WHEN, "ends_at": None, "holds_for": compile_condition({})}
    about = {"campaign_id": UUID(int=3), "name": "C", "unit": "points"} | always
    raises = [
        Raise(code="a", rule_id=None, multiplier=1_500, bonus=0, **about),
        Raise(code="b", rule_id=UUID(int=1), multiplier=1_000, bonus=7, **about),
        Raise(code="c", rule_id=UUID(int=9), multiplier=9_000, bonus=0, **about),
    ]
    [grant] = grants_for([_rule()], _setting(facts, raises=raises))
    # 10.01 x 1.5 x 1.5 = 22.5225, and 7
    assert (grant.granted, [one.code for one in grant.raised_by]) == (29, ["a", "b"])


@given(
    amount=st.integers(0, 10**13),
    rate=st.integers(1, 10**8),
    multiplier=st.integers(1, 10**5),
    places=st.integers(0, 3),
)
def test_points_are_the_floor_of_the_exact_product(amount, rate, multiplier, places):
    exact = Fraction(amount, 10**places) * Fraction(rate, 10_000) * Fraction(multiplier, 1_000)
    held = Held(UUID(int=1), "Any", 1, multiplier)
    wanted = desired_amount(
        _rule(rate=rate), amount=amount, quantity=Decimal(0), places=places, held=held
    )
    assert wanted == exact.numerator // exact.denominator


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({}, None),
        ({"policy": "never"}, None),
        ({"policy": "quarter_end"}, datetime(2026, 4, 1, 4, tzinfo=UTC)),
        ({"policy": "quarter_end", "plus": 1}, datetime(2026, 7, 1, 4, tzinfo=UTC)),
        ({"policy": "months", "months": 12}, datetime(2027, 3, 1, 5, tzinfo=UTC)),
    ],
)
def test_expiry_policies(policy, expected):
    assert expires_at(policy, occurred_at=WHEN, zone=ZONE) == expected


def test_an_unknown_expiry_policy_is_refused():
    with pytest.raises(UnknownPolicy, match="'sometimes'"):
        expires_at({"policy": "sometimes"}, occurred_at=WHEN, zone=ZONE)
