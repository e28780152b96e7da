"""What time brings to lots: holds end, and what is left expires."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from accounts.postgres.arrays import uuids
from accounts.tenancy import current_tenant_id
from rewards.ledger.order import IN_ORDER


def activate_due(*, upto: datetime, actor: str, wallet_id: UUID | None = None) -> int:
    """Make pending lots available whose day has come by `upto`; returns how many.

    Where the holder is in debt, the lots that activate first repay it. With `wallet_id` only the
    lots of that wallet.
    """
    due = "state = 'pending' AND activates_at"
    return _settle(_ACTIVATE, due=due, upto=upto, actor=actor, wallet_id=wallet_id)


def expire_due(*, upto: datetime, actor: str, wallet_id: UUID | None = None) -> int:
    """Expire what remains of active lots whose time has come by `upto`; returns how many lots.

    One entry per wallet and instant of expiry, dated at that instant: expiring at T1 and T2 in one
    run or in two makes the same entries.
    """
    due = "state = 'active' AND expires_at"
    return _settle(_EXPIRE, due=due, upto=upto, actor=actor, wallet_id=wallet_id)


def _settle(statement: str, *, due: str, upto: datetime, actor: str, wallet_id: UUID | None) -> int:
    values = {"tenant": current_tenant_id(), "upto": upto, "actor": actor, "only": wallet_id}
    with transaction.atomic(), connection.cursor() as cursor:
        # Wallets first, in order: a spending on one of them waits, and then reads what is left.
        cursor.execute(_LOCK.format(due=due), values)
        values["wallets"] = uuids(row[0] for row in cursor.fetchall())
        if wallet_id is None:
            # The planner guesses that one lot is due, and would compare every lot with every one.
            cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(statement, values)
        settled = cursor.fetchone()[0]
        if wallet_id is None:
            cursor.execute("SET LOCAL enable_nestloop = on")
        return settled


_LOCK = f"""
SELECT id FROM rewards_wallet WHERE tenant_id = %(tenant)s AND id IN (
    SELECT wallet_id FROM rewards_lot
    WHERE tenant_id = %(tenant)s AND remaining > 0 AND {{due}} <= %(upto)s
      AND (%(only)s::uuid IS NULL OR wallet_id = %(only)s))
{IN_ORDER} FOR UPDATE
"""  # noqa: S608


_ACTIVATE = """
WITH due AS (
    SELECT l.entry_id, l.wallet_id, l.remaining, l.activates_at,
           greatest(-w.available, 0) AS debt,
           sum(l.remaining) OVER (PARTITION BY l.wallet_id
                                  ORDER BY l.activates_at, l.earned_at, l.entry_id) AS upto
    FROM rewards_lot l
    JOIN rewards_wallet w ON w.tenant_id = l.tenant_id AND w.id = l.wallet_id
    WHERE l.tenant_id = %(tenant)s AND l.state = 'pending' AND l.remaining > 0
      AND l.activates_at <= %(upto)s AND l.wallet_id = ANY (%(wallets)s::uuid[])
), settled AS (
    SELECT uuidv7() AS id, entry_id AS lot_id, wallet_id, remaining, activates_at,
           least(remaining, greatest(debt - (upto - remaining), 0)) AS repaid
    FROM due
), lots AS (
    UPDATE rewards_lot l SET state = 'active', remaining = l.remaining - s.repaid
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
    SET available = w.available + s.total, pending = w.pending - s.total
    FROM (SELECT wallet_id, sum(remaining) AS total FROM settled GROUP BY wallet_id) s
    WHERE w.tenant_id = %(tenant)s AND w.id = s.wallet_id
)
SELECT count(*) FROM settled
"""

# What was there is read from the update itself: the lots are passed over once, not twice.
_EXPIRE = """
WITH due AS (
    UPDATE rewards_lot SET remaining = 0
    WHERE tenant_id = %(tenant)s AND state = 'active' AND remaining > 0 AND expires_at <= %(upto)s
      AND wallet_id = ANY (%(wallets)s::uuid[])
    RETURNING entry_id, wallet_id, expires_at, old.remaining AS amount
), expiring AS (
    SELECT uuidv7() AS id, wallet_id, expires_at, sum(amount)::bigint AS amount,
           (array_agg(entry_id))[1] AS cause
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
