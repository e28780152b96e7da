"""What there is of each reward: counted, or one code or slot each. Called under the reward's lock,
which the callers take behind the wallets', in the order of identifiers.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F

from rewards.models.catalogue import Redemption, Reward, RewardCode, RewardSlot
from rewards.reward_types import TYPES


class NoneLeft(LookupError):
    """Somebody was faster; nothing moved."""


class SlotGone(LookupError):
    """The slot asked for is not free; nothing moved."""


def lock_rewards(ids: Collection[UUID]) -> dict[UUID, Reward]:
    """Lock rewards until the transaction ends; others may still refer to them."""
    found = Reward.objects.select_for_update(no_key=True).filter(id__in=set(ids)).order_by("id")
    return {reward.id: reward for reward in found}


def take(reward: Reward, redemption: Redemption, *, slot_id: UUID | None, as_of: datetime) -> None:
    """One of the reward's stock for the redemption. Raises NoneLeft or SlotGone."""
    source = TYPES[reward.type].stock_from
    if source == "codes":
        _take_code(reward, redemption)
    elif source == "slots":
        _take_slot(reward, redemption, slot_id, as_of)
    elif reward.stock is not None and reward.taken >= reward.stock:
        raise NoneLeft(reward.pk)
    Reward.objects.filter(pk=reward.pk).update(taken=F("taken") + 1)
    reward.taken += 1


def _take_code(reward: Reward, redemption: Redemption) -> None:
    free = RewardCode.objects.select_for_update(skip_locked=True).filter(
        reward=reward, redemption=None
    )
    code = free.order_by("id").first()
    if code is None:
        raise NoneLeft(reward.pk)
    code.redemption = redemption
    code.save(update_fields=["redemption"])


def _take_slot(
    reward: Reward, redemption: Redemption, slot_id: UUID | None, as_of: datetime
) -> None:
    free = RewardSlot.objects.select_for_update().filter(
        reward=reward, redemption=None, starts_at__gt=as_of
    )
    slot = free.filter(id=slot_id).first()
    if slot is None:
        raise SlotGone(slot_id)
    slot.redemption = redemption
    slot.save(update_fields=["redemption"])


def give_back(redemptions: Sequence[Redemption]) -> None:
    """Return what they hold to the stock, but for a code that was seen, which is used up.

    Their rewards and they themselves are locked.
    """
    seen = set(
        RewardCode.objects.filter(redemption__in=redemptions, shown_at__isnull=False).values_list(
            "redemption_id", flat=True
        )
    )
    giving = [one for one in redemptions if one.holds_stock and one.pk not in seen]
    RewardCode.objects.filter(redemption__in=giving).update(redemption=None)
    RewardSlot.objects.filter(redemption__in=giving).update(redemption=None)
    for reward_id, count in sorted(Counter(one.reward_id for one in giving).items()):
        Reward.objects.filter(pk=reward_id).update(taken=F("taken") - count)
    Redemption.objects.filter(pk__in=[one.pk for one in giving]).update(holds_stock=False)
    for one in giving:
        one.holds_stock = False
