"""What an adjustment that is applied does to the ledger."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from accounts.models import Program, Tenant
from accounts.tenancy import current_tenant_id
from rewards import ledger
from rewards.expiry import expires_at
from rewards.models import Adjustment, AdjustmentAction, Unit


def expiry_of(adjustment: Adjustment, *, at: datetime) -> datetime | None:
    """When what the adjustment gives expires: as it asks, or as the program's policy says."""
    if adjustment.expires_at is not None:
        return adjustment.expires_at
    tenant = Tenant.objects.get(pk=current_tenant_id())
    policy = Program.objects.values_list("points_expiry", flat=True).get(pk=adjustment.program_id)
    return expires_at(
        policy,
        occurred_at=at,
        zone=tenant.zone,
        fiscal_year_starts=tenant.fiscal_year_starts,
    )


def move(adjustment: Adjustment, *, actor: str, now: datetime) -> int:
    """Do it; returns how many points it concerned."""
    wallets = ledger.open_wallets(
        account_id=adjustment.account_id,
        program_id=adjustment.program_id,
        unit=Unit.POINTS,
        member_ids=[adjustment.member_id],
    )
    return _MOVES[AdjustmentAction(adjustment.action)](
        adjustment, wallets[adjustment.member_id], actor, now
    )


def _credit(adjustment: Adjustment, wallet_id: UUID, actor: str, now: datetime) -> int:
    expires = expiry_of(adjustment, at=now)
    gift = ledger.Gift(adjustment.id, adjustment.amount, now, expires)
    ledger.give(wallet_id=wallet_id, gift=gift, actor=actor, at=now)
    return adjustment.amount


def _debit(adjustment: Adjustment, wallet_id: UUID, actor: str, now: datetime) -> int:
    ledger.deduct(
        wallet_id=wallet_id,
        amount=adjustment.amount,
        cause=adjustment.id,
        into_debt=adjustment.into_debt,
        actor=actor,
        at=now,
    )
    return adjustment.amount


def _extend(adjustment: Adjustment, wallet_id: UUID, actor: str, now: datetime) -> int:
    expiring_at, until = adjustment.expiring_at, adjustment.expires_at
    if expiring_at is None or until is None:  # the database refuses such rows
        raise ledger.NothingExpires(adjustment.id)
    return ledger.extend(
        wallet_id=wallet_id, expiring_at=expiring_at, until=until, actor=actor, at=now
    )


def _reinstate(adjustment: Adjustment, wallet_id: UUID, actor: str, now: datetime) -> int:
    if adjustment.expired_by_id is None:
        raise ledger.NothingToReinstate(adjustment.id)
    return ledger.reinstate(
        wallet_id=wallet_id,
        expired_by=adjustment.expired_by_id,
        until=expiry_of(adjustment, at=now),
        actor=actor,
        at=now,
    )


_MOVES: dict[AdjustmentAction, Callable[[Adjustment, UUID, str, datetime], int]] = {
    AdjustmentAction.CREDIT: _credit,
    AdjustmentAction.DEBIT: _debit,
    AdjustmentAction.EXTEND: _extend,
    AdjustmentAction.REINSTATE: _reinstate,
}
