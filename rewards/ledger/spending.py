"""Spending from one wallet, lot by lot in one statement."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.ids import uuid7
from accounts.tenancy import current_tenant_id
from rewards.closing import OPEN, WALLET
from rewards.ledger.prolonging import keep_alive
from rewards.ledger.settling import activate_due, expire_due


class NotEnough(ValueError):
    """The wallet has less available than was to be spent; nothing moved."""

    def __init__(self, *, available: int, amount: int) -> None:
        self.available, self.amount = available, amount
        super().__init__(f"{amount} wanted, {max(available, 0)} available")


class UnknownWallet(LookupError):
    """No such wallet in the open tenant."""


def spend(
    *,
    wallet_id: UUID,
    amount: int,
    cause: UUID,
    actor: str,
    occurred_at: datetime,
    recorded_at: datetime,
) -> UUID:
    """Spend `amount` of a wallet, from the lots that expire soonest, then the oldest.

    Returns the entry's id; the same `cause` spends once and is answered with the first entry.
    Raises NotEnough, with nothing moved.
    """
    if amount <= 0:
        raise ValueError("An amount to spend is above zero.")
    with transaction.atomic():
        lock_wallet(wallet_id)
        earlier = entry_of(cause=cause, wallet_id=wallet_id, kind="spend")
        if earlier is not None:
            return earlier
        # What fell due a moment ago is settled now, not when the clock comes by: nobody spends
        # points that have expired, or misses some that have cleared.
        activate_due(upto=occurred_at, actor=actor, wallet_id=wallet_id)
        expire_due(upto=occurred_at, actor=actor, wallet_id=wallet_id)
        available = lock_wallet(wallet_id)
        if available < amount:
            raise NotEnough(available=available, amount=amount)
        values = {"wallet": wallet_id, "amount": amount, "cause": cause, "actor": actor}
        values |= {"occurred_at": occurred_at, "recorded_at": recorded_at}
        entry_id = take_out(kind="spend", values=values)
        keep_alive(wallet_ids=[wallet_id], at=occurred_at)
        return entry_id


def take_out(*, kind: str, values: dict[str, Any]) -> UUID:
    """Write an entry that takes an amount out of a locked wallet's lots, as far as they reach."""
    entry_id = uuid7()
    with connection.cursor() as cursor:
        names = {"tenant": current_tenant_id(), "entry": entry_id, "kind": kind}
        cursor.execute(_TAKE_OUT, values | names)
    return entry_id


_TAKE_OUT = f"""
WITH queue AS (
    SELECT entry_id, remaining,
           sum(remaining) OVER (ORDER BY expires_at NULLS LAST, earned_at, entry_id) AS upto
    FROM rewards_lot l {WALLET}
    WHERE l.tenant_id = %(tenant)s AND l.wallet_id = %(wallet)s AND l.state = 'active' AND {OPEN}
), taken AS (
    SELECT entry_id, least(remaining, %(amount)s - (upto - remaining)) AS amount
    FROM queue WHERE upto - remaining < %(amount)s
), lots AS (
    UPDATE rewards_lot l SET remaining = l.remaining - t.amount
    FROM taken t WHERE l.tenant_id = %(tenant)s AND l.entry_id = t.entry_id
), entry AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    VALUES (%(tenant)s, %(entry)s, %(wallet)s, %(kind)s, -%(amount)s, 0, 0, %(occurred_at)s,
            %(recorded_at)s, %(actor)s, %(cause)s)
), uses AS (
    INSERT INTO rewards_lotuse (tenant_id, lot_id, entry_id, amount)
    SELECT %(tenant)s, entry_id, %(entry)s, amount FROM taken
)
UPDATE rewards_wallet SET available = available - %(amount)s
WHERE tenant_id = %(tenant)s AND id = %(wallet)s
"""  # noqa: S608


def lock_wallet(wallet_id: UUID) -> int:
    """Lock the wallet until the transaction ends; returns what is available."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT available FROM rewards_wallet WHERE tenant_id = %s AND id = %s FOR UPDATE",
            [current_tenant_id(), wallet_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise UnknownWallet(wallet_id)
    return row[0]


def entry_of(*, cause: UUID, wallet_id: UUID, kind: str) -> UUID | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM rewards_entry "
            "WHERE tenant_id = %s AND cause = %s AND wallet_id = %s AND kind = %s",
            [current_tenant_id(), cause, wallet_id, kind],
        )
        row = cursor.fetchone()
    return row[0] if row else None
