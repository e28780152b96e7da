"""What funds have: their open lots by the day they end, and what of them the ledger let expire."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from accounts.events import record_many
from accounts.postgres.arrays import uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from partners.funds.telling import told_of_fund
from partners.models import Fund, FundBudget, FundGrant
from rewards.closing import CLOSED, OPEN, WALLET

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Part:
    """`amount` of a fund can be committed up to `last_day`."""

    fund_id: UUID
    last_day: date
    amount: int


def sources_of(fund: Fund) -> list[UUID]:
    """The allocations whose lots make up a fund."""
    found = FundGrant.objects.filter(fund=fund, amount__gt=0)
    return list(found.values_list("pk", flat=True))


def parts_of(fund_ids: Collection[UUID]) -> list[Part]:
    """What is left of each fund, the first to end first; of all of them in one query."""
    if not fund_ids:
        return []
    values = {"tenant": current_tenant_id(), "funds": uuids(fund_ids)}
    return [Part(*row) for row in run(_PARTS, values)]


def settle_expired(
    budget: FundBudget, fund_ids: Collection[UUID], *, now: datetime
) -> dict[UUID, int]:
    """Give back to the locked budget what the ledger has let expire of its locked funds since; how
    much that was, by fund. Again, it finds nothing."""
    if not fund_ids:
        return {}
    values = {"tenant": current_tenant_id(), "funds": uuids(fund_ids)}
    found = dict(run(_SETTLE, values))
    if found:
        budget.allocated -= sum(found.values())
        budget.save(update_fields=["allocated"])
        funds = Fund.objects.filter(pk__in=found).select_related("account", "budget")
        record_many(
            [
                told_of_fund(fund, "expired", amount=found[fund.pk], actor=SYSTEM, now=now)
                for fund in funds.order_by("pk")
            ]
        )
    return found


def day_before_end(parts: Sequence[Part], *, within: timedelta, today: date) -> dict[UUID, Part]:
    """Of each fund the part that ends next, where that is from `today` on and `within` so long."""
    near: dict[UUID, Part] = {}
    for part in parts:
        if today <= part.last_day <= today + within:
            near.setdefault(part.fund_id, part)
    return near


_LOTS = f"""
    partners_fundgrant g
    JOIN rewards_entry e
      ON e.tenant_id = g.tenant_id AND e.cause = g.id AND e.kind = 'allocate'
    JOIN rewards_lot l ON l.tenant_id = e.tenant_id AND l.entry_id = e.id {WALLET}
    WHERE g.tenant_id = %(tenant)s AND g.fund_id = ANY (%(funds)s::uuid[]) AND g.amount > 0
"""

_PARTS = f"""
SELECT g.fund_id, g.last_day, sum(l.remaining)::bigint FROM {_LOTS} AND {OPEN}
GROUP BY g.fund_id, g.last_day ORDER BY g.last_day, g.fund_id
"""  # noqa: S608

# Closed by its day, or back from a request when its day had come.
_SETTLE = f"""
WITH expired AS (
    SELECT g.fund_id, sum(CASE WHEN {CLOSED} THEN l.remaining ELSE 0 END + coalesce((
               SELECT sum(u.amount) FROM rewards_lotuse u
               JOIN rewards_entry x ON x.tenant_id = u.tenant_id AND x.id = u.entry_id
               WHERE u.tenant_id = l.tenant_id AND u.lot_id = l.entry_id AND x.kind = 'expire'
           ), 0))::bigint AS amount
    FROM {_LOTS}
    GROUP BY g.fund_id
)
UPDATE partners_fund f SET expired = x.amount FROM expired x
WHERE f.tenant_id = %(tenant)s AND f.id = x.fund_id AND f.expired <> x.amount
RETURNING f.id, new.expired - old.expired
"""  # noqa: S608
