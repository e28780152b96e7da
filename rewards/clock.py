"""The clock of a tenant: whatever its time brings, done in order, once.

Activations, expiries and the evaluations at quarter ends. Running it again changes nothing; killed
anywhere and run again it ends the same, because each step is one transaction that moves the clock.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts import clock
from accounts.models import JobRun, Tenant
from accounts.models.job import JobState
from accounts.periods import quarters_begun, start_of
from accounts.tenancy import current_tenant_id
from rewards import ledger
from rewards.moves import record_moves
from tiers import standing

EVALUATION = "evaluate_quarter"


def advance(*, upto: datetime, holder: str = "") -> bool:
    """Do everything due up to `upto` (UTC) for the open tenant.

    Returns False, with nothing done, before the tenant's first fact and while somebody other than
    `holder` holds the clock (see `accounts.clock`).
    """
    with transaction.atomic():
        zone = Tenant.objects.get(pk=current_tenant_id()).zone
        reached = clock.reached()
        if reached is None or clock.held_for() not in ("", holder):
            return False
    passed = False
    for boundary in quarters_begun(reached, upto, zone):
        _settle_ahead(start_of(boundary, zone))
        # A history is worked off as if at its own time; live, we decide when we get to it.
        decided_at = start_of(boundary, zone) if holder else upto
        passed |= _pass_quarter_end(boundary, zone, decided_at=decided_at)
    _settle_ahead(upto)
    _pass_time(upto)
    if passed:
        _take_waiting_moves(upto, zone)
    return True


def _settle_ahead(upto: datetime) -> None:
    """Most of what is due, in transactions of their own, before the clock's: it locks every wallet
    it has work with until it ends, and then finds little left to do. Killed in between, or done by
    two workers, it is what spending does anyhow: a wallet is settled before the clock comes by."""
    with transaction.atomic():
        reached = clock.reached()
        if reached is None or reached >= upto:
            return
        ledger.activate_due(upto=upto, actor="system")
    more = True
    while more:
        with transaction.atomic():
            more = ledger.expire_some(upto=upto, actor="system")


def _pass_time(upto: datetime) -> None:
    with transaction.atomic():
        reached = clock.reached(lock=True)
        if reached is not None and reached < upto:
            _settle_lots(upto)
            clock.move_to(upto)


def _settle_lots(upto: datetime) -> None:
    ledger.activate_due(upto=upto, actor="system")
    ledger.expire_due(upto=upto, actor="system")


def _pass_quarter_end(boundary: date, zone: ZoneInfo, *, decided_at: datetime) -> bool:
    """Whether it was this call that worked the quarter's end off."""
    instant = start_of(boundary, zone)
    with transaction.atomic():
        reached = clock.reached(lock=True)
        if reached is None or reached >= instant:
            return False  # another worker was here first
        _settle_lots(instant)
        moves = standing.evaluate_quarter(boundary=boundary, as_of=decided_at, zone=zone)
        record_moves(moves, recorded_at=decided_at)
        clock.move_to(instant)
        JobRun.objects.create(
            job=EVALUATION,
            period=boundary.isoformat(),
            state=JobState.DONE,
            started_at=decided_at,
            finished_at=decided_at,
            outcome={"moved": len(moves)},
        )
    return True


def _take_waiting_moves(as_of: datetime, zone: ZoneInfo) -> None:
    """Upward moves earned by facts that came in before the quarter's start was worked off."""
    with transaction.atomic():
        moves = standing.reconsider(account_ids=None, as_of=as_of, zone=zone)
        record_moves(moves, recorded_at=as_of)
