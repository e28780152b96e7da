"""Time-ordered identifiers: they insert as fast as a sequence and tell nobody a count."""

import os
import time
from datetime import UTC, datetime, timedelta
from struct import unpack
from uuid import UUID

_RANDOM_BITS = (1 << 62) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def uuid7() -> UUID:
    """A UUID version 7 (RFC 9562, method 3): Unix milliseconds, 12 bits of their fraction, random.

    Identifiers made one after the other in a process sort in that order.
    """
    return uuid7s(1)[0]


def uuid7s(count: int) -> list[UUID]:
    """`count` identifiers in ascending order, made faster than one by one."""
    return [UUID(int=number) for number in uuid7_numbers(count)]


def uuid7_numbers(count: int) -> list[int]:
    """As `uuid7s`, their numbers alone (UUID.int): what is only written needs no object.

    PostgreSQL's uuidv7() asks the system for the random bits of each, at six times the cost.
    """
    randoms = unpack(f">{count}Q", os.urandom(8 * count))
    first = _now()
    return [
        _stamped(first + number) | 0x2 << 62 | random & _RANDOM_BITS
        for number, random in enumerate(randoms)
    ]


def _now() -> int:
    """The time in 4096ths of a millisecond."""
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    return milliseconds * 4096 + nanoseconds * 4096 // 1_000_000


def _stamped(ticks: int) -> int:
    return (ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64


def first_id_at(instant: datetime) -> UUID:
    """Identifiers made before `instant` sort before it, those made from then on do not."""
    milliseconds = (instant - _EPOCH) // timedelta(milliseconds=1)
    return UUID(int=_stamped(milliseconds * 4096))


def made_at(id_: UUID) -> datetime:
    """When an identifier was made, to the millisecond; aware, UTC."""
    return _EPOCH + timedelta(milliseconds=id_.int >> 80)


def read_uuid(text: str) -> UUID | None:
    """The identifier that was typed or kept as text; None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
