"""A dry run: what an import would do with the first rows of a file, with nothing of it kept."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import IO

from django.db import DataError, transaction
from django.utils.translation import gettext as _

from accounts.csvfiles import CsvFile
from accounts.facts import FactRefused
from accounts.importing import Intent
from accounts.mapped import bind
from accounts.mappings import parse_mapping
from accounts.models import ImportRun, Tenant
from rewards.imports import intent_of

FIRST_ROWS = 1_000
SHOWN_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Problem:
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Check:
    """Counts of the rows tried; `problems` are the first of those that would be rejected."""

    rows: int
    accepted: int
    known: int
    rejected: int
    problems: list[Problem]
    is_whole_file: bool


def check_file(run: ImportRun, file: IO[bytes], *, tenant: Tenant) -> Check:
    """Try `run`, which is not saved, on the first rows of `file`.

    Raises MappingWrong, OptionsWrong or FileUnreadable, each with a sentence for people.
    """
    mapping = parse_mapping(run.mapping, target=run.target)
    table = CsvFile(file, delimiter=mapping.delimiter, encoding=mapping.encoding)
    shift_days = run.options.get("shift_days") or 0
    fields = bind(mapping, header=table.header, zone=tenant.zone, shift_days=shift_days)
    plan = intent_of(run, tenant)
    lines, items, problems, rows = [], [], [], 0
    records = table.records()
    for record in islice(records, FIRST_ROWS):
        rows += 1
        try:
            if record.problem:
                raise FactRefused(record.problem)
            items.append(plan.read(fields(record.cells)))
            lines.append(record.line)
        except FactRefused as refused:
            problems.append(Problem(record.line, str(refused)))
    is_whole_file = next(records, None) is None
    verdicts = _tried(plan, items, run)
    problems += [
        Problem(line, verdict.reason)
        for line, verdict in zip(lines, verdicts, strict=True)
        if verdict.status not in ("accepted", "known")
    ]
    found = Counter(verdict.status for verdict in verdicts)
    return Check(
        rows=rows,
        accepted=found["accepted"],
        known=found["known"],
        rejected=len(problems),
        problems=sorted(problems, key=lambda problem: problem.line)[:SHOWN_PROBLEMS],
        is_whole_file=is_whole_file,
    )


class _Undo(Exception):
    pass


def _tried(plan: Intent, items: list, run: ImportRun) -> list:
    """The verdicts on `items`, after everything they did has been undone."""
    verdicts: list = []
    try:
        with transaction.atomic():
            verdicts = list(plan.take(items, run.created_at)) if items else []
            raise _Undo
    except _Undo:
        return verdicts
    except DataError as error:
        raise FactRefused(
            _("The database cannot hold a value of this file: %(error)s") % {"error": error}
        ) from None
