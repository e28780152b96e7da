"""What an account, or a person at it, can have for its points, and what stands in the way.

One evaluation for a whole catalogue, in a constant number of queries; redeeming asks the same code
again once it holds the locks. Pure from what `_look` has found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from accounts.conditions import compile_condition
from accounts.models import Account, Enrollment, Member, Tenant
from accounts.models.directory import EnrollmentState
from accounts.models.people import PortalRole
from accounts.periods import add_months, day_of, month_of, next_quarter, quarter_of, start_of
from rewards.models import Unit, Wallet
from rewards.models.catalogue import (
    LimitPeriod,
    PaidBy,
    Redemption,
    RedemptionState,
    Reward,
    RewardCode,
    RewardPrice,
    RewardSlot,
    RewardState,
)
from rewards.reward_types import TYPES
from tiers.queries import ladder_of, leading_tier

COUNTED = (RedemptionState.REQUESTED, RedemptionState.APPROVED, RedemptionState.FULFILLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """One thing in the way, as data; `rewards.hindrances` says it.

    code: points (missing) · debt (missing) · tier (needed, held) · stock · early (at) · over (at) ·
    limit (limit, period, again_at) · role (roles) · admins · viewer · enrollment (state) ·
    person · unpublished
    """

    code: str
    missing: int = 0
    limit: int = 0
    text: str = ""
    held: str = ""
    at: datetime | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """A wallet that could pay: the account's, or the member's own. It may not exist yet."""

    holder: str  # of PaidBy: account | member
    wallet_id: UUID | None
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A reward for one asker: its price, who could pay, what is left and what is in the way."""

    reward: Reward
    points: int
    is_special: bool  # a lower price than everybody's
    purses: tuple[Purse, ...]
    left: int | None  # None: without limit
    hindrances: tuple[Hindrance, ...]

    @property
    def is_open(self) -> bool:
        return not self.hindrances

    @property
    def only_points_miss(self) -> bool:
        return bool(self.hindrances) and {one.code for one in self.hindrances} <= {"points", "debt"}

    @property
    def best(self) -> int:
        """What the fullest of the purses holds; never below zero."""
        return max([0, *(purse.available for purse in self.purses)])

    @property
    def missing(self) -> int:
        return max(0, self.points - self.best)

    @property
    def percent(self) -> int:
        return min(100, self.best * 100 // self.points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that an evaluation knows of the asker, the same for every reward."""

    member: Member | None
    enrollment_state: str
    tier: str
    rank: int
    ranks: dict[str, int]
    purses: dict[str, Purse]
    facts: dict[str, Any]
    as_of: datetime
    zone: ZoneInfo
    year_starts: int


def offers(
    rewards: QuerySet[Reward],
    *,
    account: Account,
    member: Member | None,
    program_id: UUID,
    tenant: Tenant,
    as_of: datetime,
) -> list[Offer]:
    """Each of the rewards (of that one program) as it is for the account at `as_of`.

    With `member` for that person: their role and their own points count. Without, for the account
    as its rep or another system sees it.
    """
    found = list(rewards)
    if not found:
        return []
    seen = _look(account, member, program_id=program_id, tenant=tenant, as_of=as_of)
    ids = [reward.id for reward in found]
    prices = _prices(ids)
    left = left_of(found, as_of=as_of)
    used = _used(ids, account, seen)
    return [
        _offer(reward, prices.get(reward.id, ()), left[reward.id], used.get(reward.id, {}), seen)
        for reward in found
    ]


def _offer(
    reward: Reward,
    prices: Sequence[RewardPrice],
    left: int | None,
    used: dict[str, int],
    seen: Seen,
) -> Offer:
    applying = [one.points for one in prices if compile_condition(one.condition)(seen.facts)]
    points = min([reward.points, *applying])
    purses = _purses(reward, seen)
    return Offer(
        reward=reward,
        points=points,
        is_special=points < reward.points,
        purses=purses,
        left=left,
        hindrances=tuple(
            hindrance
            for hindrance in (
                _of_state(reward, seen),
                _of_dates(reward, seen),
                _of_person(reward, seen),
                _of_tier(reward, seen),
                _of_stock(left),
                _of_limit(reward, used, seen),
                _of_points(points, purses),
            )
            if hindrance
        ),
    )


def _purses(reward: Reward, seen: Seen) -> tuple[Purse, ...]:
    wanted = {
        PaidBy.ACCOUNT: (PaidBy.ACCOUNT,),
        PaidBy.MEMBER: (PaidBy.MEMBER,),
        PaidBy.EITHER: (PaidBy.ACCOUNT, PaidBy.MEMBER),
    }[PaidBy(reward.paid_by)]
    return tuple(seen.purses[holder] for holder in wanted if holder in seen.purses)


# ── What can stand in the way, each by itself ──


def _of_state(reward: Reward, seen: Seen) -> Hindrance | None:
    if reward.state != RewardState.PUBLISHED:
        return Hindrance(code="unpublished")
    if seen.enrollment_state != EnrollmentState.ACTIVE:
        return Hindrance(code="enrollment", text=seen.enrollment_state)
    return None


def _of_dates(reward: Reward, seen: Seen) -> Hindrance | None:
    if reward.starts_at and seen.as_of < reward.starts_at:
        return Hindrance(code="early", at=reward.starts_at)
    if reward.ends_at and seen.as_of >= reward.ends_at:
        return Hindrance(code="over", at=reward.ends_at)
    return None


def _of_person(reward: Reward, seen: Seen) -> Hindrance | None:
    if seen.member is None:
        # Only a person has points of their own.
        return Hindrance(code="person") if reward.paid_by == PaidBy.MEMBER else None
    if seen.member.portal_role == PortalRole.VIEWER:
        return Hindrance(code="viewer")
    if reward.admins_only and seen.member.portal_role != PortalRole.ADMIN:
        return Hindrance(code="admins")
    if reward.business_roles and seen.member.business_role not in reward.business_roles:
        return Hindrance(code="role", roles=tuple(reward.business_roles))
    return None


def _of_tier(reward: Reward, seen: Seen) -> Hindrance | None:
    if not reward.from_tier:
        return None
    needed = seen.ranks.get(reward.from_tier)
    if needed is not None and seen.rank >= needed:
        return None
    return Hindrance(code="tier", text=reward.from_tier, held=seen.tier)


def _of_stock(left: int | None) -> Hindrance | None:
    return Hindrance(code="stock") if left is not None and left <= 0 else None


def _of_limit(reward: Reward, used: dict[str, int], seen: Seen) -> Hindrance | None:
    if reward.per_account is None or used.get(reward.limit_period, 0) < reward.per_account:
        return None
    _, ends = _period(reward.limit_period, seen)
    return Hindrance(code="limit", limit=reward.per_account, text=reward.limit_period, at=ends)


def _of_points(points: int, purses: Sequence[Purse]) -> Hindrance | None:
    if not purses:
        return None  # no person to pay: said already
    best = max(purse.available for purse in purses)
    if best >= points:
        return None
    return Hindrance(code="debt" if best < 0 else "points", missing=points - best)


# ── What is looked up: a constant number of queries ──


def _look(
    account: Account, member: Member | None, *, program_id: UUID, tenant: Tenant, as_of: datetime
) -> Seen:
    enrollment = Enrollment.objects.filter(account=account, program_id=program_id).first()
    standing = leading_tier(account_id=account.pk, program_id=program_id)
    ladder = ladder_of(program_id=program_id, as_of=as_of)
    tier = standing.tier.name if standing else ""
    ranks = {step.name: step.rank for step in ladder.rungs} if ladder else {}
    return Seen(
        member=member,
        enrollment_state=enrollment.state if enrollment else EnrollmentState.LEFT,
        tier=tier,
        rank=ranks.get(tier, -1),
        ranks=ranks,
        purses=_found_purses(account, member, program_id=program_id),
        facts={
            "tier": tier,
            "region": account.region,
            "country": account.country,
            "partner_type": account.partner_type,
            "vertical": account.vertical,
            "attributes": account.attributes,
        },
        as_of=as_of,
        zone=tenant.zone,
        year_starts=tenant.fiscal_year_starts,
    )


def _found_purses(account: Account, member: Member | None, *, program_id: UUID) -> dict[str, Purse]:
    wallets = Wallet.objects.filter(
        Q(member=None) | Q(member=member), account=account, program_id=program_id, unit=Unit.POINTS
    )
    purses = {
        PaidBy.ACCOUNT.value: Purse(holder=PaidBy.ACCOUNT, wallet_id=None, available=0),
    }
    if member is not None:
        purses[PaidBy.MEMBER.value] = Purse(holder=PaidBy.MEMBER, wallet_id=None, available=0)
    for wallet in wallets:
        holder = PaidBy.MEMBER if wallet.member_id else PaidBy.ACCOUNT
        purses[holder.value] = Purse(holder=holder, wallet_id=wallet.id, available=wallet.available)
    return purses


def _prices(ids: Sequence[UUID]) -> dict[UUID, list[RewardPrice]]:
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


def _used(ids: Sequence[UUID], account: Account, seen: Seen) -> dict[UUID, dict[str, int]]:
    """How many the account has asked for in the running period of each kind."""
    counts = {}
    for period in LimitPeriod.values:
        starts, _ = _period(period, seen)
        counts[period] = Count("id", filter=Q(requested_at__gte=starts) if starts else Q())
    rows = (
        Redemption.objects.filter(reward_id__in=ids, account=account, state__in=COUNTED)
        .order_by()
        .values("reward_id")
        .annotate(**counts)
    )
    return {row.pop("reward_id"): row for row in rows}


def _period(period: str, seen: Seen) -> tuple[datetime | None, datetime | None]:
    """Start and end of the running period, in the tenant's time zone; None for ever."""
    if period == LimitPeriod.MONTH:
        first = month_of(seen.as_of, seen.zone)
        last = add_months(first, 1)
    elif period == LimitPeriod.QUARTER:
        first = quarter_of(seen.as_of, seen.zone)
        last = next_quarter(first)
    elif period == LimitPeriod.YEAR:
        today = day_of(seen.as_of, seen.zone)
        first = date(today.year - (today.month < seen.year_starts), seen.year_starts, 1)
        last = add_months(first, 12)
    else:
        return None, None
    return start_of(first, seen.zone), start_of(last, seen.zone)
