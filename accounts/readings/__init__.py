"""Readings: a measure over a window, for accounts or whole families, as SQL over the roll-ups.

One text of SQL answers many readings, in two forms that cannot differ in their sums:

- for given accounts, one look-up by the roll-up's key per account and group of readings, so that no
  statistics are needed to plan it well; this is what every fact runs;
- for the whole tenant, one grouped scan per group of readings.

Readings are of one group when they read the same roll-up in the same way; each is then an aggregate
with a FILTER. What a reading means is said once more, in plain Python, in the tests.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.counting import RATIO, Catalogue, Counting
from accounts.periods import add_months
from accounts.postgres.arrays import uuids
from accounts.postgres.statements import Ask, Row
from accounts.readings.reading import (
    BEST_OF,
    BY,
    TOTAL,
    AsOf,
    BadReading,
    Reading,
    Value,
    as_of,
    at_the_end_before,
    check_reading,
)
from accounts.readings.text import compiled as compiled_text
from accounts.tenancy import current_tenant_id

__all__ = [
    "BEST_OF",
    "BY",
    "TOTAL",
    "AsOf",
    "BadReading",
    "Read",
    "Reading",
    "Value",
    "as_of",
    "at_the_end_before",
    "check_reading",
    "reading_sql",
    "values_of",
]


@dataclass(frozen=True, slots=True)
class Read:
    """A query of columns `account_id` (once each), and of each reading's value (bigint, never NULL)
    and carrier (text), with the values of its places."""

    sql: str
    values: dict[str, Any]
    columns: Mapping[Reading, tuple[str, str]]


def reading_sql(
    readings: Iterable[Reading],
    *,
    catalogue: Catalogue,
    as_of: AsOf,
    zone: ZoneInfo,
    fiscal_year_starts: int,
    accounts: Sequence[UUID] | None = None,
    program_id: UUID | None = None,
    carriers: bool = True,
    enrolled: bool = False,
) -> Read:
    """The query for these readings, of these accounts, or (None) of all of the tenant.

    With `enrolled` those of all of the tenant are the accounts of the program alone, whose
    `enrollment_id`, `enrolled_at` and `state` stand beside them: read there, they need not be
    joined to it once more.

    `program_id` is the one whose enrollment `since_enrollment` means. Without `carriers` they are
    empty, which spares a scan of the tenant most of its sorting. Raises BadReading.
    """
    wanted = tuple(dict.fromkeys(readings))
    for reading in wanted:
        check_reading(reading, catalogue)
    compiled = compiled_text(
        tuple((reading, *_countings(reading, catalogue)) for reading in wanted),
        accounts is not None,
        carriers,
        enrolled,
    )
    values: dict[str, Any] = {"tenant": current_tenant_id()}
    values |= compiled.values | compiled.spans_around(as_of.day, fiscal_year_starts)
    optional: dict[str, Any] = {
        "known": as_of.known,
        "lasts": as_of.lasts,
        "after": add_months(as_of.day.replace(day=1), 1),
        "program": program_id,
        "zone": zone.key,
    }
    values |= {name: value for name, value in optional.items() if f"%({name})s" in compiled.sql}
    if accounts is not None:
        values["accounts"] = uuids(accounts)
    return Read(compiled.sql, values, compiled.columns)


def values_of(read: Read) -> Ask[dict[UUID, dict[Reading, Value]]]:
    """What the query finds, by account."""
    places = list(read.columns.values())
    listed = "".join(f", {value}, {carrier}" for value, carrier in places)

    def by_account(rows: list[Row]) -> dict[UUID, dict[Reading, Value]]:
        return {
            row[0]: {
                reading: Value(row[1 + 2 * index], row[2 + 2 * index])
                for index, reading in enumerate(read.columns)
            }
            for row in rows
        }

    statement = f"SELECT account_id{listed} FROM ({read.sql}) r"  # noqa: S608 - names of columns
    return Ask(statement, read.values, by_account)


def _countings(reading: Reading, catalogue: Catalogue) -> tuple[Counting, ...]:
    """The terms of the measure; of a ratio, those of both its parts."""
    counting = catalogue[reading.measure]
    if counting.counts != RATIO:
        return (counting,)
    return (catalogue[counting.of], catalogue[counting.to])
