"""Criteria of tiers: trees of conditions over measures, stored as JSON.

    {}                                                                      always met
    {"all": [criteria, …]}  {"any": [criteria, …]}  {"n_of": 2, "of": [criteria, …]}
    {"measure": "revenue", "window": {"window": "quarter"}, "op": "gte", "threshold": 2500000}
        … with "take": {"best_of": "product_line"} and "family": true, where they are wanted
    {"ladder": "hardware", "op": "gte", "tier": "gold"}            the tier held on another ladder
    {"weighted": [{"reading": {"measure": …, "window": …}, "full": 1000, "weight": 450,
                   "least": 0}, …], "score": 500}

A part of a weighted score brings weight × min(value ÷ full, 1), and its `least` is a gate: all
parts have to bring their least. The score is their exact sum, rounded down once.

Here criteria are parsed; `tiers.judging` judges them, in Python and in SQL alike. Values and
thresholds are whole numbers as `accounts.counting` says.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.readings import BEST_OF, BY, TOTAL, Reading
from accounts.windows import BadWindow, parse_window

OPERATORS = ("gte", "gt", "lte", "lt")
DEEPEST = 6
MOST_PARTS = 60
LARGEST = 10**18
MOST_WEIGHT = 10**9
CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")  # codes stand in SQL as they are


class BadCriteria(ValueError):
    """The JSON is no criteria; the text says where and why."""

    def __init__(self, where: str, why: str) -> None:
        self.where = where.removesuffix(" › ")
        super().__init__(f"{self.where}: {why}" if self.where else why)


@dataclass(frozen=True, slots=True)
class Condition:
    """What is read compares with a threshold."""

    reading: Reading
    op: str
    threshold: int


@dataclass(frozen=True, slots=True)
class OnLadder:
    """The tier `tier`, or a higher one, is held on another ladder of the program."""

    ladder: str
    tier: str

    @property
    def key(self) -> str:
        """How its value (1 held, 0 not) is named, in evidence too."""
        return f"ladder:{self.ladder}>={self.tier}"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least `least` of the parts are met: all of them, any of them, or n."""

    word: str
    least: int
    parts: tuple["Criteria", ...]


@dataclass(frozen=True, slots=True)
class Part:
    """`least` is what it has to bring; `full` the value from which on it brings all its weight."""

    reading: Reading
    full: int
    weight: int
    least: int


@dataclass(frozen=True, slots=True)
class Weighted:
    parts: tuple[Part, ...]
    score: int


Criteria = Condition | OnLadder | AtLeast | Weighted

ALWAYS = AtLeast("all", 0, ())


def parse(raw: Any) -> Criteria:
    """Raises BadCriteria, whose text names the place: “all › 2 › threshold”."""
    parts = list(_size(raw, 1))
    if len(parts) > MOST_PARTS:
        raise BadCriteria("", f"Criteria have at most {MOST_PARTS} conditions.")
    return _parsed(raw, "")


def readings(criteria: Criteria) -> list[Reading]:
    """What has to be read to judge it, each once, in its order."""
    return list(dict.fromkeys(one for one in _asked(criteria) if isinstance(one, Reading)))


def ladders(criteria: Criteria) -> list[OnLadder]:
    """What it asks of other ladders, each once, in its order."""
    return list(dict.fromkeys(one for one in _asked(criteria) if isinstance(one, OnLadder)))


def _asked(criteria: Criteria) -> Iterator[Reading | OnLadder]:
    if isinstance(criteria, Condition):
        yield criteria.reading
    elif isinstance(criteria, OnLadder):
        yield criteria
    elif isinstance(criteria, Weighted):
        yield from (part.reading for part in criteria.parts)
    else:
        for part in criteria.parts:
            yield from _asked(part)


def _size(raw: Any, depth: int) -> Iterator[Any]:
    if depth > DEEPEST:
        raise BadCriteria("", f"Criteria nest at most {DEEPEST} deep.")
    yield raw
    if isinstance(raw, Mapping):
        for word in ("all", "any", "of", "weighted"):
            if isinstance(raw.get(word), list):
                for part in raw[word]:
                    yield from _size(part, depth + 1)


def _parsed(raw: Any, where: str) -> Criteria:
    if not isinstance(raw, Mapping):
        raise BadCriteria(where, f"criteria are an object, not {raw!r}.")
    if not raw:
        return ALWAYS
    words = set(raw)
    if words in ({"all"}, {"any"}):
        (word,) = words
        parts = _parts(raw[word], f"{where}{word}")
        return AtLeast(word, len(parts) if word == "all" else 1, parts)
    if words == {"n_of", "of"}:
        parts = _parts(raw["of"], f"{where}of")
        least = _whole(raw["n_of"], f"{where}n_of", 1, len(parts))
        return AtLeast("n_of", least, parts)
    if words == {"weighted", "score"}:
        return _weighted(raw, where)
    if words == {"ladder", "op", "tier"}:
        return _on_ladder(raw, where)
    if "measure" in words:
        return _condition(raw, where)
    raise BadCriteria(
        where,
        "criteria have “all”, “any”, “n_of” with “of”, “weighted” with “score”, “ladder” or "
        f"“measure”; these have {', '.join(sorted(map(str, words)))}.",
    )


