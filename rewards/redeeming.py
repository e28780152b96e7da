"""Asking for a reward: points are set aside at once, one of the stock is held, or nothing moves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import events
from accounts.ids import uuid7
from accounts.models import Account, Member, Tenant
from rewards import ledger, payouts, stock
from rewards.asker import Purse
from rewards.availability import Hindrance, Offer, offers
from rewards.deciding import approve_by_itself, told
from rewards.models import Unit, Wallet
from rewards.models.catalogue import PaidBy, Redemption, Reward
from rewards.reward_types import TYPES, checked


class UnknownReward(LookupError):
    """No such reward in the open tenant."""


class Unavailable(ValueError):
    """It cannot be had now, for the reasons in `hindrances`; nothing moved."""

    def __init__(self, hindrances: tuple[Hindrance, ...]) -> None:
        self.hindrances = hindrances
        super().__init__(", ".join(one.code for one in hindrances))


class PriceChanged(ValueError):
    """It costs `points` now, not what was agreed to; nothing moved."""

    def __init__(self, points: int) -> None:
        self.points = points
        super().__init__(f"it costs {points} now")


class OtherRequest(ValueError):
    """The same key has asked for something else before; nothing moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for, by whom and under which identity.

    `points` is the price the asker agreed to, None for whatever it costs. `paid_by` is account or
    member, whose own wallet pays. `member` is the person it is for; None when it is the account.
    """

    reward_id: UUID
    account: Account
    member: Member | None
    paid_by: str = PaidBy.ACCOUNT
    points: int | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    slot_id: UUID | None = None
    key: str
    actor: str


def redeem(wish: Wish, *, tenant: Tenant, now: datetime) -> Redemption:
    """Reserve the points and one of the stock; approve at once where nobody needs to.

    The same asker's same key asks once: again, it is answered with the first redemption. Raises
    UnknownReward, Unavailable, PriceChanged, OtherRequest, `reward_types.WrongFields`,
    `stock.SlotGone`, with nothing moved.
    """
    reward = Reward.objects.filter(pk=wish.reward_id).first()
    if reward is None:
        raise UnknownReward(wish.reward_id)
    with transaction.atomic():
        wallet_id = _lock_wallet(wish, reward, now=now)
        reward = stock.lock_rewards([reward.pk])[reward.pk]
        earlier = _earlier(wish)
        if earlier is not None:
            return earlier
        if payouts.are_stopped():
            raise Unavailable((Hindrance(code="stopped"),))
        offer = _checked(wish, reward, tenant=tenant, now=now)
        if wallet_id is None:
            raise Unavailable((Hindrance(code="points", missing=offer.points),))
        redemption = _write(wish, offer, wallet_id, now=now)
        try:
            stock.take(reward, redemption, slot_id=wish.slot_id, as_of=now)
        except stock.NoneLeft:
            raise Unavailable((Hindrance(code="stock"),)) from None
        _reserve(redemption, actor=wish.actor, now=now)
        _tell(redemption, now=now)
        if not redemption.needs_approval:
            approve_by_itself(redemption, now=now)
    return redemption


def _lock_wallet(wish: Wish, reward: Reward, *, now: datetime) -> UUID | None:
    """Wallets come first in the order of locks; what fell due meanwhile counts."""
    member = wish.member if wish.paid_by == PaidBy.MEMBER else None
    wallet = Wallet.objects.filter(
        account=wish.account, program_id=reward.program_id, unit=Unit.POINTS, member=member
    ).first()
    if wallet is None:
        return None
    ledger.lock_wallets([wallet.pk])
    ledger.activate_due(upto=now, actor=wish.actor, wallet_id=wallet.pk)
    ledger.expire_due(upto=now, actor=wish.actor, wallet_id=wallet.pk)
    return wallet.pk


def _earlier(wish: Wish) -> Redemption | None:
    """What this key asked for before. Raises OtherRequest when it was something else."""
    earlier = (
        Redemption.objects.select_related("reward", "account", "member")
        .filter(requested_by=wish.actor, request_key=wish.key)
        .first()
    )
    if earlier is None:
        return None
    same = (
        earlier.reward_id == wish.reward_id
        and earlier.account_id == wish.account.pk
        and earlier.member_id == (wish.member.pk if wish.member else None)
        and wish.points in (None, earlier.points)
        and earlier.answers == _answers(earlier.reward, wish)
    )
    if not same:
        raise OtherRequest(wish.key)
    return earlier


def _checked(wish: Wish, reward: Reward, *, tenant: Tenant, now: datetime) -> Offer:
    """The offer as it is under the locks, with nothing in the way of it."""
    [offer] = offers(
        Reward.objects.filter(pk=reward.pk),
        account=wish.account,
        member=wish.member,
        program_id=reward.program_id,
        tenant=tenant,
        as_of=now,
    )
    if offer.hindrances:
        raise Unavailable(offer.hindrances)
    purse = _purse(wish, offer)
    if purse.available < offer.points:
        raise Unavailable((Hindrance(code="points", missing=offer.points - purse.available),))
    if wish.points is not None and wish.points != offer.points:
        raise PriceChanged(offer.points)
    return offer


def _purse(wish: Wish, offer: Offer) -> Purse:
    for purse in offer.purses:
        if purse.holder == wish.paid_by:
            return purse
    raise Unavailable((Hindrance(code="person"),))


def _answers(reward: Reward, wish: Wish) -> dict[str, Any]:
    answers = checked(TYPES[reward.type].asks, wish.answers)
    if wish.slot_id:
        answers["slot"] = str(wish.slot_id)
    return answers


def _write(wish: Wish, offer: Offer, wallet_id: UUID, *, now: datetime) -> Redemption:
    return Redemption.objects.create(
        id=uuid7(),
        reward=offer.reward,
        account=wish.account,
        member=wish.member,
        wallet_id=wallet_id,
        points=offer.points,
        answers=_answers(offer.reward, wish),
        needs_approval=offer.reward.needs_approval,
        request_key=wish.key,
        requested_at=now,
        requested_by=wish.actor,
    )


def _reserve(redemption: Redemption, *, actor: str, now: datetime) -> None:
    ledger.reserve(
        wallet_id=redemption.wallet_id,
        amount=redemption.points,
        cause=redemption.pk,
        actor=actor,
        occurred_at=now,
        recorded_at=now,
    )


def _tell(redemption: Redemption, *, now: datetime) -> None:
    events.record_many([told(redemption, "requested", actor=redemption.requested_by, now=now)])
