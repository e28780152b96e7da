"""A file worked off in batches, each one transaction that also moves its run's counts.

Wherever the process is killed, the counts, the rejects and what the rows did agree, and the run
goes on behind its last batch. Two processes that work off the same run find each other at the next
batch: one leaves.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

from django.core.files.storage import default_storage
from django.db import DataError, transaction
from django.utils.translation import gettext, override

from accounts.csvfiles import CsvFile, FileUnreadable, Reject, append_rejects
from accounts.facts import FactRefused
from accounts.imports import CannotGoOn, OptionsWrong, close, folder, keep, language_of, so_far
from accounts.mapped import Cells, bind
from accounts.mappings import MappingWrong, parse_mapping
from accounts.models import ImportRun, Tenant
from accounts.models.imports import ImportState
from accounts.tenancy import current_tenant_id

BATCH = 5_000  # rows; a few dozen megabytes, and well under a second of locks


class RunTaken(CannotGoOn):
    """Another process works this run off; nothing of the batch was taken in."""


class Verdict(Protocol):
    """`status` is accepted, known, or else rejected for `reason`.

    A reason with an accepted row names a kind of acceptance to be counted, such as "changed".
    """

    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Ruling:
    status: str
    reason: str = ""


class Row(NamedTuple):
    """A row of the file: what it means (`item`), or why it is rejected before being taken in."""

    line: int
    cells: Sequence[str]
    item: Any
    reason: str


class Batch(NamedTuple):
    """Rows to take in together, as of an instant or else of now. An empty one says "still alive".

    `progress` is the share of the whole file behind us after it, in thousandths.
    """

    rows: Sequence[Row]
    progress: int
    as_of: datetime | None = None


class SourceFile(Protocol):
    """What batches are made from: the rows in file order, and how far reading has come."""

    def rows(self) -> Iterator[Row]: ...
    def read(self, cells: Cells) -> Any: ...
    @property
    def progress(self) -> int: ...


def in_file_order(file: SourceFile) -> Iterator[Batch]:
    rows: list[Row] = []
    for row in file.rows():
        rows.append(row)
        if len(rows) == BATCH:
            yield Batch(rows, file.progress)
            rows = []
    yield Batch(rows, 1000)


class Intent(NamedTuple):
    """What to do with a file: read a row's fields (raising FactRefused), take a batch's items in as
    of an instant, one verdict each, and in which batches."""

    read: Callable[[dict[str, object]], Any]
    take: Callable[[Sequence[Any], datetime], Sequence[Verdict]]
    batches: Callable[[SourceFile], Iterable[Batch]] = in_file_order


def carry_out(
    run: ImportRun,
    file: IO[bytes],
    *,
    intent: Callable[[ImportRun, Tenant], Intent],
    now: Callable[[], datetime],
    go_on: Callable[[ImportRun], bool] = lambda run: True,
) -> ImportRun:
    """Work off a claimed run; `go_on` is asked after each batch, and when it says no we stop.

    Returns the run as it is then: done, still running where we stopped, or failed with the problem
    of a file that cannot be read at all. Raises CannotGoOn.
    """
    with override(language_of(run)):
        try:
            with transaction.atomic():
                tenant = Tenant.objects.get(pk=current_tenant_id())
                plan = intent(run, tenant)
            source = _OpenFile(file, run, tenant, plan.read)
            for batch in _behind(run.rows, plan.batches(source)):
                run = _settle(run, batch, source.header, plan.take, at=now())
                if not go_on(run):
                    return run
        except (FileUnreadable, MappingWrong, OptionsWrong) as wrong:
            problem = str(wrong)
        else:
            problem = ""
    with transaction.atomic():
        run = _still_ours(run)
        close(run, problem=problem, at=now())
    return run


def _still_ours(run: ImportRun) -> ImportRun:
    """The run as the database has it, locked. Raises RunTaken when somebody else moved it."""
    there = ImportRun.objects.select_for_update().get(pk=run.pk)
    if (there.state, there.rows) != (ImportState.RUNNING, run.rows):
        raise RunTaken("Another process is working this import off.")
    return there


def _behind(done: int, batches: Iterable[Batch]) -> Iterator[Batch]:
    """What is left after the first `done` rows, in the same batches."""
    for batch in batches:
        left = batch.rows[done:]
        done -= len(batch.rows) - len(left)
        if left or not batch.rows:
            yield batch._replace(rows=left)


class _OpenFile:
    """A file fitted to its mapping."""

    def __init__(self, file: IO[bytes], run: ImportRun, tenant: Tenant, read: Callable) -> None:
        mapping = parse_mapping(run.mapping, target=run.target)
        self._csv = CsvFile(file, delimiter=mapping.delimiter, encoding=mapping.encoding)
        self._size = max(run.size, 1)
        self._read = read
        shift_days = run.options.get("shift_days") or 0
        self._fields = bind(mapping, header=self.header, zone=tenant.zone, shift_days=shift_days)

    @property
    def header(self) -> list[str]:
        return self._csv.header

    @property
    def progress(self) -> int:
        return min(1000, self._csv.position * 1000 // self._size)

    def read(self, cells: Cells) -> Any:
        return self._read(self._fields(cells))

    def rows(self) -> Iterator[Row]:
        for line, cells, problem in self._csv.records():
            if problem:
                yield Row(line, cells, None, problem)
                continue
            try:
                yield Row(line, cells, self._read(self._fields(cells)), "")
            except FactRefused as refused:
                yield Row(line, cells, None, str(refused))


def _settle(
    run: ImportRun, batch: Batch, header: Sequence[str], take: Callable, *, at: datetime
) -> ImportRun:
    """One batch with its effects, rejects and counts, or none of it."""
    with transaction.atomic():
        there = _still_ours(run)
        items = [row.item for row in batch.rows if not row.reason]
        verdicts = _take(items, batch.as_of or at, take) if items else []
        rejects = _count(there, batch.rows, verdicts)
        if rejects:
            _write(there, rejects, header)
        there.progress = max(there.progress, min(batch.progress, 999))
        there.heartbeat_at = at
        keep(there)
    return there


def _take(items: Sequence[Any], as_of: datetime, take: Callable) -> Sequence[Verdict]:
    """Verdicts for `items`. A value that only the database refuses costs its own row alone: batches
    may be cut anywhere without changing what comes out."""
    try:
        with transaction.atomic():
            return take(items, as_of)
    except DataError as error:
        if len(items) == 1:
            why = gettext("The database cannot hold a value of this row: %(error)s")
            return [Ruling("rejected", why % {"error": error})]
        half = len(items) // 2
        return [*_take(items[:half], as_of, take), *_take(items[half:], as_of, take)]


def _count(run: ImportRun, rows: Sequence[Row], verdicts: Sequence[Verdict]) -> list[Reject]:
    """Add a batch to the counts of `run`; returns the rows to send back."""
    rejects, counts, following = [], dict(so_far(run)), iter(verdicts)
    for line, cells, _item, reason in rows:
        verdict = Ruling("rejected", reason) if reason else next(following)
        if verdict.status == "accepted":
            run.accepted += 1
            if verdict.reason:
                counts[verdict.reason] = counts.get(verdict.reason, 0) + 1
        elif verdict.status == "known":
            run.known += 1
        else:
            rejects.append(Reject(line, verdict.reason, cells))
    run.rows += len(rows)
    run.rejected += len(rejects)
    run.options |= {"so_far": counts}
    return rejects


def _write(run: ImportRun, rejects: Sequence[Reject], header: Sequence[str]) -> None:
    run.rejects_as = run.rejects_as or f"{folder()}/{run.pk}-rejects.csv"
    counts = so_far(run)
    counts["rejects_size"] = append_rejects(
        Path(default_storage.path(run.rejects_as)),
        size=counts.get("rejects_size", 0),
        header=header,
        rejects=rejects,
    )
