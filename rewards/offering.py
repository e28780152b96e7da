"""The catalogue as program managers keep it: rewards, their prices and slots.

A reward that was published is changed in place: what was asked for before keeps its own price and
answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from accounts import events
from accounts.conditions import SEGMENT, compile_condition
from accounts.ids import uuid7
from accounts.models import Program
from accounts.segments import definitions
from rewards.models.catalogue import Reward, RewardPrice, RewardSlot, RewardState
from rewards.reward_types import TYPES, checked


class UnknownSegment(ValueError):
    """No segment of the tenant has this code."""

    def __init__(self, code: str) -> None:
        super().__init__(
            gettext("There is no segment “%(code)s”; define it under Segments first.")
            % {"code": code}
        )


class StockTaken(ValueError):
    """More is taken already than there would be."""


class TakesNoSlots(ValueError):
    """This type of reward has no slots."""


class NothingToOffer(ValueError):
    """It would be published without a single code or slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """`points` where the account's `field` is `value`."""

    field: str
    value: str
    points: int

    @property
    def condition(self) -> dict[str, Any]:
        return {"field": self.field, "op": "eq", "value": self.value}


def add_reward(
    *,
    program: Program,
    terms: Mapping[str, Any],
    prices: Sequence[Price] = (),
    actor: str,
    now: datetime,
) -> Reward:
    """A draft. `terms` are fields of the model, `details` those of the type among them; raises
    WrongFields, or UnknownSegment."""
    reward = Reward(id=uuid7(), program=program, created_at=now, created_by=actor)
    _apply(reward, terms)
    with transaction.atomic():
        reward.save(force_insert=True)
        _set_prices(reward, prices)
        _record("reward.added", reward, actor=actor, now=now)
    return reward


def change_reward(
    reward: Reward,
    *,
    terms: Mapping[str, Any],
    prices: Sequence[Price] | None = None,
    actor: str,
    now: datetime,
) -> Reward:
    """Raises WrongFields, UnknownSegment, or StockTaken when less than is taken would be left."""
    with transaction.atomic():
        reward = Reward.objects.select_for_update(no_key=True).get(pk=reward.pk)
        before = _said(reward)
        stock = terms.get("stock", reward.stock)
        if stock is not None and stock < reward.taken:
            raise StockTaken(
                gettext("%(taken)s are taken already; the stock cannot be less.")
                % {"taken": reward.taken}
            )
        _apply(reward, {name: value for name, value in terms.items() if name != "type"})
        reward.save()
        if prices is not None:
            _set_prices(reward, prices)
        _record("reward.changed", reward, actor=actor, now=now, before=before)
    return reward


def publish(reward: Reward, *, actor: str, now: datetime) -> None:
    """Partners see it from now on. Raises NothingToOffer."""
    source = TYPES[reward.type].stock_from
    pool = {"codes": reward.codes, "slots": reward.slots}.get(source)
    if pool is not None and not pool.filter(redemption=None).exists():
        raise NothingToOffer(
            gettext("“%(name)s” has no %(source)s yet: add some first.")
            % {"name": reward.name, "source": source}
        )
    _move(reward, RewardState.PUBLISHED, "reward.published", actor=actor, now=now)


def retire(reward: Reward, *, actor: str, now: datetime) -> None:
    """Nobody can ask for it any more; what was asked for goes its way."""
    _move(reward, RewardState.RETIRED, "reward.retired", actor=actor, now=now)


def add_slots(
    reward: Reward, starts: Sequence[datetime], *, expert: str, actor: str, now: datetime
) -> int:
    """Times at which the session can be had; returns how many are new. Raises TakesNoSlots."""
    if TYPES[reward.type].stock_from != "slots":
        raise TakesNoSlots(gettext("“%(name)s” has no slots.") % {"name": reward.name})
    with transaction.atomic():
        Reward.objects.select_for_update(no_key=True).get(pk=reward.pk)
        there = set(reward.slots.filter(expert=expert).values_list("starts_at", flat=True))
        new = sorted(set(starts) - there)
        RewardSlot.objects.bulk_create(
            RewardSlot(reward=reward, starts_at=at, expert=expert) for at in new
        )
        if new:
            _record("reward.slots_added", reward, actor=actor, now=now, slots=len(new))
    return len(new)


def _apply(reward: Reward, terms: Mapping[str, Any]) -> None:
    for name, value in terms.items():
        setattr(reward, name, value)
    reward.details = checked(TYPES[reward.type].terms, reward.details)
    there = set(definitions()) if reward.segments else set()
    for code in reward.segments:
        if code not in there:
            raise UnknownSegment(code)


def _set_prices(reward: Reward, prices: Sequence[Price]) -> None:
    """Nothing of a tenant's is deleted: a price that is no more is switched off."""
    there = {(str(one.condition), one.points): one for one in reward.prices.all()}
    wanted = {(str(one.condition), one.points): one for one in prices}
    segments = definitions()
    for one in prices:
        if one.field == SEGMENT and one.value not in segments:
            raise UnknownSegment(one.value)
        compile_condition(one.condition, segments=segments)
    for key, price in there.items():
        if price.is_active != (key in wanted):
            price.is_active = key in wanted
            price.save(update_fields=["is_active"])
    RewardPrice.objects.bulk_create(
        RewardPrice(reward=reward, condition=one.condition, points=one.points)
        for key, one in wanted.items()
        if key not in there
    )


def _move(reward: Reward, state: RewardState, kind: str, *, actor: str, now: datetime) -> None:
    with transaction.atomic():
        moved = Reward.objects.filter(pk=reward.pk).exclude(state=state).update(state=state)
        reward.state = state
        if moved:
            _record(kind, reward, actor=actor, now=now)


def _said(reward: Reward) -> dict[str, Any]:
    return {
        "name": reward.name,
        "points": reward.points,
        "stock": reward.stock,
        "state": reward.state,
    }


def _record(kind: str, reward: Reward, *, actor: str, now: datetime, **more: Any) -> None:
    events.record(
        kind=kind,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"reward:{reward.pk}",
        payload=_said(reward) | {"code": reward.code, "type": reward.type} | more,
    )
