"""Money that agreements promise: accrued as pending, and settled into available once approved.

What is pending of money has no lots (see `rewards.models.Wallet`); what was settled has: it is
reserved, spent and given back like points.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.ids import uuid7
from accounts.postgres.arrays import plain, uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rewards.closing import OPEN, WALLET
from rewards.ledger.opening import open_wallets
from rewards.ledger.order import IN_ORDER
from rewards.ledger.spending import entry_of, lock_wallet


@dataclass(frozen=True, slots=True)
class Accrued:
    """`amount` is more or less than before, never 0; `corrects` the first day of the closed period
    that it is about, if it is about one."""

    account_id: UUID
    program_id: UUID
    amount: int
    cause: UUID
    corrects: date | None


def accrue(accrued: Sequence[Accrued], *, actor: str, at: datetime) -> None:
    """Write an entry for each, and open the wallets that are not there yet.

    A cause that has accrued before is refused by the database: whoever accrues, does so once.
    """
    if not accrued:
        return
    holders = sorted({(one.account_id, one.program_id) for one in accrued})
    values = {
        "tenant": current_tenant_id(),
        "actor": actor,
        "at": at,
        "accounts": uuids(account_id for account_id, _ in holders),
        "programs": uuids(program_id for _, program_id in holders),
    }
    with transaction.atomic():
        # Wallets that were opened a moment ago are in no statistics yet: told nothing, the planner
        # takes them for one or two, and compares each with all that is handed in.
        run("SET LOCAL enable_nestloop = off", ())
        run(_OPEN, values)
        wallets = {(account, program): pk for pk, account, program in run(_LOCK, values)}
        run(_ACCRUE, values | _entries(accrued, wallets))
        run("SET LOCAL enable_nestloop = on", ())


def _entries(
    accrued: Sequence[Accrued], wallets: Mapping[tuple[UUID, UUID], UUID]
) -> dict[str, str]:
    whose = [wallets[one.account_id, one.program_id] for one in accrued]
    return {
        "wallets": uuids(whose),
        "amounts": plain(one.amount for one in accrued),
        "causes": uuids(one.cause for one in accrued),
        "corrects": plain(one.corrects for one in accrued),
    }


_OPEN = """
INSERT INTO rewards_wallet
    (tenant_id, id, account_id, program_id, unit, available, pending, reserved)
SELECT %(tenant)s, uuidv7(), account_id, program_id, 'money', 0, 0, 0
FROM unnest(%(accounts)s::uuid[], %(programs)s::uuid[]) AS h (account_id, program_id)
ORDER BY account_id, program_id
ON CONFLICT (tenant_id, account_id, program_id, unit, member_id) DO NOTHING
"""

_LOCK = f"""
SELECT id, account_id, program_id FROM rewards_wallet
WHERE tenant_id = %(tenant)s AND unit = 'money' AND member_id IS NULL
  AND account_id = ANY (%(accounts)s::uuid[])
  AND (account_id, program_id) IN (
      SELECT * FROM unnest(%(accounts)s::uuid[], %(programs)s::uuid[]))
{IN_ORDER} FOR UPDATE
"""  # noqa: S608

_ACCRUE = """
WITH accrued AS MATERIALIZED (
    SELECT * FROM unnest(%(wallets)s::uuid[], %(amounts)s::bigint[], %(causes)s::uuid[],
                         %(corrects)s::date[]) AS a (wallet_id, amount, cause, corrects)
), entries AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause, corrects)
    SELECT %(tenant)s, uuidv7(), wallet_id, 'accrue', 0, amount, 0, %(at)s, %(at)s, %(actor)s,
           cause, corrects
    FROM accrued
)
UPDATE rewards_wallet w SET pending = w.pending + a.amount
FROM (SELECT wallet_id, sum(amount)::bigint AS amount FROM accrued GROUP BY wallet_id) a
WHERE w.tenant_id = %(tenant)s AND w.id = a.wallet_id AND w.id = ANY (%(wallets)s::uuid[])
"""


def settle(
    *, account_id: UUID, program_id: UUID, amount: int, cause: UUID, actor: str, at: datetime
) -> None:
    """Move `amount` of the account's accrued money from pending into available, once for `cause`.

    A debt is repaid first; the rest is a lot that never expires. An amount below zero takes back:
    out of the oldest lots as far as they reach, and what was spent already becomes a debt.
    """
    with transaction.atomic():
        wallets = open_wallets(
            account_id=account_id, program_id=program_id, unit="money", member_ids=[None]
        )
        wallet_id = wallets[None]
        lock_wallet(wallet_id)
        if entry_of(cause=cause, wallet_id=wallet_id, kind="settle") is None:
            values = {"tenant": current_tenant_id(), "wallet": wallet_id, "entry": uuid7()}
            values |= {"amount": amount, "cause": cause, "actor": actor, "at": at}
            run(_SETTLE if amount >= 0 else _TAKE_BACK, values)


_ENTRY = """
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    VALUES (%(tenant)s, %(entry)s::uuid, %(wallet)s::uuid, 'settle', %(amount)s::bigint,
            -(%(amount)s::bigint), 0, %(at)s, %(at)s, %(actor)s, %(cause)s)
"""

_MOVE = """
UPDATE rewards_wallet
SET available = available + %(amount)s::bigint, pending = pending - %(amount)s::bigint
WHERE tenant_id = %(tenant)s AND id = %(wallet)s
"""

_SETTLE = f"""
WITH kept AS (
    SELECT %(amount)s::bigint - least(%(amount)s::bigint, greatest(-available, 0)) AS amount
    FROM rewards_wallet WHERE tenant_id = %(tenant)s AND id = %(wallet)s
), entry AS ({_ENTRY}), lots AS (
    INSERT INTO rewards_lot
        (tenant_id, entry_id, wallet_id, state, amount, remaining, earned_at, late)
    SELECT %(tenant)s, %(entry)s::uuid, %(wallet)s::uuid, 'active', amount, amount, %(at)s, false
    FROM kept WHERE amount > 0
)
{_MOVE}
"""  # noqa: S608

_TAKE_BACK = f"""
WITH queue AS (
    SELECT entry_id, remaining,
           sum(remaining) OVER (ORDER BY expires_at NULLS LAST, earned_at, entry_id) AS upto
    FROM rewards_lot l {WALLET}
    WHERE l.tenant_id = %(tenant)s AND l.wallet_id = %(wallet)s AND l.state = 'active' AND {OPEN}
), taken AS (
    SELECT entry_id, least(remaining, -(%(amount)s::bigint) - (upto - remaining)) AS amount
    FROM queue WHERE upto - remaining < -(%(amount)s::bigint)
), lots AS (
    UPDATE rewards_lot l SET remaining = l.remaining - t.amount
    FROM taken t WHERE l.tenant_id = %(tenant)s AND l.entry_id = t.entry_id
), entry AS ({_ENTRY}), uses AS (
    INSERT INTO rewards_lotuse (tenant_id, lot_id, entry_id, amount)
    SELECT %(tenant)s, entry_id, %(entry)s::uuid, amount FROM taken
)
{_MOVE}
"""  # noqa: S608
