"""What time brings to lots: holds end, and what is left expires."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.postgres.arrays import instants, plain, uuids
from accounts.tenancy import current_tenant_id
from rewards.ledger.order import IN_ORDER

# Wallets that one transaction expires: so many wait for it at most.
BATCH = 1_000


def activate_due(*, upto: datetime, actor: str, wallet_id: UUID | None = None) -> int:
    """Make pending lots available whose day has come by `upto`; returns how many.

    Where the holder is in debt, the lots that activate first repay it. With `wallet_id` only the
    lots of that wallet.
    """
    values = {"tenant": current_tenant_id(), "upto": upto, "actor": actor, "only": wallet_id}
    with transaction.atomic(), connection.cursor() as cursor:
        # Wallets first, in order: a spending on one of them waits, and then reads what is left.
        cursor.execute(_LOCK_CLEARING, values)
        values["wallets"] = uuids(row[0] for row in cursor.fetchall())
        if wallet_id is None:
            # The planner guesses that one lot is due, and would compare every lot with every one.
            cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(_ACTIVATE, values)
        activated = cursor.fetchone()[0]
        if wallet_id is None:
            cursor.execute("SET LOCAL enable_nestloop = on")
        return activated


def expire_due(*, upto: datetime, actor: str, wallet_id: UUID | None = None) -> int:
    """Expire what remains of active lots whose time has come by `upto`; returns how many lots.

    One entry per wallet and instant of expiry, dated at that instant: expiring at T1 and T2 in one
    run or in two makes the same entries. The lots are not touched: they are closed by their day
    (`rewards.closing`), but for late ones, which get an entry and uses of their own.
    """
    values = {"tenant": current_tenant_id(), "upto": upto, "actor": actor}
    with transaction.atomic(), connection.cursor() as cursor:
        if wallet_id is None:
            cursor.execute(_LOCK_EXPIRING.format(which="true"), values)
        else:
            cursor.execute(
                _LOCK_EXPIRING.format(which="id = %(only)s"), values | {"only": wallet_id}
            )
        return _expire(cursor, values)


def expire_some(*, upto: datetime, actor: str) -> bool:
    """Expire a batch of wallets as `expire_due` does; whether there may be more of them.

    For many wallets: called until there are no more, each time in a transaction of its own, it
    keeps nobody waiting for long. Interrupted, it goes on where it was.
    """
    values = {"tenant": current_tenant_id(), "upto": upto, "actor": actor, "most": BATCH}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK_EXPIRING.format(which=_FIRST), values)
        is_full = cursor.rowcount == BATCH
        _expire(cursor, values)
        return is_full


def _expire(cursor: Any, values: dict[str, Any]) -> int:
    """Expire the wallets that the cursor has locked; how many lots."""
    locked = cursor.fetchall()
    if not locked:
        return 0
    since = min(expires_next for _, expires_next in locked)
    values |= {"wallets": uuids(wallet_id for wallet_id, _ in locked), "since": since}
    cursor.execute(_EXPIRE_LATE, values)
    late = cursor.fetchone()[0]
    # A statement of its own, which may run on several processors: one that writes may not.
    cursor.execute(_ADD_UP, values)
    sums = cursor.fetchall()
    values |= {
        "holders": uuids(row[0] for row in sums),
        "days": instants(row[1] for row in sums),
        "amounts": plain(row[2] for row in sums),
        "lots": plain(row[3] for row in sums),
    }
    cursor.execute(_EXPIRE, values)
    return late + cursor.fetchone()[0]


_LOCK_CLEARING = f"""
SELECT id FROM rewards_wallet WHERE tenant_id = %(tenant)s AND id IN (
    SELECT wallet_id FROM rewards_lot
    WHERE tenant_id = %(tenant)s AND state = 'pending' AND remaining > 0
      AND activates_at <= %(upto)s AND (%(only)s::uuid IS NULL OR wallet_id = %(only)s))
{IN_ORDER} FOR UPDATE
"""  # noqa: S608

# Whoever waited for another's expiry finds the wallet no longer due.
_LOCK_EXPIRING = f"""
SELECT id, expires_next FROM rewards_wallet
WHERE tenant_id = %(tenant)s AND expires_next <= %(upto)s AND {{which}}
{IN_ORDER} FOR UPDATE
"""  # noqa: S608

_FIRST = """id IN (
    SELECT id FROM rewards_wallet WHERE tenant_id = %(tenant)s AND expires_next <= %(upto)s
    ORDER BY expires_next LIMIT %(most)s)"""


# What clears after its day closes by itself: its wallet has passed the day without it.
_ACTIVATE = """
WITH due AS (
    SELECT l.entry_id, l.wallet_id, l.remaining, l.activates_at, l.expires_at,
           greatest(-w.available, 0) AS debt, w.expired_upto,
           sum(l.remaining) OVER (PARTITION BY l.wallet_id
                                  ORDER BY l.activates_at, l.earned_at, l.entry_id) AS upto
    FROM rewards_lot l
    JOIN rewards_wallet w ON w.tenant_id = l.tenant_id AND w.id = l.wallet_id
    WHERE l.tenant_id = %(tenant)s AND l.state = 'pending' AND l.remaining > 0
      AND l.activates_at <= %(upto)s AND l.wallet_id = ANY (%(wallets)s::uuid[])
), settled AS (
    SELECT uuidv7() AS id, entry_id AS lot_id, wallet_id, remaining, activates_at, expires_at,
           expired_upto,
           least(remaining, greatest(debt - (upto - remaining), 0)) AS repaid
    FROM due
), lots AS (
    UPDATE rewards_lot l
    SET state = 'active', remaining = l.remaining - s.repaid,
        late = coalesce(l.expires_at <= s.expired_upto, false)
    FROM settled s WHERE l.tenant_id = %(tenant)s AND l.entry_id = s.lot_id
), entries AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    SELECT %(tenant)s, id, wallet_id, 'activate', remaining, -remaining, 0, activates_at, %(upto)s,
           %(actor)s, lot_id
    FROM settled
), uses AS (
    INSERT INTO rewards_lotuse (tenant_id, lot_id, entry_id, amount)
    SELECT %(tenant)s, lot_id, id, repaid FROM settled WHERE repaid > 0
), wallets AS (
    UPDATE rewards_wallet w
    SET available = w.available + s.total, pending = w.pending - s.total,
        expires_next = least(w.expires_next, s.expires_next)
    FROM (SELECT wallet_id, sum(remaining) AS total, min(expires_at) AS expires_next
          FROM settled GROUP BY wallet_id) s
    WHERE w.tenant_id = %(tenant)s AND w.id = s.wallet_id
)
SELECT count(*) FROM settled
"""

# Late lots, each with a use; what was there is read from the update itself.
_EXPIRE_LATE = """
WITH due AS (
    UPDATE rewards_lot SET remaining = 0
    WHERE tenant_id = %(tenant)s AND late AND state = 'active' AND remaining > 0
      AND expires_at <= %(upto)s AND wallet_id = ANY (%(wallets)s::uuid[])
    RETURNING entry_id, wallet_id, expires_at, old.remaining AS amount
), expiring AS (
    SELECT uuidv7() AS id, wallet_id, expires_at, sum(amount)::bigint AS amount,
           (array_agg(entry_id ORDER BY entry_id))[1] AS cause
    FROM due GROUP BY wallet_id, expires_at
), entries AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    SELECT %(tenant)s, id, wallet_id, 'expire', -amount, 0, 0, expires_at, %(upto)s, %(actor)s,
           cause
    FROM expiring
), uses AS (
    INSERT INTO rewards_lotuse (tenant_id, lot_id, entry_id, amount)
    SELECT %(tenant)s, d.entry_id, e.id, d.amount
    FROM due d JOIN expiring e USING (wallet_id, expires_at)
), wallets AS (
    UPDATE rewards_wallet w SET available = w.available - e.total
    FROM (SELECT wallet_id, sum(amount) AS total FROM expiring GROUP BY wallet_id) e
    WHERE w.tenant_id = %(tenant)s AND w.id = e.wallet_id
)
SELECT count(*) FROM due
"""

# The lots are passed over once, to be added up: a row for each wallet and day. Days that a wallet
# passed before are among them where another's turn comes so late; they are left out of the rows.
_ADD_UP = """
SELECT wallet_id, expires_at, sum(remaining)::bigint, count(*)
FROM rewards_lot
WHERE tenant_id = %(tenant)s AND state = 'active' AND remaining > 0 AND NOT late
  AND expires_at >= %(since)s AND expires_at <= %(upto)s
  AND wallet_id = ANY (%(wallets)s::uuid[])
