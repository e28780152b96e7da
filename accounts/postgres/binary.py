"""Columns of many rows as arrays in PostgreSQL's binary format, for what every fact writes.

As text, a UUID is written as 32 digits and read back digit by digit, and an instant is parsed like
a sentence; so are they as literals (`accounts.postgres.arrays`), which are for everything else.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from struct import Struct, error, pack
from uuid import UUID

from django.db import DataError

# The types of elements, by the numbers that Postgres has for them.
_BOOL, _BIGINT, _INT, _TIMESTAMPTZ, _UUID = 16, 20, 23, 1184, 2950
_NULL = b"\xff\xff\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

_bigint, _int = Struct(">q").pack, Struct(">i").pack


def optional_uuid_array(values: Iterable[UUID | None]) -> bytes:
    return uuid_array([None if value is None else value.int for value in values])


def uuid_array(numbers: Iterable[int | None]) -> bytes:
    """An array of the UUIDs with these numbers (UUID.int); None is NULL."""
    found = list(numbers)
    if None in found:
        return _with_nulls([None if one is None else one.to_bytes(16) for one in found])
    return _array(_UUID, 16, [one.to_bytes(16) for one in found])  # pyrefly: ignore[missing-attribute]


def bigint_array(numbers: Iterable[int]) -> bytes:
    """Raises DataError, as Postgres would, for a number that is none."""
    try:
        return _array(_BIGINT, 8, [*map(_bigint, numbers)])
    except error:
        raise DataError("A number is out of the range of a bigint.") from None


def int_array(numbers: Iterable[int]) -> bytes:
    return _array(_INT, 4, [*map(_int, numbers)])


def bool_array(values: Iterable[bool]) -> bytes:
    return _array(_BOOL, 1, [b"\1" if value else b"\0" for value in values])


def instant_array(values: Iterable[datetime]) -> bytes:
    """An array of instants, each written once however often it comes: rows share their days."""
    written: dict[datetime, bytes] = {}
    return _array(
        _TIMESTAMPTZ,
        8,
        [written.get(value) or written.setdefault(value, _instant(value)) for value in values],
    )


def _instant(value: datetime) -> bytes:
    return _bigint((value - _EPOCH) // timedelta(microseconds=1))


def _array(of: int, size: int, elements: list[bytes]) -> bytes:
    """Dimensions, whether there are NULLs, the elements' type; how many, from which number on; then
    each element behind its length."""
    if not elements:
        return pack(">iii", 0, 0, of)
    length = _int(size)
    return b"".join((pack(">iiiii", 1, 0, of, len(elements), 1), length, length.join(elements)))


def _with_nulls(elements: list[bytes | None]) -> bytes:
    """Of UUIDs, some of them NULL."""
    length = _int(16)
    parts = [_NULL if one is None else length + one for one in elements]
    return b"".join((pack(">iiiii", 1, 1, _UUID, len(elements), 1), *parts))
