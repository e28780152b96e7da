"""The small language of conditions: what holds, and what is no condition."""

import pytest

from accounts.conditions import BadCondition, compile_condition

FACTS = {
    "line": "Bikes",
    "amount": 5_000,
    "region": "North",
    "attributes": {"color": "red", "weight": 12},
}


def _field(name: str, op: str, value) -> dict:
    return {"field": name, "op": op, "value": value}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({}, True),
        (_field("line", "eq", "Bikes"), True),
        (_field("line", "ne", "Bikes"), False),
        (_field("line", "in", ["Parts", "Bikes"]), True),
        (_field("line", "not_in", ["Parts", "Bikes"]), False),
        (_field("amount", "gte", 5_000), True),
        (_field("amount", "gt", 5_000), False),
        (_field("amount", "lte", 5_000), True),
        (_field("amount", "lt", 5_000), False),
        (_field("attributes.color", "eq", "red"), True),
        (_field("attributes.size", "eq", "XL"), False),
        (_field("missing", "in", ["x"]), False),
        (_field("missing", "gt", 1), False),
        (_field("line", "gt", 1), False),  # text and number never compare
        ({"all": [_field("line", "eq", "Bikes"), _field("amount", "gt", 1)]}, True),
        ({"all": [_field("line", "eq", "Bikes"), _field("amount", "gt", 9_999)]}, False),
        ({"any": [_field("line", "eq", "Parts"), _field("amount", "gt", 1)]}, True),
        ({"any": [_field("line", "eq", "Parts"), _field("amount", "gt", 9_999)]}, False),
        ({"not": _field("line", "eq", "Parts")}, True),
        ({"all": []}, True),
        ({"any": []}, False),
    ],
)
def test_what_holds(condition, holds: bool):
    assert compile_condition(condition)(FACTS) is holds


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("text", "A condition is an object"),
        ({"all": {}}, "“all” takes a list"),
        ({"field": "line", "op": "like", "value": "B%"}, "“op” is one of"),
        ({"field": "line", "op": "in", "value": "Bikes"}, "compares with a list"),
        ({"field": "", "op": "eq", "value": 1}, "the name of a field"),
        ({"field": "line", "op": "eq"}, "this one has field, op"),
        ({"all": [], "any": []}, "this one has all, any"),
        ({"not": ["x"]}, "A condition is an object"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_reason(condition, why: str):
    with pytest.raises(BadCondition, match=why):
        compile_condition(condition)
