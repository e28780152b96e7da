"""Where accounts stand: first standings, upward moves at once, evaluation at a quarter's end.

A tier reached in a quarter is kept until the end of that quarter plus `keep_quarters`. So the tier
an enrollment deserves is a function of its measures alone: the best tier met in the running quarter
or in one of the last `keep_quarters` quarters. At once, only the way up is taken; at a quarter's
end, both ways.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.periods import add_months, next_quarter, quarter_of, start_of
from accounts.postgres.arrays import texts, uuids
from accounts.postgres.statements import Ask, Row, ask
from accounts.tenancy import current_tenant_id

MULTIPLIER_SCALE = 1_000  # Tier.multiplier has three decimal places


@dataclass(frozen=True, slots=True)
class Held:
    """A tier as an account holds it. `multiplier` is scaled by MULTIPLIER_SCALE."""

    tier_id: UUID
    name: str
    rank: int
    multiplier: int


@dataclass(frozen=True, slots=True)
class Move:
    """A standing that changed."""

    enrollment_id: UUID
    account_id: UUID
    program_id: UUID
    from_tier: str
    to_tier: str
    starts_at: datetime
    cause: str
    evidence: dict


def begin(*, enrollment_ids: Sequence[UUID], decided_at: datetime) -> None:
    """Give new enrollments the first tier of their program's ladder, from enrollment on.

    Enrollments of a program without a published ladder, or that stand somewhere, stay as they are.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO tiers_standing
                (tenant_id, id, enrollment_id, tier_id, starts_at, cause, evidence, decided_at)
            SELECT e.tenant_id, uuidv7(), e.id, t.id, e.enrolled_at, 'enrolled', '{}', %(decided)s
            FROM accounts_enrollment e
            JOIN tiers_scheme s ON s.tenant_id = e.tenant_id AND s.program_id = e.program_id
            JOIN LATERAL (
                SELECT v.id FROM tiers_schemeversion v
                WHERE v.tenant_id = s.tenant_id AND v.scheme_id = s.id
                  AND v.published_at IS NOT NULL
                ORDER BY v.valid_from <= e.enrolled_at DESC,
                         abs(extract(epoch FROM v.valid_from - e.enrolled_at))
                LIMIT 1) v ON true
            JOIN tiers_tier t ON t.tenant_id = e.tenant_id AND t.version_id = v.id AND t.rank = 0
            WHERE e.tenant_id = %(tenant)s AND e.id = ANY (%(enrollments)s::uuid[])
              AND NOT EXISTS (SELECT FROM tiers_standing x
                              WHERE x.tenant_id = e.tenant_id AND x.enrollment_id = e.id)
            """,
            {
                "tenant": current_tenant_id(),
                "enrollments": uuids(enrollment_ids),
                "decided": decided_at,
            },
        )


# For each enrollment in question: the tier it deserves by its best quarter among `quarters`, beside
# the tier it holds. Everything is looked up enrollment by enrollment (OFFSET 0 keeps it so): joined
# as sets, a planner without fresh statistics chose nested loops over whole sets.
_DESERVED = """
SELECT s.id, s.enrollment_id, e.account_id, e.program_id, s.starts_at, t.name,
       deserved.id, deserved.name, best.value, deserved.threshold, best.quarter, best.line, v.span
FROM accounts_enrollment e
JOIN LATERAL (
    SELECT id, enrollment_id, tenant_id, tier_id, starts_at FROM tiers_standing
    WHERE tenant_id = e.tenant_id AND enrollment_id = e.id AND ends_at IS NULL OFFSET 0) s ON true
