"""Who asks for rewards: the account, maybe a person at it, with all that an offer depends on.

Looked up in a constant number of queries, the same for every reward of a catalogue.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.conditions import SEGMENT, compile_condition
from accounts.models import Account, Enrollment, Member, Segment, Tenant
from accounts.models.directory import EnrollmentState
from rewards.models import Unit, Wallet
from rewards.models.catalogue import PaidBy
from tiers.queries import ladder_of, leading_tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """A wallet that could pay: the account's, or the member's own. It may not exist yet."""

    holder: str  # of PaidBy: account | member
    wallet_id: UUID | None
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """All that an evaluation knows of the asker. `facts` are what conditions of prices ask for;
    `segments` the definitions of those that matter by code, `segment_names` their names and
    `is_in` those among them that the account is in, by what it is now."""

    member: Member | None
    enrollment_state: str
    tier: str
    rank: int
    ranks: dict[str, int]
    purses: dict[str, Purse]
    facts: dict[str, Any]
    payouts_stopped: bool  # for the whole tenant: rewards.payouts
    as_of: datetime
    zone: ZoneInfo
    year_starts: int
    segments: Mapping[str, dict[str, Any]]
    segment_names: Mapping[str, str]
    is_in: frozenset[str]


def asker_of(
    account: Account, member: Member | None, *, program_id: UUID, tenant: Tenant, as_of: datetime
) -> Asker:
    """Without segments: `with_segments` adds them where a reward depends on any."""
    enrollment = Enrollment.objects.filter(account=account, program_id=program_id).first()
    standing = leading_tier(account_id=account.pk, program_id=program_id)
    ladder = ladder_of(program_id=program_id, as_of=as_of)
    tier = standing.tier.name if standing else ""
    ranks = {step.name: step.rank for step in ladder.rungs} if ladder else {}
    return Asker(
        member=member,
        enrollment_state=enrollment.state if enrollment else EnrollmentState.LEFT,
        tier=tier,
        rank=ranks.get(tier, -1),
        ranks=ranks,
        purses=_purses(account, member, program_id=program_id),
        facts=_facts(account, tier),
        payouts_stopped=tenant.payouts_stopped_at is not None,
        as_of=as_of,
        zone=tenant.zone,
        year_starts=tenant.fiscal_year_starts,
        segments={},
        segment_names={},
        is_in=frozenset(),
    )


def with_segments(asker: Asker, codes: Collection[str]) -> Asker:
    """With the segments as they are defined now: a change of one is a change of the audience.

    All definitions are read, because one may stand in another; nothing is where `codes` is empty.
    """
    if not codes:
        return asker
    rows = {code: (name, what) for code, name, what in _defined()}
    definitions = {code: what for code, (_, what) in rows.items()}
    is_in = frozenset(
        code
        for code in set(codes) & definitions.keys()
        if compile_condition({"field": SEGMENT, "op": "eq", "value": code}, segments=definitions)(
            asker.facts
        )
    )
    names = {code: name for code, (name, _) in rows.items()}
    return replace(asker, segments=definitions, segment_names=names, is_in=is_in)


def _defined() -> Any:
    return Segment.objects.values_list("code", "name", "condition")


def _facts(account: Account, tier: str) -> dict[str, Any]:
    names = ("number", "name", "region", "country", "partner_type", "vertical")
    return {name: getattr(account, name) for name in names} | {
        "tier": tier,
        "account": account.attributes,
    }


def _purses(account: Account, member: Member | None, *, program_id: UUID) -> dict[str, Purse]:
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
