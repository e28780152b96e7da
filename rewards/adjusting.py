"""Points changed by hand: drafted with a reason, approved by somebody else above a limit, applied.

draft → (pending →) applied, rejected or discarded. An adjustment's id is its identity: drafted,
submitted or approved again under it, nothing moves a second time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from accounts.events import record
from accounts.models import Enrollment, Staff
from rewards import ledger
from rewards.adjustment_moves import expiry_of, move
from rewards.correction_terms import limit_for
from rewards.models import (
    Adjustment,
    AdjustmentAction,
    AdjustmentState,
    Unit,
    Wallet,
)
from rewards.queries import open_lots_of

# Several small adjustments within this time count as one large one.
COUNTED_TOGETHER = timedelta(hours=24)


class AdjustmentRefused(ValueError):
    """Its text says to a person what is wrong; nothing moved."""


class AdjustmentConflict(AdjustmentRefused):
    """The same identity was drafted before with other content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an adjustment is to do; see `rewards.models.Adjustment`.

    An extension and a reinstatement find their amount themselves.
    """

    program_id: UUID
    account_id: UUID
    action: str
    reason: str
    member_id: UUID | None = None
    amount: int = 0
    expires_at: datetime | None = None
    expiring_at: datetime | None = None
    expired_by_id: UUID | None = None
    into_debt: bool = False


def draft(wanted: Wanted, *, identity: UUID, actor: str, now: datetime) -> Adjustment:
    """Write down what is wanted, without moving anything.

    The same identity with the same content is answered with the first draft. Raises
    AdjustmentRefused, and AdjustmentConflict for other content.
    """
    with transaction.atomic():
        earlier = Adjustment.objects.filter(pk=identity).first()
        if earlier is not None:
            _refuse_other_content(earlier, wanted, actor)
            return earlier
        _refuse_nonsense(wanted, now=now)
        amount = _amount_of(wanted)
        if amount <= 0:
            raise AdjustmentRefused("There is nothing to adjust: the amount is zero.")
        fields = asdict(wanted) | {"amount": amount, "reason": wanted.reason.strip()}
        return Adjustment.objects.create(id=identity, drafted_by=actor, drafted_at=now, **fields)


def submit(*, adjustment_id: UUID, staff: Staff, now: datetime) -> Adjustment:
    """Apply a draft of one's own, or above one's limit send it to somebody else for approval."""
    with _locked(adjustment_id) as adjustment:
        if adjustment.drafted_by != staff.actor:
            raise AdjustmentRefused("Only the person who drafted an adjustment sends it off.")
        if adjustment.state in (AdjustmentState.PENDING, AdjustmentState.APPLIED):
            return adjustment
        _refuse_unless(adjustment, AdjustmentState.DRAFT)
        adjustment.submitted_at = now
        adjustment.needs_approval = needs_approval(adjustment, role=staff.role, now=now)
        if adjustment.needs_approval:
            adjustment.state = AdjustmentState.PENDING
            adjustment.save()
            _tell("adjustment.requested", adjustment, actor=staff.actor, now=now)
        else:
            _apply(adjustment, actor=staff.actor, now=now)
    return adjustment


def approve(*, adjustment_id: UUID, actor: str, now: datetime) -> Adjustment:
    """Apply what waits for approval; never by the person who asked for it."""
    with _locked(adjustment_id) as adjustment:
        if adjustment.state == AdjustmentState.APPLIED and adjustment.decided_by == actor:
            return adjustment
        _refuse_unless(adjustment, AdjustmentState.PENDING)
        if adjustment.drafted_by == actor:
            raise AdjustmentRefused("Somebody else has to approve what you asked for yourself.")
        _apply(adjustment, actor=actor, now=now)
    return adjustment


def reject(*, adjustment_id: UUID, note: str, actor: str, now: datetime) -> Adjustment:
    with _locked(adjustment_id) as adjustment:
        _refuse_unless(adjustment, AdjustmentState.PENDING)
        if adjustment.drafted_by == actor:
            raise AdjustmentRefused(
                "Discard what you asked for yourself; somebody else rejects it."
            )
        _decide(adjustment, AdjustmentState.REJECTED, actor=actor, now=now, note=note)
        _tell("adjustment.rejected", adjustment, actor=actor, now=now)
    return adjustment


def discard(*, adjustment_id: UUID, actor: str, now: datetime) -> Adjustment:
    """Take back one's own draft or request."""
    with _locked(adjustment_id) as adjustment:
        if adjustment.drafted_by != actor:
            raise AdjustmentRefused("Only the person who drafted an adjustment discards it.")
        _refuse_unless(adjustment, AdjustmentState.DRAFT, AdjustmentState.PENDING)
        _decide(adjustment, AdjustmentState.DISCARDED, actor=actor, now=now)
    return adjustment


