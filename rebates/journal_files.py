"""Journal batches as CSV. The same batch makes the same bytes for ever, in whatever language it is
asked for: all that is in the file was written once."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from accounts.csvfiles import unexecuted
from accounts.money import exponent
from rebates.models import JournalBatch, JournalLine

HEADER = (
    "batch",
    "line",
    "day",
    "kind",
    "account",
    "ledger_account",
    "debit",
    "credit",
    "currency",
)
AT_ONCE = 5_000
_COLUMNS = ("number", "day", "kind", "account_number", "ledger_account", "debit", "credit")
# Number, day, kind, account, general-ledger account, debit, credit; as many as there are.
Line = tuple[int, date, str, str, str, int, int]


def journal_file(batch: JournalBatch) -> Iterator[bytes]:
    """The file of a batch, in parts."""
    lines = JournalLine.objects.filter(batch_id=batch.pk).order_by("number")
    found = lines.values_list(*_COLUMNS).iterator(chunk_size=AT_ONCE)
    return file_of(found, batch=batch)


def file_of(lines: Iterable[Line], *, batch: JournalBatch) -> Iterator[bytes]:
    """The same of lines that are not kept yet: UTF-8, RFC 4180, amounts with all decimals of the
    currency."""
    places = exponent(batch.currency)
    rows: list[list[str]] = [list(HEADER)]
    for number, day, kind, account, posted_to, debit, credit in lines:
        cells = [str(batch.number), str(number), day.isoformat(), kind, account, posted_to]
        rows.append([*cells, *(_amount(one, places) for one in (debit, credit)), batch.currency])
        if len(rows) == AT_ONCE:
            yield _written(rows)
            rows = []
    yield _written(rows)


def _written(rows: Iterable[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([unexecuted(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _amount(minor: int, places: int) -> str:
    return f"{Decimal(minor).scaleb(-places):.{places}f}"
