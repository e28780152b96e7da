"""Bulk intake through the real path, as a share of a plain COPY of the same rows."""

import time
from collections.abc import Iterator
from statistics import median

from django.db import connection, connections, transaction

from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from rewards.intake import take_in
from tests.benchmarks.company import START, open_company, order_lines

FACTS = 50_000
BATCH = 5_000
ROUNDS = 5

_COLUMNS = (
    "tenant_id, id, account_id, member_id, kind, source, external_id, line, occurred_at, "
    "recorded_at, amount, quantity, product_id, product_line, attributes, reverses_id, digest"
)


def run() -> Iterator[str]:
    yield against_copy(open_company("intake"), "intake")


def against_copy(tenant: Tenant, name: str) -> str:
    """Each round takes FACTS facts in by batches of BATCH, then COPYs the very rows they became
    into a twin of the activities table with the same indexes; both durable, both by batches."""
    ratios, ours, floors = [], [], []
    for number in range(ROUNDS):
        taken = _take_in(tenant, f"R{number}-")
        floor = _copy(tenant, f"R{number}-")
        ours.append(FACTS / taken)
        floors.append(FACTS / floor)
        ratios.append(floor / taken)
    return (
        f"{name}: {median(ours):,.0f} facts/s, plain COPY {median(floors):,.0f} rows/s, "
        f"ratio {median(ratios):.2f} (at least 0.15, aim 0.35; rounds "
        f"{', '.join(f'{ratio:.2f}' for ratio in ratios)})"
    )


def _take_in(tenant, prefix: str) -> float:
    facts = order_lines(FACTS, prefix=prefix)
    started = time.perf_counter()
    with tenant_scope(tenant.id):
        for first in range(0, FACTS, BATCH):
            take_in(facts[first : first + BATCH], source="erp", actor="system", as_of=START)
    return time.perf_counter() - started


def _copy(tenant, prefix: str) -> float:
    rows = _rows_of(tenant, prefix)
    raw = _twin()
    started = time.perf_counter()
    for first in range(0, FACTS, BATCH):
        command = f"COPY bench.activity ({_COLUMNS}) FROM STDIN"
        with raw.transaction(), raw.cursor() as cursor, cursor.copy(command) as copy:
            for row in rows[first : first + BATCH]:
                copy.write_row(row)
    return time.perf_counter() - started


def _rows_of(tenant, prefix: str) -> list[tuple]:
    with tenant_scope(tenant.id), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM accounts_activity "
            "WHERE tenant_id = %s AND source = 'erp' AND external_id LIKE %s",
            [tenant.id, f"{prefix}%"],
        )
        rows = cursor.fetchall()
    assert len(rows) == FACTS
    return rows


def _twin():
    """A table like the activities', indexes included, as full of rows as theirs is."""
    connections["owner"].ensure_connection()
    raw = connections["owner"].connection
    # Beside the walled tables, not among them: the service would refuse to start.
    raw.execute("CREATE SCHEMA IF NOT EXISTS bench")
    raw.execute("CREATE TABLE IF NOT EXISTS bench.activity (LIKE accounts_activity INCLUDING ALL)")
    return raw
