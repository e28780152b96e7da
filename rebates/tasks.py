"""Jobs: the clock of agreements, tenant by tenant."""

from celery import shared_task
from django.utils import timezone

from accounts.doors import tenant_ids
from accounts.jobs import tenant_task
from accounts.progress import watched
from rebates import clock

JOB = "rebates"


@shared_task
def advance_every_tenants_agreements(**kwargs) -> None:
    for tenant_id in tenant_ids():
        advance_agreements.apply_async(kwargs={"tenant_id": str(tenant_id)}, expires=15 * 60)


@tenant_task
def advance_agreements(*, tenant_id: str, asked: str = "", **kwargs) -> None:
    """What is due on a tenant's agreements: see `rebates.clock`."""
    with watched(JOB, now=timezone.now, asked=asked) as work:
        work.counts.update(clock.advance(at=timezone.now()))
