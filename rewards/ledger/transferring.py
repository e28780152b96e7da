"""Points that move from one wallet of an account to another, lot by lot with their expiry."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.postgres.arrays import uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rewards.closing import OPEN, WALLET
from rewards.ledger.adjusting import settle
from rewards.ledger.order import IN_ORDER
from rewards.ledger.spending import NotEnough, UnknownWallet


class OtherAccount(ValueError):
    """Points move within one account, one program and one unit only; nothing moved."""


class OtherTransfer(ValueError):
    """The same command has moved something else before; nothing moved."""


def transfer(
    *,
    source_id: UUID,
    target_id: UUID,
    amount: int,
    command: UUID,
    reason: str,
    actor: str,
    at: datetime,
) -> bool:
    """Move `amount`, from the lots that expire soonest, then the oldest; once for a command.

    Each part of a lot becomes a lot of the target with the same expiry; a debt of the target is
    repaid first. Returns whether it moved now, not before. Raises NotEnough, OtherAccount,
    OtherTransfer or UnknownWallet, with nothing moved.
    """
    if amount <= 0:
        raise ValueError("An amount to transfer is above zero.")
    with transaction.atomic():
        _lock_both(source_id, target_id)
        if _done_before(command, source_id, target_id, amount):
            return False
        available = settle(wallet_id=source_id, at=at, actor=actor)
        if available < amount:
            raise NotEnough(available=available, amount=amount)
        run(
            _TRANSFER,
            {
                "tenant": current_tenant_id(),
                "source": source_id,
                "target": target_id,
                "amount": amount,
                "command": command,
                "reason": reason,
                "actor": actor,
                "at": at,
            },
        )
        return True


def _lock_both(source_id: UUID, target_id: UUID) -> None:
    found = run(_LOCK, [current_tenant_id(), uuids([source_id, target_id])])
    missing = {source_id, target_id} - {row[0] for row in found}
    if missing:
        raise UnknownWallet(*missing)
    if source_id == target_id or len({row[1:] for row in found}) != 1:
        raise OtherAccount(f"{source_id} and {target_id}")


_LOCK = f"""
SELECT id, account_id, program_id, unit FROM rewards_wallet
WHERE tenant_id = %s AND id = ANY (%s::uuid[])
{IN_ORDER} FOR UPDATE
"""  # noqa: S608


def _done_before(command: UUID, source_id: UUID, target_id: UUID, amount: int) -> bool:
    found = run(
        "SELECT source_id, target_id, sum(amount)::bigint FROM rewards_transfer "
        "WHERE tenant_id = %s AND command = %s GROUP BY 1, 2",
        [current_tenant_id(), command],
    )
    if found and found != [(source_id, target_id, amount)]:
        raise OtherTransfer(f"{command} has moved something else before")
    return bool(found)


_TRANSFER = f"""
WITH queue AS (
    SELECT entry_id, remaining, expires_at, earned_at,
           sum(remaining) OVER (ORDER BY expires_at NULLS LAST, earned_at, entry_id) AS upto
    FROM rewards_lot l {WALLET}
    WHERE l.tenant_id = %(tenant)s AND l.wallet_id = %(source)s AND l.state = 'active' AND {OPEN}
), parts AS (
    SELECT uuidv7() AS cause, uuidv7() AS source_entry, uuidv7() AS target_entry,
           entry_id AS lot_id, expires_at, earned_at,
           least(remaining, %(amount)s::bigint - (upto - remaining)) AS amount,
           least(upto, %(amount)s::bigint) AS moved
    FROM queue WHERE upto - remaining < %(amount)s::bigint
), kept AS (
    SELECT p.*, coalesce(p.expires_at <= w.expired_upto, false) AS late, p.amount
               - least(p.amount, greatest(greatest(-w.available, 0) - (p.moved - p.amount), 0))
               AS kept
    FROM parts p JOIN rewards_wallet w ON w.tenant_id = %(tenant)s AND w.id = %(target)s
), transfers AS (
    INSERT INTO rewards_transfer
        (tenant_id, id, command, source_id, target_id, lot_id, amount, reason, actor, moved_at)
    SELECT %(tenant)s, cause, %(command)s, %(source)s, %(target)s, lot_id, amount, %(reason)s,
           %(actor)s, %(at)s
    FROM parts
), taken AS (
    UPDATE rewards_lot l SET remaining = l.remaining - p.amount
    FROM parts p WHERE l.tenant_id = %(tenant)s AND l.entry_id = p.lot_id
), entries AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    SELECT %(tenant)s, source_entry, %(source)s::uuid, 'transfer', -amount, 0, 0, %(at)s, %(at)s,
           %(actor)s, cause FROM parts
    UNION ALL
    SELECT %(tenant)s, target_entry, %(target)s, 'transfer', amount, 0, 0, %(at)s, %(at)s,
           %(actor)s, cause FROM parts
), uses AS (
    INSERT INTO rewards_lotuse (tenant_id, lot_id, entry_id, amount)
    SELECT %(tenant)s, lot_id, source_entry, amount FROM parts
), lots AS (
    INSERT INTO rewards_lot
        (tenant_id, entry_id, wallet_id, state, amount, remaining, earned_at, expires_at, late)
    SELECT %(tenant)s, target_entry, %(target)s, 'active', kept, kept, earned_at, expires_at, late
    FROM kept WHERE kept > 0
)
UPDATE rewards_wallet
SET available = available
    + CASE id WHEN %(target)s THEN %(amount)s::bigint ELSE -%(amount)s::bigint END,
    expires_next = least(expires_next, CASE id WHEN %(target)s THEN
        (SELECT min(expires_at) FROM kept) END)
WHERE tenant_id = %(tenant)s AND id IN (%(source)s, %(target)s)
"""  # noqa: S608
