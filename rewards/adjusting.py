"""Points changed by hand: sent off by who drafted it, above a limit approved by somebody else.

draft → (pending →) applied, rejected or discarded. An adjustment's id is its identity: drafted,
submitted or approved again under it, nothing moves a second time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext

from accounts.events import record
from accounts.hands import hands_of
from accounts.models import Account, ApiKey, Staff
from rewards import ledger
from rewards.adjustment_drafts import AdjustmentRefused, Wanted, draft, wallet_for
from rewards.adjustment_moves import expiry_of, move
from rewards.correction_terms import limit_for
from rewards.models import Adjustment, AdjustmentAction, AdjustmentState
from rewards.models.corrections import ANY_KEY

# Several small adjustments within this time count as one large one.
COUNTED_TOGETHER = timedelta(hours=24)


def submit(*, adjustment_id: UUID, author: Staff | ApiKey, now: datetime) -> Adjustment:
    """Apply a draft of one's own, or above one's limit send it to somebody else for approval."""
    role = author.role if isinstance(author, Staff) else ANY_KEY
    with _locked(adjustment_id) as adjustment:
        if adjustment.drafted_by != author.actor:
            raise AdjustmentRefused(
                gettext("Only the person who drafted an adjustment sends it off.")
            )
        if adjustment.state in (AdjustmentState.PENDING, AdjustmentState.APPLIED):
            return adjustment
        _refuse_unless(adjustment, AdjustmentState.DRAFT)
        # One after the other for an account: of several at once none would see the others' sums,
        # and together they would move far more than the limit.
        Account.objects.select_for_update(no_key=True).get(pk=adjustment.account_id)
        adjustment.submitted_at = now
        adjustment.needs_approval = needs_approval(adjustment, role=role, now=now)
        if adjustment.needs_approval:
            adjustment.state = AdjustmentState.PENDING
            adjustment.save()
            _tell("adjustment.requested", adjustment, actor=author.actor, now=now)
        else:
            _apply(adjustment, actor=author.actor, now=now)
    return adjustment


def apply_decided(
    wanted: Wanted, *, identity: UUID, asked_by: str, approved_by: str, now: datetime
) -> Adjustment:
    """Apply what two people decided on elsewhere, in the running transaction: a rebate that is paid
    in points. Once for its identity. Raises AdjustmentRefused."""
    if asked_by == approved_by:
        raise AdjustmentRefused(gettext("Somebody else has to approve what was asked for."))
    adjustment = draft(wanted, identity=identity, actor=asked_by, now=now)
    if adjustment.state != AdjustmentState.APPLIED:
        _refuse_unless(adjustment, AdjustmentState.DRAFT)
        adjustment.submitted_at, adjustment.needs_approval = now, True
        _apply(adjustment, actor=approved_by, now=now)
    return adjustment


def approve(*, adjustment_id: UUID, actor: str, now: datetime) -> Adjustment:
    """Apply what waits for approval; never by the person who asked for it."""
    with _locked(adjustment_id) as adjustment:
        if adjustment.state == AdjustmentState.APPLIED and adjustment.decided_by == actor:
            return adjustment
        _refuse_unless(adjustment, AdjustmentState.PENDING)
        if is_own(adjustment, actor=actor):
            raise AdjustmentRefused(
                gettext("Somebody else has to approve what you asked for yourself.")
            )
        _apply(adjustment, actor=actor, now=now)
    return adjustment


def reject(*, adjustment_id: UUID, note: str, actor: str, now: datetime) -> Adjustment:
    with _locked(adjustment_id) as adjustment:
        _refuse_unless(adjustment, AdjustmentState.PENDING)
        if is_own(adjustment, actor=actor):
            raise AdjustmentRefused(
                gettext("Discard what you asked for yourself; somebody else rejects it.")
            )
        _decide(adjustment, AdjustmentState.REJECTED, actor=actor, now=now, note=note)
        _tell("adjustment.rejected", adjustment, actor=actor, now=now)
    return adjustment


def discard(*, adjustment_id: UUID, actor: str, now: datetime) -> Adjustment:
    """Take back one's own draft or request."""
    with _locked(adjustment_id) as adjustment:
        if not is_own(adjustment, actor=actor):
            raise AdjustmentRefused(
                gettext("Only the person who drafted an adjustment discards it.")
            )
        _refuse_unless(adjustment, AdjustmentState.DRAFT, AdjustmentState.PENDING)
        _decide(adjustment, AdjustmentState.DISCARDED, actor=actor, now=now)
    return adjustment


