"""The set-up guide of a workspace: shown until somebody who runs it has seen enough of it."""

from datetime import datetime

from django.db import transaction

from accounts import events
from accounts.models import Staff, Tenant


@transaction.atomic
def show_guide(*, tenant: Tenant, is_shown: bool, actor: Staff, now: datetime) -> Tenant:
    """For everybody at the workspace. Closing what is closed changes nothing."""
    tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)
    if is_shown == (tenant.guide_closed_at is None):
        return tenant
    tenant.guide_closed_at = None if is_shown else now
    tenant.save(update_fields=["guide_closed_at"])
    events.record(
        kind="tenant.guide_shown" if is_shown else "tenant.guide_closed",
        occurred_at=now,
        recorded_at=now,
        actor=actor.actor,
        subject=f"tenant:{tenant.pk}",
        payload={},
    )
    return tenant
