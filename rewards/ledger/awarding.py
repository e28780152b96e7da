"""What a cause of its own gives, at once or after a hold, and what is taken back of that."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.ids import uuid7
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rewards.closing import COMING_BACK, EXPIRED_OF, OPEN, WALLET
from rewards.ledger.adjusting import Gift, put_in, settle
from rewards.ledger.prolonging import keep_alive
from rewards.ledger.spending import entry_of, lock_wallet


def award(
    *, wallet_id: UUID, gift: Gift, activates_at: datetime | None, actor: str, at: datetime
) -> None:
    """Give, once for the gift's cause: with `activates_at` pending until then, else at once, and a
    debt is repaid first. It is earned, and keeps alive what lives by activity."""
    with transaction.atomic():
        lock_wallet(wallet_id)
        if entry_of(cause=gift.cause, wallet_id=wallet_id, kind="award") is not None:
            return
        if activates_at is None:
            put_in([gift], wallet_id=wallet_id, kind="award", actor=actor, at=at)
        else:
            values = {"tenant": current_tenant_id(), "wallet": wallet_id, "entry": uuid7()}
            values |= {"activates_at": activates_at, "actor": actor, "at": at}
            run(_HOLD, values | gift._asdict())
        keep_alive(wallet_ids=[wallet_id], at=at)


def recall(
    *, wallet_id: UUID, awarded: UUID, amount: int, cause: UUID, actor: str, at: datetime
) -> int:
    """Take back up to `amount` of what the cause `awarded` gave, once for `cause`; how much it was.

    What expired of it is gone already. From the same lot, then from what came back of it after its
    day, then from any available ones as spending would take them, then as a debt.
    """
    with transaction.atomic():
        settle(wallet_id=wallet_id, at=at, actor=actor)
        values = {"tenant": current_tenant_id(), "wallet": wallet_id, "awarded": awarded}
        values |= {"cause": cause, "entry": uuid7(), "actor": actor, "at": at}
        [(given, expired)] = run(_LEFT, values)
        taken = min(amount, given - expired)
        if taken > 0 and entry_of(cause=cause, wallet_id=wallet_id, kind="recall") is None:
            run(_RECALL, values | {"amount": taken})
        return max(taken, 0)


_HOLD = """
WITH entry AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    VALUES (%(tenant)s, %(entry)s, %(wallet)s, 'award', 0, %(amount)s, 0, %(at)s, %(at)s,
            %(actor)s, %(cause)s)
), lot AS (
    INSERT INTO rewards_lot
        (tenant_id, entry_id, wallet_id, state, amount, remaining, earned_at, activates_at,
         expires_at, late)
    SELECT %(tenant)s, %(entry)s, %(wallet)s, 'pending', %(amount)s, %(amount)s, %(earned_at)s,
           %(activates_at)s, %(expires_at)s, coalesce(%(expires_at)s <= w.expired_upto, false)
    FROM rewards_wallet w WHERE w.tenant_id = %(tenant)s AND w.id = %(wallet)s
)
UPDATE rewards_wallet
SET pending = pending + %(amount)s, expires_next = least(expires_next, %(expires_at)s)
WHERE tenant_id = %(tenant)s AND id = %(wallet)s
"""

_LEFT = f"""
SELECT e.available + e.pending + coalesce(
           (SELECT sum(back.available + back.pending)
            FROM rewards_recall recall
            JOIN rewards_entry back ON back.tenant_id = recall.tenant_id
             AND back.cause = recall.id AND back.kind = 'recall'
            WHERE recall.tenant_id = e.tenant_id AND recall.award_id = e.cause), 0)::bigint,
       {EXPIRED_OF}
FROM rewards_entry e
WHERE e.tenant_id = %(tenant)s AND e.cause = %(awarded)s
  AND e.wallet_id = %(wallet)s AND e.kind = 'award'
"""  # noqa: S608

# Of what is pending only the award's own: the others are not the holder's to lose yet.
_RECALL = f"""
WITH RECURSIVE given AS (
    SELECT id FROM rewards_entry
    WHERE tenant_id = %(tenant)s AND cause = %(awarded)s AND wallet_id = %(wallet)s
      AND kind = 'award'
), lots AS (
    SELECT %(tenant)s::uuid AS tenant_id, id, 0 AS place FROM given
    UNION ALL
    SELECT next.tenant_id, next.id, 1 FROM lots CROSS JOIN LATERAL ({COMING_BACK}) next
), queue AS (
    SELECT l.entry_id, l.remaining, l.state = 'pending' AS is_held,
           sum(l.remaining) OVER (ORDER BY coalesce(own.place, 2), l.expires_at NULLS LAST,
                                           l.earned_at, l.entry_id) AS upto
    FROM rewards_lot l {WALLET} LEFT JOIN lots own ON own.id = l.entry_id
    WHERE l.tenant_id = %(tenant)s AND l.wallet_id = %(wallet)s
      AND (l.state = 'active' OR own.place = 0) AND {OPEN}
), taken AS (
    SELECT entry_id, is_held, least(remaining, %(amount)s - (upto - remaining)) AS amount
    FROM queue WHERE upto - remaining < %(amount)s
), held AS (
    SELECT coalesce(sum(amount) FILTER (WHERE is_held), 0)::bigint AS amount FROM taken
), took AS (
    UPDATE rewards_lot l SET remaining = l.remaining - t.amount
    FROM taken t WHERE l.tenant_id = %(tenant)s AND l.entry_id = t.entry_id
), entry AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    SELECT %(tenant)s, %(entry)s, %(wallet)s, 'recall', held.amount - %(amount)s, -held.amount, 0,
           %(at)s, %(at)s, %(actor)s, %(cause)s
    FROM held
), uses AS (
    INSERT INTO rewards_lotuse (tenant_id, lot_id, entry_id, amount)
    SELECT %(tenant)s, entry_id, %(entry)s, amount FROM taken
)
UPDATE rewards_wallet w
SET available = w.available + held.amount - %(amount)s, pending = w.pending - held.amount
FROM held WHERE w.tenant_id = %(tenant)s AND w.id = %(wallet)s
"""  # noqa: S608
