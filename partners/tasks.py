"""Jobs: what a day brings to partner programs. Rows say what is done; said again, nothing is."""

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
from partners.funds import clock as funds_clock
from partners.leads import clock as lead_clock
from partners.referrals import clock as referrals_clock
from partners.spiffs import clock as spiffs_clock
from partners.surveys import clock as surveys_clock
from partners.training import clock as certificates

ADVANCE = "advance_deals"
ADVANCE_FUNDS = "advance_funds"
SURVEYS = "advance_surveys"
RECALL = "recall_spiffs"
REFER = "advance_referrals"
ADVANCE_TRAINING = "advance_training"
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
def advance_every_tenants_surveys(**kwargs) -> None:
    for tenant_id in tenant_ids():
        advance_surveys.delay(tenant_id=str(tenant_id))


@tenant_task
def advance_surveys(*, tenant_id: str, asked: str = "", **kwargs) -> None:
    """Ask whose occasion has come, and remind once: see `partners.surveys.clock`."""
    with progress.watched(SURVEYS, now=timezone.now, asked=asked) as work:
        with transaction.atomic():
            zone = Tenant.objects.get(pk=UUID(tenant_id)).zone
        done = surveys_clock.advance(zone=zone, now=timezone.now())
        work.counts |= {"asked": done.asked, "reminded": done.reminded}


@shared_task
def advance_every_tenants_funds(**kwargs) -> None:
    for tenant_id in tenant_ids():
        advance_funds.delay(tenant_id=str(tenant_id))


@tenant_task
def advance_funds(*, tenant_id: str, asked: str = "", **kwargs) -> None:
    """Accrue, remind, and let end what has come to its day: see `partners.funds.clock`."""
    with progress.watched(ADVANCE_FUNDS, now=timezone.now, asked=asked) as work:
        now = timezone.now()
        with transaction.atomic():
            zone = Tenant.objects.get(pk=UUID(tenant_id)).zone
        done = funds_clock.advance(today=day_of(now, zone), zone=zone, now=now)
        work.counts |= {
            "funds_moved": done.accrued,
            "funds_expired": done.expired,
            "requests_lapsed": done.lapsed,
            "reminded": done.reminded,
        }


@shared_task
def recall_every_tenants_spiffs(**kwargs) -> None:
    for tenant_id in tenant_ids():
        recall_spiffs.delay(tenant_id=str(tenant_id))


@tenant_task
def recall_spiffs(*, tenant_id: str, asked: str = "", **kwargs) -> None:
    """Take back what returned sales were rewarded with: see `partners.spiffs.clock`."""
    with progress.watched(RECALL, now=timezone.now, asked=asked) as work:
        work.counts["recalled"] = spiffs_clock.take_back_returned(now=timezone.now())


@shared_task
def advance_every_tenants_referrals(**kwargs) -> None:
    for tenant_id in tenant_ids():
        advance_referrals.delay(tenant_id=str(tenant_id))


@tenant_task
def advance_referrals(*, tenant_id: str, asked: str = "", **kwargs) -> None:
    """First purchases win, returns take back, protection ends: see `partners.referrals.clock`."""
    with progress.watched(REFER, now=timezone.now, asked=asked) as work:
        now = timezone.now()
        with transaction.atomic():
            zone = Tenant.objects.get(pk=UUID(tenant_id)).zone
        done = referrals_clock.advance(today=day_of(now, zone), zone=zone, now=now)
        work.counts |= {
            "referrals_won": done.won,
            "referrals_returned": done.returned,
            "referrals_expired": done.expired,
        }


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
