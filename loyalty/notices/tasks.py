"""Jobs: events become notices, notices become letters, letters go out; and what each day brings.

What there is to do stands in rows; each of these may be lost, or run twice at once.
"""

import time

from celery import shared_task
from django.utils import timezone

from accounts.doors import tenant_ids
from accounts.jobs import tenant_task
from accounts.notices import posting
from rewards.reminding import remind

POST_SECONDS = 10 * 60  # far below a task's time limit; the next minute's message goes on


@shared_task
def post_for_every_tenant(**kwargs) -> None:
    for tenant_id in tenant_ids():
        post_for.delay(tenant_id=str(tenant_id))


@tenant_task
def post_for(*, tenant_id: str, **kwargs) -> None:
    """Write and send the tenant's letters that are due."""
    while posting.gather(now=timezone.now()):
        pass
    stop_at = time.monotonic() + POST_SECONDS
    posting.post(clock=timezone.now, go_on=lambda: time.monotonic() < stop_at)


@shared_task
def remind_every_tenant(**kwargs) -> None:
    for tenant_id in tenant_ids():
        remind_tenant.delay(tenant_id=str(tenant_id))


@tenant_task
def remind_tenant(*, tenant_id: str, **kwargs) -> None:
    """Record what the tenant's day or month brings to tell: see `rewards.reminding`."""
    remind(as_of=timezone.now())
