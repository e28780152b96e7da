"""CSV files as people really hand them in: read row by row, and the rows sent back for mending.

Nothing here holds more than one record in memory. A broken line costs itself, never the file: bytes
of a wrong encoding, a quotation mark that is never closed and a line without an end are reported
for the line they stand on, and reading goes on behind it.
"""

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple, TextIO

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from accounts.dates import said_number

MAX_LINE = 1_000_000  # characters
MAX_LINES_OF_RECORD = 200  # a quoted cell may span lines; a quote left open must not eat the file

_FORMULA = tuple("=+-@\t\r")
_PLAIN_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)*")
# The first bytes of what is often handed in by mistake.
_NO_TEXT = {
    b"PK\x03\x04": _("a zip archive or an Excel workbook"),
    b"\xd0\xcf\x11\xe0": _("an old Excel workbook"),
    b"%PDF": _("a PDF"),
    b"\x1f\x8b": _("a gzip archive"),
}
_WRONG_ENCODING = _(
    "The row contains bytes that are not of the file's encoding; save the file as UTF-8, or name "
    "its encoding in the mapping."
)
_WRONG_QUOTES = _(
    "A quotation mark is not closed, or text follows a closed one; double the quotation marks "
    "inside a quoted cell."
)


class FileUnreadable(ValueError):
    """A file that is no CSV at all; its text is the sentence shown to people."""


class Record(NamedTuple):
    """One row: the number of its first line, its cells, and what is wrong with it, or ""."""

    line: int
    cells: list[str]
    problem: str


class CsvFile:
    """A CSV file open for reading: its `header`, then its records, each once.

    `position` is how many of the file's bytes have been read, in steps of a buffer. Raises
    FileUnreadable for what has no header or is not text.
    """

    def __init__(self, file: IO[bytes], *, delimiter: str, encoding: str) -> None:
        self._bytes = _Counted(file)
        self._lines_of = _text_of(self._bytes, encoding)
        # What undecodable bytes become; see `_text_of`.
        self._undecodable = re.compile("\ufffd" if _is_wide(encoding) else r"[\udc80-\udcff]")
        self._delimiter = delimiter
        self._number = 0  # of the line last handed to the CSV reader
        self._again: list[str] = []  # lines to be read once more, the next one last
        self._record: list[str] = []  # the lines of the record being read
        self._too_long: set[int] = set()  # numbers of the lines that were cut at MAX_LINE
        self.header = self._read_header()

    @property
    def position(self) -> int:
        return self._bytes.count

    def records(self) -> Iterator[Record]:
        """The rows behind the header; blank ones are passed over."""
        width = len(self.header)
        for record in self._read():
            cells = record.cells
            if record.problem or (len(cells) == width and any(cells)):
                yield record
            elif len(cells) != width and any(cells):
                yield record._replace(
                    problem=gettext(
                        "The row has %(columns)s columns and the header %(width)s; check the "
                        "delimiter, or put cells that contain it into quotation marks."
                    )
                    % {"columns": len(cells), "width": width}
                )

    def _read_header(self) -> list[str]:
        for record in self._read():
            if record.problem:
                raise FileUnreadable(
                    gettext("The header cannot be read: %(problem)s") % {"problem": record.problem}
                )
            if any("\0" in name for name in record.cells):
                raise FileUnreadable(
                    gettext("The file is not text, or of another encoding than the mapping says.")
                )
            header = [name.strip() for name in record.cells]
            if any(header):
                return header
        raise FileUnreadable(gettext("The file is empty; its first line must name the columns."))

    def _read(self) -> Iterator[Record]:
        while True:
            reader = csv.reader(self._lines(), delimiter=self._delimiter, strict=True)
            try:
                for cells in reader:
                    record = Record(self._number - len(self._record) + 1, cells, self._encoding())
                    self._record.clear()
                    yield record
            except (csv.Error, _LineUnfit) as error:
                yield self._give_up_a_line(error)
            else:
                return

    def _lines(self) -> Iterator[str]:
        """Lines for the CSV reader, kept until their record is complete."""
        while line := self._again.pop() if self._again else self._next_line():
            self._number += 1
            self._record.append(line)
            if len(self._record) > MAX_LINES_OF_RECORD:
                raise _LineUnfit(gettext(_WRONG_QUOTES))
            if self._number in self._too_long:
                # Inside a quoted cell, the line that opened it is given up first.
                first = len(self._record) == 1
                too_long = gettext("The line is longer than %(longest)s characters.") % {
                    "longest": said_number(MAX_LINE)
                }
                raise _LineUnfit(too_long if first else gettext(_WRONG_QUOTES))
            yield line

    def _next_line(self) -> str:
        try:
            line = self._lines_of.readline(MAX_LINE)
            if len(line) == MAX_LINE and not line.endswith("\n"):
                self._too_long.add(self._number + 1)
                while len(rest := self._lines_of.readline(MAX_LINE)) == MAX_LINE:
                    if rest.endswith("\n"):
                        break
        except UnicodeError as error:
            raise FileUnreadable(
                gettext("The file is not of the encoding in the mapping: %(error)s")
                % {"error": error}
            ) from None
        return line

    def _give_up_a_line(self, error: Exception) -> Record:
        """Report the first line of a broken record; the lines behind it are read again."""
        broken, *rest = self._record
        self._number -= len(rest)
        self._again += reversed(rest)
        self._record.clear()
        problem = str(error) if isinstance(error, _LineUnfit) else gettext(_WRONG_QUOTES)
        if str(error).startswith("field larger"):
            problem = gettext("A cell is longer than %(longest)s characters.") % {
                "longest": said_number(csv.field_size_limit())
            }
        return Record(self._number, [broken.rstrip("\r\n")[:1000]], problem)

    def _encoding(self) -> str:
        for line in self._record:
            if not line.isascii() and self._undecodable.search(line):
                return gettext(_WRONG_ENCODING)
        return ""


