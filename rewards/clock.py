"""The clock of a tenant: whatever its time brings, done in order, once.

Activations, expiries, and what is due on the ladders of its programs: evaluations at the ends of
periods, new versions, the ends of grace and of pins. Running it again changes nothing; killed
anywhere and run again it ends the same, because each step is one transaction that moves the clock.
"""

from datetime import datetime

from django.db import transaction

from accounts import clock
from accounts.models import JobRun
from accounts.models.job import JobState
from rewards import ledger
from rewards.terms import current_terms
from tiers import due, standing
from tiers.nearness import look_for_near_ones

EVALUATION = "settle_tiers"


def advance(*, upto: datetime, holder: str = "") -> bool:
    """Do everything due up to `upto` (UTC) for the open tenant.

    Returns False, with nothing done, before the tenant's first fact and while somebody other than
    `holder` holds the clock (see `accounts.clock`). Live, `upto` is before all that is under way:
    a fact that is just coming in still counts for the period that ends.
    """
    with transaction.atomic():
        reached = clock.reached()
        if reached is None or clock.held_for() not in ("", holder):
            return False
    passed = _enter_waiting(reached, upto)
    while instant := _next(reached, upto):
        _settle_ahead(instant, holder)
        # A history is worked off as if at its own time; live, we decide when we get to it.
        passed |= _pass_due(instant, holder, decided_at=instant if holder else upto)
        reached = instant
    _settle_ahead(upto, holder)
    _pass_time(upto, holder)
    if passed:
        _take_waiting_moves(upto)
    return True


def _is_ours(upto: datetime, holder: str, *, lock: bool = False) -> bool:
    """Whether the clock is still to come to `upto`, and for us to move: each transaction asks anew,
    since another worker may have been here, or an import of history may have taken the clock. With
    `lock` neither can before the transaction ends."""
    reached = clock.reached(lock=lock)
    return reached is not None and reached < upto and clock.held_for() in ("", holder)


def _settle_ahead(upto: datetime, holder: str) -> None:
    """Most of what is due, in transactions of their own, before the clock's: it locks every wallet
    it has work with until it ends, and then finds little left to do. Killed in between, or done by
    two workers, it is what spending does anyhow: a wallet is settled before the clock comes by."""
    with transaction.atomic():
        if not _is_ours(upto, holder):
            return
        ledger.activate_due(upto=upto, actor="system")
    more = True
    while more:
        with transaction.atomic():
            more = _is_ours(upto, holder) and ledger.expire_some(upto=upto, actor="system")


def tell_near_ones(*, at: datetime) -> None:
    """Once a local day, tell who is near the next tier; not while a history comes in."""
    with transaction.atomic():
        if clock.reached() is None or clock.held_for():
            return
        terms = current_terms()
        look_for_near_ones(terms.ladders, at=at, setting=terms.setting)


def next_evaluation(*, after: datetime, upto: datetime) -> datetime | None:
    """The next instant in (after, upto] at which anything is due on the open tenant's ladders."""
    return _next(after, upto)


def _enter_waiting(reached: datetime, upto: datetime) -> bool:
    """Whether versions waited that came into force before the clock was started. And once more for
    those that came into force while others enrolled and rose."""
    with transaction.atomic():
        terms = current_terms()
        clock.reached(lock=True)
        found = due.waiting(terms.ladders, upto=reached)
        for ladder in found:
            due.enter_late(ladder, at=upto, setting=terms.setting)
        for ladder in due.doubtful(terms.ladders, settled=upto):
            due.make_sure(ladder, at=upto, setting=terms.setting)
    return bool(found)


def _next(after: datetime, upto: datetime) -> datetime | None:
    with transaction.atomic():
        terms = current_terms()
        return due.next_due(terms.ladders, after=after, upto=upto, setting=terms.setting)


def _pass_time(upto: datetime, holder: str) -> None:
    with transaction.atomic():
        if _is_ours(upto, holder, lock=True):
            _settle_lots(upto)
            clock.move_to(upto)


def _settle_lots(upto: datetime) -> None:
    ledger.activate_due(upto=upto, actor="system")
    ledger.expire_due(upto=upto, actor="system")


def _pass_due(instant: datetime, holder: str, *, decided_at: datetime) -> bool:
    """Whether it was this call that worked off what is due at `instant`."""
    with transaction.atomic():
        if not _is_ours(instant, holder, lock=True):
            return False
        terms = current_terms()
        _settle_lots(instant)
        done = due.settle_due(
            terms.ladders, at=instant, decided_at=decided_at, setting=terms.setting
        )
        clock.move_to(instant)
        JobRun.objects.create(
            job=EVALUATION,
            period=instant.isoformat(),
            state=JobState.DONE,
            started_at=decided_at,
            finished_at=decided_at,
            outcome={"moved": done.moved, "at_risk": done.at_risk},
        )
    return True


def _take_waiting_moves(as_of: datetime) -> None:
    """Upward moves earned by facts that came in before what was due was worked off."""
    with transaction.atomic():
        terms = current_terms()
        standing.reconsider(
            account_ids=None, as_of=as_of, ladders=terms.ladders, setting=terms.setting
        )
