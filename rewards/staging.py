"""Rows of a file put into the order of time, in a temporary table: memory stays flat."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connection, transaction

from accounts.importing import BATCH, Row, SourceFile


class Stage:
    """The readable rows of one file. Lives as long as the database session, and no longer."""

    def __init__(self) -> None:
        self.size = 0
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS pg_temp.history_stage")
            cursor.execute(
                "CREATE TEMPORARY TABLE history_stage "
                "(occurred_at timestamptz NOT NULL, line bigint NOT NULL, cells text NOT NULL)"
            )

    def fill(self, file: SourceFile) -> Iterator[list[Row]]:
        """Stage the rows of `file`; yields those that are rejected, now and then none of them, so
        that a sign of life can be given."""
        good: list[Row] = []
        bad: list[Row] = []
        for row in file.rows():
            (bad if row.reason else good).append(row)
            if len(good) == BATCH or len(bad) == BATCH:
                self._copy(good)
                yield bad
                good, bad = [], []
        self._copy(good)
        yield bad
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE INDEX ON pg_temp.history_stage (occurred_at, line)")
            cursor.execute("ANALYZE pg_temp.history_stage")

    def rows(self, *, read: Callable[[Sequence[str]], Any]) -> Iterator[Row]:
        """All rows by `occurred_at`, then by their line in the file."""
        behind: tuple[Any, int] = ("-infinity", 0)
        while page := self._page(behind):
            for _occurred_at, line, text in page:
                cells = json.loads(text)
                yield Row(line, cells, read(cells), "")
            behind = page[-1][:2]

    def drop(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DROP TABLE pg_temp.history_stage")

    def _copy(self, rows: Sequence[Row]) -> None:
        self.size += len(rows)
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            cursor.copy("COPY pg_temp.history_stage FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row((row.item.occurred_at, row.line, json.dumps(row.cells)))

    def _page(self, behind: tuple[Any, int]) -> list[tuple]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT occurred_at, line, cells FROM pg_temp.history_stage "
                "WHERE (occurred_at, line) > (%s, %s) ORDER BY occurred_at, line LIMIT %s",
                [*behind, BATCH],
            )
            return cursor.fetchall()
