"""The books of rebates find every kind of damage; on sound ones they find nothing.

Each damage is planted by the owner of the tables, looked for in the same transaction, and rolled
back: the story is told once.
"""

from collections.abc import Iterator

import pytest
from django.db import connection, connections, transaction

from accounts.books_of_files import FILES
from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from rebates import books
from rebates.books_of_papers import PAPERS
from tests.conftest import empty_every_table
from tests.factories import ProgramFactory, TenantFactory, enrolled_account
from tests.rebates.deals import violations, whole_story

PENDING = "pending money is what agreements accrued, less what was settled"
MOVES = "every move of an accrual is one entry of money, and every such entry a move"
SETTLES = "every settlement is one entry of money, and every such entry a settlement"
WORKED = "what is accrued is what the roll-ups come to under the version named"
SUM = "an accrual is the sum of its moves and of its lines"
ESTIMATE = "an estimate moves what it differs from the month before"
TOTAL = "a statement is the sum of its lines, and a line with a row is the one that it names"
STATED = "what an accrual has on statements is the sum of its lines there"
SETTLED = (
    "what was settled of a statement is the sum of its lines that settled; none did in dispute"
)
BYTES = "every file has the bytes that were handed in, by their digest"
PAPER = "each paper of an agreement is the file whose digest was promised with its terms"
AVAILABLE = "available money is what is left to be paid of settlements, less what they carry"
OWN = "nobody approves what is his own"

CLOSED = "closed_at IS NOT NULL"
DAMAGE = {
    "a cent more in the wallet": (
        {PENDING},
        "UPDATE rewards_wallet SET pending = pending + 1 WHERE unit = 'money'",
    ),
    "an entry of another amount": (
        {MOVES},
        "UPDATE rewards_entry SET pending = pending + 1 WHERE kind = 'accrue' AND pending > 500",
    ),
    "an entry that corrects nothing": (
        {MOVES},
        "UPDATE rewards_entry SET corrects = NULL WHERE kind = 'accrue'",
    ),
    "an entry that nothing made": (
        {MOVES},
        (
            "UPDATE rewards_entry SET cause = gen_random_uuid() "
            "WHERE kind = 'accrue' AND pending > 500"
        ),
    ),
    "a move of another amount": (
        {PENDING, MOVES, SUM},
        "UPDATE rebates_accrualmove SET amount = amount + 1 WHERE reason = 'true_up'",
    ),
    "a settlement of another amount": (
        {PENDING, SETTLES, SETTLED, AVAILABLE},
        "UPDATE rebates_settlement SET amount = amount + 1 WHERE amount = 2000",
    ),
    "a settlement that nobody entered": (
        {SETTLES},
        "UPDATE rewards_entry SET cause = gen_random_uuid() WHERE kind = 'settle'",
    ),
    "sales that never were": (
        {WORKED},
        f"UPDATE rebates_accrual SET measured = measured + 1 WHERE {CLOSED}",
    ),
    "a cent more accrued": (
        {WORKED, SUM},
        f"UPDATE rebates_accrual SET amount = amount + 1 WHERE {CLOSED}",
    ),
    "another rate under the same version": (
        {WORKED},
        "UPDATE rebates_agreementversion SET terms = jsonb_set(terms, '{bands,0,rate}', '\"1.5\"')",
    ),
    "another version's period": (
        {WORKED, STATED, MOVES},
        f"UPDATE rebates_accrual SET since = since - 91, until = until - 91 WHERE {CLOSED}",
    ),
    "a measure that lost an order": (
        {WORKED},
        "UPDATE accounts_measure SET amount = amount - 1 WHERE product_line = 'Parts'",
    ),
    "an estimate out of step": (
        {ESTIMATE},
        "UPDATE rebates_estimate SET moved = moved + 1 WHERE month = '2026-02-01'",
    ),
    "a line of another amount": (
        {TOTAL, STATED, SETTLED},
        "UPDATE rebates_statement SET earned = jsonb_set(earned, '{0,2}', '2001')",
    ),
    "a row of a line that says otherwise": (
        {TOTAL},
        "UPDATE rebates_statementline SET amount = amount + 1",
    ),
    "a total of its own": ({TOTAL}, "UPDATE rebates_statement SET total = total + 1"),
    "stated more than was": (
        {STATED},
        f"UPDATE rebates_accrual SET stated = stated + 1 WHERE {CLOSED}",
    ),
    "a line settled without approval": (
        {SETTLED},
        "UPDATE rebates_statement SET state = 'accepted', approved_at = NULL, approved_by = ''",
    ),
    "a dispute that is still open": (
        {SETTLED},
        "UPDATE rebates_dispute SET state = 'open', agreed = NULL, resolved_at = NULL",
    ),
    "agreed on something else": ({SETTLED}, "UPDATE rebates_dispute SET agreed = agreed + 1"),
    "a paper with other bytes": (
        {BYTES},
        "UPDATE accounts_filecontent SET content = content || ' '",
    ),
    "a paper that was exchanged": (
        {BYTES, PAPER},
        "UPDATE accounts_file SET digest = repeat('0', 64)",
    ),
    "a promise of another paper": (
        {PAPER},
        (
            "UPDATE rebates_agreementversion "
            "SET documents = jsonb_set(documents, '{0,digest}', '\"0\"')"
        ),
    ),
    "approved by who prepared it": (
        {OWN},
        (
            "ALTER TABLE rebates_statement DROP CONSTRAINT statement_approved_by_another; "
            "UPDATE rebates_statement SET approved_by = prepared_by"
        ),
    ),
}
TABLES = (
    "accounts_file",
    "accounts_filecontent",
    "accounts_measure",
    "rebates_accrual",
    "rebates_accrualmove",
    "rebates_agreementversion",
    "rebates_estimate",
    "rebates_statement",
    "rebates_statementline",
    "rebates_settlement",
    "rebates_dispute",
    "rewards_entry",
    "rewards_wallet",
)


@pytest.fixture(scope="module")
def tenant(django_db_setup, django_db_blocker) -> Iterator[Tenant]:
    with django_db_blocker.unblock():
        try:
            with transaction.atomic():
                tenant = TenantFactory()
            with tenant_scope(tenant.id), transaction.atomic():
                program = ProgramFactory()
                whole_story(program, enrolled_account(program))
            yield tenant
        finally:
            connection.close()
            connections["owner"].close()
            empty_every_table()


def found_after(tenant: Tenant, statement: str) -> set[str]:
    """The claims that fail after the statement, which is then undone."""
    with (
        tenant_scope(tenant.id),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        assert cursor.rowcount != 0
        failing = set()
        for one in (*books.per_tenant(), *FILES):
            cursor.execute(f"SELECT count(*) FROM ({one.query}) AS v", {"places": 2})
            if cursor.fetchone()[0]:
                failing.add(one.claim)
        transaction.set_rollback(True, using="owner")
    return failing


def test_sound_books_have_no_violation(tenant, django_db_blocker):
    with django_db_blocker.unblock(), tenant_scope(tenant.id):
        assert violations(tenant) == []


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found(tenant, django_db_blocker, damage):
    claims, statement = DAMAGE[damage]
    with django_db_blocker.unblock():
        assert found_after(tenant, statement) == claims


def test_every_check_has_been_seen_to_fail():
    seen = set().union(*(claims for claims, _ in DAMAGE.values()))
    own = (*books.MONEY, *books.ACCRUALS, *books.STATEMENTS, *PAPERS, *FILES)
    assert seen - {AVAILABLE} == {one.claim for one in own}
