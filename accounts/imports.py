"""The life of an ImportRun: begun, claimed by a process, put down and claimed again, closed.

`accounts.importing` works its file off in between.
"""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext, override

from accounts.events import record
from accounts.ids import uuid7
from accounts.mappings import parse_mapping
from accounts.models import ImportRun
from accounts.models.imports import ImportState
from accounts.tenancy import current_tenant_id

DEAD_AFTER = timedelta(minutes=2)  # without a heartbeat
MAX_TRIES = 5  # at the same row


class OptionsWrong(ValueError):
    """Its text says which option of the import to change."""


class CannotGoOn(RuntimeError):
    """Something outside of the file is in the way, for now; its text says what."""


# What moves in the life of a run. A row's keys stay for ever, and the database says so.
_MOVING = [
    "state", "rejects_as", "options", "rows", "accepted", "known", "rejected", "progress",
    "problem", "heartbeat_at", "finished_at",
]  # fmt: skip
_OPEN = (ImportState.WAITING, ImportState.RUNNING)


def read_day(text: str) -> date:
    """An option that is an ISO date. Raises OptionsWrong."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise OptionsWrong(
            gettext("“%(text)s” is not a date; write it like 2026-03-31.") % {"text": text[:40]}
        ) from None


def begin(
    *,
    target: str,
    file_name: str,
    size: int,
    mapping: dict[str, Any],
    options: dict[str, Any],
    started_by: str,
    at: datetime,
    upload: File | None = None,
) -> ImportRun:
    """A waiting run for a file of `size` bytes; an `upload` is stored where no address leads.

    Raises MappingWrong.
    """
    parse_mapping(mapping, target=target)
    run_id, stored_as = uuid7(), ""
    if upload is not None:
        stored_as = default_storage.save(f"{folder()}/{run_id}.csv", upload)
    return ImportRun.objects.create(
        id=run_id,
        target=target,
        file_name=Path(file_name).name[:200],
        stored_as=stored_as,
        mapping=mapping,
        options=options,
        size=size,
        started_by=started_by,
        created_at=at,
    )


def claim(run_id: UUID, *, at: datetime, patient: bool = True) -> ImportRun | None:
    """The run, to be worked off by the caller; None where there is nothing to do.

    A run that another process works off just now is left to it if we are `patient`. Otherwise both
    go on, and the slower one finds out at its next batch. Waits for a batch being committed.
    """
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run_id)
        if run.state not in _OPEN:
            return None
        if patient and is_alive(run, at=at):
            return None
        tries = so_far(run).get("tries", 0) + 1 if so_far(run).get("tried_at") == run.rows else 1
        run.options |= {"so_far": so_far(run) | {"tries": tries, "tried_at": run.rows}}
        if patient and tries > MAX_TRIES:
            with override(language_of(run)):
                why = gettext("Stopped %(tries)s times behind row %(row)s.")
            close(run, problem=why % {"tries": MAX_TRIES, "row": run.rows}, at=at)
            return None
        run.state, run.heartbeat_at = ImportState.RUNNING, at
        keep(run)
    return run


def is_alive(run: ImportRun, *, at: datetime) -> bool:
    """Whether a process works the run off just now, as far as one can tell."""
    beats = run.heartbeat_at is not None and run.heartbeat_at > at - DEAD_AFTER
    return run.state == ImportState.RUNNING and beats


def put_down(run: ImportRun, *, at: datetime) -> None:
    """Leave the run in good order for whoever goes on with it."""
    with transaction.atomic():
        there = ImportRun.objects.select_for_update().get(pk=run.pk)
        if there.state == ImportState.RUNNING and there.rows == run.rows:
            there.state, there.heartbeat_at = ImportState.WAITING, at
            there.options |= {"so_far": so_far(there) | {"tries": 0}}
            keep(there)


def stale_runs(*, at: datetime) -> list[UUID]:
    """Uploads that wait for a worker, or whose worker has died."""
    silent = Q(heartbeat_at__lt=at - DEAD_AFTER) | Q(
        heartbeat_at=None, created_at__lt=at - DEAD_AFTER
    )
    runs = ImportRun.objects.filter(silent, state__in=_OPEN).exclude(stored_as="")
    return list(runs.order_by("created_at").values_list("id", flat=True))


def close(run: ImportRun, *, problem: str, at: datetime) -> None:
    """Done, or failed because of `problem`; told to whoever wants to know."""
    run.state = ImportState.FAILED if problem else ImportState.DONE
    run.problem, run.finished_at, run.heartbeat_at = problem, at, at
    run.progress = run.progress if problem else 1000
    keep(run)
    record(
        kind="import.failed" if problem else "import.finished",
        occurred_at=at,
        recorded_at=at,
        actor=run.started_by,
        subject=f"import:{run.pk}",
        payload={
            "target": run.target,
            "file": run.file_name,
            "rows": run.rows,
            "accepted": run.accepted,
            "known": run.known,
            "rejected": run.rejected,
            "problem": problem,
        },
    )


def keep(run: ImportRun) -> None:
    run.save(update_fields=_MOVING)


def so_far(run: ImportRun) -> dict[str, Any]:
    """What a run keeps for itself between its batches, in its options."""
    return run.options.get("so_far", {})


def language_of(run: ImportRun) -> str:
    """In which its rejects are told: that of whoever handed the file in, read by a worker later."""
    return run.options.get("language", settings.LANGUAGE_CODE)


def folder() -> str:
    """Where the open tenant's files lie in the storage, below no public address."""
    return f"{current_tenant_id()}/imports"
