"""Expiry of many lots at one quarter's end, as a multiple of adding up the same lots."""

import os
import time
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import connection, connections, transaction

from accounts.periods import add_months, quarter_of, start_of
from accounts.tenancy import tenant_scope
from rewards import ledger
from rewards.closing import OPEN, WALLET
from tests.benchmarks.company import ACCOUNTS, START, open_company

LOTS = int(os.environ.get("BENCH_LOTS", "2_000_000"))

# What every ledger would have to do at least: find what is due, and add it up for each wallet.
BARE = """
SELECT wallet_id, expires_at, sum(remaining) FROM rewards_lot
WHERE tenant_id = %(tenant)s AND state = 'active' AND remaining > 0 AND expires_at <= %(upto)s
GROUP BY wallet_id, expires_at
"""


def run() -> Iterator[str]:
    """Makes LOTS lots in a thousand wallets in the database, adds up what is due with the bare
    aggregate, then expires it for real."""
    tenant = open_company("expiry")
    upto = start_of(add_months(quarter_of(START, tenant.zone), 3), tenant.zone)
    try:
        with tenant_scope(tenant.id):
            _make_lots(tenant.id, upto)
            floor = min(_seconds(lambda: _add_up(tenant.id, upto)) for _ in range(3))
            ours = _seconds(lambda: ledger.expire_due(upto=upto, actor="system"))
            _check(tenant.id)
    finally:
        _remove(tenant.id)
    yield (
        f"expiry: {LOTS:,} lots in {ours:.1f} s ({LOTS / ours:,.0f} lots/s), bare aggregate "
        f"{floor:.2f} s, multiple {ours / floor:.1f} (asked: at most 3)"
    )


def _seconds(act) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _make_lots(tenant_id: UUID, upto: datetime) -> None:
    """As if earned: wallets, an entry and a lot each, spread over the wallets."""
    values = {"tenant": tenant_id, "upto": upto, "lots": LOTS, "at": START}
    values["wallets"] = ACCOUNTS  # each account has one
    # What is made here is right, and checking millions of references is not what is measured.
    _triggers("DISABLE")
    for statement in _MAKE:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
        # As autovacuum does within a minute; until then plans are made for empty tables.
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(_TABLES)}")
    _triggers("ENABLE")


def _triggers(how: str) -> None:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"ALTER TABLE {table} {how} TRIGGER USER")


_TABLES = ("rewards_lotuse", "rewards_lot", "rewards_entry", "rewards_wallet")

_MAKE = (
    """
    INSERT INTO rewards_wallet
        (tenant_id, id, account_id, program_id, unit, available, pending, reserved)
    SELECT a.tenant_id, uuidv7(), a.id, p.id, 'points', 0, 0, 0
    FROM accounts_account a, accounts_program p
    WHERE a.tenant_id = %(tenant)s AND p.tenant_id = %(tenant)s
    """,
    """
    WITH wallets AS (
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS place
        FROM rewards_wallet WHERE tenant_id = %(tenant)s
    )
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    SELECT %(tenant)s, uuidv7(), w.id, 'adjust', 1 + n %% 900, 0, 0, %(at)s, %(at)s, 'bench',
           uuidv7()
    FROM generate_series(1, %(lots)s) n JOIN wallets w ON w.place = n %% %(wallets)s
    """,
    """
    INSERT INTO rewards_lot
        (tenant_id, entry_id, wallet_id, state, amount, remaining, earned_at, expires_at)
    SELECT tenant_id, id, wallet_id, 'active', available, available, occurred_at, %(upto)s
    FROM rewards_entry WHERE tenant_id = %(tenant)s
    """,
    """
    UPDATE rewards_wallet w SET available = l.held, expires_next = l.expires_next
    FROM (SELECT wallet_id, sum(remaining) AS held, min(expires_at) AS expires_next
          FROM rewards_lot
          WHERE tenant_id = %(tenant)s GROUP BY wallet_id) l
    WHERE w.tenant_id = %(tenant)s AND w.id = l.wallet_id
    """,
)


def _add_up(tenant_id: UUID, upto: datetime) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BARE, {"tenant": tenant_id, "upto": upto})
        cursor.fetchall()


def _check(tenant_id: UUID) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT sum(available) FROM rewards_wallet WHERE tenant_id = %(tenant)s), "
            f"(SELECT count(*) FROM rewards_lot l {WALLET} "
            f"WHERE l.tenant_id = %(tenant)s AND {OPEN}), "
            "(SELECT sum(available) FROM rewards_entry WHERE tenant_id = %(tenant)s)",
            {"tenant": tenant_id},
        )
        assert cursor.fetchone() == (0, 0, 0)


def _remove(tenant_id: UUID) -> None:
    """These lots came from nowhere: the books would not balance with them."""
    _triggers("DISABLE")
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant_id)])
        for table in _TABLES:
            cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [tenant_id])
    _triggers("ENABLE")
