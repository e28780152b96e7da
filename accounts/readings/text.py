"""The text of a query for readings: made once for the same readings, whatever the day."""
# ruff: noqa: S608 (only names of our own tables and columns go into these texts)

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from accounts.counting import (
    AMOUNT,
    AVERAGE,
    FACTS,
    PEOPLE,
    POINTS,
    QUANTITY,
    RATIO,
    SCALE,
    VALID_NOW,
    Counting,
)
from accounts.readings.reading import BY
from accounts.readings.rows import Compiled, Group, Part, filters, source_of
from accounts.windows import SINCE_ENROLLMENT


@lru_cache(maxsize=256)
def compiled(
    wanted: tuple[tuple[Any, ...], ...], is_of_given: bool, carriers: bool, enrolled: bool = False
) -> Compiled:
    made = Compiled()
    parts: dict[Part, int] = {}
    answers: list[str] = []
    for number, (reading, *countings) in enumerate(wanted):
        numbers = [
            parts.setdefault(Part(one, reading.window, reading.by, reading.family), len(parts))
            for one in countings
        ]
        made.columns[reading] = (f"value_{number}", f"carrier_{number}")
        carried = f"coalesce(carried_{numbers[0]}, '')"
        carrier = carried if reading.by and carriers else "''"
        answers.append(f"{_answer(numbers)} AS value_{number}, {carrier} AS carrier_{number}")
    groups: dict[Group, dict[Part, int]] = {}
    for part, number in parts.items():
        groups.setdefault(_group_of(part), {})[part] = number
    joined = [
        _joined(made, f"g{index}", group, members, is_of_given, carriers)
        for index, (group, members) in enumerate(groups.items())
    ]
    made.sql = _whole_text(answers, joined, groups, is_of_given, enrolled)
    return made


def _group_of(part: Part) -> Group:
    counting = part.counting
    return Group(
        rollup=_rollup(counting),
        by=part.by,
        family=part.family,
        enrolled=part.window.window == SINCE_ENROLLMENT,
        of=counting if counting.per_person > 1 else None,
    )


def _rollup(counting: Counting) -> str:
    if counting.counts in (PEOPLE, AVERAGE, VALID_NOW):
        return counting.counts
    return counting.returns


def _answer(numbers: Sequence[int]) -> str:
    """The reading's value; of a ratio, the first part divided by the second."""
    first, *second = [f"coalesce(part_{number}, 0)" for number in numbers]
    if not second:
        return f"{first}::bigint"
    over = f"greatest({first}, 0)::numeric * {100 * SCALE[RATIO]}"
    return f"coalesce({_floored(over, f'{second[0]}::numeric')}, 0)::bigint"


def _floored(over: str, under: str) -> str:
    """An exact division, rounded down; NULL where there is nothing to divide by."""
    return (
        f"CASE WHEN {under} > 0 THEN div({over}, {under}) "
        f"- CASE WHEN mod({over}, {under}) < 0 THEN 1 ELSE 0 END END"
    )


def _whole_text(
    answers: list[str],
    joined: list[str],
    groups: Iterable[Group],
    is_of_given: bool,
    enrolled: bool,
) -> str:
    columns = ", ".join(["a.id AS account_id", *answers])
    if is_of_given:
        return f"SELECT {columns} FROM unnest(%(accounts)s::uuid[]) AS a (id) {' '.join(joined)}"
    with_tops, tops = "", ""
    if any(group.family for group in groups):
        with_tops, tops = TOPS, "JOIN tops ON tops.id = a.id"
    if enrolled:
        return (
            f"{with_tops}SELECT {columns}, a.enrollment_id, a.enrolled_at, a.state "
            f"FROM ({_ENROLLED}) a {tops} {' '.join(joined)}"
        )
    return (
        f"{with_tops}SELECT {columns} FROM accounts_account a {tops} {' '.join(joined)} "
        "WHERE a.tenant_id = %(tenant)s"
    )


_ENROLLED = """
    SELECT account_id AS id, id AS enrollment_id, enrolled_at, state FROM accounts_enrollment
    WHERE tenant_id = %(tenant)s AND program_id = %(program)s
"""


