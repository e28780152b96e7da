"""Reads of tiers that several faces share: ladders in force, where accounts stand, who is near."""

import re
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import RawSQL

from accounts.models import Account
from accounts.tenancy import current_tenant_id
from tiers.evaluating import evaluated, percent_of
from tiers.keeping import running
from tiers.ladders import Ladder, as_ladder
from tiers.leading import leads_at
from tiers.models import Lead, Nearness, SchemeVersion, Standing, State, Tier
from tiers.setting import Setting

_PLACE = re.compile(r"%\((\w+)\)s")


def ladder_of(*, program_id: UUID, as_of: datetime) -> Ladder | None:
    """The program's leading ladder in force at `as_of`; None while it has none."""
    version = (
        SchemeVersion.objects.filter(
            scheme__in=Lead.objects.filter(leads_at(as_of), program_id=program_id).values("scheme"),
            state=State.PUBLISHED,
            valid_from__lte=as_of,
        )
        .select_related("scheme")
        .order_by("-valid_from", "-number")
        .first()
    )
    return as_ladder(version) if version else None


def with_standing(
    accounts: QuerySet[Account], *, program_id: UUID, ladder: Ladder | None
) -> QuerySet[Account]:
    """Adds `enrollment_id`, and the `tier_name` and `tier_rank` held on the ladder; all None for an
    account not enrolled."""
    accounts = accounts.annotate(
        enrolled=FilteredRelation("enrollments", condition=Q(enrollments__program_id=program_id))
    ).annotate(enrollment_id=F("enrolled__id"))
    if ladder is None:
        nothing = Value(None, output_field=IntegerField())
        return accounts.annotate(tier_name=nothing, tier_rank=nothing)
    on_it = Q(enrolled__standings__ends_at=None, enrolled__standings__scheme_id=ladder.scheme_id)
    return accounts.annotate(
        standing=FilteredRelation("enrolled__standings", condition=on_it)
    ).annotate(tier_name=F("standing__tier__name"), tier_rank=F("standing__tier__rank"))


def with_way(
    accounts: QuerySet[Account], *, ladder: Ladder, as_of: datetime, setting: Setting
) -> QuerySet[Account]:
    """Adds to `with_standing` how far it is to the next tier of the ladder: `way`, in whole percent
    rounded down; None at the top and for an account not enrolled."""
    last = len(ladder.rungs) - 1
    return accounts.annotate(
        way=Case(
            When(tier_rank=None, then=None),
            When(tier_rank__gte=last, then=None),
            default=_way(ladder, as_of, setting),
            output_field=IntegerField(),
        )
    )


def _way(ladder: Ladder, as_of: datetime, setting: Setting) -> RawSQL:
    """What `tiers.progress` says in percent, of the account of the outer query."""
    look = running(ladder, at=as_of, setting=setting)
    query = evaluated(
        ladder, as_of=look.as_of, at=as_of, setting=setting, accounts=[], carriers=False
    )
    columns = {key: f"x.{column}" for key, column in query.columns.items()}
    cases = " ".join(
        f"WHEN {rank} THEN {percent_of(ladder, rank + 1, columns)}"
        for rank in range(len(ladder.rungs) - 1)
    )
    own = query.sql.replace("%(accounts)s::uuid[]", 'ARRAY["accounts_account"."id"]')
    values: list = []

    def place(name: re.Match[str]) -> str:
        values.append(query.values[name[1]])
        return "%s"

    chosen = f"(CASE x.held {cases} END)::int" if cases else "NULL::int"
    sql = _PLACE.sub(place, f"SELECT {chosen} FROM ({own}) x")  # noqa: S608 - texts of our own
    return RawSQL(sql, values, output_field=IntegerField())  # noqa: S611 - the same


def held_at(instant: datetime) -> Q:
    """Of standings, those that last at `instant`: one of each enrollment and ladder."""
    return Q(starts_at__lte=instant) & (Q(ends_at=None) | Q(ends_at__gt=instant))


def tier_on(
    *, enrollment_id: UUID, instant: datetime, scheme_id: UUID | None = None
) -> Tier | None:
    """The tier held at `instant` on a ladder, or (None) on the one that led then; None before the
    enrollment."""
    on_it = Q(scheme_id=scheme_id)
    if scheme_id is None:
        on_it = Q(scheme__in=Lead.objects.filter(leads_at(instant)).values("scheme"))
    standings = Standing.objects.filter(held_at(instant), on_it, enrollment_id=enrollment_id)
    found = standings.select_related("tier").first()
    return found.tier if found else None


def accounts_by_tier(scheme_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """How many enrollments hold each tier of each ladder now, by the tier's name."""
    held = Standing.objects.filter(scheme_id__in=scheme_ids, ends_at=None).order_by()
    found: dict[UUID, dict[str, int]] = {scheme_id: {} for scheme_id in scheme_ids}
    counts = held.values_list("scheme_id", "tier__name").annotate(accounts=Count("id"))
    for scheme_id, tier, accounts in counts:
        found[scheme_id][tier] = accounts
    return found


def standings_of(enrollment_ids: Collection[UUID]) -> dict[UUID, list[Standing]]:
    """Each enrollment's tiers over time on all its ladders, the leading one first, newest first; a
    few rows per year."""
    found: dict[UUID, list[Standing]] = defaultdict(list)
    standings = Standing.objects.filter(enrollment_id__in=enrollment_ids)
    for standing in standings.select_related("tier__version", "scheme").order_by(
        "-scheme__is_leading", "scheme__name", "scheme_id", "-starts_at"
    ):
        found[standing.enrollment_id].append(standing)
    return found


def leading_tier(*, account_id: UUID, program_id: UUID) -> Standing | None:
    """Where the account stands now on the program's leading ladder."""
    standings = Standing.objects.filter(
        enrollment__account_id=account_id,
        enrollment__program_id=program_id,
        scheme__is_leading=True,
        ends_at=None,
    )
    return standings.select_related("tier").first()


def near_ones(*, ladder: Ladder, as_of: datetime, setting: Setting) -> int:
    """How many were told in the running period that they are near the next tier of the ladder, and
    still hold the tier below it."""
    held = Standing.objects.filter(
        enrollment_id=OuterRef("enrollment_id"), scheme_id=OuterRef("scheme_id"), ends_at=None
    )
    told = Nearness.objects.filter(
        tenant_id=current_tenant_id(),
        scheme_id=ladder.scheme_id,
        period=running(ladder, at=as_of, setting=setting).since,
    ).order_by()
    pairs = told.annotate(held=Subquery(held.values("tier__code")[:1])).values_list(
        "held", "tier_code"
    )
    steps = {(low.code, high.code) for low, high in pairwise(ladder.rungs)}
    counts = pairs.annotate(Count("enrollment_id"))
    return sum(count for held_code, code, count in counts if (held_code, code) in steps)
