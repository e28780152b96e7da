"""Jobs: events become notices, notices become letters, letters go out; and what each day brings.

What there is to do stands in rows; each of these may be lost, or run twice at once.
"""

import time
from collections.abc import Callable

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from accounts import delivery, progress
from accounts.doors import tenant_ids
from accounts.jobs import tenant_task
from accounts.models import Event
from accounts.notices import posting
from accounts.notices.noting import READER, note
from rewards.reminding import remind

# Then the next tenant has its turn: what is left is for the next minute's message.
TURN_SECONDS = 30
SWEEP_SECONDS = 60
TELL, REMIND = "tell_people", "remind"


@shared_task
def tell_every_tenants_people(**kwargs) -> None:
    for tenant_id in tenant_ids():
        # Before others have piled up behind a busy worker, this message means nothing.
        tell_people.apply_async(kwargs={"tenant_id": str(tenant_id)}, expires=SWEEP_SECONDS)


@tenant_task
def tell_people(*, tenant_id: str, asked: str = "", **kwargs) -> None:
    """Make notices of the tenant's new events, then write and send the letters that are due."""
    stop_at = time.monotonic() + TURN_SECONDS

    def go_on() -> bool:
        return time.monotonic() < stop_at

    with progress.watched(TELL, now=timezone.now, asked=asked) as work:
        work.counts["notices"] = _note_events(go_on)
        while go_on() and posting.gather(now=timezone.now()):
            pass
        posting.post(clock=timezone.now, go_on=go_on)


def _note_events(go_on: Callable[[], bool]) -> int:
    """How many notices they made."""
    made = []

    def take(events: list[Event]) -> None:
        made.append(note(events, now=timezone.now()))

    with transaction.atomic():
        delivery.begin_reading(READER, position=0)
    while go_on() and delivery.hand_on(reader=READER, take=take) == delivery.BATCH:
        pass
    return sum(made)


@shared_task
def remind_every_tenant(**kwargs) -> None:
    for tenant_id in tenant_ids():
        remind_tenant.delay(tenant_id=str(tenant_id))


@tenant_task
def remind_tenant(*, tenant_id: str, asked: str = "", **kwargs) -> None:
    """Record what the tenant's day or month brings to tell: see `rewards.reminding`."""
    with progress.watched(REMIND, now=timezone.now, asked=asked):
        remind(now=timezone.now)
