"""What an account, or a person at it, can have for its points, and what stands in the way.

One evaluation for a whole catalogue, in a constant number of queries; redeeming asks the same code
again once it holds the locks. Pure from what `rewards.asker` and `rewards.supply` have found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from accounts.conditions import SEGMENT, comparisons, compile_condition
from accounts.models import Account, Member, Tenant
from accounts.models.directory import EnrollmentState
from accounts.models.people import PortalRole
from rewards.asker import Asker, Purse, asker_of, with_segments
from rewards.models.catalogue import PaidBy, Reward, RewardPrice, RewardState
from rewards.supply import left_of, limit_period, prices_of, used_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """One thing in the way, as data; `rewards.hindrances` says it.

    code: points (missing) · debt (missing) · tier (needed, held) · stock · early (at) · over (at) ·
    limit (limit, period, again_at) · role (roles) · segment (roles: their
    names) · admins · viewer · enrollment (state) · person · unpublished · stopped
    """

    code: str
    missing: int = 0
    limit: int = 0
    text: str = ""
    held: str = ""
    at: datetime | None = None
    roles: tuple[str, ...] = ()


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
    ids = [reward.id for reward in found]
    prices = prices_of(ids)
    seen = with_segments(
        asker_of(account, member, program_id=program_id, tenant=tenant, as_of=as_of),
        _segments_of(found, prices),
    )
    left = left_of(found, as_of=as_of)
    period = {"as_of": as_of, "zone": seen.zone, "year_starts": seen.year_starts}
    used = used_by(account, ids, **period)
    return [
        _offer(reward, prices.get(reward.id, ()), left[reward.id], used.get(reward.id, {}), seen)
        for reward in found
    ]


def _segments_of(rewards: Sequence[Reward], prices: dict[UUID, list[RewardPrice]]) -> set[str]:
    """The codes of all segments that the rewards are for, or have a price for."""
    codes = {code for reward in rewards for code in reward.segments}
    conditions = [price.condition for some in prices.values() for price in some]
    return codes | {
        part["value"]
        for condition in conditions
        for part in comparisons(condition)
        if part["field"] == SEGMENT
    }


def _offer(
    reward: Reward,
    prices: Sequence[RewardPrice],
    left: int | None,
    used: dict[str, int],
    seen: Asker,
) -> Offer:
    applying = [
        one.points
        for one in prices
        if compile_condition(one.condition, segments=seen.segments)(seen.facts)
    ]
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
                _of_books(seen),
                _of_state(reward, seen),
                _of_dates(reward, seen),
                _of_person(reward, seen),
                _of_tier(reward, seen),
                _of_segment(reward, seen),
                _of_stock(left),
                _of_limit(reward, used, seen),
                _of_points(points, purses),
            )
            if hindrance
        ),
    )


def _purses(reward: Reward, seen: Asker) -> tuple[Purse, ...]:
    wanted = {
        PaidBy.ACCOUNT: (PaidBy.ACCOUNT,),
        PaidBy.MEMBER: (PaidBy.MEMBER,),
        PaidBy.EITHER: (PaidBy.ACCOUNT, PaidBy.MEMBER),
    }[PaidBy(reward.paid_by)]
    return tuple(seen.purses[holder] for holder in wanted if holder in seen.purses)


# ── What can stand in the way, each by itself ──


def _of_books(seen: Asker) -> Hindrance | None:
    return Hindrance(code="stopped") if seen.payouts_stopped else None


def _of_state(reward: Reward, seen: Asker) -> Hindrance | None:
    if reward.state != RewardState.PUBLISHED:
        return Hindrance(code="unpublished")
    if seen.enrollment_state != EnrollmentState.ACTIVE:
        return Hindrance(code="enrollment", text=seen.enrollment_state)
    return None


def _of_dates(reward: Reward, seen: Asker) -> Hindrance | None:
    if reward.starts_at and seen.as_of < reward.starts_at:
        return Hindrance(code="early", at=reward.starts_at)
    if reward.ends_at and seen.as_of >= reward.ends_at:
        return Hindrance(code="over", at=reward.ends_at)
    return None


def _of_person(reward: Reward, seen: Asker) -> Hindrance | None:
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


def _of_tier(reward: Reward, seen: Asker) -> Hindrance | None:
    if not reward.from_tier:
        return None
    needed = seen.ranks.get(reward.from_tier)
    if needed is not None and seen.rank >= needed:
        return None
    return Hindrance(code="tier", text=reward.from_tier, held=seen.tier)


def _of_segment(reward: Reward, seen: Asker) -> Hindrance | None:
    if not reward.segments or not seen.is_in.isdisjoint(reward.segments):
        return None
    names = [seen.segment_names[code] for code in reward.segments if code in seen.segment_names]
    return Hindrance(code="segment", roles=tuple(sorted(names)))


def _of_stock(left: int | None) -> Hindrance | None:
    return Hindrance(code="stock") if left is not None and left <= 0 else None


def _of_limit(reward: Reward, used: dict[str, int], seen: Asker) -> Hindrance | None:
    if reward.per_account is None or used.get(reward.limit_period, 0) < reward.per_account:
        return None
    _, ends = limit_period(
        reward.limit_period, as_of=seen.as_of, zone=seen.zone, year_starts=seen.year_starts
    )
    return Hindrance(code="limit", limit=reward.per_account, text=reward.limit_period, at=ends)


def _of_points(points: int, purses: Sequence[Purse]) -> Hindrance | None:
    if not purses:
        return None  # no person to pay: said already
    best = max(purse.available for purse in purses)
    if best >= points:
        return None
    return Hindrance(code="debt" if best < 0 else "points", missing=points - best)
