"""What is known of the partners whom a rule may choose from, read in sets."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet

from accounts.models import Account, Enrollment, Member, Validity
from accounts.models.directory import EnrollmentState
from accounts.models.people import PortalRole
from partners.models import BUSY, Lead, LeadLimit, LeadOffer, LeadRule
from tiers.models import Standing, Tier
from tiers.queries import held_at

ANSWERING = (PortalRole.ADMIN, PortalRole.MEMBER)


@dataclass(frozen=True, slots=True)
class Held:
    """A tier that an account holds: its rank, and how high its ladder goes."""

    code: str
    name: str
    rank: int
    top: int
    ranks: dict[str, int]  # of all tiers of the ladder, by their codes
    entitlements: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Candidate:
    """An account with all that rules and scores look at. `open` counts on while leads are given
    out; `limit` is how many it may have open, `limited_by` who says so."""

    account: Account
    has_people: bool
    tiers: list[Held] = field(default_factory=list)
    certificates: dict[str, int] = field(default_factory=dict)  # valid ones, by product line
    open: int = 0
    limit: int = 0
    limited_by: str = "tenant"
    won: int = 0
    lost: int = 0
    last_offered: datetime | None = None


def candidates_of(rule: LeadRule, *, most_open: int, now: datetime) -> list[Candidate]:
    """Those of the rule's pool that take part in a program, by their numbers."""
    named = rule.pool.filter(is_in=True).values("account")
    accounts = Account.objects.all()
    if named.exists():
        accounts = accounts.filter(pk__in=named)
    if rule.partner_types:
        accounts = accounts.filter(partner_type__in=rule.partner_types)
    return read(accounts, most_open=most_open, now=now)


def read(accounts: QuerySet[Account], *, most_open: int, now: datetime) -> list[Candidate]:
    """What is known of the active ones among `accounts`, by their numbers."""
    people = Member.objects.filter(
        account=OuterRef("pk"), is_active=True, portal_role__in=ANSWERING
    )
    active = Enrollment.objects.filter(account=OuterRef("pk"), state=EnrollmentState.ACTIVE)
    rows = accounts.filter(Exists(active)).annotate(has_people=Exists(people))
    found = {
        row.pk: Candidate(account=row, has_people=row.has_people, limit=most_open) for row in rows
    }
    _add_tiers(found, now=now)
    _add_certificates(found, now=now)
    _add_work(found)
    for limit in LeadLimit.objects.filter(account__in=found):
        _limit(found[limit.account_id], limit)
    return sorted(found.values(), key=lambda one: one.account.number)


def _add_tiers(found: dict[UUID, Candidate], *, now: datetime) -> None:
    held = Standing.objects.filter(
        held_at(now), enrollment__account__in=found, enrollment__state=EnrollmentState.ACTIVE
    ).select_related("tier")
    held = list(held.annotate(account_id=F("enrollment__account_id")).order_by("scheme_id"))
    ladders: dict[UUID, dict[str, int]] = {}
    for tier in Tier.objects.filter(version__in={one.tier.version_id for one in held}):
        ladders.setdefault(tier.version_id, {})[tier.code] = tier.rank
    for standing in held:
        tier, ranks = standing.tier, ladders[standing.tier.version_id]
        given = tier.benefits.get("entitlements", {})
        found[standing.account_id].tiers.append(
            Held(tier.code, tier.name, tier.rank, max(ranks.values()), ranks, given)
        )


def _add_certificates(found: dict[UUID, Candidate], *, now: datetime) -> None:
    valid = Validity.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now),
        account__in=found,
        begins_at__lte=now,
        revoked_at=None,
    )
    counts = valid.order_by().values_list("account_id", "product_line").annotate(Count("pk"))
    for account_id, line, count in counts:
        found[account_id].certificates[line] = count


def _add_work(found: dict[UUID, Candidate]) -> None:
    work = Lead.objects.filter(account__in=found).order_by().values_list("account_id")
    counts = work.annotate(
        open=Count("id", filter=Q(state__in=BUSY)),
        won=Count("id", filter=Q(state="won")),
        lost=Count("id", filter=Q(state="lost")),
    )
    for account_id, busy, won, lost in counts:
        one = found[account_id]
        one.open, one.won, one.lost = busy, won, lost
    offers = LeadOffer.objects.filter(account__in=found).order_by().values_list("account_id")
    for account_id, last in offers.annotate(last=Max("offered_at")):
        found[account_id].last_offered = last


def _limit(one: Candidate, limit: LeadLimit) -> None:
    """The smaller one of what the tenant allows and what the partner wants."""
    if limit.by_tenant is not None:
        one.limit = limit.by_tenant
    if limit.by_partner is not None and limit.by_partner < one.limit:
        one.limit, one.limited_by = limit.by_partner, "partner"