GROUP BY wallet_id, expires_at
"""

_EXPIRE = """
WITH due AS MATERIALIZED (
    SELECT a.*
    FROM unnest(%(holders)s::uuid[], %(days)s::timestamptz[], %(amounts)s::bigint[],
                %(lots)s::bigint[]) AS a (wallet_id, expires_at, amount, lots)
    JOIN rewards_wallet w ON w.tenant_id = %(tenant)s AND w.id = a.wallet_id
    WHERE a.expires_at > w.expired_upto
), entries AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    SELECT %(tenant)s, uuidv7(), wallet_id, 'expire', -amount, 0, 0, expires_at, %(upto)s,
           %(actor)s,
           (SELECT entry_id FROM rewards_lot l
            WHERE l.tenant_id = %(tenant)s AND l.wallet_id = due.wallet_id
              AND l.expires_at = due.expires_at AND l.state = 'active' AND l.remaining > 0
              AND NOT l.late
            ORDER BY l.earned_at LIMIT 1)
    FROM due
), wallets AS (
    UPDATE rewards_wallet w
    SET available = w.available - coalesce(d.total, 0),
        expired_upto = greatest(w.expired_upto, %(upto)s),
        expires_next = least(
            (SELECT min(l.expires_at) FROM rewards_lot l
             WHERE l.tenant_id = %(tenant)s AND l.wallet_id = w.id AND l.remaining > 0
               AND l.expires_at > greatest(w.expired_upto, %(upto)s)),
            (SELECT min(l.expires_at) FROM rewards_lot l
             WHERE l.tenant_id = %(tenant)s AND l.wallet_id = w.id AND l.remaining > 0
               AND l.late AND l.state = 'active'))
    FROM unnest(%(wallets)s::uuid[]) AS passed (id)
    LEFT JOIN (SELECT wallet_id, sum(amount) AS total FROM due GROUP BY wallet_id) d
           ON d.wallet_id = passed.id
    WHERE w.tenant_id = %(tenant)s AND w.id = passed.id
)
SELECT coalesce(sum(lots), 0)::bigint FROM due
"""
