"""Jobs: imports, and the daily work of each tenant's clock.

Postgres rows say what there is to do and what is done; a message only says "look there now". A lost
one is made up for by the sweep, a repeated one finds nothing to do.
"""

import time
from datetime import timedelta
from uuid import UUID

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accounts import imports, progress
from accounts.doors import tenant_ids
from accounts.importing import RunTaken, carry_out
from accounts.imports import CannotGoOn
from accounts.jobs import tenant_task
from accounts.models import Tenant
from accounts.models.imports import ImportState
from accounts.postgres.underway import oldest_began_at
from rewards import clock, impact, tallying
from rewards.imports import intent_of
from rewards.occasions import take_in_occasions
from rewards.replay.jobs import carry_out as carry_out_replay
from rewards.replay.jobs import give_up, waiting_since

ADVANCE = "advance"
# Long imports go on in a new message well before a task's soft time limit.
CHUNK_SECONDS = 15 * 60
# A replay whose worker died is begun anew.
REPLAY_PATIENCE = timedelta(minutes=10)
# Begun again, it would take as long again, or break again.
REPLAY_TOO_LONG = _("It took too long; choose an earlier or a shorter stretch.")
PREVIEW_TOO_LONG = _("It took too long; ask for it again when less is going on.")
BROKEN = _(
    "Something went wrong that is not your doing; it was logged, and nothing was changed. Ask for "
    "it again, and if it fails again, tell whoever runs this server."
)


@tenant_task
def run_import(*, tenant_id: str, run_id: str, **kwargs) -> None:
    """Work an uploaded file off, or a good part of it."""
    run = imports.claim(UUID(run_id), at=timezone.now())
    if run is None:
        return
    stop_at = time.monotonic() + CHUNK_SECONDS
    try:
        with default_storage.open(run.stored_as, "rb") as file:
            run = carry_out(
                run,
                file,
                intent=intent_of,
                now=timezone.now,
                go_on=lambda run: time.monotonic() < stop_at,
            )
    except RunTaken:
        return
    except CannotGoOn:
        imports.put_down(run, at=timezone.now())  # the sweep tries again
        return
    if run.state == ImportState.RUNNING:
        imports.put_down(run, at=timezone.now())
        run_import.delay(tenant_id=tenant_id, run_id=run_id)


@shared_task
def sweep_imports(**kwargs) -> None:
    for tenant_id in tenant_ids():
        sweep_imports_of.delay(tenant_id=str(tenant_id))


@tenant_task
def sweep_imports_of(*, tenant_id: str, **kwargs) -> None:
    """Send a message for each import that waits for a worker, or whose worker has died."""
    with transaction.atomic():
        stale = imports.stale_runs(at=timezone.now())
    for run_id in stale:
        run_import.delay(tenant_id=tenant_id, run_id=str(run_id))


@tenant_task
def run_replay(*, tenant_id: str, run_id: str, **kwargs) -> None:
    """Live through a stretch of history once more: see `rewards.replay`."""
    try:
        carry_out_replay(UUID(run_id), now=timezone.now)
    except SoftTimeLimitExceeded:
        give_up(UUID(run_id), problem=REPLAY_TOO_LONG, at=timezone.now())
    except Exception:
        give_up(UUID(run_id), problem=BROKEN, at=timezone.now())
        raise  # to the log


@tenant_task
def preview_tiers(*, tenant_id: str, run_id: str, **kwargs) -> None:
    """Find out what a draft of a large ladder would change: see `rewards.impact`. Whoever looks at
    its page has a lost message sent again."""
    try:
        impact.carry_out(UUID(run_id), now=timezone.now)
    except SoftTimeLimitExceeded:
        impact.give_up(UUID(run_id), problem=PREVIEW_TOO_LONG, at=timezone.now())
    except Exception:
        impact.give_up(UUID(run_id), problem=BROKEN, at=timezone.now())
        raise  # to the log


@shared_task
def sweep_replays(**kwargs) -> None:
    for tenant_id in tenant_ids():
        sweep_replays_of.delay(tenant_id=str(tenant_id))


@tenant_task
def sweep_replays_of(*, tenant_id: str, **kwargs) -> None:
    """Send a message for each replay whose own was lost; one that is at work is left alone."""
    with transaction.atomic():
        waiting = waiting_since(timezone.now() - REPLAY_PATIENCE)
    for run_id in waiting:
        run_replay.delay(tenant_id=tenant_id, run_id=str(run_id))


@shared_task
def advance_every_tenant(**kwargs) -> None:
    for tenant_id in tenant_ids():
        advance_tenant.delay(tenant_id=str(tenant_id))


@tenant_task
def advance_tenant(*, tenant_id: str, asked: str = "", **kwargs) -> None:
    """Do what the tenant's time has brought since the last run: see `rewards.clock`; then take in
    what it has made happen by itself: see `rewards.occasions`."""
    with progress.watched(ADVANCE, now=timezone.now, asked=asked) as work:
        now = timezone.now()
        with transaction.atomic():
            began = oldest_began_at()
        clock.advance(upto=min(now, began or now))
        clock.tell_near_ones(at=now)
        work.counts["occasions"] = take_in_occasions(as_of=now)


@shared_task
def add_up_every_tenant(**kwargs) -> None:
    for tenant_id in tenant_ids():
        # What one message leaves undone, that of the next minute does.
        add_up.apply_async(kwargs={"tenant_id": str(tenant_id)}, expires=60)


@tenant_task
def add_up(*, tenant_id: str, **kwargs) -> None:
    """Add up what moved since the last time: see `rewards.tallying`."""
    with transaction.atomic():
        zone = Tenant.objects.get(pk=UUID(tenant_id)).zone
    tallying.add_up(before=timezone.now() - tallying.APART, zone=zone)
