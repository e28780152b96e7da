"""Closing a quarter of many agreements, as a multiple of adding up the same measures."""

import json
import os
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from django.db import connection, connections, transaction

from accounts.ids import uuid7
from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from rebates import accruing, closing
from rebates.terms import as_json, parse_terms
from tests import factories
from tests.benchmarks.cputime import seconds_of
from tests.rebates.deals import bands
from tests.rewards.stories import at

AGREEMENTS = int(os.environ.get("BENCH_AGREEMENTS", "100_000"))
LINES = 4
# How often the bare sums are made: the processes' clock ticks every hundredth of a second, in which
# a thousand agreements are added up.
TIMES = max(1, 100_000 // AGREEMENTS)

# What any of them would have to do at least: add up the quarter for each account and line.
BARE = """
SELECT count(*), max(sold) FROM (
    SELECT account_id, product_line, sum(amount) AS sold FROM accounts_measure
    WHERE tenant_id = %(tenant)s AND month >= '2026-04-01' AND month < '2026-07-01'
      AND kind = 'purchase'
    GROUP BY account_id, product_line OFFSET 0) added
"""

TERMS = (
    {"bands": bands((1_000_00, "1"), (5_000_00, "2"))},
    {"bands": bands((1_000_00, "1"), (5_000_00, "2")), "method": "incremental"},
    {
        "position": "baseline",
        "base": {"periods": 1},
        "bands": bands((80, "1"), (100, "2"), (120, "3")),
    },
)


def run() -> Iterator[str]:
    """Makes AGREEMENTS agreements, each with an account of its own and half a year of measures in
    four lines; accrues the running quarter, and the next one from its first night on, as every
    night; and closes it on a day on which facts of one account in a hundred have come in.

    The bare sums are made before and after the closing, and so find the machine as it does.
    """
    tenant = _open_company()
    try:
        with tenant_scope(tenant.id):
            _make(tenant.id)
            first = seconds_of(lambda: accruing.accrue(at=at("2026-06-30")))
            _analyze()
            again = seconds_of(lambda: accruing.accrue(at=at("2026-06-30 13:00")))
            begun = seconds_of(lambda: accruing.accrue(at=at("2026-07-05")))
            _sell_on(tenant.id)
            _analyze()
            before = _bare_seconds(tenant.id)
            ours = seconds_of(lambda: closing.close_due(at=at("2026-07-06")))
            floor = (before + _bare_seconds(tenant.id)) / 2
            _check()
    finally:
        _remove(tenant.id)
    yield (
        f"rebates: a quarter of {AGREEMENTS:,} agreements closed in {ours:.1f} s of CPU, bare "
        f"aggregate {floor:.3f} s, multiple {ours / floor:.1f} (asked: at most 6)"
    )
    yield (
        f"rebates: accrued at first in {first:.1f} s, multiple {first / floor:.1f}; again with "
        f"nothing to change in {again:.2f} s, multiple {again / floor:.1f}; the next quarter begun "
        f"in {begun:.1f} s, multiple {begun / floor:.1f}"
    )


def _open_company() -> Tenant:
    with transaction.atomic():
        tenant = factories.TenantFactory(slug=f"rebates-{uuid7().hex[-12:]}", name="Bench Inc.")
        with tenant_scope(tenant.id):
            factories.ProgramFactory()
    return tenant


def _make(tenant_id: UUID) -> None:
    """What is made here is right, and checking its references is not what is measured."""
    values = {"tenant": tenant_id, "agreements": AGREEMENTS, "lines": LINES}
    _triggers("DISABLE")
    for statement in _MAKE:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    for place, raw in enumerate(TERMS):
        with transaction.atomic(), connection.cursor() as cursor:
            terms = json.dumps(as_json(parse_terms(raw)))
            cursor.execute(_VERSIONS, values | {"place": place, "terms": terms, "of": len(TERMS)})
    _triggers("ENABLE")
    _analyze()


_MAKE = (
    """
    INSERT INTO accounts_account
        (tenant_id, id, number, name, domain, country, region, vertical, partner_type, attributes)
    SELECT %(tenant)s, uuidv7(), 'A' || n, 'Dealer ' || n, '', '', '', '', '', '{}'
    FROM generate_series(1, %(agreements)s) n
    """,
    """
    INSERT INTO accounts_measure
        (tenant_id, account_id, month, kind, product_line, amount, quantity, count, points)
    SELECT tenant_id, id, m::date, 'purchase', 'Line ' || l,
           100 + hashtextextended(number || m::text, l) %% 50000 + 50000, 1, 1, 0
    FROM accounts_account,
         generate_series('2026-01-01'::date, '2026-06-01'::date, interval '1 month') m,
         generate_series(1, %(lines)s) l
    WHERE tenant_id = %(tenant)s
    """,
    """
    INSERT INTO rebates_agreement
        (tenant_id, id, program_id, code, name, party, account_id, tier_code, paid_to, currency,
         period, starts_on, state, made_by, made_at)
    SELECT a.tenant_id, uuidv7(), p.id, lower(a.number), a.name, 'account', a.id, '', 'parent',
           'USD', 'quarter', '2026-04-01', 'running', 'bench', '2026-03-01'
    FROM accounts_account a JOIN accounts_program p ON p.tenant_id = a.tenant_id
    WHERE a.tenant_id = %(tenant)s
    """,
)

_VERSIONS = """
INSERT INTO rebates_agreementversion
    (tenant_id, id, agreement_id, number, valid_from, terms, condition, segments, settles, method,
     grace_days, answer_days, silence_accepts, needs_acceptance, documents, authors, published_at,
     published_by)
SELECT tenant_id, uuidv7(), id, 1, starts_on, %(terms)s, '{}', '{}', 'period', 'credit_note', 5, 14,
       true, false, '[]', '[]', '2026-03-01', 'bench'
FROM rebates_agreement
WHERE tenant_id = %(tenant)s AND abs(hashtext(code)) %% %(of)s = %(place)s
"""

# Sales of these accounts, as the door for facts writes them.
_FACTS = """
INSERT INTO accounts_activity
    (tenant_id, id, account_id, kind, source, external_id, line, occurred_at, recorded_at, amount,
     quantity, product_line, digest)
SELECT tenant_id, uuidv7(), id, 'purchase', 'bench', number, '', '2026-07-05 18:00+00',
       '2026-07-05 18:00+00', 0, 0, 'Line 1', id
FROM accounts_account WHERE tenant_id = %(tenant)s AND number LIKE '%%42'
"""

_TABLES = (
    "accounts_event",
    "rebates_statementline",
    "rebates_statement",
    "rebates_accrualmove",
    "rebates_accrual",
    "rebates_accrualmark",
    "rebates_agreementversion",
    "rebates_agreement",
    "rewards_entry",
    "rewards_wallet",
    "accounts_activity",
    "accounts_measure",
    "accounts_account",
)


def _triggers(how: str) -> None:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"ALTER TABLE {table} {how} TRIGGER USER")


def _analyze() -> None:
    """As autovacuum does within a minute; until then plans are made for empty tables."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(_TABLES)}")


def _sell_on(tenant_id: UUID) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FACTS, {"tenant": tenant_id})


def _bare_seconds(tenant_id: UUID) -> float:
    return seconds_of(lambda: _add_up(tenant_id)) / TIMES


def _add_up(tenant_id: UUID) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for _ in range(TIMES):
            cursor.execute(BARE, {"tenant": tenant_id})
            cursor.fetchall()


def _check() -> None:
    """Every period is closed, and what was accrued is on statements."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(closed_at), sum(amount) > 0, sum(amount - stated) "
            "FROM rebates_accrual WHERE since = %s",
            [date(2026, 4, 1)],
        )
        assert cursor.fetchone() == (AGREEMENTS, AGREEMENTS, True, 0)


def _remove(tenant_id: UUID) -> None:
    """These measures came from nowhere: the books would not balance with them."""
    _triggers("DISABLE")
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant_id)])
        for table in _TABLES:
            cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [tenant_id])
    _triggers("ENABLE")
