"""What expires when: the lots themselves, and how much within the next days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from accounts.periods import day_of, start_of
from accounts.tenancy import current_tenant_id
from rewards.closing import is_open
from rewards.models import Lot, LotState, Wallet

WITHIN_DAYS = (30, 60, 90)


@dataclass(frozen=True, slots=True)
class Bucket:
    """How much expires before the local midnight `days` days ahead, of what can be spent now."""

    program: str
    unit: str
    days: int
    before: datetime
    amount: int


def expiring_lots() -> QuerySet[Lot]:
    """Open lots that have an end, pending ones too unless it has passed.

    They are looked for from the first end on that any wallet has before it: all that have closed
    are in the same index, before that.
    """
    tenant_id = current_tenant_id()
    first = Wallet.objects.filter(tenant_id=tenant_id, expires_next__isnull=False)
    first = first.order_by("expires_next").values("expires_next")[:1]
    return Lot.objects.filter(is_open(), tenant_id=tenant_id, expires_at__gte=Subquery(first))


def buckets(
    *,
    as_of: datetime,
    zone: ZoneInfo,
    account_id: UUID | None = None,
    days: Sequence[int] = WITHIN_DAYS,
) -> list[Bucket]:
    """What expires soon, per program and unit: of one account's wallets, its members' among them,
    or of all. Each bucket holds the ones before it. One query that reads the lots of those days
    alone."""
    ends = {count: _end(day_of(as_of, zone), count, zone) for count in days}
    lots = expiring_lots().filter(state=LotState.ACTIVE, expires_at__lt=max(ends.values()))
    if account_id is not None:
        lots = lots.filter(wallet__account_id=account_id)
    sums: dict[str, Any] = {
        f"within_{count}": Coalesce(Sum("remaining", filter=Q(expires_at__lt=end)), Value(0))
        for count, end in ends.items()
    }
    rows = lots.values("wallet__program__slug", "wallet__unit").annotate(**sums)
    return [
        Bucket(
            program=row["wallet__program__slug"],
            unit=row["wallet__unit"],
            days=count,
            before=end,
            amount=row[f"within_{count}"],
        )
        for row in rows.order_by("wallet__program__slug", "wallet__unit")
        for count, end in ends.items()
    ]


def _end(today: date, days: int, zone: ZoneInfo) -> datetime:
    return start_of(today + timedelta(days=days), zone)
