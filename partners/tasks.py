"""Jobs: what a day brings to deals. Rows say what is done; a repeated message finds nothing."""

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
from partners.training import clock as certificates

ADVANCE = "advance_deals"
ADVANCE_TRAINING = "advance_training"


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
def advance_every_tenants_training(**kwargs) -> None:
    for tenant_id in tenant_ids():
        advance_training.delay(tenant_id=str(tenant_id))


@tenant_task
def advance_training(*, tenant_id: str, asked: str = "", **kwargs) -> None:
    """Remind of certificates, and say which are over: see `partners.training.clock`."""
    with progress.watched(ADVANCE_TRAINING, now=timezone.now, asked=asked) as work:
        now = timezone.now()
        with transaction.atomic():
            zone = Tenant.objects.get(pk=UUID(tenant_id)).zone
        done = certificates.advance(today=day_of(now, zone), now=now)
        work.counts |= {"reminded": done.reminded, "lapsed": done.lapsed}
