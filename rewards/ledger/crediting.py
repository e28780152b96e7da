"""Earnings come in: entries, lots and wallets for many grants at once."""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from accounts.facts import EARLIEST
from accounts.ids import uuid7_numbers, uuid7s
from accounts.postgres.arrays import NEVER, instants, plain, texts, uuids, uuids_of
from accounts.postgres.binary import bigint_array, bool_array, int_array, uuid_array
from accounts.postgres.statements import Ask, Row, nothing
from accounts.tenancy import current_tenant_id
from rewards.ledger.closed import NONE_CLOSED, Closed
from rewards.ledger.order import IN_ORDER

_NONE = UUID(int=0)

T = TypeVar("T", bound=Hashable)


class WalletKey(NamedTuple):
    """Whose wallet of which unit; with `member` a member's own. Account, program and member are the
    numbers of their ids (UUID.int), which are hashed without a call."""

    account: int
    program: int
    unit: str
    member: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alike:
    """What credits have in common that one rule gave at one tier and instant.

    With `activates_at` they are pending until then; `expires_at` is when their lots expire.
    `note_id` is the note on what raised or lowered them.
    """

    occurred_at: datetime
    rule_version_id: UUID
    tier_id: UUID | None
    multiplier: int | None  # in thousandths
    activates_at: datetime | None
    expires_at: datetime | None
    note_id: UUID | None = None


class Credit(NamedTuple):
    """An earning to write. `amount` may be zero: a wish that a cap left nothing of."""

    holder: WalletKey
    amount: int
    desired: int
    activity_id: UUID
    alike: Alike


@dataclass(slots=True)
class Opened:
    """A wallet as the batch finds it; `debt` is what its next earnings repay first.

    What comes in to expire by `expired_upto` comes late: the wallet has passed that instant.
    """

    id: UUID
    debt: int
    expired_upto: datetime = EARLIEST


def wallets_of(numbers: Iterable[str]) -> Ask[dict[WalletKey, Opened]]:
    """The wallets of the accounts with these numbers, locked until the transaction ends.

    Whoever opens one has locked its account before (`accounts.directory`), so none comes to it.
    """
    return Ask(_WALLETS, {"tenant": current_tenant_id(), "numbers": texts(numbers)}, _by_holder)


_WALLETS = f"""
SELECT account_id, program_id, unit, member_id, id, greatest(-available, 0), expired_upto
FROM rewards_wallet
WHERE tenant_id = %(tenant)s AND account_id IN (
    SELECT id FROM accounts_account
    WHERE tenant_id = %(tenant)s AND number = ANY (%(numbers)s::text[]))
{IN_ORDER} FOR NO KEY UPDATE
"""  # noqa: S608 - the order is a constant


def _by_holder(rows: list[Row]) -> dict[WalletKey, Opened]:
    return {
        WalletKey(account.int, program.int, unit, member and member.int): Opened(*wallet)
        for account, program, unit, member, *wallet in rows
    }


def crediting(
    credits: Sequence[Credit],
    *,
    wallets: dict[WalletKey, Opened],
    actor: str,
    recorded_at: datetime,
    closed: Closed = NONE_CLOSED,
) -> list[Ask[None]]:
    """Writes earnings: entries, lots, and into `wallets`, to which it adds those it opens.

    A holder in debt repays it first: the lot then holds what is left, and none is made for nothing.
    What was earned in a closed quarter is dated now and names that quarter.
    """
    if not credits:
        return []
    holders = _holders(credits, wallets)
    values = {"tenant": current_tenant_id(), "actor": actor, "recorded_at": recorded_at}
    values |= {"closed_until": closed.until, "zone": closed.zone.key}
    values |= _earning_columns(credits, holders) | _holder_columns(holders)
    return [Ask(_CREDIT, values, nothing)]


# One statement for all three: it is the statements that cost a single fact its time.
# What many credits share comes once, and each says its number: much of what a row costs is to write
# its values as text and to read them again. Postgres finds a number at once only in an array that
# has no NULL, so other values stand for it.
_CREDIT = """
WITH earned AS MATERIALIZED (
    SELECT id, (%(wallet_ids)s::uuid[])[holder] AS wallet_id, amount, lot,
           (%(activities)s::uuid[])[fact] AS activity_id, desired, late,
           (%(occurred)s::timestamptz[])[alike] AS occurred_at,
           (%(versions)s::uuid[])[alike] AS rule_version_id,
           nullif((%(tiers)s::uuid[])[alike], '00000000000000000000000000000000') AS tier_id,
           nullif((%(notes)s::uuid[])[alike], '00000000000000000000000000000000') AS note_id,
           nullif((%(multipliers)s::bigint[])[alike], 0) AS multiplier,
           nullif((%(activate)s::timestamptz[])[alike], 'infinity') AS activates_at,
           nullif((%(expire)s::timestamptz[])[alike], 'infinity') AS expires_at
    FROM unnest(%(ids)s::uuid[], %(holders)s::int[], %(facts)s::int[], %(alike)s::int[],
                %(amounts)s::bigint[], %(lots)s::bigint[], %(desired)s::bigint[],
                %(late)s::boolean[])
        AS e (id, holder, fact, alike, amount, lot, desired, late)
), wallet AS (
    INSERT INTO rewards_wallet AS w
        (tenant_id, id, account_id, program_id, unit, member_id, available, pending, expires_next,
         reserved)
    SELECT %(tenant)s, *, 0 FROM unnest(
        %(wallet_ids)s::uuid[], %(accounts)s::uuid[], %(programs)s::uuid[], %(units)s::text[],
        %(members)s::uuid[], %(available)s::bigint[], %(pending)s::bigint[],
        %(expires_next)s::timestamptz[])
    ON CONFLICT (tenant_id, account_id, program_id, unit, member_id) DO UPDATE
    SET available = w.available + EXCLUDED.available, pending = w.pending + EXCLUDED.pending,
        expires_next = least(w.expires_next, EXCLUDED.expires_next)
), entry AS (
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, corrects,
         recorded_at, actor, cause, activity_id, rule_version_id, tier_id, multiplier, desired,
         note_id)
    SELECT %(tenant)s, id, wallet_id, 'earn',
           CASE WHEN activates_at IS NULL THEN amount ELSE 0 END,
           CASE WHEN activates_at IS NULL THEN 0 ELSE amount END, 0,
           CASE WHEN occurred_at < %(closed_until)s::timestamptz THEN %(recorded_at)s
                ELSE occurred_at END,
           CASE WHEN occurred_at < %(closed_until)s::timestamptz
                THEN date_trunc('quarter', occurred_at AT TIME ZONE %(zone)s)::date END,
           %(recorded_at)s, %(actor)s, activity_id, activity_id, rule_version_id, tier_id,
           multiplier / 1000.0, desired, note_id
    FROM earned
)
INSERT INTO rewards_lot
    (tenant_id, entry_id, wallet_id, state, amount, remaining, earned_at, activates_at, expires_at,
     late)
SELECT %(tenant)s, id, wallet_id, CASE WHEN activates_at IS NULL THEN 'active' ELSE 'pending' END,
       lot, lot, occurred_at, activates_at, expires_at, late
FROM earned WHERE lot > 0
"""


