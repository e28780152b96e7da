"""What time brings to agreements, in its order; each step may be killed and run again."""

from datetime import datetime

from django.db import transaction

from accounts import events
from accounts.models import Tenant
from accounts.periods import day_of
from accounts.tenancy import current_tenant_id
from rebates import accruing, answering, closing, estimating, journal
from rebates.models import Agreement, AgreementState


def advance(*, at: datetime) -> dict[str, int]:
    """Do everything due for the open tenant at `at`; how many of each were done.

    Agreements begin, accruals follow the facts, months are estimated, statements are issued and
    periods closed, silence accepts, months that are over go to the general ledger.
    """
    done = {
        "begun": begin_due(at=at),
        "accrued": accruing.accrue(at=at),
        "estimated": estimating.estimate_due(at=at),
        "statements": closing.close_due(at=at),
        "silently_accepted": answering.accept_silently(at=at),
    }
    with transaction.atomic():
        tenant = Tenant.objects.get(pk=current_tenant_id())
        posted = journal.make_due(tenant=tenant, now=at)
    return done | {"posted": posted["made"], "not_posted": posted["refused"]}


def begin_due(*, at: datetime) -> int:
    """Accepted agreements run from their first day on."""
    with transaction.atomic():
        tenant = Tenant.objects.get(pk=current_tenant_id())
        found = Agreement.objects.select_for_update(of=("self",)).filter(
            state=AgreementState.ACCEPTED, starts_on__lte=day_of(at, tenant.zone)
        )
        begun = list(found.order_by("pk"))
        Agreement.objects.filter(pk__in=[one.pk for one in begun]).update(
            state=AgreementState.RUNNING
        )
        events.record_many(
            [
                events.NewEvent(
                    kind="agreement.begun",
                    occurred_at=at,
                    recorded_at=at,
                    actor="system",
                    subject=f"agreement:{one.pk}",
                    account_id=one.account_id,
                    payload={"code": one.code, "name": one.name},
                )
                for one in begun
            ]
        )
    return len(begun)
