"""Jobs that read across all floors: the nightly check of the books, lists as files, and asked-for
runs that wait.

What there is to do stands in rows; each of these may be lost, or run twice at once.
"""

from typing import Any
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from accounts import exports, progress
from accounts.doors import tenant_ids
from accounts.jobs import tenant_task
from loyalty import nightly, timetable
from loyalty.lists.exporting import build


@shared_task
def check_every_tenants_books(**kwargs) -> None:
    of_database = nightly.violations_of_the_database()
    for tenant_id in tenant_ids():
        check_books.delay(tenant_id=str(tenant_id), of_database=of_database)


@tenant_task
def check_books(
    *, tenant_id: str, of_database: list[dict[str, Any]] | None = None, asked: str = "", **kwargs
) -> None:
    """Where it is night, or somebody has asked for it: see `loyalty.nightly`."""
    if asked:
        nightly.check(of_database, now=timezone.now, asked=asked)
    else:
        nightly.check_tonight(of_database or [], now=timezone.now)


@shared_task
def sweep_jobs(**kwargs) -> None:
    for tenant_id in tenant_ids():
        sweep_jobs_of.delay(tenant_id=str(tenant_id))


@tenant_task
def sweep_jobs_of(*, tenant_id: str, **kwargs) -> None:
    """Send a message for each run that was asked for and that no worker has come to."""
    for job, asked in progress.left_waiting(list(timetable.JOBS), at=timezone.now()):
        timetable.send(job, tenant_id=tenant_id, asked=asked)


@tenant_task
def build_export(*, tenant_id: str, export_id: str, **kwargs) -> None:
    """Write the rows of a list into a file for who asked: see `loyalty.lists.exporting`."""
    export = exports.claim(UUID(export_id), at=timezone.now())
    if export is not None:
        build(export, now=timezone.now)


@shared_task
def sweep_exports(**kwargs) -> None:
    for tenant_id in tenant_ids():
        sweep_exports_of.delay(tenant_id=str(tenant_id))


@tenant_task
def sweep_exports_of(*, tenant_id: str, **kwargs) -> None:
    """Send a message for each export whose own or whose worker was lost; remove the old files."""
    with transaction.atomic():
        lost = exports.waiting(at=timezone.now())
        exports.remove_old(at=timezone.now())
    for export_id in lost:
        build_export.delay(tenant_id=tenant_id, export_id=str(export_id))
