"""Points put right by hand: given, taken off, extended, reinstated."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from accounts.ids import uuid7s
from accounts.postgres.arrays import plain, uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rewards.closing import ALIVE, TAKEN_BY
from rewards.ledger.settling import activate_due, expire_due
from rewards.ledger.spending import NotEnough, entry_of, lock_wallet, take_out


class NothingExpires(LookupError):
    """No points of the wallet expire at the instant that was to be extended; nothing moved."""


class NothingToReinstate(LookupError):
    """Nothing is left of the expiry that could come back; nothing moved."""


class Gift(NamedTuple):
    """A credit of its own: `cause` made it, and makes it once."""

    cause: UUID
    amount: int
    earned_at: datetime
    expires_at: datetime | None


def settle(*, wallet_id: UUID, at: datetime, actor: str) -> int:
    """Do what fell due in a wallet by `at`; returns what is available, the wallet being locked."""
    lock_wallet(wallet_id)
    activate_due(upto=at, actor=actor, wallet_id=wallet_id)
    expire_due(upto=at, actor=actor, wallet_id=wallet_id)
    return lock_wallet(wallet_id)


def give(*, wallet_id: UUID, gift: Gift, actor: str, at: datetime) -> None:
    """Add to a wallet by hand, once for the gift's cause; a debt is repaid first."""
    with transaction.atomic():
        lock_wallet(wallet_id)
        if entry_of(cause=gift.cause, wallet_id=wallet_id, kind="adjust") is None:
            put_in([gift], wallet_id=wallet_id, kind="adjust", actor=actor, at=at)


def deduct(
    *, wallet_id: UUID, amount: int, cause: UUID, into_debt: bool, actor: str, at: datetime
) -> None:
    """Take off by hand, once for the cause, from the lots that expire soonest, then the oldest.

    Raises NotEnough, with nothing moved, unless there is enough or a debt is allowed.
    """
    with transaction.atomic():
        lock_wallet(wallet_id)
        if entry_of(cause=cause, wallet_id=wallet_id, kind="adjust") is not None:
            return
        available = settle(wallet_id=wallet_id, at=at, actor=actor)
        if available < amount and not into_debt:
            raise NotEnough(available=available, amount=amount)
        values = {"wallet": wallet_id, "amount": amount, "cause": cause, "actor": actor}
        take_out(kind="adjust", values=values | {"occurred_at": at, "recorded_at": at})


def extend(
    *, wallet_id: UUID, expiring_at: datetime, until: datetime, actor: str, at: datetime
) -> int:
    """Let what expires at one instant expire at `until`; returns how much that concerns.

    Points set aside come along: they go back into the same lots. Raises NothingExpires when the
    day has come meanwhile, or nothing of it is left.
    """
    with transaction.atomic():
        settle(wallet_id=wallet_id, at=at, actor=actor)
        values = {"tenant": current_tenant_id(), "wallet": wallet_id, "until": until}
        rows = run(_EXTEND, values | {"expiring_at": expiring_at})
        amount = rows[0][0] if rows else 0
        if expiring_at <= at or not amount:
            raise NothingExpires(f"nothing of {wallet_id} expires at {expiring_at}")
        return amount


def reinstate(
    *, wallet_id: UUID, expired_by: UUID, until: datetime | None, actor: str, at: datetime
) -> int:
    """Bring back what the entry `expired_by` let expire, to expire at `until`; returns how much.

    What expired of a lot at one time comes back once: that is the cause of the entry that brings it
    back (`rewards.closing`). A debt is repaid first. Raises NothingToReinstate.
    """
    with transaction.atomic():
        settle(wallet_id=wallet_id, at=at, actor=actor)
        expired = reinstatable(wallet_id=wallet_id, expired_by=expired_by)
        if not expired:
            raise NothingToReinstate(f"nothing of {expired_by} can come back")
        gifts = [Gift(back, amount, earned_at, until) for back, amount, earned_at in expired]
        put_in(gifts, wallet_id=wallet_id, kind="adjust", actor=actor, at=at)
        return sum(gift.amount for gift in gifts)