JOIN tiers_tier t ON t.tenant_id = s.tenant_id AND t.id = s.tier_id
JOIN tiers_schemeversion v ON v.tenant_id = t.tenant_id AND v.id = t.version_id
LEFT JOIN LATERAL (
    SELECT sum(m.amount)::bigint AS value, date_trunc('quarter', m.month)::date AS quarter,
           CASE v.span WHEN 'best_line' THEN m.product_line END AS line
    FROM accounts_measure m
    WHERE m.tenant_id = s.tenant_id AND m.account_id = e.account_id
      AND m.month >= %(since)s AND m.month < %(until)s
      AND m.kind = CASE v.basis WHEN 'amount' THEN 'purchase' ELSE 'status_credits' END
    GROUP BY 2, 3 ORDER BY 1 DESC, 2, 3 LIMIT 1) best ON true
JOIN LATERAL (
    SELECT id, rank, name, threshold FROM tiers_tier
    WHERE tenant_id = s.tenant_id AND version_id = v.id AND threshold <= coalesce(best.value, 0)
    ORDER BY rank DESC LIMIT 1) deserved ON true
WHERE e.tenant_id = %(tenant)s AND e.state = 'active'
  AND v.keep_quarters = %(keep)s AND {chosen} AND deserved.rank {moves} t.rank
ORDER BY s.enrollment_id
"""


def reconsider(
    *, account_ids: Sequence[UUID] | None, as_of: datetime, zone: ZoneInfo
) -> list[Move]:
    """Take upward moves at once, for the accounts given or (None) for all of the tenant.

    The caller sees to it that the end of the last quarter has been evaluated.
    """
    asks = rising(account_ids=account_ids, as_of=as_of, zone=zone, kept=kept_quarters())
    return [move for rows in ask(*asks) for move in rise(rows, as_of=as_of)]


def rising(
    *,
    account_ids: Sequence[UUID] | None,
    as_of: datetime,
    zone: ZoneInfo,
    kept: Sequence[int],
) -> list[Ask[list[Row]]]:
    """Who deserves a higher tier at once. `kept` are the tenant's `kept_quarters`."""
    running = quarter_of(as_of, zone)
    return [
        _deserving(
            keep=keep,
            since=add_months(running, -3 * keep),
            until=next_quarter(running),
            accounts=account_ids,
            moves=">",
        )
        for keep in kept
    ]


def rise(rows: Sequence[Row], *, as_of: datetime) -> list[Move]:
    """Give those whom `rising` found their tier.

    The new standing starts one microsecond after `as_of`, so that the facts that earned it do not
    themselves earn at the new tier, however they were batched.
    """
    starts_at = as_of + timedelta(microseconds=1)
    return _move(rows, starts_at=starts_at, cause="reached", decided_at=as_of)


def evaluate_quarter(
    *,
    boundary: date,
    as_of: datetime,
    zone: ZoneInfo,
    account_ids: Sequence[UUID] | None = None,
) -> list[Move]:
    """Decide every enrollment's tier at the start of the quarter that begins on `boundary`.

    Writes only what changes; evaluating again changes nothing. Enrollments that began later than
    the boundary are left alone. With `account_ids` only theirs: they then find themselves decided
    when the whole tenant's turn comes.
    """
    starts_at = start_of(boundary, zone)
    asks = [
        _deserving(
            keep=keep,
            since=add_months(boundary, -3 * keep),
            until=boundary,
            accounts=account_ids,
            moves="<>",
            began_by=starts_at,
        )
        for keep in kept_quarters()
    ]
    return [
        move
        for rows in ask(*asks)
        for move in _move(rows, starts_at=starts_at, cause="evaluated", decided_at=as_of)
    ]


