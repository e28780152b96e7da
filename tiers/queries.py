"""Reads of tiers that several faces share: the ladder in force, and where accounts stand on it."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    Expression,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from accounts.counting import STATUS_CREDITS
from accounts.models import Account, Measure
from accounts.periods import next_quarter
from accounts.tenancy import current_tenant_id
from tiers.models import Basis, SchemeVersion, Span, Standing, Tier

PURCHASES = "purchase"


@dataclass(frozen=True, slots=True)
class Ladder:
    """A published scheme version with its tiers, lowest first."""

    version: SchemeVersion
    tiers: tuple[Tier, ...]

    @property
    def counts_money(self) -> bool:
        return self.version.basis == Basis.AMOUNT

    def after(self, rank: int) -> Tier | None:
        return next((tier for tier in self.tiers if tier.rank > rank), None)


def ladder_of(*, program_id: UUID, as_of: datetime) -> Ladder | None:
    """What the program's tiers ask at `as_of`; None while it has no published tiers."""
    version = (
        SchemeVersion.objects.filter(
            scheme__program_id=program_id, published_at__isnull=False, valid_from__lte=as_of
        )
        .order_by("-valid_from", "-number")
        .first()
    )
    if version is None:
        return None
    return Ladder(version, tuple(Tier.objects.filter(version=version).order_by("rank")))


def with_standing(accounts: QuerySet[Account], *, program_id: UUID) -> QuerySet[Account]:
    """Adds `enrollment_id`, `tier_name` and `tier_rank`, all None for an account not enrolled."""
    return (
        accounts.annotate(
            enrolled=FilteredRelation(
                "enrollments", condition=Q(enrollments__program_id=program_id)
            )
        )
        .annotate(
            standing=FilteredRelation(
                "enrolled__standings", condition=Q(enrolled__standings__ends_at=None)
            )
        )
        .annotate(
            enrollment_id=F("enrolled__id"),
            tier_name=F("standing__tier__name"),
            tier_rank=F("standing__tier__rank"),
        )
    )


def with_progress(
    accounts: QuerySet[Account], *, ladder: Ladder, quarter: date
) -> QuerySet[Account]:
    """Adds to `with_standing` the value reached in the quarter that starts on `quarter`, and how
    much is `missing` to the next tier (None at the top): cents, or credits, as the ladder counts.
    """
    value = quarter_value(ladder.version, quarter)
    return accounts.annotate(quarter_value=value, next_threshold=_next_threshold(ladder)).annotate(
        missing=Case(
            When(next_threshold=None, then=None),
            When(next_threshold__lte=F("quarter_value"), then=Value(0)),
            default=F("next_threshold") - F("quarter_value"),
            output_field=BigIntegerField(),
        )
    )


def quarter_value(version: SchemeVersion, quarter: date) -> Expression:
    """What the version counts for the account of the outer query, from measures alone."""
    measures = Measure.objects.filter(
        tenant_id=current_tenant_id(),
        account_id=OuterRef("pk"),
        month__gte=quarter,
        month__lt=next_quarter(quarter),
        kind=PURCHASES if version.basis == Basis.AMOUNT else STATUS_CREDITS,
    ).order_by()
    group = "product_line" if version.span == Span.BEST_LINE else "account_id"
    sums = measures.values(group).annotate(reached=Sum("amount")).order_by("-reached")
    return Coalesce(Subquery(sums.values("reached")[:1]), Value(0), output_field=BigIntegerField())


def _next_threshold(ladder: Ladder) -> Case:
    """The threshold of the first tier above the one held; an account not enrolled has none."""
    steps = [When(tier_rank__lt=tier.rank, then=Value(tier.threshold)) for tier in ladder.tiers]
    return Case(*steps, default=None, output_field=BigIntegerField())


def accounts_by_tier(*, program_id: UUID) -> dict[str, int]:
    """How many enrollments hold each tier now, by the tier's name (the same in all versions)."""
    held = (
        Standing.objects.filter(enrollment__program_id=program_id, ends_at=None)
        .order_by()
        .values_list("tier__name")
        .annotate(accounts=Count("id"))
    )
    return dict(held)


def standings_of(enrollment_ids: Collection[UUID]) -> dict[UUID, list[Standing]]:
    """Each enrollment's tiers over time, newest first; a few rows per year."""
    found: dict[UUID, list[Standing]] = defaultdict(list)
    standings = Standing.objects.filter(enrollment_id__in=enrollment_ids).select_related("tier")
    for standing in standings.order_by("-starts_at"):
        found[standing.enrollment_id].append(standing)
    return found
