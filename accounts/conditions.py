"""Conditions of rules: one small language, stored as JSON.

    {}                                                         always holds
    {"all": [condition, …]}  {"any": [condition, …]}  {"not": condition}
    {"field": "line", "op": "in", "value": ["Bikes", "Parts"]}

Fields are names of the facts handed in, such as `line`, `amount`, `region`; `attributes.color`
looks into a fact's own attributes, `account.city` into its account's. A missing field equals
nothing but null and is in no list without it.
`segment` is a condition with a name, put in its place where the condition is compiled.

Here it is evaluated in Python, for one fact; `accounts.asking` compiles the same condition to a
query over many. Both compare alike: numbers with numbers by their exact decimal value, text with
text by code points, true and false with themselves only; unlike types are unequal and unordered.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

Test = Callable[[Mapping[str, Any]], bool]
Condition = Mapping[str, Any]
Segments = Mapping[str, Condition]

ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
OPERATORS = ("eq", "ne", "in", "not_in", *ORDERS)
SEGMENT = "segment"
DEEPEST = 8
MOST_PARTS = 200
MOST_VALUES = 500
LONGEST = 400
LARGEST = 10**18

_COMPARISON = {"field", "op", "value"}
# NUL and halves of surrogate pairs cannot be stored, so nothing could ever equal them.
_UNFIT = re.compile(r"[\x00\ud800-\udfff]")


class BadCondition(ValueError):
    """The JSON is no condition; the text says where and why."""


def compile_condition(condition: Condition, *, segments: Segments | None = None) -> Test:
    """A function that tells whether `condition` holds for the facts handed to it.

    Raises BadCondition for anything that is not in the language, or names no segment.
    """
    return _compiled(expanded(condition, segments=segments or {}))


def compile_expanded(condition: Condition) -> Test:
    """As `compile_condition`, for a condition that is expanded already, or a part of one."""
    return _compiled(condition)


def expanded(condition: Condition, *, segments: Segments) -> dict[str, Any]:
    """The condition with its segments' own conditions in their place, checked throughout."""
    checked(condition)
    return _expanded(condition, segments, within=())


def checked(condition: Any) -> None:
    """Raises BadCondition for anything that is not in the language."""
    for parts, (part, depth) in enumerate(_walk(condition, 1), start=1):
        if depth > DEEPEST:
            raise BadCondition(
                gettext("Conditions nest at most %(deepest)s deep.") % {"deepest": DEEPEST}
            )
        if parts > MOST_PARTS:
            raise BadCondition(
                gettext("A condition has at most %(most_parts)s parts.")
                % {"most_parts": MOST_PARTS}
            )
        if set(part) == _COMPARISON:
            _check_comparison(part["field"], part["op"], part["value"])


def comparisons(condition: Condition) -> Iterator[Condition]:
    """Each comparison in the condition, in its order."""
    return (part for part, _ in _walk(condition, 1) if "field" in part)


def fields_of(condition: Condition, *, segments: Segments | None = None) -> set[str]:
    """The fields that the condition asks for, its segments' own among them."""
    whole = expanded(condition, segments=segments or {})
    return {part["field"] for part in comparisons(whole)}


def unmet(condition: Condition, facts: Mapping[str, Any]) -> list[Condition]:
    """The comparisons for which `condition` does not hold; those to change, to make it hold.

    `condition` is expanded. Empty where it holds; a “not” that does not hold is told whole.
    """
    if _compiled(condition)(facts):
        return []
    for word in ("all", "any"):
        if word in condition:
            return [found for part in condition[word] for found in unmet(part, facts)]
    return [condition]


def _walk(condition: Any, depth: int) -> Iterator[tuple[Condition, int]]:
    if not isinstance(condition, Mapping):
        raise BadCondition(
            gettext("A condition is an object, not %(condition)s.") % {"condition": repr(condition)}
        )
    yield condition, depth
    if depth > DEEPEST or not condition or set(condition) == _COMPARISON:
        return
    if set(condition) in ({"all"}, {"any"}):
        ((word, parts),) = condition.items()
        if not isinstance(parts, list):
            raise BadCondition(gettext("“%(word)s” takes a list of conditions.") % {"word": word})
        for part in parts:
            yield from _walk(part, depth + 1)
    elif set(condition) == {"not"}:
        yield from _walk(condition["not"], depth + 1)
    else:
        raise BadCondition(
            gettext(
                "A condition has “all”, “any” or “not”, or has “field”, “op” and “value”; "
                "this one has %(condition)s."
            )
            % {"condition": ", ".join(sorted(map(str, condition)))}
        )


def _check_comparison(field: Any, op: Any, value: Any) -> None:
    if not isinstance(field, str) or not field or _UNFIT.search(field):
        raise BadCondition(gettext("“field” is the name of a field."))
    if op not in OPERATORS:
        raise BadCondition(
            gettext("“op” is one of %(operators)s; it is %(op)s.")
            % {"operators": ", ".join(OPERATORS), "op": repr(op)}
        )
    if op in ("in", "not_in"):
        if not isinstance(value, list):
            raise BadCondition(gettext("“%(op)s” compares with a list of values.") % {"op": op})
        if len(value) > MOST_VALUES:
            raise BadCondition(
                gettext("A list has at most %(most_values)s values.") % {"most_values": MOST_VALUES}
            )
    elif isinstance(value, list):
        raise BadCondition(
            gettext("“%(op)s” compares with one value; use “in” for a list.") % {"op": op}
        )
    for one in value if isinstance(value, list) else [value]:
        _check_value(one)