def _joined(
    made: Compiled,
    name: str,
    group: Group,
    members: Mapping[Part, int],
    is_of_given: bool,
    carriers: bool,
) -> str:
    """The group's query, joined to the account `a`."""
    made.windows[name] = tuple(part.window for part in members)
    source = source_of(made, name, group, members, is_of_given)
    key = "" if is_of_given else ("tops.top" if group.family else "m.account_id")
    is_alone = len(members) == 1
    wanted = {number: _aggregate(made, part, number, is_alone) for part, number in members.items()}
    if group.by:
        body = _best(wanted, source, key=key, by=BY[group.by], carriers=carriers)
    else:
        sums = [f"{aggregate} AS part_{number}" for number, aggregate in wanted.items()]
        chosen = ", ".join(([f"{key} AS account_id"] if key else []) + sums)
        body = f"SELECT {chosen} FROM {source}" + (f" GROUP BY {key}" if key else "")
    if is_of_given:
        return f"CROSS JOIN LATERAL ({body}) {name}"
    return f"LEFT JOIN ({body}) {name} ON {name}.account_id = " + (
        "tops.top" if group.family else "a.id"
    )


def _best(wanted: Mapping[int, str], source: str, *, key: str, by: str, carriers: bool) -> str:
    """The best of the parts that `by` tells apart, and which it is: of equals, the first by code
    points. What is not above zero is best of nothing."""
    keys = f"{key} AS account_id, " if key else ""
    parts = ", ".join(f"{aggregate} AS part_{number}" for number, aggregate in wanted.items())
    grouped = f"SELECT {keys}{by} AS split, {parts} FROM {source} GROUP BY " + (
        f"{key}, {by}" if key else by
    )
    best = []
    for number in wanted:
        best.append(f"greatest(max(s.part_{number}), 0) AS part_{number}")
        if carriers:
            best.append(
                f"CASE WHEN max(s.part_{number}) > 0 THEN (array_agg(s.split ORDER BY "
                f's.part_{number} DESC NULLS LAST, s.split COLLATE "C"))[1] END '
                f"AS carried_{number}"
            )
    chosen = ", ".join((["s.account_id"] if key else []) + best)
    return f"SELECT {chosen} FROM ({grouped}) s" + (" GROUP BY s.account_id" if key else "")


def _aggregate(made: Compiled, part: Part, number: int, is_alone: bool) -> str:
    """The part's aggregate over the rows `m` of its group.

    What is alone in its group need not look again for the kinds and the window by which the group's
    rows were read: over a whole tenant that cost as much as adding up.
    """
    counting = part.counting
    told_apart = replace(counting, kinds=()) if is_alone else counting
    holds = [] if counting.per_person > 1 else [*filters(made, told_apart, f"p{number}", "m")]
    is_read_so = is_alone and part.window.window != SINCE_ENROLLMENT
    if counting.counts != VALID_NOW and not is_read_so:
        made.windows[f"p{number}"] = (part.window,)
        since = "e.since" if part.window.window == SINCE_ENROLLMENT else f"%(p{number}_since)s"
        holds += [f"m.month >= {since}", f"m.month < %(p{number}_until)s"]
    if counting.counts == PEOPLE:
        holds.append("m.count > 0")
    where = f"FILTER (WHERE {' AND '.join(holds)})" if holds else ""
    if counting.counts == AVERAGE:
        return _floored(f"sum(m.total) {where} * {SCALE[AVERAGE]}", f"sum(m.count) {where}")
    if counting.per_person == 1:
        return f"{_PEOPLE} {where}"
    scale = SCALE.get(counting.counts, 1)
    return f"{_SUMS[counting.counts]} {where}" + (f" * {scale}" if scale > 1 else "")


_PEOPLE = "count(DISTINCT m.member_id)"
_SUMS = {
    AMOUNT: "sum(m.amount)",
    QUANTITY: "sum(m.quantity)",
    FACTS: "sum(m.count)",
    POINTS: "sum(m.points)",
    PEOPLE: _PEOPLE,
    VALID_NOW: "sum(m.count)",
}


# The top parent of every account of the tenant.
TOPS = """
WITH RECURSIVE tops (id, top) AS (
    SELECT id, id FROM accounts_account WHERE tenant_id = %(tenant)s AND parent_id IS NULL
    UNION ALL
    SELECT below.id, tops.top FROM tops
    JOIN accounts_account below ON below.tenant_id = %(tenant)s AND below.parent_id = tops.id
)
"""
