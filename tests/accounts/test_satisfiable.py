"""What can never hold is known; what can hold is never said not to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.conditions import compile_condition
from accounts.satisfiable import can_hold, implies


def eq(field, value):
    return {"field": field, "op": "eq", "value": value}


def is_(field, op, value):
    return {"field": field, "op": op, "value": value}


BIKES, PARTS = eq("line", "Bikes"), eq("line", "Parts")


@pytest.mark.parametrize(
    "condition",
    [
        {"any": []},
        {"not": {}},
        {"all": [BIKES, PARTS]},
        {"all": [BIKES, {"not": BIKES}]},
        {"all": [BIKES, is_("line", "not_in", ["Bikes", "Parts"])]},
        is_("line", "in", []),
        {"all": [is_("amount", "gt", 10), is_("amount", "lt", 10.0)]},
        {"all": [is_("amount", "gte", 10), is_("amount", "lt", 10)]},
        {"all": [is_("amount", "gte", 10), is_("amount", "lte", 10), is_("amount", "ne", 10)]},
        {"all": [is_("amount", "gt", 10), is_("amount", "lt", "a")]},
        {"all": [eq("amount", "10"), is_("amount", "gt", 5)]},
        is_("amount", "gt", True),
        {"all": [is_("occurred_on", "gte", "2026-04-01"), is_("occurred_on", "lt", "2026-03-31")]},
        {"all": [eq("attributes.color", "red"), eq("attributes.color", "blue")]},
        {"all": [{"any": [BIKES, PARTS]}, eq("line", "Tools")]},
    ],
)
def test_never(condition):
    assert not can_hold(condition)


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"all": []},
        {"any": [{"all": [BIKES, PARTS]}, PARTS]},
        {"all": [is_("amount", "gte", 10), is_("amount", "lte", 10.0)]},
        {"all": [eq("line", None), is_("line", "ne", "Bikes")]},
        {"all": [eq("attributes.color", "red"), eq("account.color", "blue")]},
        {"not": is_("amount", "gt", 5)},
        {"all": [{"any": [eq("a", n), eq("b", n)]} for n in range(20)]},  # too many: in doubt
    ],
)
def test_some_day(condition):
    assert can_hold(condition)


def test_two_at_once_and_one_within_the_other():
    gold = eq("tier", "Gold")
    assert can_hold(BIKES, gold)
    assert not can_hold(BIKES, PARTS)
    assert implies({"all": [BIKES, gold]}, BIKES)
    assert implies(BIKES, {})
    assert implies(BIKES, is_("line", "in", ["Bikes", "Parts"]))
    assert not implies(BIKES, gold)
    assert not implies({}, BIKES)


values = st.sampled_from(["", "a", "b", None, True, 0, 1, 1.5])
ops = st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"])
comparison = st.builds(is_, st.sampled_from(["x", "y.z"]), ops, values)
listed = st.builds(
    is_, st.sampled_from(["x", "y.z"]), st.sampled_from(["in", "not_in"]), st.lists(values)
)
conditions = st.recursive(
    comparison | listed | st.just({}),
    lambda inner: (
        st.builds(lambda parts: {"all": parts}, st.lists(inner, max_size=3))
        | st.builds(lambda parts: {"any": parts}, st.lists(inner, max_size=3))
        | st.builds(lambda part: {"not": part}, inner)
    ),
    max_leaves=6,
)


@given(conditions, conditions, values, values)
def test_whatever_holds_for_a_fact_is_never_called_impossible(one, other, x, z):
    facts = {"x": x, "y": {"z": z}}
    one_holds, other_holds = compile_condition(one)(facts), compile_condition(other)(facts)
    if one_holds:
        assert can_hold(one)
        assert other_holds or not implies(one, other)
        assert can_hold(one, other) or not other_holds
