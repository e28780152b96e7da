"""A list as a file: small ones at once, large ones by a job, chunk by chunk."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO, Any

from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.base import File
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext_noop

from accounts import exports
from accounts.csvfiles import unexecuted
from accounts.models import Export, Tenant
from accounts.tenancy import current_tenant_id
from loyalty.lists import LISTS
from loyalty.lists.listed import Asked, Listed

AT_ONCE = 5_000  # rows that a page can be kept waiting for
MOST_ROWS = 1_000_000  # what a spreadsheet opens
CHUNK = 2_000

TOO_LONG = gettext_noop("It took longer than a job may. Ask for fewer rows.")
TOO_MANY = gettext_noop(
    "These are more than a million rows, which no spreadsheet opens. Filter first."
)


def at_once(listed: Listed, asked: Asked) -> str:
    """The file's text, with a byte order mark: without it Excel takes it for an old encoding."""
    text = io.StringIO(newline="")
    text.write("\ufeff")
    _write(text, [listed.header(asked)])
    for rows in _chunks(list(listed.find(asked).rows)):
        _write(text, listed.lines(rows, asked))
    return text.getvalue()


def build(export: Export, *, now: Callable[[], datetime]) -> None:
    """Write a claimed export: the rows that fit when the work begins, in that order, each as it is
    when its chunk is read; one that fits no more by then is left out. Killed anywhere, it is begun
    anew by whoever claims it next."""
    listed = LISTS[export.list]
    with transaction.atomic():
        tenant = Tenant.objects.get(pk=current_tenant_id())
        asked = Asked(tenant, QueryDict(export.query), export.asked_at)
        keys = list(listed.find(asked).rows.values_list("pk", flat=True)[: MOST_ROWS + 1])
    try:
        if len(keys) > MOST_ROWS:
            exports.fail(export, problem=TOO_MANY, at=now())
            return
        with tempfile.TemporaryFile() as raw:
            text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
            _write_all(text, keys, listed, asked, export, now)
            text.detach()  # flushed, and the file is ours to close again
            exports.finish(export, File(raw), at=now())
    except SoftTimeLimitExceeded:
        exports.fail(export, problem=TOO_LONG, at=now())
    except exports.TakenOver:
        return


def _write_all(
    file: IO[str],
    keys: Sequence[Any],
    listed: Listed,
    asked: Asked,
    export: Export,
    now: Callable[[], datetime],
) -> None:
    _write(file, [listed.header(asked)])
    written = 0
    for some in _chunks(keys):
        # Each in a transaction of its own: how far it is must be seen, and a snapshot that is held
        # for minutes keeps every table from being cleaned.
        with transaction.atomic():
            found = {row.pk: row for row in listed.find(asked).rows.filter(pk__in=some)}
            _write(file, listed.lines([found[key] for key in some if key in found], asked))
        written += len(found)
        exports.beat(export, rows=len(keys), written=written, at=now())


def _write(file: IO[str], lines: Iterable[Sequence[object]]) -> None:
    writer = csv.writer(file)
    for cells in lines:
        writer.writerow([unexecuted("" if cell is None else str(cell)) for cell in cells])


def _chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
