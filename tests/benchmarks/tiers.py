"""Evaluation of a whole tenant at a quarter's end, as a multiple of adding up the same measures."""

import os
import resource
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from django.db import connection, connections, transaction

from accounts.ids import uuid7
from accounts.models import Tenant
from accounts.periods import start_of
from accounts.tenancy import tenant_scope
from tests import factories
from tests.benchmarks.cputime import seconds_of
from tiers import settling
from tiers.ladders import Ladder, published_ladders
from tiers.preview import changes, previewing
from tiers.setting import Setting, current_setting

ACCOUNTS = int(os.environ.get("BENCH_ACCOUNTS", "1_000_000"))
JULY = date(2026, 7, 1)

# What every scheme would have to do at least: add up a quarter for each account. The sums are asked
# for again outside, for Postgres does not add up what nobody asks for.
BARE = """
SELECT count(*), max(revenue) FROM (
    SELECT account_id, sum(amount) AS revenue FROM accounts_measure
    WHERE tenant_id = %(tenant)s AND month >= '2026-04-01' AND month < '2026-07-01'
      AND kind = 'purchase'
    GROUP BY account_id OFFSET 0) added
"""


def run() -> Iterator[str]:
    """Makes ACCOUNTS accounts with a half-year of measures in the database; at the end of June one
    in five deserves another tier. Evaluates them, then once more with nothing left to change."""
    tenant = _open_company()
    try:
        with tenant_scope(tenant.id), transaction.atomic():
            (ladder,), setting = published_ladders(), current_setting()
        with tenant_scope(tenant.id):
            _make(tenant.id)
            floor = min(seconds_of(lambda: _add_up(tenant.id)) for _ in range(3))
            looked = seconds_of(lambda: _preview(ladder, setting))
            ours = seconds_of(lambda: _evaluate(ladder, setting, changing=ACCOUNTS // 5))
            again = seconds_of(lambda: _evaluate(ladder, setting, changing=0))
    finally:
        _remove(tenant.id)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    yield (
        f"tiers: {ACCOUNTS:,} accounts, one in five moving, in {ours:.1f} s of CPU; bare "
        f"aggregate {floor:.2f} s, multiple {ours / floor:.1f} (asked: at most 5)"
    )
    yield (
        f"tiers: evaluated again in {again:.1f} s, multiple {again / floor:.1f} (asked: at most "
        f"2); preview {looked:.1f} s, multiple {looked / floor:.1f}; worker's peak {memory} MB "
        "(asked: below 300)"
    )


def _open_company() -> Tenant:
    with transaction.atomic():
        tenant = factories.TenantFactory(slug=f"tiers-{uuid7().hex[-12:]}", name="Bench Inc.")
        with tenant_scope(tenant.id):
            factories.publish_scheme(
                factories.ProgramFactory(),
                ("Bronze", 0, "1"),
                ("Silver", 5_000_00, "1.25"),
                ("Gold", 50_000_00, "1.5"),
                rises="at_evaluation",
                keep_quarters=0,
            )
    return tenant


def _make(tenant_id: UUID) -> None:
    """Two in three are Silver since April; of each ten accounts one has then bought enough for
    Gold, and one for nothing."""
    values = {"tenant": tenant_id, "accounts": ACCOUNTS, "long_ago": factories.LONG_AGO}
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _MAKE:
            cursor.execute(statement, values)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"ANALYZE {table}")


_TABLES = ("accounts_account", "accounts_enrollment", "accounts_measure", "tiers_standing")
_MAKE = (
    """
    INSERT INTO accounts_account
        (tenant_id, id, number, name, country, region, vertical, partner_type, domain, attributes)
    SELECT %(tenant)s, uuidv7(), 'A' || n, 'Dealer ' || n, '', '', '', '', '', '{}'
    FROM generate_series(1, %(accounts)s) n
    """,
    """
    INSERT INTO accounts_enrollment
        (tenant_id, id, account_id, program_id, state, enrolled_at)
    SELECT a.tenant_id, uuidv7(), a.id, p.id, 'active', %(long_ago)s
    FROM accounts_account a JOIN accounts_program p ON p.tenant_id = a.tenant_id
    WHERE a.tenant_id = %(tenant)s
    """,
    """
    INSERT INTO tiers_standing
        (tenant_id, id, enrollment_id, scheme_id, tier_id, starts_at, cause, evidence, decided_at)
    SELECT e.tenant_id, uuidv7(), e.id, v.scheme_id, t.id, e.enrolled_at, 'enrolled', '{}',
           e.enrolled_at
    FROM accounts_enrollment e
    JOIN accounts_account a ON a.id = e.account_id
    JOIN tiers_tier t ON t.tenant_id = e.tenant_id
     AND t.rank = CASE WHEN substr(a.number, 2)::int %% 3 = 0 THEN 0 ELSE 1 END
    JOIN tiers_schemeversion v ON v.id = t.version_id
    WHERE e.tenant_id = %(tenant)s
    """,
    """
    INSERT INTO accounts_measure
        (tenant_id, account_id, month, kind, product_line, amount, quantity, count, points)
    SELECT a.tenant_id, a.id, month::date, 'purchase', line,
           CASE WHEN month < '2026-04-01' OR n %% 10 > 1
                THEN CASE WHEN n %% 3 = 0 THEN 10000 ELSE 100000 END
                WHEN n %% 10 = 0 THEN 1000000 ELSE CASE WHEN n %% 3 = 0 THEN 100000 ELSE 1 END END,
           1, 1, 0
    FROM (SELECT *, substr(number, 2)::int AS n FROM accounts_account
          WHERE tenant_id = %(tenant)s) a
    CROSS JOIN generate_series(date '2026-01-01', date '2026-06-01', interval '1 month') month
    CROSS JOIN (VALUES ('Bikes'), ('Parts')) lines (line)
    """,
)


def _add_up(tenant_id: UUID) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")  # as the evaluation has it
        cursor.execute(BARE, {"tenant": tenant_id})
        cursor.fetchall()


def _evaluate(ladder: Ladder, setting: Setting, *, changing: int) -> None:
    with transaction.atomic():
        done = settling.evaluate(
            ladder, first=JULY, decided_at=start_of(JULY, setting.zone), setting=setting
        )
    assert done.moved == changing, done


def _preview(ladder: Ladder, setting: Setting) -> None:
    at = start_of(JULY, setting.zone)
    with transaction.atomic(), previewing(ladder, at=at, setting=setting):
        changes(ladder)


def _remove(tenant_id: UUID) -> None:
    """Nobody did what was measured here: the books would not balance with it."""
    tables = ("accounts_event", *reversed(_TABLES[1:]))
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant_id)])
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [str(tenant_id)])
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
