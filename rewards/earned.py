"""What earlier facts earned, and how much of it was taken back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.postgres.arrays import uuids
from accounts.tenancy import current_tenant_id
from rewards.closing import EXPIRED_OF
from rewards.earning import period_of_cap


@dataclass(frozen=True, slots=True)
class Earned:
    """An earning entry; `granted`, `reversed` and `expired` are positive amounts of its unit.

    `expired` is what of its own lot expired, wherever that was transferred or after it had come
    back for days of grace, and was not reinstated: gone already, a return does not take it again.
    `occurred_at` is the fact's.
    """

    entry_id: UUID
    wallet_id: UUID
    rule_version_id: UUID
    rule_id: UUID
    rule: str
    rule_version: int
    program_id: UUID
    program: str
    unit: str
    cap_window: str | None
    occurred_at: datetime
    granted: int
    reversed: int
    expired: int
    year_starts: int

    def to_take_back(self, returned_in_all: Fraction) -> int:
        """What is still to be taken back once that share of the fact is returned."""
        target = int(self.granted * returned_in_all)
        return max(0, target - self.expired) - self.reversed

    def cap_period(self, zone: ZoneInfo) -> date | None:
        window = self.cap_window or ""
        return period_of_cap(window, self.occurred_at, zone, year_starts=self.year_starts)


def earned_by(activity_ids: Sequence[UUID]) -> dict[UUID, list[Earned]]:
    """The earnings of each activity, in the order in which they were written."""
    found: dict[UUID, list[Earned]] = defaultdict(list)
    if not activity_ids:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT e.activity_id, e.id, e.wallet_id, e.rule_version_id, v.rule_id, r.code, v.number,
                   w.program_id, p.slug, w.unit,
                   CASE WHEN v.cap IS NOT NULL THEN v.cap_window END, fact.occurred_at,
                   e.available + e.pending,
                   coalesce((SELECT -sum(x.available + x.pending)
                             FROM accounts_activity back
                             JOIN rewards_entry x ON x.tenant_id = back.tenant_id
                                 AND x.cause = back.id AND x.kind = 'reverse'
                                 AND x.wallet_id = e.wallet_id
                                 AND x.rule_version_id = e.rule_version_id
                             WHERE back.tenant_id = e.tenant_id
                               AND back.reverses_id = e.activity_id),
                            0)::bigint,
                   {EXPIRED_OF},
                   tenant.fiscal_year_starts
            FROM rewards_entry e
            JOIN accounts_tenant tenant ON tenant.id = e.tenant_id
            JOIN accounts_activity fact
              ON fact.tenant_id = e.tenant_id AND fact.id = e.activity_id
            JOIN rewards_wallet w ON w.tenant_id = e.tenant_id AND w.id = e.wallet_id
            JOIN rewards_ruleversion v ON v.tenant_id = e.tenant_id AND v.id = e.rule_version_id
            JOIN rewards_earningrule r ON r.tenant_id = e.tenant_id AND r.id = v.rule_id
            JOIN accounts_program p ON p.tenant_id = e.tenant_id AND p.id = w.program_id
            WHERE e.tenant_id = %s AND e.cause = ANY (%s::uuid[]) AND e.kind = 'earn'
            ORDER BY e.id
            """,  # noqa: S608
            [current_tenant_id(), uuids(activity_ids)],
        )
        for activity_id, *earning in cursor:
            found[activity_id].append(Earned(*earning))
    return found
