"""How far it is: to the next tier, and to keep the present one. For one account or a whole list."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.periods import add_months, next_quarter, quarter_of, start_of
from accounts.postgres.arrays import uuids
from accounts.tenancy import current_tenant_id


@dataclass(frozen=True, slots=True)
class Step:
    """A tier of the ladder. `threshold` is in cents of revenue or in status credits."""

    rank: int
    name: str
    threshold: int
    multiplier: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an enrollment stands as of an instant.

    `value` is what counts in the running quarter (of the best line `line`, where the ladder counts
    only that); `by` is the instant (UTC) at which that quarter ends. `kept_until` is the instant to
    which the present tier is safe, by what was reached in the quarter `kept_by`; both None for the
    first tier, which needs no keeping.
    """

    enrollment_id: UUID
    basis: str
    span: str
    tier: Step
    since: datetime
    next_tier: Step | None
    value: int
    line: str
    by: datetime
    kept_until: datetime | None
    kept_by: date | None
    ladder: tuple[Step, ...]

    @property
    def missing(self) -> int:
        """What the next tier still asks for; 0 at the top of the ladder."""
        return max(0, self.next_tier.threshold - self.value) if self.next_tier else 0

    @property
    def percent(self) -> int:
        """Whole percent of the way to the next tier, rounded down; 100 only when it is met."""
        if self.next_tier is None:
            return 100
        return max(0, min(100, self.value * 100 // self.next_tier.threshold))

    @property
    def missing_to_keep(self) -> int:
        """What the running quarter still needs so that the present tier lasts beyond it."""
        return max(0, self.tier.threshold - self.value)


def progress_of(enrollment_id: UUID, *, as_of: datetime, zone: ZoneInfo) -> Progress | None:
    """The progress of one enrollment; None in a program without tiers."""
    return progress_of_all([enrollment_id], as_of=as_of, zone=zone).get(enrollment_id)


def progress_of_all(
    enrollment_ids: Sequence[UUID], *, as_of: datetime, zone: ZoneInfo
) -> dict[UUID, Progress]:
    """The progress of each enrollment that stands somewhere, in a constant number of queries."""
    standings = _standings(enrollment_ids, as_of)
    ladders = _ladders({row["version"] for row in standings})
    running = quarter_of(as_of, zone)
    values = _values({row["account"] for row in standings}, running, standings)
    return {
        row["enrollment"]: _progress(row, ladders[row["version"]], values, running, zone)
        for row in standings
    }


def _standings(enrollment_ids: Sequence[UUID], as_of: datetime) -> list[dict]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.enrollment_id, e.account_id, s.starts_at, t.rank, v.id, v.basis, v.span,
                   v.keep_quarters
            FROM tiers_standing s
            JOIN accounts_enrollment e ON e.tenant_id = s.tenant_id AND e.id = s.enrollment_id
            JOIN tiers_tier t ON t.tenant_id = s.tenant_id AND t.id = s.tier_id
            JOIN tiers_schemeversion v ON v.tenant_id = t.tenant_id AND v.id = t.version_id
            WHERE s.tenant_id = %s AND s.enrollment_id = ANY (%s::uuid[])
              AND s.starts_at <= %s AND (s.ends_at IS NULL OR s.ends_at > %s)
            """,
            # A move made a moment ago starts a microsecond from now.
            [current_tenant_id(), uuids(enrollment_ids), *(2 * [as_of])],
        )
        names = ("enrollment", "account", "since", "rank", "version", "basis", "span", "keep")
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _ladders(version_ids: set[UUID]) -> dict[UUID, tuple[Step, ...]]:
    found: dict[UUID, list[Step]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version_id, rank, name, threshold, trim_scale(multiplier)::text "
            "FROM tiers_tier WHERE tenant_id = %s AND version_id = ANY (%s::uuid[]) ORDER BY rank",
            [current_tenant_id(), uuids(version_ids)],
        )
        for version_id, *step in cursor:
            found[version_id].append(Step(*step))
    return {version_id: tuple(steps) for version_id, steps in found.items()}


Values = dict[tuple[UUID, str, date], dict[str, int]]  # by account, kind, quarter: per line


def _values(account_ids: set[UUID], running: date, standings: Sequence[dict]) -> Values:
    oldest = add_months(running, -3 * max((row["keep"] for row in standings), default=0))
    found: Values = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT account_id, kind, date_trunc('quarter', month)::date, product_line,
                   sum(amount)::bigint
            FROM accounts_measure
            WHERE tenant_id = %s AND account_id = ANY (%s::uuid[]) AND month >= %s AND month < %s
              AND kind IN ('purchase', 'status_credits')
            GROUP BY 1, 2, 3, 4
            """,
            [current_tenant_id(), uuids(account_ids), oldest, next_quarter(running)],
        )
        for account_id, kind, quarter, line, amount in cursor:
            found[account_id, kind, quarter][line] = amount
    return found


def _progress(
    row: dict, ladder: tuple[Step, ...], values: Values, running: date, zone: ZoneInfo
) -> Progress:
    value, line = _value_in(row, values, running)
    tier = ladder[row["rank"]]
    kept_by = _kept_by(row, tier, values, running)
    return Progress(
        enrollment_id=row["enrollment"],
        basis=row["basis"],
        span=row["span"],
        tier=tier,
        since=row["since"],
        next_tier=ladder[tier.rank + 1] if tier.rank + 1 < len(ladder) else None,
        value=value,
        line=line,
        by=start_of(next_quarter(running), zone),
        kept_until=start_of(add_months(kept_by, 3 * (row["keep"] + 1)), zone) if kept_by else None,
        kept_by=kept_by,
        ladder=ladder,
    )


def _value_in(row: dict, values: Values, quarter: date) -> tuple[int, str]:
    """What counts in `quarter`, and the line it is of where only the best line counts."""
    kind = "purchase" if row["basis"] == "amount" else "status_credits"
    per_line = values.get((row["account"], kind, quarter), {})
    if row["span"] == "total" or not per_line:
        return sum(per_line.values()), ""
    line, value = max(per_line.items(), key=lambda item: item[1])
    return value, line


def _kept_by(row: dict, tier: Step, values: Values, running: date) -> date | None:
    """The latest quarter that reached the present tier."""
    if tier.rank == 0:
        return None
    for back in range(row["keep"] + 1):
        quarter = add_months(running, -3 * back)
        if _value_in(row, values, quarter)[0] >= tier.threshold:
            return quarter
    return None
