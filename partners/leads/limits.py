"""How many open leads an account has at most, as the tenant and as the account itself say."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record
from accounts.models import Account
from partners.leads.desk import NotNow, open_desk
from partners.models import BUSY, Lead, LeadLimit

MOST = 1000


def limit_of(account: Account) -> LeadLimit:
    return LeadLimit.objects.filter(account=account).first() or LeadLimit(account=account)


def effective(limit: LeadLimit, *, most_open: int) -> int:
    """What holds of it all: the partner can only want less than the tenant allows."""
    allowed = most_open if limit.by_tenant is None else limit.by_tenant
    return allowed if limit.by_partner is None else min(allowed, limit.by_partner)


def open_of(account: Account) -> int:
    return Lead.objects.filter(account=account, state__in=BUSY).count()


def set_limit(
    account: Account, *, most: int | None, by_partner: bool, actor: str, now: datetime
) -> LeadLimit:
    """What it has now it keeps, even above the limit; it gets no more. None is no limit of its own.
    Raises NotNow."""
    if most is not None and not 0 <= most <= MOST:
        raise NotNow(_("Choose a whole number from 0 to %d.") % MOST)
    side = "by_partner" if by_partner else "by_tenant"
    with transaction.atomic():
        open_desk(now=now)  # who gives leads out at this moment goes first
        limit, _is_new = LeadLimit.objects.update_or_create(account=account, defaults={side: most})
        record(
            kind="lead_limit.changed",
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject=f"account:{account.pk}",
            account_id=account.pk,
            payload={"by_tenant": limit.by_tenant, "by_partner": limit.by_partner},
        )
    return limit
