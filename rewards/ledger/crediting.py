"""Earnings come in: entries, lots and wallets for many grants at once."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from accounts.ids import uuid7s
from accounts.postgres.arrays import plain, texts, uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rewards.ledger.closed import NONE_CLOSED, Closed


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


class _WalletKey(NamedTuple):
    account_id: UUID
    program_id: UUID
    unit: str


@dataclass(slots=True)
class _Opened:
    """A wallet as the batch finds it; `debt` is what its next earnings repay first."""

    id: UUID
    debt: int


class _Lot(NamedTuple):
    entry_id: UUID
    wallet_id: UUID
    state: str
    amount: int
    earned_at: datetime
    activates_at: datetime | None
    expires_at: datetime | None


def credit(
    credits: Sequence[Credit], *, actor: str, recorded_at: datetime, closed: Closed = NONE_CLOSED
) -> None:
    """Write earnings: entries, lots, wallets.

    A holder in debt repays it first: the lot then holds what is left, and none is made for nothing.
    What was earned in a closed quarter is dated now and names that quarter.
    """
    if not credits:
        return
    wallets = _add_to_wallets(credits)
    ids = uuid7s(len(credits))
    _insert_earnings(credits, ids, wallets, actor=actor, recorded_at=recorded_at, closed=closed)
    _insert_lots(list(_lots_of(credits, ids, wallets)))


def _key(credit: Credit) -> _WalletKey:
    return _WalletKey(credit.account_id, credit.program_id, credit.unit)


def _add_to_wallets(credits: Sequence[Credit]) -> list[_Opened]:
    """Add the sums per wallet, opening wallets as needed; returns each credit's wallet."""
    sums: dict[_WalletKey, list[int]] = defaultdict(lambda: [0, 0])
    keys = [_key(credit_) for credit_ in credits]
    for key, credit_ in zip(keys, credits, strict=True):
        sums[key][1 if credit_.activates_at else 0] += credit_.amount
    opened = _open(sums)
    return [opened[key] for key in keys]


def _open(sums: Mapping[_WalletKey, Sequence[int]]) -> dict[_WalletKey, _Opened]:
    keys = sorted(sums)
    found = run(
        """
        INSERT INTO rewards_wallet AS w
            (tenant_id, id, account_id, program_id, unit, available, pending, reserved)
        SELECT %s, *, 0 FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[],
                                    %s::bigint[], %s::bigint[])
        ON CONFLICT (tenant_id, account_id, program_id, unit, member_id) DO UPDATE
        SET available = w.available + EXCLUDED.available,
            pending = w.pending + EXCLUDED.pending
        RETURNING w.account_id, w.program_id, w.unit, w.id,
                  greatest(-coalesce(old.available, 0), 0)
        """,
        [
            current_tenant_id(),
            uuids(uuid7s(len(keys))),
            uuids(key.account_id for key in keys),
            uuids(key.program_id for key in keys),
            texts(key.unit for key in keys),
            plain(sums[key][0] for key in keys),
            plain(sums[key][1] for key in keys),
        ],
    )
    return {_WalletKey(*row[:3]): _Opened(*row[3:]) for row in found.fetchall()}


def _insert_earnings(
    credits: Sequence[Credit],
    ids: Sequence[UUID],
    wallets: Sequence[_Opened],
    *,
    actor: str,
    recorded_at: datetime,
    closed: Closed,
) -> None:
    run(
        """
        INSERT INTO rewards_entry
            (tenant_id, kind, reserved, recorded_at, actor, id, wallet_id, available, pending,
             occurred_at, corrects,
             cause, activity_id, rule_version_id, tier_id, multiplier, desired)
        SELECT %s, 'earn', 0, %s, %s, e.id, e.wallet_id, e.available, e.pending,
               CASE WHEN e.occurred_at < %s::timestamptz THEN %s ELSE e.occurred_at END,
               CASE WHEN e.occurred_at < %s::timestamptz
                    THEN date_trunc('quarter', e.occurred_at AT TIME ZONE %s)::date END,
               e.activity_id, e.activity_id, e.rule_version_id, e.tier_id,
               e.multiplier / 1000.0, e.desired
        FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[], %s::timestamptz[],
                    %s::uuid[], %s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[])
            AS e (id, wallet_id, available, pending, occurred_at, activity_id,
                  rule_version_id, tier_id, multiplier, desired)
        """,
        [
            current_tenant_id(),
            recorded_at,
            actor,
            closed.until,
            recorded_at,
            closed.until,
            closed.zone.key,
            uuids(ids),
            uuids(wallet.id for wallet in wallets),
            plain(0 if credit_.activates_at else credit_.amount for credit_ in credits),
            plain(credit_.amount if credit_.activates_at else 0 for credit_ in credits),
            plain(credit_.occurred_at for credit_ in credits),
            uuids(credit_.activity_id for credit_ in credits),
            uuids(credit_.rule_version_id for credit_ in credits),
            uuids(credit_.tier_id for credit_ in credits),
            plain(credit_.multiplier for credit_ in credits),
            plain(credit_.desired for credit_ in credits),
        ],
    )


def _lots_of(
    credits: Sequence[Credit], ids: Sequence[UUID], wallets: Sequence[_Opened]
) -> Iterator[_Lot]:
    for credit_, entry_id, wallet in zip(credits, ids, wallets, strict=True):
        amount = credit_.amount
        if wallet.debt and not credit_.activates_at:
            repaid = min(amount, wallet.debt)
            wallet.debt -= repaid
            amount -= repaid
        if amount > 0:
            yield _Lot(
                entry_id,
                wallet.id,
                "pending" if credit_.activates_at else "active",
                amount,
                credit_.occurred_at,
                credit_.activates_at,
                credit_.expires_at,
            )


def _insert_lots(lots: Sequence[_Lot]) -> None:
    if not lots:
        return
    run(
        """
        INSERT INTO rewards_lot
            (tenant_id, entry_id, wallet_id, state, amount, remaining, earned_at,
             activates_at, expires_at)
        SELECT %s, l.entry_id, l.wallet_id, l.state, l.amount, l.amount, l.earned_at,
               l.activates_at, l.expires_at
        FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::bigint[], %s::timestamptz[],
                    %s::timestamptz[], %s::timestamptz[])
            AS l (entry_id, wallet_id, state, amount, earned_at, activates_at, expires_at)
        """,
        [
            current_tenant_id(),
            uuids(lot.entry_id for lot in lots),
            uuids(lot.wallet_id for lot in lots),
            plain(lot.state for lot in lots),
            plain(lot.amount for lot in lots),
            plain(lot.earned_at for lot in lots),
            plain(lot.activates_at for lot in lots),
            plain(lot.expires_at for lot in lots),
        ],
    )
