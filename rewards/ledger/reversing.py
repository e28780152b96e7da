"""Taking back what a returned purchase had earned.

In this order: from the same lot, then from what came back of it after its day, then from any
available lots as spending would take them, then as a debt (available below zero) which the next
earning repays.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from accounts.ids import uuid7
from accounts.postgres.arrays import plain, uuids
from accounts.tenancy import current_tenant_id
from rewards.closing import COMING_BACK, OPEN, WALLET
from rewards.ledger.order import IN_ORDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """An amount to take back of what the entry `earned_entry_id` had earned."""

    earned_entry_id: UUID
    wallet_id: UUID
    rule_version_id: UUID
    amount: int
    occurred_at: datetime
    activity_id: UUID  # the return
    corrects: date | None = None  # first day of the closed quarter whose earning it takes back


class _Taken(NamedTuple):
    lot_id: UUID
    entry_id: UUID
    amount: int


@dataclass(slots=True)
class _OpenLot:
    entry_id: UUID
    pending: bool
    remaining: int


class _Movement(NamedTuple):
    entry_id: UUID
    reversal: Reversal
    available: int
    pending: int


def reverse(reversals: Sequence[Reversal], *, actor: str, recorded_at: datetime) -> None:
    """Write reversals in their order; the caller has seen to it that none exceeds its original."""
    if not reversals:
        return
    with transaction.atomic():
        queues = _open_lots(sorted({reversal.wallet_id for reversal in reversals}))
        come_back = _come_back([reversal.earned_entry_id for reversal in reversals])
        movements, taken = [], []
        for reversal in reversals:
            heirs = come_back[reversal.earned_entry_id]
            movement, uses = _take_back(reversal, queues[reversal.wallet_id], heirs)
            movements.append(movement)
            taken += uses
        _insert_entries(movements, actor=actor, recorded_at=recorded_at)
        _take_from_lots(taken)
        _take_from_wallets(movements)


def _open_lots(wallet_ids: Sequence[UUID]) -> dict[UUID, list[_OpenLot]]:
    """Lock the wallets in order; their open lots, each wallet's in the order of spending."""
    queues: dict[UUID, list[_OpenLot]] = defaultdict(list)
    values = [current_tenant_id(), uuids(wallet_ids)]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, values)
        cursor.execute(
            f"""
            SELECT l.wallet_id, l.entry_id, l.state = 'pending', l.remaining
            FROM rewards_lot l {WALLET}
            WHERE l.tenant_id = %s AND l.wallet_id = ANY (%s::uuid[]) AND {OPEN}
            ORDER BY l.expires_at NULLS LAST, l.earned_at, l.entry_id
            """,  # noqa: S608
            values,
        )
        for wallet_id, entry_id, pending, remaining in cursor:
            queues[wallet_id].append(_OpenLot(entry_id, pending, remaining))
    return queues


_LOCK = f"""
SELECT id FROM rewards_wallet WHERE tenant_id = %s AND id = ANY (%s::uuid[])
{IN_ORDER} FOR UPDATE
"""  # noqa: S608


def _come_back(earned_entry_ids: Sequence[UUID]) -> dict[UUID, set[UUID]]:
    """Of each earning, the lots in which it lives again: another purchase's must not give first
    what is still there of this one, and would be lost to it at the end of its days of grace."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE lots AS (
                SELECT %s::uuid AS tenant_id, earned.id, earned.id AS of
                FROM unnest(%s::uuid[]) earned (id)
                UNION ALL
                SELECT next.tenant_id, next.id, lots.of
                FROM lots CROSS JOIN LATERAL ({COMING_BACK}) next)
            SELECT of, id FROM lots WHERE id <> of
            """,  # noqa: S608 - texts of our own
            [current_tenant_id(), uuids(earned_entry_ids)],
        )
        for earned_entry_id, heir in cursor:
            found[earned_entry_id].add(heir)
    return found