def _parts(raw: Any, where: str) -> tuple[Criteria, ...]:
    if not isinstance(raw, list) or not raw:
        raise BadCriteria(where, "takes a list of at least one condition.")
    return tuple(_parsed(part, f"{where} › {n} › ") for n, part in enumerate(raw, start=1))


def _condition(raw: Mapping[str, Any], where: str) -> Condition:
    if not {"op", "threshold"} <= raw.keys():
        raise BadCriteria(where, "a condition has “op” and “threshold”.")
    if raw["op"] not in OPERATORS:
        raise BadCriteria(f"{where}op", f"is one of {', '.join(OPERATORS)}; it is {raw['op']!r}.")
    return Condition(
        reading=_reading({k: v for k, v in raw.items() if k not in ("op", "threshold")}, where),
        op=raw["op"],
        threshold=_whole(raw["threshold"], f"{where}threshold", -LARGEST, LARGEST),
    )


def _on_ladder(raw: Mapping[str, Any], where: str) -> OnLadder:
    if raw["op"] != "gte":
        raise BadCriteria(f"{where}op", "a ladder's tier is compared by gte.")
    for name in ("ladder", "tier"):
        if not isinstance(raw[name], str) or not CODE.fullmatch(raw[name]):
            raise BadCriteria(f"{where}{name}", "is a code of letters, digits and hyphens.")
    return OnLadder(raw["ladder"], raw["tier"])


def _weighted(raw: Mapping[str, Any], where: str) -> Weighted:
    if not isinstance(raw["weighted"], list) or not raw["weighted"]:
        raise BadCriteria(f"{where}weighted", "takes a list of at least one part.")
    parts = tuple(
        _part(part, f"{where}weighted › {n} › ") for n, part in enumerate(raw["weighted"], start=1)
    )
    most = sum(part.weight for part in parts)
    return Weighted(parts, _whole(raw["score"], f"{where}score", 1, most))


def _part(raw: Any, where: str) -> Part:
    if not isinstance(raw, Mapping) or not {"reading", "full", "weight"} <= raw.keys():
        raise BadCriteria(where, "a part has “reading”, “full” and “weight”.")
    if extra := raw.keys() - {"reading", "full", "weight", "least"}:
        raise BadCriteria(where, f"a part has no {', '.join(sorted(map(str, extra)))}.")
    weight = _whole(raw["weight"], f"{where}weight", 1, MOST_WEIGHT)
    return Part(
        reading=_reading(raw["reading"], f"{where}reading › "),
        full=_whole(raw["full"], f"{where}full", 1, LARGEST),
        weight=weight,
        least=_whole(raw.get("least", 0), f"{where}least", 0, weight),
    )


def _reading(raw: Any, where: str) -> Reading:
    if not isinstance(raw, Mapping) or not {"measure", "window"} <= raw.keys():
        raise BadCriteria(where, "a reading has “measure” and “window”.")
    if extra := raw.keys() - {"measure", "window", "take", "family"}:
        raise BadCriteria(where, f"a reading has no {', '.join(sorted(map(str, extra)))}.")
    if not isinstance(raw["measure"], str) or not CODE.fullmatch(raw["measure"]):
        raise BadCriteria(f"{where}measure", "is the code of a measure.")
    if not isinstance(raw.get("family", False), bool):
        raise BadCriteria(f"{where}family", "is true or false.")
    try:
        window = parse_window(raw["window"])
    except BadWindow as bad:
        raise BadCriteria(f"{where}window", str(bad)) from None
    take, by = _taken(raw.get("take", TOTAL), f"{where}take")
    return Reading(raw["measure"], window, take, by, raw.get("family", False))


def _taken(raw: Any, where: str) -> tuple[str, str]:
    if raw == TOTAL:
        return TOTAL, ""
    by = raw[BEST_OF] if isinstance(raw, Mapping) and raw.keys() == {BEST_OF} else None
    if isinstance(by, str) and by in BY:
        return BEST_OF, by
    raise BadCriteria(where, f"is “total”, or “best_of” one of {', '.join(BY)}.")


def _whole(value: Any, where: str, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise BadCriteria(where, f"is a whole number from {least} to {most}.")
    return value
