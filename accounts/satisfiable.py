"""Whether a condition can hold for any fact at all; and so, whether two can hold for the same one.

Safe in one direction: what is said never to hold never does, and in doubt it is said that it can.
Conditions come expanded, their segments in their places (`accounts.conditions.expanded`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import product
from typing import Any

from accounts.conditions import ORDERS, Condition, compile_condition

MOST_WAYS = 256
_OPPOSITE = {"eq": "ne", "ne": "eq", "in": "not_in", "not_in": "in"}

Way = tuple[Condition, ...]  # comparisons that hold together


class _TooMany(Exception):
    """More ways to meet a condition than are looked through."""


def can_hold(*conditions: Condition) -> bool:
    """Whether some fact could meet all of the conditions; True in doubt."""
    try:
        ways = _ways({"all": list(conditions)}, is_meant=True)
    except _TooMany:
        return True
    return any(_is_possible(way) for way in ways)


def implies(condition: Condition, other: Condition) -> bool:
    """Whether `other` holds wherever `condition` does; False in doubt."""
    return not can_hold(condition, {"not": other})


def _ways(condition: Condition, *, is_meant: bool) -> list[Way]:
    """The condition as alternatives of comparisons that hold together: all that is needed of one
    of them. `is_meant` is False inside of a “not”."""
    if not condition:
        return [()] if is_meant else []
    if "not" in condition:
        return _ways(condition["not"], is_meant=not is_meant)
    for word in ("all", "any"):
        if word in condition:
            parts = [_ways(part, is_meant=is_meant) for part in condition[word]]
            return _together(parts) if (word == "all") == is_meant else _few(parts)
    if is_meant:
        return [(condition,)]
    if condition["op"] in ORDERS:
        return [()]  # a missing field, or one of another type, is neither above nor below
    return [({**condition, "op": _OPPOSITE[condition["op"]]},)]


def _together(parts: Sequence[list[Way]]) -> list[Way]:
    found: list[Way] = [()]
    for ways in parts:
        if len(found) * len(ways) > MOST_WAYS:
            raise _TooMany
        found = [(*before, *way) for before, way in product(found, ways)]
    return found


def _few(parts: Sequence[list[Way]]) -> list[Way]:
    found = [way for ways in parts for way in ways]
    if len(found) > MOST_WAYS:
        raise _TooMany
    return found


def _is_possible(way: Way) -> bool:
    by_field: dict[str, list[Condition]] = defaultdict(list)
    for part in way:
        by_field[part["field"]].append(part)
    return all(_some_value(field, parts) for field, parts in by_field.items())


def _some_value(field: str, parts: list[Condition]) -> bool:
    """Whether one value of the field meets all of the comparisons with it."""
    named = [one for part in parts if part["op"] in ("eq", "in") for one in _values(part)]
    bounds = [part for part in parts if part["op"] in ORDERS]
    if any(part["op"] in ("eq", "in") for part in parts):
        return _any_meets(named, field, parts)
    if not bounds:
        return True  # some value is not among finitely many
    if not _same_type(part["value"] for part in bounds):
        return False
    low = [_exact(part["value"]) for part in bounds if part["op"].startswith("g")]
    high = [_exact(part["value"]) for part in bounds if part["op"].startswith("l")]
    if not low or not high or max(low) < min(high):
        return True
    at_the_edge = [part["value"] for part in bounds if _exact(part["value"]) == max(low)]
    return max(low) == min(high) and _any_meets(at_the_edge, field, parts)


def _values(part: Condition) -> list[Any]:
    return part["value"] if part["op"] == "in" else [part["value"]]


def _any_meets(values: Iterable[Any], field: str, parts: list[Condition]) -> bool:
    meets = compile_condition({"all": parts})
    inside, dot, name = field.partition(".")
    return any(meets({inside: {name: value}} if dot else {field: value}) for value in values)


def _same_type(values: Iterable[Any]) -> bool:
    """Text is ordered among text and numbers among numbers; null, true and false not at all."""
    found = {
        "text" if isinstance(value, str) else "number"
        for value in values
        if value is not None and not isinstance(value, bool)
    }
    return len(found) == 1


def _exact(value: Any) -> Any:
    return value if isinstance(value, str) else Decimal(str(value))
