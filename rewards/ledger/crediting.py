"""Earnings come in: entries, lots and wallets for many grants at once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from accounts.facts import EARLIEST
from accounts.ids import uuid7s
from accounts.postgres.arrays import instants, plain, texts, uuids
from accounts.postgres.statements import Ask, Row, nothing
from accounts.tenancy import current_tenant_id
from rewards.ledger.closed import NONE_CLOSED, Closed
from rewards.ledger.order import IN_ORDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """An earning to write. `amount` may be zero: a wish that a cap left nothing of.

    With `activates_at` the amount is pending until then; `expires_at` is when the lot expires.
    """

    program_id: UUID
    account_id: UUID
    unit: str
    amount: int
    desired: int
    occurred_at: datetime
    activity_id: UUID
    rule_version_id: UUID
    tier_id: UUID | None
    multiplier: int | None  # in thousandths
    activates_at: datetime | None
    expires_at: datetime | None
    member_id: UUID | None = None  # whose wallet; None for the account's own


class WalletKey(NamedTuple):
    """Whose wallet of which unit; with `member_id` a member's own."""

    account_id: UUID
    program_id: UUID
    unit: str
    member_id: UUID | None


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
    return {WalletKey(*row[:4]): Opened(*row[4:]) for row in rows}


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
    keys = [_key(credit) for credit in credits]
    sums = _sums(keys, credits)
    new = [key for key in sums if key not in wallets]
    wallets |= {key: Opened(id_, 0) for key, id_ in zip(new, uuid7s(len(new)), strict=True)}
    holders = [wallets[key] for key in keys]
    values = {"tenant": current_tenant_id(), "actor": actor, "recorded_at": recorded_at}
    values |= {"closed_until": closed.until, "zone": closed.zone.key}
    values |= _sum_columns(sums, wallets) | _earning_columns(credits, holders)
    return [Ask(_CREDIT, values, nothing)]


# One statement for all three: it is the statements that cost a single fact its time.
_CREDIT = """
WITH earned AS MATERIALIZED (
    SELECT * FROM unnest(
        %(ids)s::uuid[], %(wallets)s::uuid[], %(amounts)s::bigint[], %(lots)s::bigint[],
        %(occurred)s::timestamptz[], %(activate)s::timestamptz[], %(expire)s::timestamptz[],
        %(activities)s::uuid[], %(versions)s::uuid[], %(tiers)s::uuid[], %(multipliers)s::bigint[],
        %(desired)s::bigint[], %(late)s::boolean[])
    AS e (id, wallet_id, amount, lot, occurred_at, activates_at, expires_at, activity_id,
          rule_version_id, tier_id, multiplier, desired, late)
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
         recorded_at, actor, cause, activity_id, rule_version_id, tier_id, multiplier, desired)
    SELECT %(tenant)s, id, wallet_id, 'earn',
           CASE WHEN activates_at IS NULL THEN amount ELSE 0 END,
           CASE WHEN activates_at IS NULL THEN 0 ELSE amount END, 0,
           CASE WHEN occurred_at < %(closed_until)s::timestamptz THEN %(recorded_at)s
                ELSE occurred_at END,
           CASE WHEN occurred_at < %(closed_until)s::timestamptz
                THEN date_trunc('quarter', occurred_at AT TIME ZONE %(zone)s)::date END,
           %(recorded_at)s, %(actor)s, activity_id, activity_id, rule_version_id, tier_id,
           multiplier / 1000.0, desired
    FROM earned
)
INSERT INTO rewards_lot
    (tenant_id, entry_id, wallet_id, state, amount, remaining, earned_at, activates_at, expires_at,
     late)
SELECT %(tenant)s, id, wallet_id, CASE WHEN activates_at IS NULL THEN 'active' ELSE 'pending' END,
       lot, lot, occurred_at, activates_at, expires_at, late
FROM earned WHERE lot > 0
"""


def _key(credit: Credit) -> WalletKey:
    return WalletKey(credit.account_id, credit.program_id, credit.unit, credit.member_id)


@dataclass(slots=True)
class _Coming:
    """What comes to a wallet, and when the first of it expires."""

    available: int = 0
    pending: int = 0
    expires_next: datetime | None = None


def _sums(keys: Sequence[WalletKey], credits: Sequence[Credit]) -> dict[WalletKey, _Coming]:
    sums: dict[WalletKey, _Coming] = defaultdict(_Coming)
    for key, credit in zip(keys, credits, strict=True):
        coming, ends = sums[key], credit.expires_at
        if credit.activates_at:
            coming.pending += credit.amount
        else:
            coming.available += credit.amount
        if ends and (coming.expires_next is None or ends < coming.expires_next):
            coming.expires_next = ends
    return sums


def _sum_columns(
    sums: Mapping[WalletKey, _Coming], wallets: Mapping[WalletKey, Opened]
) -> dict[str, Any]:
    return {
        "wallet_ids": uuids(wallets[key].id for key in sums),
        "accounts": uuids(key.account_id for key in sums),
        "programs": uuids(key.program_id for key in sums),
        "units": texts(key.unit for key in sums),
        "members": uuids(key.member_id for key in sums),
        "available": plain(coming.available for coming in sums.values()),
        "pending": plain(coming.pending for coming in sums.values()),
        "expires_next": instants(coming.expires_next for coming in sums.values()),
    }


def _earning_columns(credits: Sequence[Credit], holders: Sequence[Opened]) -> dict[str, Any]:
    return {
        "ids": uuids(uuid7s(len(credits))),
        "wallets": uuids(holder.id for holder in holders),
        "amounts": plain(credit.amount for credit in credits),
        "lots": plain(_after_debt(credits, holders)),
        "occurred": instants(credit.occurred_at for credit in credits),
        "activate": instants(credit.activates_at for credit in credits),
        "expire": instants(credit.expires_at for credit in credits),
        "activities": uuids(credit.activity_id for credit in credits),
        "versions": uuids(credit.rule_version_id for credit in credits),
        "tiers": uuids(credit.tier_id for credit in credits),
        "multipliers": plain(credit.multiplier for credit in credits),
        "desired": plain(credit.desired for credit in credits),
        "late": plain(_comes_late(*one) for one in zip(credits, holders, strict=True)),
    }


def _comes_late(credit: Credit, holder: Opened) -> bool:
    return credit.expires_at is not None and credit.expires_at <= holder.expired_upto


def _after_debt(credits: Sequence[Credit], holders: Sequence[Opened]) -> Iterator[int]:
    """How much of each credit its lot holds, once the holder's debt is repaid."""
    for credit, holder in zip(credits, holders, strict=True):
        repaid = 0 if credit.activates_at else min(credit.amount, holder.debt)
        holder.debt -= repaid
        yield credit.amount - repaid