def _take_back(
    reversal: Reversal, queue: Sequence[_OpenLot], heirs: Collection[UUID]
) -> tuple[_Movement, list[_Taken]]:
    entry_id, left, pending = uuid7(), reversal.amount, 0
    taken = []
    for lot in _in_order_of_taking(queue, own=reversal.earned_entry_id, heirs=heirs):
        part = min(left, lot.remaining)
        if part > 0:
            lot.remaining -= part
            left -= part
            pending += part if lot.pending else 0
            taken.append(_Taken(lot.entry_id, entry_id, part))
    available = reversal.amount - pending  # what no lot could give is debt
    return _Movement(entry_id, reversal, -available, -pending), taken


def _in_order_of_taking(
    queue: Sequence[_OpenLot], *, own: UUID, heirs: Collection[UUID]
) -> Iterator[_OpenLot]:
    yield from (lot for lot in queue if lot.entry_id == own)
    yield from (lot for lot in queue if lot.entry_id in heirs)
    # Pending credits of other facts are not touched: they are not the holder's to lose yet.
    others = (lot for lot in queue if lot.entry_id != own and lot.entry_id not in heirs)
    yield from (lot for lot in others if not lot.pending)


def _insert_entries(movements: Sequence[_Movement], *, actor: str, recorded_at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO rewards_entry
                (tenant_id, kind, reserved, recorded_at, actor, id, wallet_id, available, pending,
                 occurred_at, cause, activity_id, rule_version_id, corrects)
            SELECT %s, 'reverse', 0, %s, %s, e.id, e.wallet_id, e.available, e.pending,
                   e.occurred_at, e.activity_id, e.activity_id, e.rule_version_id, e.corrects
            FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[], %s::timestamptz[],
                        %s::uuid[], %s::uuid[], %s::date[])
                AS e (id, wallet_id, available, pending, occurred_at, activity_id, rule_version_id,
                      corrects)
            """,
            [
                current_tenant_id(),
                recorded_at,
                actor,
                uuids(movement.entry_id for movement in movements),
                uuids(movement.reversal.wallet_id for movement in movements),
                plain(movement.available for movement in movements),
                plain(movement.pending for movement in movements),
                plain(movement.reversal.occurred_at for movement in movements),
                uuids(movement.reversal.activity_id for movement in movements),
                uuids(movement.reversal.rule_version_id for movement in movements),
                plain(movement.reversal.corrects for movement in movements),
            ],
        )


def _take_from_lots(taken: Sequence[_Taken]) -> None:
    if not taken:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH taken AS (
                SELECT * FROM unnest(%(lots)s::uuid[], %(entries)s::uuid[], %(amounts)s::bigint[])
                    AS t (lot_id, entry_id, amount)
            ), uses AS (
                INSERT INTO rewards_lotuse (tenant_id, lot_id, entry_id, amount)
                SELECT %(tenant)s, lot_id, entry_id, amount FROM taken
            )
            UPDATE rewards_lot l SET remaining = l.remaining - t.amount
            FROM (SELECT lot_id, sum(amount) AS amount FROM taken GROUP BY lot_id) t
            WHERE l.tenant_id = %(tenant)s AND l.entry_id = t.lot_id
            """,
            {
                "tenant": current_tenant_id(),
                "lots": uuids(use.lot_id for use in taken),
                "entries": uuids(use.entry_id for use in taken),
                "amounts": plain(use.amount for use in taken),
            },
        )


def _take_from_wallets(movements: Sequence[_Movement]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE rewards_wallet w
            SET available = w.available + m.available, pending = w.pending + m.pending
            FROM (SELECT id, sum(available) AS available, sum(pending) AS pending
                  FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[])
                      AS m (id, available, pending) GROUP BY id) m
            WHERE w.tenant_id = %s AND w.id = m.id
            """,
            [
                uuids(movement.reversal.wallet_id for movement in movements),
                plain(movement.available for movement in movements),
                plain(movement.pending for movement in movements),
                current_tenant_id(),
            ],
        )
