"""What a catalogue still has: prices, what is left, and what an account has had of its limits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from accounts.models import Account
from accounts.periods import (
    add_months,
    day_of,
    month_of,
    next_quarter,
    quarter_of,
    span_around,
    start_of,
)
from rewards.models.catalogue import (
    LimitPeriod,
    Redemption,
    RedemptionState,
    Reward,
    RewardCode,
    RewardPrice,
    RewardSlot,
)
from rewards.reward_types import TYPES

COUNTED = (RedemptionState.REQUESTED, RedemptionState.APPROVED, RedemptionState.FULFILLED)


def prices_of(ids: Sequence[UUID]) -> dict[UUID, list[RewardPrice]]:
    found: dict[UUID, list[RewardPrice]] = {}
    for price in RewardPrice.objects.filter(reward_id__in=ids, is_active=True):
        found.setdefault(price.reward_id, []).append(price)
    return found


def left_of(rewards: Sequence[Reward], *, as_of: datetime) -> dict[UUID, int | None]:
    """How many of each can still be had: of the stock, of free codes, of free slots ahead."""
    ids = [reward.id for reward in rewards]
    codes = RewardCode.objects.filter(reward_id__in=ids, redemption=None)
    slots = RewardSlot.objects.filter(reward_id__in=ids, redemption=None, starts_at__gt=as_of)
    free = {
        "codes": dict(codes.order_by().values_list("reward_id").annotate(Count("id"))),
        "slots": dict(slots.order_by().values_list("reward_id").annotate(Count("id"))),
    }
    left: dict[UUID, int | None] = {}
    for reward in rewards:
        source = TYPES[reward.type].stock_from
        if source == "count":
            left[reward.id] = None if reward.stock is None else reward.stock - reward.taken
        else:
            left[reward.id] = free[source].get(reward.id, 0)
    return left


def used_by(
    account: Account,
    ids: Sequence[UUID],
    *,
    as_of: datetime,
    zone: ZoneInfo,
    year_starts: int,
) -> dict[UUID, dict[str, int]]:
    """How many of each the account has asked for in the running period of each kind."""
    counts = {}
    for period in LimitPeriod.values:
        starts, _ = limit_period(period, as_of=as_of, zone=zone, year_starts=year_starts)
        counts[period] = Count("id", filter=Q(requested_at__gte=starts) if starts else Q())
    rows = (
        Redemption.objects.filter(reward_id__in=ids, account=account, state__in=COUNTED)
        .order_by()
        .values("reward_id")
        .annotate(**counts)
    )
    return {row.pop("reward_id"): row for row in rows}


def limit_period(
    period: str, *, as_of: datetime, zone: ZoneInfo, year_starts: int
) -> tuple[datetime | None, datetime | None]:
    """Start and end of the running period, in the tenant's time zone; None for ever."""
    if period == LimitPeriod.MONTH:
        first = month_of(as_of, zone)
        last = add_months(first, 1)
    elif period == LimitPeriod.QUARTER:
        first = quarter_of(as_of, zone)
        last = next_quarter(first)
    elif period == LimitPeriod.YEAR:
        first = span_around(day_of(as_of, zone), months=12, first_month=year_starts)
        last = add_months(first, 12)
    else:
        return None, None
    return start_of(first, zone), start_of(last, zone)
