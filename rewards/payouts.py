"""Whether anything of value is handed out at all: not while the books do not add up.

Facts still come in and earn, points expire, and what was asked for can be called off. What waits is
whatever leaves the house or moves to other hands: redemptions, approvals, fulfilment, codes, and
points passed on.

One row says so, the tenant's. It is read without a lock: publishing renews that row in transactions
that take minutes, and redemptions would wait for them. So what was under way when payouts were
stopped ends as it began.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import events
from accounts.models import Staff, Tenant
from accounts.tenancy import current_tenant_id

SYSTEM = "system"
KINDLY = _("Redeeming pauses while we check our books; your points are safe and wait for you")


class PayoutsStopped(ValueError):
    """Nothing moved."""

    def __init__(self) -> None:
        super().__init__(f"{KINDLY}.")


class NotStopped(ValueError):
    def __init__(self) -> None:
        super().__init__(gettext("Payouts are not stopped any more: somebody was here before you."))


class NoReason(ValueError):
    def __init__(self) -> None:
        super().__init__(gettext("Say why payouts may go on although the check found violations."))


def are_stopped() -> bool:
    """For the open tenant, as it is now: who holds a tenant in hand read it a while ago."""
    return Tenant.objects.filter(pk=current_tenant_id(), payouts_stopped_at__isnull=False).exists()


def refuse_if_stopped() -> None:
    """Raises PayoutsStopped."""
    if are_stopped():
        raise PayoutsStopped


def follow_check(violations: Sequence[dict[str, Any]], *, at: datetime) -> None:
    """Stop payouts where a check of the books found `violations`, and let them go on where it found
    none; in the running transaction. `violations` have claim, number, rows and sample each.

    Stopped already, they stay so since when they were.
    """
    tenant = _locked()
    if violations and tenant.payouts_stopped_at is None:
        _set(tenant, at)
        _record("payouts.stopped", tenant, actor=SYSTEM, at=at, violations=list(violations))
    elif not violations and tenant.payouts_stopped_at is not None:
        since = tenant.payouts_stopped_at.isoformat()
        _set(tenant, None)
        _record("payouts.resumed", tenant, actor=SYSTEM, at=at, since=since, reason="")


def lift(*, reason: str, actor: Staff, now: datetime) -> None:
    """Let payouts go on although nothing was mended, in the running transaction; the next check
    stops them again where it still finds violations. Raises NotStopped, NoReason."""
    if not reason.strip():
        raise NoReason
    tenant = _locked()
    if tenant.payouts_stopped_at is None:
        raise NotStopped
    since = tenant.payouts_stopped_at.isoformat()
    _set(tenant, None)
    said = {"since": since, "reason": reason.strip()}
    _record("payouts.resumed", tenant, actor=actor.actor, at=now, **said)


def _locked() -> Tenant:
    return Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())


def _set(tenant: Tenant, since: datetime | None) -> None:
    tenant.payouts_stopped_at = since
    tenant.save(update_fields=["payouts_stopped_at"])


def _record(kind: str, tenant: Tenant, *, actor: str, at: datetime, **said: Any) -> None:
    events.record(
        kind=kind,
        occurred_at=at,
        recorded_at=at,
        actor=actor,
        subject=f"tenant:{tenant.pk}",
        payload=said,
    )
