"""What becomes of redemptions: approved, rejected, canceled, fulfilled, refunded.

Each takes many at once and does what can be done: the rest come back with the reason. Locks are
taken in one order: wallets, rewards, redemptions.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db import transaction

from accounts.events import NewEvent, record_many
from accounts.hands import hands_of
from rewards import ledger, payouts, stock
from rewards.models.catalogue import Redemption, RedemptionState
from rewards.reward_types import TYPES

BY_ITSELF = "system"
WAITING = (RedemptionState.REQUESTED,)
SPENT = (RedemptionState.APPROVED, RedemptionState.FULFILLED)


@dataclass(slots=True)
class Decided:
    """`done` are as they are now; `refused` says of the others why not: state, own, stopped or
    unknown."""

    done: list[Redemption] = field(default_factory=list)
    refused: dict[UUID, str] = field(default_factory=dict)


class Decide(Protocol):
    def __call__(
        self, ids: Collection[UUID], *, actor: str, now: datetime, note: str = ""
    ) -> Decided: ...


def approve(ids: Collection[UUID], *, actor: str, now: datetime, note: str = "") -> Decided:
    """Spend what is reserved. Never by whoever asked, or for whom it is, be it in another role or
    by a key they made."""
    with transaction.atomic():
        found = _lock(ids, may_be=WAITING)
        _keep_back(found)
        for redemption in own_among(found.done, actor=actor):
            found.done.remove(redemption)
            found.refused[redemption.pk] = "own"
        _approve(found.done, actor=actor, note=note, now=now)
    return found


def approve_by_itself(redemption: Redemption, *, now: datetime) -> None:
    """Of a reward that nobody needs to approve; its wallet and reward are locked."""
    _approve([redemption], actor=BY_ITSELF, note="", now=now)


def reject(ids: Collection[UUID], *, actor: str, now: datetime, note: str = "") -> Decided:
    """Give the points back; `note` tells the one who asked why."""
    return _undo(ids, RedemptionState.REJECTED, may_be=WAITING, actor=actor, now=now, note=note)


def cancel(ids: Collection[UUID], *, actor: str, now: datetime, note: str = "") -> Decided:
    """Give the points back, by the one who asked or for them, while nobody has decided."""
    return _undo(ids, RedemptionState.CANCELED, may_be=WAITING, actor=actor, now=now, note=note)


def refund(ids: Collection[UUID], *, actor: str, now: datetime, note: str = "") -> Decided:
    """Give back points that were spent already, into their lots."""
    return _undo(ids, RedemptionState.REFUNDED, may_be=SPENT, actor=actor, now=now, note=note)


def fulfill(ids: Collection[UUID], *, actor: str, now: datetime, note: str = "") -> Decided:
    """It is done: sent, booked, paid. `note` is for the one who asked: a tracking number."""
    with transaction.atomic():
        found = _lock(ids, may_be=(RedemptionState.APPROVED,))
        _keep_back(found)
        for redemption in found.done:
            redemption.state, redemption.fulfilled_at = RedemptionState.FULFILLED, now
            redemption.note = note or redemption.note
        _save(found.done, "state", "fulfilled_at", "note")
        _record(found.done, "fulfilled", actor=actor, now=now)
    return found


def told(redemption: Redemption, what: str, *, actor: str, now: datetime) -> NewEvent:
    """An event that a notice can tell without asking back; never with a code or an address."""
    return NewEvent(
        kind=f"redemption.{what}",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"redemption:{redemption.pk}",
        account_id=redemption.account_id,
        payload={
            "program": str(redemption.reward.program_id),
            "reference": redemption.reference,
            "reward": redemption.reward.name,
            "type": redemption.reward.type,
            "points": redemption.points,
            "account": redemption.account.name,
            "member": str(redemption.member_id or ""),
            "person": redemption.member.name if redemption.member else "",
            "note": redemption.note,
        },
    )


def _lock(ids: Collection[UUID], *, may_be: Collection[str]) -> Decided:
    """Wallets, rewards, redemptions, each in order; those in another state are refused."""
    chosen = Redemption.objects.filter(pk__in=set(ids))
    places = list(chosen.values_list("wallet_id", "reward_id"))
    ledger.lock_wallets(sorted({wallet_id for wallet_id, _ in places}))
    stock.lock_rewards({reward_id for _, reward_id in places})
    locked = (
        chosen.select_for_update(of=("self",))
        .select_related("reward", "account", "member")
        .order_by("id")
    )
    found = Decided(refused=dict.fromkeys(set(ids), "unknown"))
    for redemption in locked:
        if redemption.state in may_be:
            found.done.append(redemption)
            del found.refused[redemption.pk]
        else:
            found.refused[redemption.pk] = "state"
    return found


def _keep_back(found: Decided) -> None:
    """Nothing is handed out while the books do not add up: what was asked for waits."""
    if found.done and payouts.are_stopped():
        found.refused |= dict.fromkeys((one.pk for one in found.done), "stopped")
        found.done.clear()


def own_among(redemptions: Collection[Redemption], *, actor: str) -> list[Redemption]:
    """Those that the person behind `actor` asked for, or gets."""
    hands = hands_of(actor)
    return [
        one
        for one in redemptions
        if one.requested_by in hands or (one.member and one.member.actor in hands)
    ]


def _approve(redemptions: list[Redemption], *, actor: str, note: str, now: datetime) -> None:
    if not redemptions:
        return
    causes = [redemption.pk for redemption in redemptions]
    ledger.capture(causes, actor=actor, occurred_at=now, recorded_at=now)
    at_once = [one for one in redemptions if TYPES[one.reward.type].at_once]
    for redemption in redemptions:
        redemption.state = RedemptionState.APPROVED
        redemption.decided_at, redemption.decided_by = now, actor
        redemption.note = note or redemption.note
    for redemption in at_once:
        redemption.state, redemption.fulfilled_at = RedemptionState.FULFILLED, now
    _save(redemptions, "state", "decided_at", "decided_by", "fulfilled_at", "note")
    _record(redemptions, "approved", actor=actor, now=now)
    _record(at_once, "fulfilled", actor=BY_ITSELF, now=now)


def _undo(
    ids: Collection[UUID],
    state: RedemptionState,
    *,
    may_be: Collection[str],
    actor: str,
    now: datetime,
    note: str,
) -> Decided:
    with transaction.atomic():
        found = _lock(ids, may_be=may_be)
        # What was delivered does not come back by giving points back, but a code nobody has seen.
        stock.give_back([one for one in found.done if _comes_back(one)])
        give_back = ledger.refund if state == RedemptionState.REFUNDED else ledger.release
        causes = [redemption.pk for redemption in found.done]
        give_back(causes, actor=actor, occurred_at=now, recorded_at=now)
        for redemption in found.done:
            redemption.state, redemption.note = state, note or redemption.note
            redemption.closed_at, redemption.closed_by = now, actor
        _save(found.done, "state", "closed_at", "closed_by", "note")
        _record(found.done, state.value, actor=actor, now=now)
    return found


def _comes_back(redemption: Redemption) -> bool:
    was_delivered = redemption.state == RedemptionState.FULFILLED
    return not was_delivered or TYPES[redemption.reward.type].stock_from == "codes"


def _save(redemptions: list[Redemption], *fields: str) -> None:
    if redemptions:
        Redemption.objects.bulk_update(redemptions, fields)


def _record(redemptions: list[Redemption], what: str, *, actor: str, now: datetime) -> None:
    record_many([told(redemption, what, actor=actor, now=now) for redemption in redemptions])


ACTIONS: Mapping[str, Decide] = {
    "approve": approve,
    "reject": reject,
    "cancel": cancel,
    "fulfill": fulfill,
    "refund": refund,
}
