"""Bulk intake through the real path, as a share of a plain COPY of the same rows.

The real path is that of an import whose rows have been read: by lanes, over two connections at a
time. The floor has one: one COPY is one connection's, and keeps two cores busy, too.
"""

import io
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from statistics import median

from django.db import connection, connections, transaction

from accounts import importing, imports
from accounts.facts import Fact
from accounts.importing import Batch, Intent, Row
from accounts.models import ImportRun, Tenant
from accounts.models.imports import ImportTarget
from accounts.tenancy import tenant_scope
from rewards.intake import Outcome, take_in
from rewards.intake.apart import apart
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


def _take_in(tenant: Tenant, prefix: str) -> float:
    rows = [Row(n, (), fact, "") for n, fact in enumerate(order_lines(FACTS, prefix=prefix))]
    batches = [Batch(rows[first : first + BATCH], 1000) for first in range(0, FACTS, BATCH)]
    with tenant_scope(tenant.id):
        run = _claimed_run()
        started = time.perf_counter()
        run = importing.carry_out(
            run,
            io.BytesIO(b"Line\n"),
            intent=lambda _run, _tenant: Intent(_unread, _take, lambda _file: batches, apart),
            now=lambda: START,
        )
        took = time.perf_counter() - started
    assert (run.accepted, run.rejected) == (FACTS, 0), run.problem
    return took


def _claimed_run() -> ImportRun:
    mapping = {"columns": dict.fromkeys(("external_id", "account", "date", "kind"), "Line")}
    with transaction.atomic():
        run = imports.begin(
            target=ImportTarget.ACTIVITIES,
            file_name="bench.csv",
            size=1,
            mapping=mapping,
            options={},
            started_by="system",
            at=START,
        )
    run = imports.claim(run.pk, at=START)
    assert run is not None
    return run


def _unread(_fields: dict[str, object]) -> Fact:
    raise AssertionError("The rows come read.")


def _take(facts: Sequence[Fact], as_of: datetime) -> Sequence[Outcome]:
    return take_in(facts, source="erp", actor="system", as_of=as_of)


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
