"""The rows that readings add up: of which roll-up, and what tells them apart."""
# ruff: noqa: S608 (only names of our own tables and columns go into these texts)

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from accounts.counting import (
    AVERAGE,
    IN_THEIR_MONTH,
    PEOPLE,
    VALID_NOW,
    WITH_THE_ORIGINAL,
    Counting,
)
from accounts.postgres.arrays import texts
from accounts.readings.reading import OF_ACCOUNTS, Reading
from accounts.windows import FIRST_MONTH, Window, months_of


@dataclass(frozen=True, slots=True)
class Part:
    """One aggregate: of a reading, or of either side of a ratio. Equal ones are made once."""

    counting: Counting
    window: Window
    by: str
    family: bool


@dataclass(frozen=True, slots=True)
class Group:
    """What parts share that one query answers. `of` is set where only one part fits: certificates
    counted at most n times per person are counted under that part's own filter."""

    rollup: str
    by: str
    family: bool
    enrolled: bool
    of: Counting | None = None


@dataclass(slots=True)
class Compiled:
    sql: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    windows: dict[str, tuple[Window, ...]] = field(default_factory=dict)
    columns: dict[Reading, tuple[str, str]] = field(default_factory=dict)

    def spans_around(self, day: date, fiscal_year_starts: int) -> dict[str, date]:
        """Of each name, from where to where its windows reach."""
        found = {}
        for name, windows in self.windows.items():
            spans = [
                months_of(
                    window,
                    day=day,
                    fiscal_year_starts=fiscal_year_starts,
                    enrolled_on=FIRST_MONTH,  # the row's own enrollment narrows it
                )
                for window in windows
            ]
            found[f"{name}_since"] = min(since for since, _ in spans)
            found[f"{name}_until"] = max(until for _, until in spans)
        return found

    def array(self, name: str, members: Sequence[str]) -> str:
        """A place for these texts."""
        self.values[name] = texts(members)
        return f"%({name})s::text[]"


def filters(made: Compiled, counting: Counting, name: str, row: str) -> Iterator[str]:
    if counting.kinds:
        yield f"{row}.kind = ANY ({made.array(f'{name}_kinds', counting.kinds)})"
    if counting.lines:
        yield f"{row}.product_line = ANY ({made.array(f'{name}_lines', counting.lines)})"
    if counting.attribute:
        made.values[f"{name}_attribute"] = counting.attribute
        yield f"{row}.attribute = %({name}_attribute)s"


def source_of(
    made: Compiled, name: str, group: Group, members: Iterable[Part], is_of_given: bool
) -> str:
    """What stands after FROM: the rows `m` of the roll-up, and what else tells them apart."""
    where = [f"x.month >= %({name}_since)s", f"x.month < %({name}_until)s"]
    where += _kinds_of_all(made, name, members)
    rows = _rows(made, name, group, where)
    if not is_of_given:
        source = f"({rows.format(whose='')}) m"
        source += " JOIN tops ON tops.id = m.account_id" if group.family else ""
    elif group.family:
        rows = rows.format(whose="AND x.account_id = family.id")
        source = f"({_FAMILY}) family CROSS JOIN LATERAL ({rows} OFFSET 0) m"
    else:
        source = f"({rows.format(whose='AND x.account_id = a.id')} OFFSET 0) m"
    if group.by in OF_ACCOUNTS:
        source += (
            " JOIN accounts_account belonging"
            " ON belonging.tenant_id = %(tenant)s AND belonging.id = m.account_id"
        )
    return source + (_ENROLLED if group.enrolled else "")


_ENROLLED = """
    JOIN (
        SELECT account_id, date_trunc('month', enrolled_at AT TIME ZONE %(zone)s::text)::date
                   AS since
        FROM accounts_enrollment
        WHERE tenant_id = %(tenant)s AND program_id = %(program)s
    ) e ON e.account_id = m.account_id
"""