@dataclass(slots=True)
class _Holder:
    """A wallet that credits come to: what comes in all, when the first of it expires, and under
    which number its credits name it."""

    wallet: Opened
    number: int
    available: int = 0
    pending: int = 0
    expires_next: datetime | None = None


def _lot_of(credit: Credit, holder: _Holder) -> int:
    """Add a credit to what its holder gets; what its lot holds, once a debt is repaid."""
    amount, ends = credit.amount, credit.alike.expires_at
    if ends and (holder.expires_next is None or ends < holder.expires_next):
        holder.expires_next = ends
    if credit.alike.activates_at:
        holder.pending += amount
        return amount
    holder.available += amount
    repaid = min(amount, holder.wallet.debt)
    holder.wallet.debt -= repaid
    return amount - repaid


def _holders(
    credits: Sequence[Credit], wallets: dict[WalletKey, Opened]
) -> dict[WalletKey, _Holder]:
    """Who the credits come to; whoever has no wallet yet is given one in `wallets`."""
    keys = list(dict.fromkeys([credit.holder for credit in credits]))
    new = [key for key in keys if key not in wallets]
    wallets |= {key: Opened(id_, 0) for key, id_ in zip(new, uuid7s(len(new)), strict=True)}
    return {key: _Holder(wallets[key], number) for number, key in enumerate(keys, start=1)}


def _holder_columns(holders: Mapping[WalletKey, _Holder]) -> dict[str, Any]:
    coming = holders.values()
    return {
        "wallet_ids": uuids(holder.wallet.id for holder in coming),
        "accounts": uuids_of(key.account for key in holders),
        "programs": uuids_of(key.program for key in holders),
        "units": texts(key.unit for key in holders),
        "members": uuids_of(key.member for key in holders),
        "available": plain(holder.available for holder in coming),
        "pending": plain(holder.pending for holder in coming),
        "expires_next": instants(holder.expires_next for holder in coming),
    }


def _earning_columns(
    credits: Sequence[Credit], holders: Mapping[WalletKey, _Holder]
) -> dict[str, Any]:
    """The credits' columns; adds each to its holder."""
    at = [holders[credit.holder] for credit in credits]
    facts = _numbered(credit.activity_id.int for credit in credits)
    alike = _numbered(credit.alike for credit in credits)
    return _alike_columns(alike) | {
        "activities": uuid_array(facts),
        "facts": int_array([facts[credit.activity_id.int] for credit in credits]),
        "alike": int_array([alike[credit.alike] for credit in credits]),
        "ids": uuid_array(uuid7_numbers(len(credits))),
        "holders": int_array([holder.number for holder in at]),
        "lots": bigint_array([_lot_of(*one) for one in zip(credits, at, strict=True)]),
        "late": bool_array([_comes_late(*one) for one in zip(credits, at, strict=True)]),
        "amounts": bigint_array([credit.amount for credit in credits]),
        "desired": bigint_array([credit.desired for credit in credits]),
    }


def _numbered(values: Iterable[T]) -> dict[T, int]:
    """Each value once, with its number; from 1, as arrays count in Postgres."""
    return {value: number for number, value in enumerate(dict.fromkeys(values), start=1)}


def _comes_late(credit: Credit, holder: _Holder) -> bool:
    ends = credit.alike.expires_at
    return ends is not None and ends <= holder.wallet.expired_upto


def _alike_columns(alike: Collection[Alike]) -> dict[str, Any]:
    return {
        "occurred": instants(one.occurred_at for one in alike),
        "versions": uuids(one.rule_version_id for one in alike),
        "tiers": uuids(one.tier_id or _NONE for one in alike),
        "notes": uuids(one.note_id or _NONE for one in alike),
        "multipliers": plain(one.multiplier or 0 for one in alike),
        "activate": instants(one.activates_at or NEVER for one in alike),
        "expire": instants(one.expires_at or NEVER for one in alike),
    }
