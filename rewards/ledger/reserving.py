"""Points set aside for a purpose, and then spent on it, given back, or given back after all.

`reserve` takes points out of available at once, lot by lot; `capture` spends what is reserved,
`release` gives it back into the same lots with the same expiry, `refund` does so after it was
spent. The four share one `cause`, the redemption: each happens once for it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from django.db import transaction

from accounts.ids import uuid7
from accounts.postgres.arrays import uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rewards.closing import BACK_OF_USE, OPEN, WALLET
from rewards.ledger.order import IN_ORDER
from rewards.ledger.prolonging import keep_alive
from rewards.ledger.settling import activate_due, expire_due
from rewards.ledger.spending import NotEnough, UnknownWallet


class NotHeld(LookupError):
    """A cause holds nothing that could be captured, released or refunded; nothing moved."""

    def __init__(self, causes: Sequence[UUID]) -> None:
        self.causes = tuple(causes)
        super().__init__(f"nothing is held for {', '.join(map(str, causes))}")


class OtherAmount(ValueError):
    """The cause has reserved another amount before; nothing moved."""


def reserve(
    *,
    wallet_id: UUID,
    amount: int,
    cause: UUID,
    actor: str,
    occurred_at: datetime,
    recorded_at: datetime,
) -> UUID:
    """Move `amount` from available to reserved, out of the lots that expire soonest, then oldest.

    Returns the entry's id; the same `cause` reserves once and is answered with the first entry.
    Raises NotEnough, UnknownWallet or OtherAmount, with nothing moved.
    """
    if amount <= 0:
        raise ValueError("An amount to reserve is above zero.")
    with transaction.atomic():
        lock_wallets([wallet_id])
        earlier = _reserved_for(cause, wallet_id)
        if earlier is not None:
            if earlier.amount != amount:
                raise OtherAmount(f"{cause} has reserved {earlier.amount}, not {amount}")
            return earlier.entry_id
        # As in spending: what fell due a moment ago is settled before anything is taken.
        activate_due(upto=occurred_at, actor=actor, wallet_id=wallet_id)
        expire_due(upto=occurred_at, actor=actor, wallet_id=wallet_id)
        available = _available(wallet_id)
        if available < amount:
            raise NotEnough(available=available, amount=amount)
        entry_id = uuid7()
        values = {"wallet": wallet_id, "entry": entry_id, "amount": amount, "cause": cause}
        run(_RESERVE, values | _stamp(actor, occurred_at, recorded_at))
        return entry_id


def capture(
    causes: Sequence[UUID], *, actor: str, occurred_at: datetime, recorded_at: datetime
) -> int:
    """Spend what the causes have reserved; returns how many moved now, not before.

    Raises NotHeld when a cause never reserved, or was released.
    """
    stamp = _stamp(actor, occurred_at, recorded_at)
    return _once(
        causes, becomes="spend", out_of="reserve", against="release", how=_CAPTURE, stamp=stamp
    )


def release(
    causes: Sequence[UUID], *, actor: str, occurred_at: datetime, recorded_at: datetime
) -> int:
    """Give back what the causes have reserved, into the same lots; returns how many moved now.

    What came from a lot that expired meanwhile expires in the same movement; of the rest, a debt
    is repaid first. Raises NotHeld when a cause never reserved, or was captured.
    """
    stamp = _stamp(actor, occurred_at, recorded_at)
    return _once(
        causes, becomes="release", out_of="reserve", against="spend", how=_GIVE_BACK, stamp=stamp
    )


def refund(
    causes: Sequence[UUID], *, actor: str, occurred_at: datetime, recorded_at: datetime
) -> int:
    """Give back what the causes have spent, as `release` does; returns how many moved now.

    Where the program grants days of grace (`CorrectionTerms`), what came from expired lots does
    not expire again at once: it comes back as new lots that are good for so many days more, one for
    each lot and by an entry of its own, whose cause names that lot's part (`BACK_OF_USE`).
    Raises NotHeld when a cause was never captured.
    """
    stamp = _stamp(actor, occurred_at, recorded_at)
    return _once(causes, becomes="refund", out_of="spend", against="", how=_GIVE_BACK, stamp=stamp)


class _Reserved(NamedTuple):
    entry_id: UUID
    amount: int


def _stamp(actor: str, occurred_at: datetime, recorded_at: datetime) -> dict[str, Any]:
    return {
        "tenant": current_tenant_id(),
        "actor": actor,
        "occurred_at": occurred_at,
        "recorded_at": recorded_at,
    }


def _once(
    causes: Sequence[UUID],
    *,
    becomes: str,
    out_of: str,
    against: str,
    how: LiteralString,
    stamp: dict[str, Any],
) -> int:
    """Make the entry `becomes` for each cause that has `out_of`, unless it is there already."""
    if not causes:
        return 0
    at: datetime = stamp["occurred_at"]
    with transaction.atomic():
        lock_wallets(_wallets_of(causes))
        written = _written_for(causes)
        empty = [
            cause
            for cause in causes
            if out_of not in written.get(cause, ()) or against in written[cause]
        ]
        if empty:
            raise NotHeld(empty)
        due = {cause for cause in causes if becomes not in written[cause]}
        if due:
            run(how, stamp | {"causes": uuids(sorted(due)), "kind": becomes})
        if due and becomes == "spend":
            keep_alive(wallet_ids=_wallets_of(sorted(due)), at=at)
        return len(due)


def lock_wallets(wallet_ids: Sequence[UUID]) -> None:
    """Lock the wallets in the one order, until the transaction ends."""
    found = run(_LOCK, [current_tenant_id(), uuids(wallet_ids)])
    missing = set(wallet_ids) - {row[0] for row in found}
    if missing:
        raise UnknownWallet(*missing)


_LOCK = f"""
SELECT id FROM rewards_wallet WHERE tenant_id = %s AND id = ANY (%s::uuid[])
{IN_ORDER} FOR UPDATE
"""  # noqa: S608


def _available(wallet_id: UUID) -> int:
    rows = run(
        "SELECT available FROM rewards_wallet WHERE tenant_id = %s AND id = %s",
        [current_tenant_id(), wallet_id],
    )
    return rows[0][0] if rows else 0


def _reserved_for(cause: UUID, wallet_id: UUID) -> _Reserved | None:
    rows = run(
        "SELECT id, reserved FROM rewards_entry "
        "WHERE tenant_id = %s AND cause = %s AND wallet_id = %s AND kind = 'reserve'",
        [current_tenant_id(), cause, wallet_id],
    )
    return _Reserved(*rows[0]) if rows else None


def _wallets_of(causes: Sequence[UUID]) -> list[UUID]:
    found = run(
        "SELECT DISTINCT wallet_id FROM rewards_entry "
        "WHERE tenant_id = %s AND cause = ANY (%s::uuid[]) AND kind = 'reserve'",
        [current_tenant_id(), uuids(causes)],
    )
    return [row[0] for row in found]


def _written_for(causes: Sequence[UUID]) -> dict[UUID, list[str]]:
    found = run(
        "SELECT cause, array_agg(kind::text) FROM rewards_entry "
        "WHERE tenant_id = %s AND cause = ANY (%s::uuid[]) GROUP BY cause",
        [current_tenant_id(), uuids(causes)],
    )
    return dict(found)


_RESERVE = f"""
WITH queue AS (
    SELECT entry_id, remaining,
           sum(remaining) OVER (ORDER BY expires_at NULLS LAST, earned_at, entry_id) AS upto
    FROM rewards_lot l {WALLET}
    WHERE l.tenant_id = %(tenant)s AND l.wallet_id = %(wallet)s AND l.state = 'active' AND {OPEN}
), taken AS (
    SELECT entry_id, least(remaining, %(amount)s::bigint - (upto - remaining)) AS amount
    FROM queue WHERE upto - remaining < %(amount)s::bigint
), lots AS (
    UPDATE rewards_lot l SET remaining = l.remaining - t.amount
    FROM taken t WHERE l.tenant_id = %(tenant)s AND l.entry_id = t.entry_id
), entry AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    VALUES (%(tenant)s, %(entry)s, %(wallet)s, 'reserve', -(%(amount)s::bigint), 0,
            %(amount)s::bigint, %(occurred_at)s, %(recorded_at)s, %(actor)s, %(cause)s)
), uses AS (
    INSERT INTO rewards_lotuse (tenant_id, lot_id, entry_id, amount)
    SELECT %(tenant)s, entry_id, %(entry)s::uuid, amount FROM taken
)
UPDATE rewards_wallet
SET available = available - %(amount)s::bigint, reserved = reserved + %(amount)s::bigint
WHERE tenant_id = %(tenant)s AND id = %(wallet)s
"""  # noqa: S608

_CAPTURE = """
WITH held AS (
    SELECT wallet_id, cause, reserved AS amount FROM rewards_entry
    WHERE tenant_id = %(tenant)s AND cause = ANY (%(causes)s::uuid[]) AND kind = 'reserve'
), entries AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    SELECT %(tenant)s, uuidv7(), wallet_id, %(kind)s, 0, 0, -amount, %(occurred_at)s,
           %(recorded_at)s, %(actor)s, cause
    FROM held
)
UPDATE rewards_wallet w SET reserved = w.reserved - h.amount
FROM (SELECT wallet_id, sum(amount) AS amount FROM held GROUP BY wallet_id) h
WHERE w.tenant_id = %(tenant)s AND w.id = h.wallet_id
"""

# `taken` is what each cause took out of each lot. A lot is over when its day has come, or when its
# wallet has passed that already: points never go back into a dead lot, they expire now.
# A refund may come back as lots of their own instead, good `until` the end of the days of grace:
# one for each lot, for a return to find what of its purchase has expired (`rewards.earned`).
# What comes back repays a debt in the order of spending before it goes into a lot.
_GIVE_BACK = f"""
WITH held AS (
    SELECT id AS reserve_id, uuidv7() AS id, wallet_id, cause, reserved AS amount
    FROM rewards_entry
    WHERE tenant_id = %(tenant)s AND cause = ANY (%(causes)s::uuid[]) AND kind = 'reserve'
), taken AS (
    SELECT h.id, h.cause, h.wallet_id, l.entry_id AS lot_id, u.amount, l.expires_at, l.earned_at,
           {BACK_OF_USE} AS back_of_use,
           coalesce(l.expires_at <= greatest(%(occurred_at)s, w.expired_upto), false) AS over,
           CASE %(kind)s::text WHEN 'refund' THEN
               (date_trunc('day', %(occurred_at)s::timestamptz AT TIME ZONE zone.time_zone)
                + make_interval(days => terms.grace_days + 1)) AT TIME ZONE zone.time_zone
           END AS until
    FROM held h
    JOIN rewards_lotuse u ON u.tenant_id = %(tenant)s AND u.entry_id = h.reserve_id
    JOIN rewards_lot l ON l.tenant_id = %(tenant)s AND l.entry_id = u.lot_id
    JOIN accounts_tenant zone ON zone.id = %(tenant)s
    JOIN rewards_wallet w ON w.tenant_id = %(tenant)s AND w.id = h.wallet_id
    LEFT JOIN rewards_correctionterms terms
           ON terms.tenant_id = %(tenant)s AND terms.program_id = w.program_id
), expiring AS (
    SELECT uuidv7() AS id, cause, wallet_id, sum(amount) AS amount
    FROM taken WHERE over AND until IS NULL GROUP BY cause, wallet_id
), graced AS (
    SELECT uuidv7() AS id, t.id AS refund_id, wallet_id, amount, until, earned_at, back_of_use
    FROM (SELECT * FROM taken WHERE over AND until IS NOT NULL ORDER BY earned_at, lot_id) t
), coming AS (
    SELECT id, wallet_id, lot_id, amount, expires_at, earned_at FROM taken WHERE NOT over
    UNION ALL
    SELECT id, wallet_id, NULL, amount, until, earned_at FROM graced
), alive AS (
    SELECT t.*, greatest(-w.available, 0) AS debt, w.expired_upto,
           sum(t.amount) OVER (
               PARTITION BY t.wallet_id
               ORDER BY t.expires_at NULLS LAST, t.earned_at, t.lot_id, t.id) AS upto
    FROM coming t
    JOIN rewards_wallet w ON w.tenant_id = %(tenant)s AND w.id = t.wallet_id
), back AS (
    SELECT id, wallet_id, lot_id, expires_at, earned_at, expired_upto,
           amount - least(amount, greatest(debt - (upto - amount), 0)) AS amount
    FROM alive
), lots AS (
    UPDATE rewards_lot l SET remaining = l.remaining + b.amount
    FROM (SELECT lot_id, sum(amount) AS amount FROM back GROUP BY lot_id) b
    WHERE l.tenant_id = %(tenant)s AND l.entry_id = b.lot_id AND b.amount > 0
), new_lots AS (
    INSERT INTO rewards_lot
        (tenant_id, entry_id, wallet_id, state, amount, remaining, earned_at, expires_at, late)
    SELECT %(tenant)s, id, wallet_id, 'active', amount, amount, earned_at, expires_at,
           expires_at <= expired_upto
    FROM back WHERE lot_id IS NULL AND amount > 0
), entries AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    SELECT %(tenant)s, h.id, h.wallet_id, %(kind)s::text,
           h.amount - coalesce((SELECT sum(g.amount) FROM graced g WHERE g.refund_id = h.id), 0), 0,
           CASE %(kind)s::text WHEN 'release' THEN -h.amount ELSE 0 END,
           %(occurred_at)s, %(recorded_at)s, %(actor)s, h.cause
    FROM held h
    UNION ALL
    SELECT %(tenant)s, id, wallet_id, %(kind)s::text, amount, 0, 0,
           %(occurred_at)s, %(recorded_at)s, %(actor)s, back_of_use
    FROM graced
    UNION ALL
    SELECT %(tenant)s, id, wallet_id, 'expire', -amount, 0, 0,
           %(occurred_at)s, %(recorded_at)s, %(actor)s, cause
    FROM expiring
), uses AS (
    INSERT INTO rewards_lotuse (tenant_id, lot_id, entry_id, amount)
    SELECT %(tenant)s::uuid, lot_id, id, -amount FROM back WHERE amount > 0 AND lot_id IS NOT NULL
    UNION ALL
    SELECT %(tenant)s, lot_id, id, -amount FROM taken WHERE over AND until IS NULL
    UNION ALL
    SELECT %(tenant)s, t.lot_id, e.id, t.amount
    FROM taken t JOIN expiring e ON e.cause = t.cause AND e.wallet_id = t.wallet_id
    WHERE t.over AND t.until IS NULL
)
UPDATE rewards_wallet w
SET available = w.available + h.amount - coalesce(e.amount, 0),
    reserved = w.reserved - CASE %(kind)s::text WHEN 'release' THEN h.amount ELSE 0 END,
    expires_next = least(w.expires_next, b.expires_next)
FROM (SELECT wallet_id, sum(amount) AS amount FROM held GROUP BY wallet_id) h
LEFT JOIN (SELECT wallet_id, sum(amount) AS amount FROM expiring GROUP BY wallet_id) e
       USING (wallet_id)
LEFT JOIN (SELECT wallet_id, min(expires_at) AS expires_next FROM back GROUP BY wallet_id) b
       USING (wallet_id)
WHERE w.tenant_id = %(tenant)s AND w.id = h.wallet_id
"""  # noqa: S608
