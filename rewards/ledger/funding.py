"""Marketing funds: allocated to accounts, committed to what they asked for, paid, released.

A wallet of funds holds what an account has from several budgets. So, unlike points, funds are
taken from named lots only: those of the allocations that the caller gives as `sources`. No such
wallet ever falls below zero; what could not be taken back is the caller's to remember. All that
happens to one request shares its `cause`: committed once, released at most once (in part, where
less is paid than was committed), paid once.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.ids import uuid7
from accounts.postgres.arrays import instants, plain, uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rewards.closing import OPEN, WALLET
from rewards.ledger.order import IN_ORDER
from rewards.ledger.reserving import NotHeld, OtherAmount
from rewards.ledger.settling import expire_due
from rewards.ledger.spending import NotEnough, UnknownWallet, entry_of, lock_wallet


@dataclass(frozen=True, slots=True)
class Allocation:
    """`amount` above 0 for an account, by a `cause` that makes it once; gone at `expires_at`."""

    account_id: UUID
    program_id: UUID
    amount: int
    cause: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Taking:
    """Up to `amount` above 0 to be taken back out of the lots of the allocations `sources`."""

    account_id: UUID
    program_id: UUID
    amount: int
    cause: UUID
    sources: Collection[UUID]


def allocate(allocations: Sequence[Allocation], *, actor: str, at: datetime) -> None:
    """Write an entry and a lot for each, and open the wallets that are not there yet.

    A cause that has allocated before is refused by the database.
    """
    if not allocations:
        return
    if min(one.amount for one in allocations) <= 0:
        raise ValueError("An amount to allocate is above zero.")
    if min(one.expires_at for one in allocations) <= at:
        raise ValueError("What is allocated is good for some time.")
    holders = sorted({(one.account_id, one.program_id) for one in allocations})
    values = {
        "tenant": current_tenant_id(),
        "actor": actor,
        "at": at,
        "accounts": uuids(account_id for account_id, _ in holders),
        "programs": uuids(program_id for _, program_id in holders),
    }
    with transaction.atomic():
        run(_OPEN, values)
        wallets = {(account, program): pk for pk, account, program in run(_LOCK, values)}
        whose = [wallets[one.account_id, one.program_id] for one in allocations]
        values |= {
            "wallets": uuids(whose),
            "amounts": plain(one.amount for one in allocations),
            "causes": uuids(one.cause for one in allocations),
            "ends": instants(one.expires_at for one in allocations),
        }
        run(_ALLOCATE, values)


def take_back(takings: Sequence[Taking], *, actor: str, at: datetime) -> dict[UUID, int]:
    """Take what is there of each, those lots first that expire soonest; how much it was, by cause.

    What is committed or paid is not there any more. Nothing there makes no entry, and of whoever
    never had any there is nothing. No two takings share a source.
    """
    if not takings:
        return {}
    holders = sorted({(one.account_id, one.program_id) for one in takings})
    values = {
        "tenant": current_tenant_id(),
        "actor": actor,
        "at": at,
        "accounts": uuids(account_id for account_id, _ in holders),
        "programs": uuids(program_id for _, program_id in holders),
    }
    with transaction.atomic():
        wallets = {(account, program): pk for pk, account, program in run(_LOCK, values)}
        for wallet_id in wallets.values():
            expire_due(upto=at, actor=actor, wallet_id=wallet_id)
        there = [one for one in takings if (one.account_id, one.program_id) in wallets]
        pairs = [(one, source) for one in there for source in sorted(one.sources)]
        values |= {
            "wallets": uuids(wallets[one.account_id, one.program_id] for one, _ in pairs),
            "amounts": plain(one.amount for one, _ in pairs),
            "causes": uuids(one.cause for one, _ in pairs),
            "sources": uuids(source for _, source in pairs),
        }
        return dict(run(_TAKE_BACK, values))


def commit(
    *,
    account_id: UUID,
    program_id: UUID,
    amount: int,
    cause: UUID,
    sources: Collection[UUID],
    actor: str,
    at: datetime,
) -> None:
    """Set `amount` aside out of the lots of the allocations `sources`, once for `cause`.

    Raises NotEnough, UnknownWallet or OtherAmount, with nothing moved.
    """
    if amount <= 0:
        raise ValueError("An amount to commit is above zero.")
    with transaction.atomic():
        wallet_id = _wallet_of(account_id, program_id)
        lock_wallet(wallet_id)
        if entry_of(cause=cause, wallet_id=wallet_id, kind="reserve") is not None:
            _refuse_other_amount(cause, amount)
            return
        expire_due(upto=at, actor=actor, wallet_id=wallet_id)
        there = sum(open_of(sources).values())
        if there < amount:
            raise NotEnough(available=there, amount=amount)
        values = {"tenant": current_tenant_id(), "wallet": wallet_id, "entry": uuid7()}
        values |= {"amount": amount, "cause": cause, "sources": uuids(sources)}
        run(_COMMIT, values | {"actor": actor, "at": at})


def release_beyond(cause: UUID, *, keep: int, actor: str, at: datetime) -> None:
    """Give back what is committed beyond `keep` (from 0 on), into the lots that last longest; what
    came from a lot that is over expires in the same movement. Once for `cause`.

    Raises NotHeld when nothing is committed, or less than `keep`.
    """
    with transaction.atomic():
        wallet_id, held, kinds = _held(cause)
        if "release" in kinds:
            return
        if held < keep or "spend" in kinds:
            raise NotHeld([cause])
        if held > keep:
            values = {"tenant": current_tenant_id(), "wallet": wallet_id, "cause": cause}
            run(_RELEASE, values | {"keep": keep, "entry": uuid7(), "actor": actor, "at": at})


def pay(cause: UUID, *, actor: str, at: datetime) -> int:
    """Spend what is still committed; how much. Once for `cause`, 0 when it was before. Raises
    NotHeld when nothing is committed."""
    with transaction.atomic():
        wallet_id, held, kinds = _held(cause)
        if "spend" in kinds:
            return 0
        if not held:
            raise NotHeld([cause])
        values = {"tenant": current_tenant_id(), "wallet": wallet_id, "cause": cause}
        run(_PAY, values | {"held": held, "actor": actor, "at": at})
        return held


def expire_funds(*, account_id: UUID, program_id: UUID, actor: str, at: datetime) -> None:
    """Do what fell due in an account's funds by `at`, where it has any; they stay locked."""
    with transaction.atomic():
        for (wallet_id,) in run(_WALLET_OF, _named(account_id, program_id)):
            lock_wallet(wallet_id)
            expire_due(upto=at, actor=actor, wallet_id=wallet_id)