def _check_value(value: Any) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        if len(value) > LONGEST or _UNFIT.search(value):
            raise BadCondition(
                gettext("A text to compare with has at most %(longest)s plain characters.")
                % {"longest": LONGEST}
            )
    elif isinstance(value, int | float):
        if not abs(value) <= LARGEST:  # written so that NaN fails, too
            raise BadCondition(gettext("A number to compare with is finite and below 10^18."))
    else:
        raise BadCondition(
            gettext("A value is text, a number, true, false or null, not %(value)s.")
            % {"value": repr(value)}
        )


def _expanded(condition: Condition, segments: Segments, *, within: tuple) -> dict[str, Any]:
    for word in ("all", "any"):
        if word in condition:
            return {word: [_expanded(part, segments, within=within) for part in condition[word]]}
    if "not" in condition:
        return {"not": _expanded(condition["not"], segments, within=within)}
    if condition.get("field") != SEGMENT:
        return dict(condition)
    op, value = condition["op"], condition["value"]
    if op in ORDERS:
        raise BadCondition(gettext("A segment is compared by eq, ne, in or not_in."))
    codes = value if isinstance(value, list) else [value]
    named = {"any": [_segment(code, segments, within) for code in codes]}
    return {"not": named} if op in ("ne", "not_in") else named


def _segment(code: Any, segments: Segments, within: tuple) -> dict[str, Any]:
    if code not in segments:
        raise BadCondition(gettext("There is no segment “%(code)s”.") % {"code": code})
    if code in within:
        raise BadCondition(gettext("The segment “%(code)s” is defined by itself.") % {"code": code})
    checked(segments[code])
    return _expanded(segments[code], segments, within=(*within, code))


# ── In Python ────────────────────────────────────────────────────────────────────────────────────


def _compiled(condition: Condition) -> Test:
    if not condition:
        return lambda facts: True
    for word in ("all", "any"):
        if word in condition:
            tests = tuple(_compiled(part) for part in condition[word])
            return tests[0] if len(tests) == 1 else _combined(word == "all", tests)
    if "not" in condition:
        inner = _compiled(condition["not"])
        return lambda facts: not inner(facts)
    return _comparison(condition["field"], condition["op"], condition["value"])


def _combined(every: bool, tests: tuple[Test, ...]) -> Test:
    if len(tests) == 2:
        one, other = tests
        if every:
            return lambda facts: one(facts) and other(facts)
        return lambda facts: one(facts) or other(facts)

    def combined(facts: Mapping[str, Any]) -> bool:
        for test in tests:  # a loop: a generator costs several tests
            if test(facts) is not every:
                return not every
        return every

    return combined


def _comparison(field: str, op: str, value: Any) -> Test:
    holds = _held_against(op, value)
    inside, dot, name = field.partition(".")
    if dot:
        return lambda facts: holds((facts.get(inside) or {}).get(name))
    # Every fact asks every rule: what most of them ask for is answered without a further call.
    if op == "eq" and isinstance(value, str):
        return lambda facts: facts.get(field) == value
    if op == "in" and all(isinstance(one, str) for one in value):
        texts = frozenset(value)
        return lambda facts: facts.get(field) in texts
    return lambda facts: holds(facts.get(field))


def _held_against(op: str, want: Any) -> Callable[[Any], bool]:
    if op in ("in", "not_in"):
        if all(isinstance(one, str) for one in want):
            texts = frozenset(want)  # text equals nothing else, so it needs no key
            return (lambda have: have in texts) if op == "in" else (lambda have: have not in texts)
        keys = frozenset(map(_key, want))
        if op == "in":
            return lambda have: _key(have) in keys
        return lambda have: _key(have) not in keys
    key = _key(want)
    if op == "eq":
        if isinstance(want, str):
            return lambda have: have == want
        return lambda have: _key(have) == key
    if op == "ne":
        return lambda have: _key(have) != key
    if key[0] not in ("text", "number"):
        return lambda have: False  # null and booleans have no order
    compare, (kind, limit) = ORDERS[op], key

    if kind == "text":
        return lambda have: isinstance(have, str) and compare(have, limit)

    def ordered(have: Any) -> bool:
        if type(have) is int:
            return compare(have, limit)
        have_kind, amount = _key(have)
        return have_kind == kind and compare(amount, limit)

    return ordered


def _key(value: Any) -> tuple[str, Any]:
    """Equal for what counts as the same: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, str):
        return "text", value
    if value is None or isinstance(value, bool):
        return "other", value
    if isinstance(value, float):
        return "number", Decimal(repr(value))  # as JSON writes it, not the nearest binary
    return "number", value
