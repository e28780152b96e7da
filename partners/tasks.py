"""Jobs: what time brings to deals and leads. Rows say what is done; a repeated message finds
nothing."""

from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from accounts import progress
from accounts.doors import tenant_ids
from accounts.jobs import tenant_task
from accounts.models import Tenant
from accounts.periods import day_of
from partners.deals import clock
from partners.leads import clock as lead_clock

ADVANCE = "advance_deals"
ADVANCE_LEADS = "advance_leads"


@shared_task
def advance_every_tenants_deals(**kwargs) -> None:
    for tenant_id in tenant_ids():
        advance_deals.delay(tenant_id=str(tenant_id))


@tenant_task
def advance_deals(*, tenant_id: str, asked: str = "", **kwargs) -> None:
    """Remind, and let end what has come to its day: see `partners.deals.clock`."""
    with progress.watched(ADVANCE, now=timezone.now, asked=asked) as work:
        now = timezone.now()
        with transaction.atomic():
            zone = Tenant.objects.get(pk=UUID(tenant_id)).zone
        done = clock.advance(today=day_of(now, zone), now=now)
        work.counts |= {"reminded": done.reminded, "expired": done.expired}


@shared_task
def advance_every_tenants_leads(**kwargs) -> None:
    for tenant_id in tenant_ids():
        advance_leads.delay(tenant_id=str(tenant_id))


@tenant_task
def advance_leads(*, tenant_id: str, asked: str = "", **kwargs) -> None:
    """Pass on what was not accepted in time, and remind: see `partners.leads.clock`."""
    with progress.watched(ADVANCE_LEADS, now=timezone.now, asked=asked) as work:
        done = lead_clock.advance(now=timezone.now())
        work.counts |= {"passed_on": done.passed_on, "reminded": done.reminded}