def open_of(sources: Collection[UUID]) -> Mapping[UUID, int]:
    """What is left in the open lots of allocations, by the allocation; of those with anything."""
    return dict(run(_OPEN_OF, {"tenant": current_tenant_id(), "sources": uuids(sources)}))


def _wallet_of(account_id: UUID, program_id: UUID) -> UUID:
    rows = run(_WALLET_OF, _named(account_id, program_id))
    if not rows:
        raise UnknownWallet(account_id, program_id)
    return rows[0][0]


def _named(account_id: UUID, program_id: UUID) -> dict[str, UUID]:
    return {"tenant": current_tenant_id(), "account": account_id, "program": program_id}


def _held(cause: UUID) -> tuple[UUID, int, Collection[str]]:
    """(wallet, what is committed now, the kinds of its entries), the wallet being locked. Raises
    NotHeld."""
    values = {"tenant": current_tenant_id(), "cause": cause}
    wallets = run(_HOLDER, values)
    if not wallets:
        raise NotHeld([cause])
    lock_wallet(wallets[0][0])
    [(held, kinds)] = run(_HELD, values)
    return wallets[0][0], held, kinds


def _refuse_other_amount(cause: UUID, amount: int) -> None:
    [(committed,)] = run(_COMMITTED, {"tenant": current_tenant_id(), "cause": cause})
    if committed != amount:
        raise OtherAmount(f"{cause} has committed {committed}, not {amount}")


_WALLET_OF = """
SELECT id FROM rewards_wallet
WHERE tenant_id = %(tenant)s AND account_id = %(account)s AND program_id = %(program)s
  AND unit = 'funds' AND member_id IS NULL
"""

_HOLDER = """
SELECT wallet_id FROM rewards_entry
WHERE tenant_id = %(tenant)s AND cause = %(cause)s AND kind = 'reserve'
"""

_HELD = """
SELECT sum(reserved)::bigint, array_agg(kind::text) FROM rewards_entry
WHERE tenant_id = %(tenant)s AND cause = %(cause)s
"""

