"""Jobs: events handed on, and sent to webhooks.

Postgres rows say what there is to do and what is done; a message only says "look there now". A lost
one is made up for by the next sweep, a repeated one finds nothing to do.
"""

import time

from celery import shared_task
from django.utils import timezone

from accounts import delivery, progress
from accounts.doors import tenants_to_deliver_for
from accounts.jobs import tenant_task
from accounts.webhooks.deliveries import fan_out
from accounts.webhooks.endpoints import READER
from accounts.webhooks.sending import send_due

# Then the next tenant has its turn: one with a long queue goes on in a new message, behind others.
TURN_SECONDS = 30
SWEEP_SECONDS = 10
DELIVER = "deliver"


@shared_task
def sweep_deliveries(**kwargs) -> None:
    """A message for each tenant that has something to deliver."""
    for tenant_id in tenants_to_deliver_for(at=timezone.now()):
        # Before the next sweeps have piled up behind a busy worker, this message means nothing.
        deliver.apply_async(kwargs={"tenant_id": str(tenant_id)}, expires=6 * SWEEP_SECONDS)


@tenant_task
def deliver(*, tenant_id: str, asked: str = "", **kwargs) -> None:
    """Hand the tenant's new events on to its endpoints, and send what is due."""
    stop_at = time.monotonic() + TURN_SECONDS

    def go_on() -> bool:
        return time.monotonic() < stop_at

    with progress.watched(DELIVER, now=timezone.now, asked=asked) as work:
        read = delivery.BATCH
        work.counts["events"] = 0
        while go_on() and read == delivery.BATCH:
            read = delivery.hand_on(reader=READER, take=fan_out)
            work.counts["events"] += read
        send_due(now=timezone.now, go_on=go_on)
    if not go_on():
        deliver.delay(tenant_id=tenant_id)
