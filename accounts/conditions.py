"""Conditions of rules: one small language, stored as JSON.

    {}                                                         always holds
    {"all": [condition, …]}  {"any": [condition, …]}  {"not": condition}
    {"field": "line", "op": "in", "value": ["Bikes", "Parts"]}

Fields are names of the facts handed in, such as `line`, `amount`, `region`; `attributes.color`
looks into a fact's own attributes. A missing field equals nothing and is in no list.
"""

from collections.abc import Callable, Mapping
from typing import Any

Test = Callable[[Mapping[str, Any]], bool]

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda have, want: have == want,
    "ne": lambda have, want: have != want,
    "in": lambda have, want: have in want,
    "not_in": lambda have, want: have not in want,
    "gt": lambda have, want: have is not None and have > want,
    "gte": lambda have, want: have is not None and have >= want,
    "lt": lambda have, want: have is not None and have < want,
    "lte": lambda have, want: have is not None and have <= want,
}


class BadCondition(ValueError):
    """The JSON is no condition; the text says where and why."""


def compile_condition(condition: Mapping[str, Any]) -> Test:
    """A function that tells whether `condition` holds for the facts handed to it.

    Raises BadCondition for anything that is not in the language.
    """
    if not isinstance(condition, Mapping):
        raise BadCondition(f"A condition is an object, not {condition!r}.")
    if not condition:
        return lambda facts: True
    if set(condition) in ({"all"}, {"any"}):
        (word, parts) = next(iter(condition.items()))
        if not isinstance(parts, list):
            raise BadCondition(f"“{word}” takes a list of conditions.")
        return _combined(word, [compile_condition(part) for part in parts])
    if set(condition) == {"not"}:
        inner = compile_condition(condition["not"])
        return lambda facts: not inner(facts)
    if set(condition) == {"field", "op", "value"}:
        return _comparison(condition["field"], condition["op"], condition["value"])
    raise BadCondition(
        "A condition has “all”, “any” or “not”, or has “field”, “op” and “value”; "
        f"this one has {', '.join(sorted(map(str, condition)))}."
    )


def _combined(word: str, tests: list[Test]) -> Test:
    if word == "all":
        return lambda facts: all(test(facts) for test in tests)
    return lambda facts: any(test(facts) for test in tests)


def _comparison(field: Any, op: Any, value: Any) -> Test:
    if not isinstance(field, str) or not field:
        raise BadCondition("“field” is the name of a field.")
    if op not in OPERATORS:
        raise BadCondition(f"“op” is one of {', '.join(OPERATORS)}; it is {op!r}.")
    if op in ("in", "not_in") and not isinstance(value, list):
        raise BadCondition(f"“{op}” compares with a list of values.")
    compare = OPERATORS[op]
    if field.startswith("attributes."):
        name = field.removeprefix("attributes.")
        return lambda facts: _safely(compare, (facts.get("attributes") or {}).get(name), value)
    return lambda facts: _safely(compare, facts.get(field), value)


def _safely(compare: Callable[[Any, Any], bool], have: Any, want: Any) -> bool:
    try:
        return compare(have, want)
    except TypeError:  # "12" > 5: values of different types never compare
        return False
