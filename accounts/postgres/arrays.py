"""Columns of many rows as array literals, for `INSERT ... SELECT FROM unnest(...)`.

psycopg adapts a list element by element in Python, several times slower than one join.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID


def uuids(values: Iterable[UUID | None]) -> str:
    """An array of UUIDs, in hexadecimal digits alone: a quarter of the time of str()."""
    return (
        "{" + ",".join(["NULL" if value is None else f"{value.int:032x}" for value in values]) + "}"
    )


def uuids_of(numbers: Iterable[int | None]) -> str:
    """An array of the UUIDs with these numbers (UUID.int)."""
    return (
        "{" + ",".join(["NULL" if number is None else f"{number:032x}" for number in numbers]) + "}"
    )


def plain(values: Iterable[object]) -> str:
    """An array of numbers or dates; None is NULL."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


NEVER = "infinity"  # for instants in an array without NULL


def instants(values: Iterable[datetime | str | None]) -> str:
    """An array of instants, each written once however often it comes: rows share their days."""
    written: dict[datetime | str | None, str] = {None: "NULL"}
    return (
        "{"
        + ",".join(
            [written.get(value) or written.setdefault(value, f'"{value}"') for value in values]
        )
        + "}"
    )


def texts(values: Iterable[str | None]) -> str:
    """An array of any texts; None is NULL."""
    found = list(values)
    if None not in found:
        joined = '","'.join(found)  # pyrefly: ignore[no-matching-overload]
        # Nearly always nothing in them needs an escape; then there are no quotes but ours.
        if "\\" not in joined and joined.count('"') == 2 * (len(found) - 1):
            return f'{{"{joined}"}}' if found else "{}"
    return "{" + ",".join(["NULL" if text is None else _quoted(text) for text in found]) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