class _LineUnfit(Exception):
    """Its text says why the record that is being read cannot be."""


class _Counted(io.RawIOBase):
    """A file that counts the bytes read from it: a text reader on top hides where it stands."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self.count += len(data)
        return len(data)


def _is_wide(encoding: str) -> bool:
    return encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32"))


def _text_of(raw: io.RawIOBase, encoding: str) -> io.TextIOWrapper:
    """Undecodable bytes become lone surrogates, or U+FFFD where the encoding has wide characters
    and a single byte means nothing."""
    buffered = io.BufferedReader(raw, 1 << 16)
    start = buffered.peek(8)
    for magic, what in _NO_TEXT.items():
        if start.startswith(magic):
            raise FileUnreadable(
                gettext("The file is %(what)s; save it as CSV.") % {"what": gettext(what)}
            )
    errors = "replace" if _is_wide(encoding) else "surrogateescape"
    return io.TextIOWrapper(buffered, encoding=encoding, errors=errors, newline="")


# ── Rejects ──────────────────────────────────────────────────────────────────────────────────────


class Reject(NamedTuple):
    line: int
    reason: str
    cells: Sequence[str]


def append_rejects(
    path: Path, *, size: int, header: Sequence[str], rejects: Iterable[Reject]
) -> int:
    """Write `rejects` behind the first `size` bytes of the file, cutting off what stood there.

    What stood there was written by a batch that never committed. Returns the new size; the bytes
    are on the disk then, so that a committed count never says more than the file holds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("r+b" if size else "wb") as raw:
        raw.truncate(size)
        raw.seek(size)
        # With a byte order mark, or Excel takes it for an encoding of the last century.
        encoding = "utf-8" if size else "utf-8-sig"
        text = io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="")
        _write(text, header=() if size else header, rejects=rejects)
        text.flush()
        os.fsync(raw.fileno())
        return raw.tell()


def rejects_file(*, header: Sequence[str], rejects: Iterable[Reject]) -> bytes:
    """A whole file of rejects, for those few that are kept together with what they come from."""
    text = io.StringIO(newline="")
    _write(text, header=header, rejects=rejects)
    return text.getvalue().encode("utf-8-sig", errors="replace")


def _write(text: TextIO, *, header: Sequence[str], rejects: Iterable[Reject]) -> None:
    writer = csv.writer(text)
    if header:
        said = (gettext("rejected line"), gettext("reason"))
        writer.writerow([*said, *map(unexecuted, header)])
    for line, reason, cells in rejects:
        writer.writerow([line, unexecuted(reason), *map(unexecuted, cells)])


def unexecuted(cell: str) -> str:
    """`cell` so that no spreadsheet takes it for a formula; numbers stay what they are."""
    if cell.startswith(_FORMULA) and not _PLAIN_NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
