"""Judging criteria: by values in Python, with every condition's part in it, or many rows in SQL.

Both judge alike. Percentages and scores are whole and rounded down, so that they say 100 of what is
met and of nothing else: of “all” the part that is farthest, of “any” and “n of” the farthest of the
nearest ones that are needed, of a score its share of what is wanted or that of a gate not met.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from tiers.criteria import Condition, Criteria, OnLadder, Part, Weighted

Values = Mapping[str, int]  # by the key of a reading, or of a question to another ladder
Columns = Mapping[str, str]  # SQL expressions by the same keys; none of them is ever NULL

_SIGNS = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether criteria are met and how far it is, with their parts.

    `value` of `threshold` is what was compared: of a reading, of a score, or of how many parts
    are met. `missing` is what `value` lacks, or has too much where less is wanted. Of parts of a
    weighted score, `value` is what they bring (rounded down), `threshold` what they have to.
    """

    criteria: Criteria | Part
    met: bool
    value: int
    threshold: int
    percent: int
    missing: int
    parts: tuple["Verdict", ...] = ()


def judge(criteria: Criteria, values: Values) -> Verdict:
    """Raises KeyError for a value that is not there: nobody is judged by half of the facts."""
    if isinstance(criteria, Condition):
        return _compared(criteria, values[criteria.reading.key])
    if isinstance(criteria, OnLadder):
        held = values[criteria.key]
        return Verdict(criteria, held == 1, held, 1, 100 * held, 1 - held)
    if isinstance(criteria, Weighted):
        return _scored(criteria, values)
    parts = tuple(judge(part, values) for part in criteria.parts)
    met = sum(part.met for part in parts)
    return Verdict(
        criteria=criteria,
        met=met >= criteria.least,
        value=met,
        threshold=criteria.least,
        percent=_nth_best([part.percent for part in parts], criteria.least),
        missing=max(0, criteria.least - met),
        parts=parts,
    )


def _nth_best(percents: list[int], least: int) -> int:
    """How far the last of the parts is that one needs, taking the nearest ones."""
    return sorted(percents, reverse=True)[least - 1] if least else 100


def _compared(asked: Condition, value: int) -> Verdict:
    wanted = asked.threshold + {"gt": 1, "lt": -1}.get(asked.op, 0)
    if asked.op in ("gte", "gt"):
        missing = max(0, wanted - value)
        share = value * 100 // wanted if wanted > 0 else 0
    else:
        missing = max(0, value - wanted)
        share = wanted * 100 // value if value > 0 else 0
    percent = 100 if not missing else max(0, share)
    return Verdict(asked, not missing, value, asked.threshold, percent, missing)


def _scored(asked: Weighted, values: Values) -> Verdict:
    brought = [(part, _brought(part, values[part.reading.key])) for part in asked.parts]
    parts = tuple(_gate(part, score) for part, score in brought)
    score = int(sum(score for _, score in brought))
    percent = min(100, score * 100 // asked.score, *(part.percent for part in parts))
    return Verdict(
        criteria=asked,
        met=score >= asked.score and all(part.met for part in parts),
        value=score,
        threshold=asked.score,
        percent=percent,
        missing=max(0, asked.score - score),
        parts=parts,
    )


def _brought(part: Part, value: int) -> Fraction:
    return Fraction(part.weight * min(max(value, 0), part.full), part.full)


def _gate(part: Part, score: Fraction) -> Verdict:
    met = score >= part.least
    percent = 100 if met else int(score * 100 / part.least)
    return Verdict(part, met, int(score), part.least, percent, max(0, part.least - int(score)))


# ── In SQL ───────────────────────────────────────────────────────────────────────────────────────


def as_sql(criteria: Criteria, columns: Columns) -> str:
    """A boolean expression, never NULL. Numbers stand in it as they are: they are all integers."""
    if isinstance(criteria, Condition):
        return f"({columns[criteria.reading.key]} {_SIGNS[criteria.op]} {criteria.threshold})"
    if isinstance(criteria, OnLadder):
        return f"({columns[criteria.key]} = 1)"
    if isinstance(criteria, Weighted):
        return _score_sql(criteria, columns)
    parts = [as_sql(part, columns) for part in criteria.parts]
    if criteria.least == len(parts):
        return f"({' AND '.join(parts)})" if parts else "true"
    if criteria.least == 1:
        return f"({' OR '.join(parts)})"
    return f"({' + '.join(f'{part}::int' for part in parts)} >= {criteria.least})"


def _score_sql(asked: Weighted, columns: Columns) -> str:
    """Every part over one common denominator: then nothing is ever divided, nor rounded."""
    whole = lcm(*(part.full for part in asked.parts))
    score = " + ".join(
        f"{_capped(part, columns)} * {part.weight * (whole // part.full)}" for part in asked.parts
    )
    gates = [
        f"{_capped(part, columns)} * {part.weight} >= {part.least * part.full}"
        for part in asked.parts
        if part.least
    ]
    return f"({' AND '.join([f'{score} >= {asked.score * whole}', *gates])})"


def _capped(part: Part, columns: Columns) -> str:
    return f"least(greatest({columns[part.reading.key]}, 0), {part.full})::numeric"


def percent_sql(criteria: Criteria, columns: Columns) -> str:
    """What `judge` says in `percent`, as an expression."""
    if isinstance(criteria, Condition):
        return _compared_percent_sql(criteria, columns[criteria.reading.key])
    if isinstance(criteria, OnLadder):
        return f"(100 * {columns[criteria.key]})"
    if isinstance(criteria, Weighted):
        return _score_percent_sql(criteria, columns)
    if not criteria.least:
        return "100"
    parts = ", ".join(percent_sql(part, columns) for part in criteria.parts)
    if criteria.least == len(criteria.parts):
        return f"least({parts})"
    if criteria.least == 1:
        return f"greatest({parts})"
    return (
        f"(SELECT part FROM unnest(ARRAY[{parts}]) part ORDER BY part DESC "  # noqa: S608
        f"LIMIT 1 OFFSET {criteria.least - 1})"
    )


def _compared_percent_sql(asked: Condition, value: str) -> str:
    wanted = asked.threshold + {"gt": 1, "lt": -1}.get(asked.op, 0)
    if asked.op in ("gte", "gt"):
        share = f"div({value}::numeric * 100, {wanted})" if wanted > 0 else "0"
        met = f"{value} >= {wanted}"
    else:
        share = f"CASE WHEN {value} > 0 THEN div({wanted}::numeric * 100, {value}) ELSE 0 END"
        met = f"{value} <= {wanted}"
    return f"(CASE WHEN {met} THEN 100 ELSE greatest(0, {share}) END)"


def _score_percent_sql(asked: Weighted, columns: Columns) -> str:
    whole = lcm(*(part.full for part in asked.parts))
    score = " + ".join(
        f"{_capped(part, columns)} * {part.weight * (whole // part.full)}" for part in asked.parts
    )
    gates = [
        f"div({_capped(part, columns)} * {part.weight * 100}, {part.least * part.full})"
        for part in asked.parts
        if part.least
    ]
    shares = [f"div(div({score}, {whole}) * 100, {asked.score})", *gates]
    return f"least(100, {', '.join(shares)})"