def kept_quarters() -> list[int]:
    """The different numbers of quarters for which the tenant's ladders keep a tier."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT keep_quarters FROM tiers_schemeversion "
            "WHERE tenant_id = %s AND published_at IS NOT NULL ORDER BY 1",
            [current_tenant_id()],
        )
        return [row[0] for row in cursor.fetchall()]


def _deserving(
    *,
    keep: int,
    since: date,
    until: date,
    accounts: Sequence[UUID] | None,
    moves: LiteralString,
    began_by: datetime | None = None,
) -> Ask[list[Row]]:
    """Who deserves another tier by the quarters in [since, until)."""
    chosen = "true"
    values: dict[str, object] = {"tenant": current_tenant_id(), "keep": keep}
    values |= {"since": since, "until": until}
    if accounts is not None:
        chosen = "e.account_id = ANY (%(accounts)s::uuid[])"
        values["accounts"] = uuids(accounts)
    if began_by is not None:
        chosen += " AND s.starts_at <= %(began_by)s"
        values["began_by"] = began_by
    return Ask(_DESERVED.format(chosen=chosen, moves=moves), values, list)


def _move(
    rows: Sequence[Row], *, starts_at: datetime, cause: str, decided_at: datetime
) -> list[Move]:
    # A standing that began later than the move (a later enrollment) stays as it is.
    moving = [row for row in rows if row[4] <= starts_at]
    if moving:
        _write(moving, starts_at=starts_at, cause=cause, decided_at=decided_at)
    return [_as_move(row, starts_at=starts_at, cause=cause) for row in moving]


def _evidence(row: tuple) -> dict:
    value, threshold, quarter, line, span = row[8:13]
    return {
        "value": int(value) if isinstance(value, int | Decimal) else 0,
        "threshold": threshold,
        "quarter": quarter.isoformat() if quarter else None,
        "span": span,
        "line": line,
    }


def _as_move(row: tuple, *, starts_at: datetime, cause: str) -> Move:
    return Move(row[1], row[2], row[3], row[5], row[7], starts_at, cause, _evidence(row))


def _write(rows: Sequence[tuple], *, starts_at: datetime, cause: str, decided_at: datetime) -> None:
    """End the standings of `rows` at `starts_at` and let the new ones follow.

    A standing that starts at that very instant (a second batch of one day's facts, or an evaluation
    at the midnight at which a move began) is decided anew in place: it has not lasted yet.
    """
    fresh = [row for row in rows if row[4] == starts_at]
    ending = [row for row in rows if row[4] < starts_at]
    if fresh:
        _decide_anew(fresh, cause=cause, decided_at=decided_at)
    if ending:
        _succeed(ending, starts_at=starts_at, cause=cause, decided_at=decided_at)


def _decide_anew(rows: Sequence[tuple], *, cause: str, decided_at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE tiers_standing s
            SET tier_id = new.tier_id, evidence = new.evidence, cause = %s, decided_at = %s
            FROM unnest(%s::uuid[], %s::uuid[], %s::jsonb[]) AS new (id, tier_id, evidence)
            WHERE s.tenant_id = %s AND s.id = new.id
            """,
            [
                cause,
                decided_at,
                uuids(row[0] for row in rows),
                uuids(row[6] for row in rows),
                texts(json.dumps(_evidence(row)) for row in rows),
                current_tenant_id(),
            ],
        )


def _succeed(
    rows: Sequence[tuple], *, starts_at: datetime, cause: str, decided_at: datetime
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE tiers_standing SET ends_at = %s
            WHERE tenant_id = %s AND id = ANY (%s::uuid[])
            """,
            [starts_at, current_tenant_id(), uuids(row[0] for row in rows)],
        )
        cursor.execute(
            """
            INSERT INTO tiers_standing
                (tenant_id, id, enrollment_id, tier_id, starts_at, follows, cause, evidence,
                 decided_at)
            SELECT %s, uuidv7(), new.enrollment_id, new.tier_id, %s, %s, %s, new.evidence, %s
            FROM unnest(%s::uuid[], %s::uuid[], %s::jsonb[])
                AS new (enrollment_id, tier_id, evidence)
            """,
            [
                current_tenant_id(),
                starts_at,
                starts_at,
                cause,
                decided_at,
                uuids(row[1] for row in rows),
                uuids(row[6] for row in rows),
                texts(json.dumps(_evidence(row)) for row in rows),
            ],
        )