def needs_approval(adjustment: Adjustment, *, role: str, now: datetime) -> bool:
    """Whether it is above the limit, with what the same person lately did alone for the account."""
    lately = Adjustment.objects.filter(
        account_id=adjustment.account_id,
        program_id=adjustment.program_id,
        drafted_by=adjustment.drafted_by,
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


def wallet_for(wanted: Wanted | Adjustment) -> Wallet | None:
    return Wallet.objects.filter(
        account_id=wanted.account_id,
        program_id=wanted.program_id,
        member_id=wanted.member_id,
        unit=Unit.POINTS,
    ).first()


def _refuse_other_content(earlier: Adjustment, wanted: Wanted, actor: str) -> None:
    content = asdict(wanted) | {"reason": wanted.reason.strip()}
    finds_amount = wanted.action in (AdjustmentAction.EXTEND, AdjustmentAction.REINSTATE)
    if finds_amount and not wanted.amount:
        del content["amount"]
    is_same = earlier.drafted_by == actor and all(
        getattr(earlier, name) == value for name, value in content.items()
    )
    if not is_same:
        raise AdjustmentConflict("Another adjustment was drafted under this identity before.")


def _refuse_nonsense(wanted: Wanted, *, now: datetime) -> None:
    if wanted.action not in AdjustmentAction.values:
        raise AdjustmentRefused(f"There is no adjustment “{wanted.action}”.")
    if not wanted.reason.strip():
        raise AdjustmentRefused("Say why: the reason stays with the points for ever.")
    if not Enrollment.objects.filter(
        account_id=wanted.account_id, program_id=wanted.program_id
    ).exists():
        raise AdjustmentRefused("The account is not enrolled in this program.")
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise AdjustmentRefused("The new expiry has to be in the future.")
    if wanted.action == AdjustmentAction.EXTEND and (
        wanted.expiring_at is None
        or wanted.expires_at is None
        or wanted.expires_at <= wanted.expiring_at
    ):
        raise AdjustmentRefused("An extension names an expiry and a later day.")
    if wanted.action == AdjustmentAction.REINSTATE and wanted.expired_by_id is None:
        raise AdjustmentRefused("Say which expiry is to be reinstated.")


def _amount_of(wanted: Wanted) -> int:
    if wanted.action in (AdjustmentAction.CREDIT, AdjustmentAction.DEBIT):
        return wanted.amount
    wallet = wallet_for(wanted)
    if wallet is None:
        return 0
    if wanted.action == AdjustmentAction.EXTEND:
        lots = open_lots_of(wallet.id).filter(expires_at=wanted.expiring_at)
        return lots.aggregate(sum=Sum("remaining"))["sum"] or 0
    if wanted.expired_by_id is None:
        return 0
    expired = ledger.reinstatable(wallet_id=wallet.id, expired_by=wanted.expired_by_id)
    return sum(amount for _, amount, _ in expired)


@contextmanager
def _locked(adjustment_id: UUID) -> Iterator[Adjustment]:
    with transaction.atomic():
        yield Adjustment.objects.select_for_update().get(pk=adjustment_id)


def _refuse_unless(adjustment: Adjustment, *states: AdjustmentState) -> None:
    if adjustment.state not in states:
        said = AdjustmentState(adjustment.state).label.lower()
        raise AdjustmentRefused(f"This adjustment is {said} already; nothing was changed.")


def _apply(adjustment: Adjustment, *, actor: str, now: datetime) -> None:
    try:
        moved = move(adjustment, actor=actor, now=now)
    except ledger.NotEnough as refusal:
        raise AdjustmentRefused(
            f"Only {max(refusal.available, 0)} are available; take off less, or allow a debt."
        ) from refusal
    except (ledger.NothingExpires, ledger.NothingToReinstate) as refusal:
        raise AdjustmentRefused(
            "These points have expired, were used or were reinstated meanwhile; draft it again."
        ) from refusal
    if moved > adjustment.amount:
        raise AdjustmentRefused(
            "More points are concerned than when it was drafted; draft it anew."
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
