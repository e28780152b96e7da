"""Accounts with tier, points and progress in one query: the lists of console and field."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce

from accounts.models import Account
from rewards.models import LotState, Unit
from rewards.queries import open_lots_of
from rewards.terms import current_terms
from tiers.ladders import Ladder
from tiers.queries import with_standing, with_way

EXPIRING_WITHIN = timedelta(days=30)


def roster(*, program_id: UUID, ladder: Ladder | None, as_of: datetime) -> QuerySet[Account]:
    """All accounts with `enrollment_id`, `tier_name`, `tier_rank`, `available`, `pending` and,
    where the program has tiers, the `way` to the next one in percent."""
    accounts = _with_points(Account.objects.select_related("rep"), program_id=program_id)
    accounts = with_standing(accounts, program_id=program_id, ladder=ladder)
    if ladder is None:
        return accounts
    setting = current_terms().setting
    return with_way(accounts, ladder=ladder, as_of=as_of, setting=setting)


def _with_points(accounts: QuerySet[Account], *, program_id: UUID) -> QuerySet[Account]:
    own = Q(wallets__program_id=program_id, wallets__unit=Unit.POINTS, wallets__member__isnull=True)
    return accounts.annotate(points=FilteredRelation("wallets", condition=own)).annotate(
        available=Coalesce(F("points__available"), Value(0)),
        pending=Coalesce(F("points__pending"), Value(0)),
    )


def with_expiring(accounts: QuerySet[Account], *, as_of: datetime) -> QuerySet[Account]:
    """Adds to a roster the points that expire `soon`: within 30 days."""
    lots = open_lots_of(OuterRef("points__id")).filter(
        state=LotState.ACTIVE, expires_at__lte=as_of + EXPIRING_WITHIN
    )
    soon = lots.order_by().values("wallet_id").annotate(sum=Sum("remaining")).values("sum")
    return accounts.annotate(
        soon=Coalesce(Subquery(soon), Value(0), output_field=BigIntegerField())
    )


def found_by(accounts: QuerySet[Account], words: str) -> QuerySet[Account]:
    """Accounts whose name contains, or whose number starts with, what was typed."""
    words = words.strip()
    return accounts.filter(Q(name__icontains=words) | Q(number__istartswith=words))