_COMMITTED = """
SELECT reserved FROM rewards_entry
WHERE tenant_id = %(tenant)s AND cause = %(cause)s AND kind = 'reserve'
"""

_OPEN = """
INSERT INTO rewards_wallet
    (tenant_id, id, account_id, program_id, unit, available, pending, reserved)
SELECT %(tenant)s, uuidv7(), account_id, program_id, 'funds', 0, 0, 0
FROM unnest(%(accounts)s::uuid[], %(programs)s::uuid[]) AS h (account_id, program_id)
ORDER BY account_id, program_id
ON CONFLICT (tenant_id, account_id, program_id, unit, member_id) DO NOTHING
"""

_LOCK = f"""
SELECT id, account_id, program_id FROM rewards_wallet
WHERE tenant_id = %(tenant)s AND unit = 'funds' AND member_id IS NULL
  AND account_id = ANY (%(accounts)s::uuid[])
  AND (account_id, program_id) IN (
      SELECT * FROM unnest(%(accounts)s::uuid[], %(programs)s::uuid[]))
{IN_ORDER} FOR UPDATE
"""  # noqa: S608

_ALLOCATE = """
WITH given AS MATERIALIZED (
    SELECT uuidv7() AS id, a.* FROM unnest(%(wallets)s::uuid[], %(amounts)s::bigint[],
        %(causes)s::uuid[], %(ends)s::timestamptz[]) AS a (wallet_id, amount, cause, expires_at)
), entries AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    SELECT %(tenant)s, id, wallet_id, 'allocate', amount, 0, 0, %(at)s, %(at)s, %(actor)s, cause
    FROM given
), lots AS (
    INSERT INTO rewards_lot
        (tenant_id, entry_id, wallet_id, state, amount, remaining, earned_at, expires_at, late)
    SELECT %(tenant)s, g.id, g.wallet_id, 'active', g.amount, g.amount, %(at)s, g.expires_at,
           false
    FROM given g
)
UPDATE rewards_wallet w
SET available = w.available + g.amount, expires_next = least(w.expires_next, g.expires_next)
FROM (SELECT wallet_id, sum(amount)::bigint AS amount, min(expires_at) AS expires_next
      FROM given GROUP BY wallet_id) g
WHERE w.tenant_id = %(tenant)s AND w.id = g.wallet_id
"""

# The open lots `l` of named allocations.
_LOTS = f"""
    rewards_entry e
    JOIN rewards_lot l ON l.tenant_id = e.tenant_id AND l.entry_id = e.id {WALLET}
    WHERE e.tenant_id = %(tenant)s AND e.kind = 'allocate' AND {OPEN}
"""

_OPEN_OF = f"""
SELECT e.cause, l.remaining FROM {_LOTS} AND e.cause = ANY (%(sources)s::uuid[])
"""  # noqa: S608

_TAKE_BACK = f"""
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest(%(wallets)s::uuid[], %(amounts)s::bigint[], %(causes)s::uuid[],
                         %(sources)s::uuid[]) AS a (wallet_id, amount, cause, source)
), queue AS (
    SELECT a.cause, a.wallet_id, a.amount, q.entry_id, q.remaining,
           sum(q.remaining) OVER (
               PARTITION BY a.cause ORDER BY q.expires_at, q.earned_at, q.entry_id) AS upto
    FROM wanted a
    CROSS JOIN LATERAL (
        SELECT l.entry_id, l.remaining, l.expires_at, l.earned_at
        FROM {_LOTS} AND e.cause = a.source AND e.wallet_id = a.wallet_id) q
), taken AS (
    SELECT cause, wallet_id, entry_id, least(remaining, amount - (upto - remaining)) AS amount
    FROM queue WHERE upto - remaining < amount
), sums AS (
    SELECT uuidv7() AS id, cause, wallet_id, sum(amount)::bigint AS amount
    FROM taken GROUP BY cause, wallet_id
), lots AS (
    UPDATE rewards_lot l SET remaining = l.remaining - t.amount
    FROM taken t WHERE l.tenant_id = %(tenant)s AND l.entry_id = t.entry_id
), entries AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    SELECT %(tenant)s, id, wallet_id, 'allocate', -amount, 0, 0, %(at)s, %(at)s, %(actor)s, cause
    FROM sums
), uses AS (
    INSERT INTO rewards_lotuse (tenant_id, lot_id, entry_id, amount)
    SELECT %(tenant)s, t.entry_id, s.id, t.amount FROM taken t JOIN sums s USING (cause)
), wallets AS (
    UPDATE rewards_wallet w SET available = w.available - s.amount
    FROM (SELECT wallet_id, sum(amount) AS amount FROM sums GROUP BY wallet_id) s
    WHERE w.tenant_id = %(tenant)s AND w.id = s.wallet_id
)
SELECT cause, amount FROM sums
"""  # noqa: S608