def is_own(adjustment: Adjustment, *, actor: str) -> bool:
    """Whether the person behind `actor` asked for it, be it by a key they made."""
    return adjustment.drafted_by in hands_of(actor)


def needs_approval(adjustment: Adjustment, *, role: str, now: datetime) -> bool:
    """Whether it is above the limit, with what the same person lately did alone for the account,
    by hand or with keys they made: with a new key for each slice nobody would ever be asked."""
    lately = Adjustment.objects.filter(
        account_id=adjustment.account_id,
        program_id=adjustment.program_id,
        drafted_by__in=hands_of(adjustment.drafted_by),
        state=AdjustmentState.APPLIED,
        needs_approval=False,
        decided_at__gt=now - COUNTED_TOGETHER,
    ).aggregate(sum=Sum("amount"))["sum"]
    limit = limit_for(program_id=adjustment.program_id, role=role)
    return adjustment.amount + (lately or 0) > limit


@dataclass(frozen=True, slots=True)
class Preview:
    """What an adjustment would leave: available before and after, and when its points expire."""

    before: int
    after: int
    expires_at: datetime | None

    @property
    def makes_debt(self) -> bool:
        return self.after < min(self.before, 0)


def preview(adjustment: Adjustment, *, at: datetime) -> Preview:
    """What applying it now would come to, without writing anything."""
    wallet = wallet_for(adjustment)
    before = wallet.available if wallet else 0
    moves = {AdjustmentAction.DEBIT: -1, AdjustmentAction.EXTEND: 0}
    sign = moves.get(AdjustmentAction(adjustment.action), 1)
    expires = None if sign < 0 else expiry_of(adjustment, at=at)
    return Preview(before, before + sign * adjustment.amount, expires)


@contextmanager
def _locked(adjustment_id: UUID) -> Iterator[Adjustment]:
    with transaction.atomic():
        yield Adjustment.objects.select_for_update().get(pk=adjustment_id)


def _refuse_unless(adjustment: Adjustment, *states: AdjustmentState) -> None:
    if adjustment.state not in states:
        said = AdjustmentState(adjustment.state).label.lower()
        raise AdjustmentRefused(
            gettext("This adjustment is %(said)s already; nothing was changed.") % {"said": said}
        )


def _apply(adjustment: Adjustment, *, actor: str, now: datetime) -> None:
    try:
        moved = move(adjustment, actor=actor, now=now)
    except ledger.NotEnough as refusal:
        raise AdjustmentRefused(
            gettext("Only %(available)s are available; take off less, or allow a debt.")
            % {"available": max(refusal.available, 0)}
        ) from refusal
    except (ledger.NothingExpires, ledger.NothingToReinstate) as refusal:
        raise AdjustmentRefused(
            gettext(
                "These points have expired, were used or were reinstated meanwhile; draft it again."
            )
        ) from refusal
    if moved > adjustment.amount:
        raise AdjustmentRefused(
            gettext("More points are concerned than when it was drafted; draft it anew.")
        )
    adjustment.amount = moved
    _decide(adjustment, AdjustmentState.APPLIED, actor=actor, now=now)
    _tell("points.adjusted", adjustment, actor=actor, now=now)


def _decide(
    adjustment: Adjustment, state: AdjustmentState, *, actor: str, now: datetime, note: str = ""
) -> None:
    adjustment.state, adjustment.note = state, note
    adjustment.decided_by, adjustment.decided_at = actor, now
    adjustment.save()


def _tell(kind: str, adjustment: Adjustment, *, actor: str, now: datetime) -> None:
    record(
        kind=kind,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"adjustment:{adjustment.id}",
        account_id=adjustment.account_id,
        payload={
            "program": str(adjustment.program_id),
            "member": str(adjustment.member_id) if adjustment.member_id else None,
            "action": adjustment.action,
            "points": adjustment.amount,
            "reason": adjustment.reason,
            "note": adjustment.note,
            "expires_at": adjustment.expires_at.isoformat() if adjustment.expires_at else None,
            "asked_by": adjustment.drafted_by,
        },
    )