def reinstatable(*, wallet_id: UUID, expired_by: UUID) -> list[tuple[UUID, int, datetime]]:
    """(cause to come back, amount, earned at) of what an expiry took and nothing has brought back
    yet, per lot."""
    values = {"tenant": current_tenant_id(), "wallet": wallet_id, "expired_by": expired_by}
    return run(_EXPIRED, values)


def put_in(gifts: Sequence[Gift], *, wallet_id: UUID, kind: str, actor: str, at: datetime) -> None:
    """Write credits into a locked wallet, an entry and, after repaying a debt, a lot for each."""
    run(
        _PUT_IN,
        {
            "tenant": current_tenant_id(),
            "wallet": wallet_id,
            "kind": kind,
            "actor": actor,
            "at": at,
            "ids": uuids(uuid7s(len(gifts))),
            "causes": uuids(gift.cause for gift in gifts),
            "amounts": plain(gift.amount for gift in gifts),
            "earned": plain(gift.earned_at for gift in gifts),
            "expires": plain(gift.expires_at for gift in gifts),
        },
    )


_PUT_IN = """
WITH given AS (
    SELECT g.*, greatest(-w.available, 0) AS debt,
           coalesce(g.expires_at <= w.expired_upto, false) AS late,
           sum(g.amount) OVER (ORDER BY g.expires_at NULLS LAST, g.earned_at, g.id) AS upto
    FROM unnest(%(ids)s::uuid[], %(causes)s::uuid[], %(amounts)s::bigint[],
                %(earned)s::timestamptz[], %(expires)s::timestamptz[])
        AS g (id, cause, amount, earned_at, expires_at)
    JOIN rewards_wallet w ON w.tenant_id = %(tenant)s AND w.id = %(wallet)s
), left_over AS (
    SELECT *, amount - least(amount, greatest(debt - (upto - amount), 0)) AS kept FROM given
), entries AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    SELECT %(tenant)s, id, %(wallet)s, %(kind)s, amount, 0, 0, %(at)s, %(at)s, %(actor)s, cause
    FROM given
), lots AS (
    INSERT INTO rewards_lot
        (tenant_id, entry_id, wallet_id, state, amount, remaining, earned_at, expires_at, late)
    SELECT %(tenant)s, id, %(wallet)s, 'active', kept, kept, earned_at, expires_at, late
    FROM left_over WHERE kept > 0
)
UPDATE rewards_wallet w
SET available = w.available + g.amount, expires_next = least(w.expires_next, g.expires_next)
FROM (SELECT sum(amount)::bigint AS amount, min(expires_at) AS expires_next FROM given) g
WHERE w.tenant_id = %(tenant)s AND w.id = %(wallet)s
"""

_EXTEND = f"""
WITH concerned AS (
    UPDATE rewards_lot l SET expires_at = %(until)s FROM rewards_wallet w
    WHERE l.tenant_id = %(tenant)s AND l.wallet_id = %(wallet)s AND l.expires_at = %(expiring_at)s
      AND w.tenant_id = l.tenant_id AND w.id = l.wallet_id AND {ALIVE}
      AND (l.remaining > 0 OR l.entry_id IN (
            SELECT u.lot_id FROM rewards_entry e
            JOIN rewards_lotuse u ON u.tenant_id = e.tenant_id AND u.entry_id = e.id
            WHERE e.tenant_id = %(tenant)s AND e.wallet_id = %(wallet)s AND e.kind = 'reserve'))
    RETURNING l.remaining
)
SELECT coalesce(sum(remaining), 0)::bigint FROM concerned
"""  # noqa: S608

_EXPIRED = f"""
SELECT taken.back, taken.amount, lot.earned_at
FROM rewards_entry e
CROSS JOIN LATERAL ({TAKEN_BY}) taken
JOIN rewards_lot lot ON lot.tenant_id = e.tenant_id AND lot.entry_id = taken.lot_id
WHERE e.tenant_id = %(tenant)s AND e.id = %(expired_by)s AND e.wallet_id = %(wallet)s
  AND e.kind = 'expire' AND taken.amount > 0
  AND NOT EXISTS (
      SELECT FROM rewards_entry again
      WHERE again.tenant_id = e.tenant_id AND again.cause = taken.back
        AND again.wallet_id = e.wallet_id AND again.kind = 'adjust')
ORDER BY lot.earned_at, taken.lot_id
"""  # noqa: S608
