"""The statements that every fact runs: prepared once per connection, several in one round trip.

Django binds parameters on the client and so has Postgres parse and plan each statement anew, which
for a single fact costs more than running it; and each statement waits for the one before it, which
costs more than both. So these go past the cursor to libpq: prepared under a name, queued in its
pipeline mode, sent together, and answered in their order. Large writes can be sent ahead, so that
Postgres works on them while Python prepares the next.
"""

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import count
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import Connection, DataError, Error, errors, pq, waiting
from psycopg.adapt import Transformer

from accounts.postgres.scope import NoTransaction

T = TypeVar("T")
Row = tuple[Any, ...]
Values = Sequence[Any] | Mapping[str, Any]

# How Postgres is told the type of a value; of texts, array literals and NULL the statement tells.
_OIDS = {UUID: 2950, datetime: 1184, date: 1082, int: 20, Decimal: 1700, bool: 16}
_FAILURES = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED)
_PLACE = re.compile(r"%%|%s|%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """A statement to run, and how its rows are read. Arrays among its values come as literals
    (`accounts.postgres.arrays`), or as Postgres keeps them (`accounts.postgres.binary`)."""

    statement: str
    values: Values
    read: Callable[[list[Row]], T]


def nothing(_rows: list[Row]) -> None:
    """How the answer to a write is read."""


_FOR_THESE = Ask("SET LOCAL plan_cache_mode = force_custom_plan", (), nothing)
_FOR_ALL = Ask("SET LOCAL plan_cache_mode TO DEFAULT", (), nothing)


def run(statement: str, values: Values, *, planned: bool = False) -> list[Row]:
    """Run a statement in the running transaction; its rows, none where it returns none.

    `planned` is for large sets, as in `ask`.

    Errors are Django's (`django.db.IntegrityError` …), as everywhere else.
    """
    (rows,) = ask(Ask(statement, values, list), planned=planned)
    return rows


def ask(*asks: Ask[Any], planned: bool = False) -> list[Any]:
    """Run several statements in one round trip, one after the other; what each of them reads.

    `planned` is for large sets: Postgres plans for these very values. The plan that it keeps for
    all values knows not how many are in an array, and takes a thousand for ten; nor does it know
    how much has come into a table since it was made.

    The first that fails raises: those behind it do not run, and the transaction is broken, as after
    any failed statement.
    """
    if planned:
        _, *found, _ = ask(_FOR_THESE, *asks, _FOR_ALL)
        return found
    wrapper = _ready(asks)
    with wrapper.wrap_database_errors:
        found = _exchange(wrapper.prepared, asks)
    return [one.read(rows) for one, rows in zip(asks, found, strict=True)]


def send(*writes: Ask[None]) -> None:
    """Have statements run while Python goes on; they say nothing but that they failed.

    The next `ask` runs behind them and raises the error of the first that failed; so do the next
    query of the ORM and the commit.
    """
    wrapper = _ready(writes)
    with wrapper.wrap_database_errors:
        _send(wrapper.prepared, writes)


def _ready(asks: Sequence[Ask[Any]]) -> Any:
    wrapper: Any = connections[DEFAULT_DB_ALIAS]
    wrapper.validate_no_broken_transaction()
    if wrapper.get_autocommit():  # see DatabaseWrapper._cursor, which this goes past
        raise NoTransaction
    if wrapper.queries_logged:  # so that tests that count queries count these, too
        wrapper.queries_log.extend({"sql": one.statement, "time": "prepared"} for one in asks)
    return wrapper


# What a prepared statement is known by: its text and the types of its values.
_Key = tuple[str, tuple[int, ...]]
# Its key, its values as they are sent, and which of them are binary.
_Bound = tuple[_Key, list[bytes | None], list[int]]


@dataclass(slots=True)
class Prepared:
    """The statements that a connection knows by name; they last as long as it does.

    `sent` are the commands whose answers are still to come: while there are any, the connection is
    in pipeline mode and takes no other.
    """

    raw: Connection[Any]
    names: dict[_Key, bytes] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)
    sent: list[Any] = field(default_factory=list)
    transformer: Transformer = field(init=False)

    def __post_init__(self) -> None:
        self.transformer = Transformer(self.raw)

    def settle(self) -> None:
        """Wait for what was sent ahead; raises the error of the first that failed."""
        if self.sent:
            _exchange(self, ())

    def forget(self) -> None:
        """Wait for what was sent ahead, whatever became of it: it is about to be rolled back."""
        with suppress(Error):
            self.settle()


# Commands in the pipeline: BEGIN, what is sent ahead, what is asked. One that prepares is its _Key.
_OPENS, _AHEAD, _ASKED = object(), object(), object()


def _exchange(prepared: Prepared, asks: Sequence[Ask[Any]]) -> list[list[Row]]:
    raw = prepared.raw
    libpq = raw.pgconn
    bound = [_bound(one) for one in asks]
    with raw.lock:
        try:
            _open(prepared)
            for each in bound:
                _queue(prepared, each, _ASKED)
            libpq.pipeline_sync()
            results = raw.wait(_answers(libpq))
            libpq.exit_pipeline_mode()
        except BaseException:
            _break(prepared)
            raise
        commands, prepared.sent = prepared.sent, []
    return _read(prepared, commands, results)


def _send(prepared: Prepared, writes: Sequence[Ask[None]]) -> None:
    bound = [_bound(one) for one in writes]
    with prepared.raw.lock:
        try:
            _open(prepared)
            for each in bound:
                _queue(prepared, each, _AHEAD)
            # What does not fit now goes with the next: whoever waited for Postgres here would not
            # prepare anything meanwhile.
            prepared.raw.pgconn.flush()
        except BaseException:
            _break(prepared)
            raise


def _break(prepared: Prepared) -> None:
    """Answers half sent or half read belong to nobody."""
    prepared.sent = []
    prepared.raw.close()


def _open(prepared: Prepared) -> None:
    if prepared.sent:
        return
    libpq = prepared.raw.pgconn
    is_idle = libpq.transaction_status == pq.TransactionStatus.IDLE
    libpq.enter_pipeline_mode()
    if is_idle:
        libpq.send_query_params(b"BEGIN", None)
        prepared.sent.append(_OPENS)


def _bound(one: Ask[Any]) -> _Bound:
    text, order = _numbered(one.statement)
    values: Any = one.values
    written: list[bytes | None] = []
    oids: list[int] = []
    formats: list[int] = []
    for place in order:
        value = values[place]
        if type(value) is bytes:
            written.append(value)
            oids.append(0)
            formats.append(pq.Format.BINARY)
            continue
        formats.append(pq.Format.TEXT)
        if type(value) is str:  # most are array literals
            written.append(_fit(value.encode()))
            oids.append(0)
        else:
            written.append(_written(value))
            oids.append(_OIDS.get(type(value), 0))
    return (text, tuple(oids)), written, formats


def _queue(prepared: Prepared, bound: _Bound, command: object) -> None:
    key, values, formats = bound
    name = prepared.names.get(key)
    if name is None:
        name = prepared.names[key] = b"loyalty_%d" % next(prepared.numbers)
        prepared.raw.pgconn.send_prepare(name, key[0].encode(), key[1])
        prepared.sent.append(key)
    prepared.raw.pgconn.send_query_prepared(name, values, formats)
    prepared.sent.append(command)


@lru_cache(maxsize=512)
def _numbered(statement: str) -> tuple[str, tuple[Any, ...]]:
    """The statement with $1, $2 … for its places, and what stands where: indexes, or names."""
    order: list[Any] = []

    def number(place: re.Match[str]) -> str:
        if place[0] == "%%":
            return "%"
        name = place[1] or len(order)
        if name not in order:
            order.append(name)
        return f"${order.index(name) + 1}"

    return _PLACE.sub(number, statement), tuple(order)


def _written(value: Any) -> bytes | None:
    if value is None:
        return None
    if type(value) is UUID:
        return b"%032x" % value.int
    return _fit(str(value).encode())


def _fit(written: bytes) -> bytes:
    if b"\0" in written:  # libpq would end the value there, and say nothing
        raise DataError("PostgreSQL keeps no text with a NUL character.")
    return written


def _answers(libpq: Any) -> Generator[Any, Any, list[Any]]:
    """Send what is queued and gather the results of all of it; for `Connection.wait`."""
    yield from _flushed(libpq)
    results = []
    while True:
        while libpq.is_busy():
            if (yield waiting.Wait.R):
                libpq.consume_input()
        result = libpq.get_result()
        if result is None:
            continue  # the end of one command's results
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            return results
        results.append(result)


def _flushed(libpq: Any) -> Generator[Any, Any, None]:
    while libpq.flush():
        if (yield waiting.Wait.RW) & waiting.Ready.R:
            libpq.consume_input()


def _read(prepared: Prepared, commands: Sequence[Any], results: Sequence[Any]) -> list[list[Row]]:
    found: list[list[Row]] = []
    failed = None
    for command, result in zip(commands, results, strict=True):
        if result.status in _FAILURES:
            failed = failed or result
            if isinstance(command, tuple):
                prepared.names.pop(command)
        elif command is _ASKED and not failed:
            prepared.transformer.set_pgresult(result)
            found.append(prepared.transformer.load_rows(0, result.ntuples, tuple))
    if failed:
        raise errors.error_from_result(failed, encoding=prepared.raw.info.encoding)
    return found
