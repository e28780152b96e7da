"""The life of an Export: asked for, claimed by a worker, written, ready for a week, removed.

What a list's rows look like as a file stands upstairs (`loyalty.lists`). A worker that dies leaves
a row without a heartbeat: the next one begins a file of its own, from the same rows as asked for.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from accounts.events import record
from accounts.models import Export, ExportState, Staff
from accounts.tenancy import current_tenant_id

KEPT_FOR = timedelta(days=7)
DEAD_AFTER = timedelta(minutes=2)  # without a heartbeat
MAX_TRIES = 5
MOST_OPEN = 5  # of one person
OPEN = (ExportState.WAITING, ExportState.RUNNING)

LOST = "Its worker was stopped again and again. Ask for it once more, or for fewer rows."


class TooManyOpen(ValueError):
    """Its text is for people; nothing was begun."""


class TakenOver(RuntimeError):
    """Another worker has begun this export anew; what this one wrote is not wanted."""


@transaction.atomic
def ask_for(*, staff: Staff, list_code: str, query: str, rows: int, now: datetime) -> Export:
    """A waiting export of about `rows` rows. Raises TooManyOpen."""
    Staff.objects.select_for_update(no_key=True).get(pk=staff.pk)
    if Export.objects.filter(staff=staff, state__in=OPEN).count() >= MOST_OPEN:
        raise TooManyOpen(
            gettext("%(most_open)s of your exports are under way; wait for one of them.")
            % {"most_open": MOST_OPEN}
        )
    export = Export.objects.create(
        staff=staff, list=list_code, query=query, rows=rows, asked_at=now
    )
    note_export(staff=staff, list_code=list_code, query=query, rows=rows, now=now)
    return export


def note_export(*, staff: Staff, list_code: str, query: str, rows: int, now: datetime) -> None:
    """Who took which rows out of the house is on record, whether in a job or at once."""
    record(
        kind="list.exported",
        occurred_at=now,
        recorded_at=now,
        actor=staff.actor,
        subject=f"list:{list_code}",
        payload={"list": list_code, "query": query, "rows": rows},
    )


def claim(export_id: UUID, *, at: datetime) -> Export | None:
    """The export, to be written by the caller; None where it is done or another is at it."""
    with transaction.atomic():
        export = Export.objects.select_for_update().get(pk=export_id)
        beats = export.heartbeat_at is not None and export.heartbeat_at > at - DEAD_AFTER
        if export.state not in OPEN or (export.state == ExportState.RUNNING and beats):
            return None
        if export.tries >= MAX_TRIES:
            _give_up(export, problem=LOST, at=at)
            return None
        export.state, export.heartbeat_at, export.written = ExportState.RUNNING, at, 0
        export.tries += 1
        export.save(update_fields=["state", "heartbeat_at", "written", "tries"])
    return export


@transaction.atomic
def beat(export: Export, *, rows: int, written: int, at: datetime) -> None:
    """Say how far it is. Raises TakenOver."""
    export.rows, export.written = rows, written
    mine = Export.objects.filter(pk=export.pk, tries=export.tries, state=ExportState.RUNNING)
    if not mine.update(rows=rows, written=written, heartbeat_at=at):
        raise TakenOver


def finish(export: Export, file: File, *, at: datetime) -> None:
    """Store the file and make the export ready. Raises TakenOver, and leaves no file then."""
    name = _file_of(export, export.tries)
    default_storage.delete(name)
    stored = default_storage.save(name, file)
    try:
        with transaction.atomic():
            there = Export.objects.select_for_update().get(pk=export.pk)
            if there.tries != export.tries or there.state != ExportState.RUNNING:
                raise TakenOver
            there.state, there.stored_as, there.size = ExportState.DONE, stored, file.size
            there.rows = there.written = export.written
            there.finished_at, there.expires_at = at, at + KEPT_FOR
            there.save()
    except TakenOver:
        default_storage.delete(stored)
        raise
    for earlier in range(1, export.tries):  # of workers that died between file and row
        default_storage.delete(_file_of(export, earlier))


def fail(export: Export, *, problem: str, at: datetime) -> None:
    """It cannot be had; `problem` is for people. Another worker's is left alone."""
    with transaction.atomic():
        there = Export.objects.select_for_update().get(pk=export.pk)
        if there.tries == export.tries and there.state == ExportState.RUNNING:
            _give_up(there, problem=problem, at=at)


def waiting(*, at: datetime) -> list[UUID]:
    """Exports whose message or whose worker was lost."""
    silent = Q(heartbeat_at__lt=at - DEAD_AFTER) | Q(
        heartbeat_at=None, asked_at__lt=at - DEAD_AFTER
    )
    found = Export.objects.filter(silent, state__in=OPEN)
    return list(found.order_by("asked_at").values_list("id", flat=True))


def remove_old(*, at: datetime) -> int:
    """Delete the files whose week is over; how many. The rows stay and say so."""
    removed = 0
    for export in Export.objects.filter(state=ExportState.DONE, expires_at__lte=at):
        # The file first: a row that says it is gone must not be wrong.
        default_storage.delete(export.stored_as)
        Export.objects.filter(pk=export.pk).update(state=ExportState.EXPIRED, stored_as="")
        removed += 1
    return removed


def _give_up(export: Export, *, problem: str, at: datetime) -> None:
    for one in range(1, export.tries + 1):
        default_storage.delete(_file_of(export, one))
    export.state, export.problem, export.finished_at = ExportState.FAILED, problem, at
    export.save(update_fields=["state", "problem", "finished_at"])


def _file_of(export: Export, number: int) -> str:
    """Below no public address; each worker that begins the export has a file of its own."""
    return f"{current_tenant_id()}/exports/{export.pk}-{number}.csv"