def _kinds_of_all(made: Compiled, name: str, members: Iterable[Part]) -> Iterator[str]:
    """Rows of kinds that no part counts need not be read."""
    kinds: list[str] = []
    for part in members:
        if not part.counting.kinds:
            return
        kinds += part.counting.kinds
    several = sorted(set(kinds))
    if len(several) == 1:
        # An array of one seems cheaper to Postgres than any comparison, so that it looks at the
        # kind, a text, before the month: over a whole tenant a tenth of the adding up.
        made.values[f"{name}_kind"] = several[0]
        yield f"x.kind = %({name}_kind)s::text"
    else:
        yield f"x.kind = ANY ({made.array(f'{name}_kinds', several)})"


def _rows(made: Compiled, name: str, group: Group, where: list[str]) -> str:
    """The roll-up's rows, with a place `{whose}` for whose."""
    if group.rollup == VALID_NOW:
        return _valid(made, name, group, where[2:])
    if group.rollup in _TABLES:
        return _select(*_TABLES[group.rollup], where)
    rows = [
        _select("accounts_measure", f"x.month, {_SPLIT}, {_SUMMED}, x.points", where),
        _select("accounts_returned", f"x.returned, {_SPLIT}, {_SUMMED}, 0", _by_return(where)),
    ]
    if group.rollup == WITH_THE_ORIGINAL:
        gone = f"x.month, {_SPLIT}, -x.amount, -x.quantity, -x.count, 0"
        rows.append(_select("accounts_returned", gone, [*where, "x.returned < %(after)s"]))
    return " UNION ALL ".join(rows)


def _by_return(where: list[str]) -> list[str]:
    return [condition.replace("x.month", "x.returned") for condition in where]


_SPLIT = "x.kind, x.product_line"
_SUMMED = "x.amount, x.quantity, x.count"
_TABLES = {
    IN_THEIR_MONTH: ("accounts_measure", f"x.month, {_SPLIT}, {_SUMMED}, x.points"),
    PEOPLE: ("accounts_personmeasure", f"x.month, {_SPLIT}, x.member_id, x.count"),
    AVERAGE: ("accounts_attributemeasure", f"x.month, {_SPLIT}, x.attribute, x.total, x.count"),
}


def _select(table: str, columns: str, where: Sequence[str]) -> str:
    return (
        f"SELECT x.account_id, {columns} FROM {table} x "
        f"WHERE x.tenant_id = %(tenant)s {{whose}} AND {' AND '.join(where)}"
    )


def _valid(made: Compiled, name: str, group: Group, where: list[str]) -> str:
    """Certificates as rows of a count: each by itself, or at most n of each person."""
    where = [*where, *_STILL_VALID]
    if group.of is None:
        return _select("accounts_validity", f"{_SPLIT}, x.member_id, 1 AS count", where)
    where = [*where, *filters(made, group.of, f"{name}_own", "x"), "x.member_id IS NOT NULL"]
    split = f"x.{group.by}, " if group.by in ("product_line", "kind") else ""
    columns = f"{split}x.member_id, least(count(*), {group.of.per_person}) AS count"
    rows = _select("accounts_validity", columns, where)
    return f"{rows} GROUP BY x.account_id, {split}x.member_id"


_STILL_VALID = (
    "x.begins_at <= %(known)s",
    "(x.ends_at IS NULL OR x.ends_at > %(lasts)s)",
    "(x.revoked_at IS NULL OR x.revoked_at > %(lasts)s)",
    "(x.ended_at IS NULL OR x.ended_at > %(lasts)s)",
)


# The accounts of a.id's family.
_FAMILY = """
    WITH RECURSIVE above AS (
        SELECT own.id, own.parent_id FROM accounts_account own
        WHERE own.tenant_id = %(tenant)s AND own.id = a.id
        UNION ALL
        SELECT next.id, next.parent_id FROM above
        JOIN accounts_account next
          ON next.tenant_id = %(tenant)s AND next.id = above.parent_id
    ), below AS (
        SELECT id FROM above WHERE parent_id IS NULL
        UNION ALL
        SELECT next.id FROM below
        JOIN accounts_account next
          ON next.tenant_id = %(tenant)s AND next.parent_id = below.id
    )
    SELECT id FROM below
"""