_COMMIT = f"""
WITH queue AS (
    SELECT l.entry_id, l.remaining,
           sum(l.remaining) OVER (ORDER BY l.expires_at, l.earned_at, l.entry_id) AS upto
    FROM {_LOTS} AND e.cause = ANY (%(sources)s::uuid[]) AND e.wallet_id = %(wallet)s
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
            %(amount)s::bigint, %(at)s, %(at)s, %(actor)s, %(cause)s)
), uses AS (
    INSERT INTO rewards_lotuse (tenant_id, lot_id, entry_id, amount)
    SELECT %(tenant)s, entry_id, %(entry)s::uuid, amount FROM taken
)
UPDATE rewards_wallet
SET available = available - %(amount)s::bigint, reserved = reserved + %(amount)s::bigint
WHERE tenant_id = %(tenant)s AND id = %(wallet)s
"""  # noqa: S608

# What is kept is what came from the lots that expire soonest.
_RELEASE = """
WITH taken AS (
    SELECT l.entry_id AS lot_id, u.amount,
           coalesce(l.expires_at <= greatest(%(at)s, w.expired_upto), false) AS over,
           sum(u.amount) OVER (ORDER BY l.expires_at, l.earned_at, l.entry_id) AS upto,
           l.expires_at
    FROM rewards_entry held
    JOIN rewards_lotuse u ON u.tenant_id = held.tenant_id AND u.entry_id = held.id
    JOIN rewards_lot l ON l.tenant_id = u.tenant_id AND l.entry_id = u.lot_id
    JOIN rewards_wallet w ON w.tenant_id = l.tenant_id AND w.id = l.wallet_id
    WHERE held.tenant_id = %(tenant)s AND held.cause = %(cause)s AND held.kind = 'reserve'
), back AS (
    SELECT lot_id, over, expires_at, least(amount, upto - %(keep)s::bigint) AS amount
    FROM taken WHERE upto > %(keep)s::bigint
), sums AS (
    SELECT sum(amount)::bigint AS amount,
           coalesce(sum(amount) FILTER (WHERE over), 0)::bigint AS expired,
           min(expires_at) FILTER (WHERE NOT over) AS expires_next, uuidv7() AS expiry
    FROM back
), lots AS (
    UPDATE rewards_lot l SET remaining = l.remaining + b.amount
    FROM back b WHERE l.tenant_id = %(tenant)s AND l.entry_id = b.lot_id AND NOT b.over
), entries AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    SELECT %(tenant)s, %(entry)s::uuid, %(wallet)s::uuid, 'release', amount, 0, -amount, %(at)s,
           %(at)s, %(actor)s, %(cause)s::uuid
    FROM sums
    UNION ALL
    SELECT %(tenant)s, expiry, %(wallet)s, 'expire', -expired, 0, 0, %(at)s, %(at)s, %(actor)s,
           %(cause)s
    FROM sums WHERE expired > 0
), uses AS (
    INSERT INTO rewards_lotuse (tenant_id, lot_id, entry_id, amount)
    SELECT %(tenant)s::uuid, lot_id, %(entry)s::uuid, -amount FROM back
    UNION ALL
    SELECT %(tenant)s, lot_id, expiry, back.amount FROM back, sums WHERE over
)
UPDATE rewards_wallet w
SET available = w.available + s.amount - s.expired, reserved = w.reserved - s.amount,
    expires_next = least(w.expires_next, s.expires_next)
FROM sums s
WHERE w.tenant_id = %(tenant)s AND w.id = %(wallet)s
"""

_PAY = """
WITH entry AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    VALUES (%(tenant)s, uuidv7(), %(wallet)s, 'spend', 0, 0, -(%(held)s::bigint), %(at)s, %(at)s,
            %(actor)s, %(cause)s)
)
UPDATE rewards_wallet SET reserved = reserved - %(held)s::bigint
WHERE tenant_id = %(tenant)s AND id = %(wallet)s
"""
