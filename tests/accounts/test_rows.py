"""Row-level security by itself, asked without any filter of ours."""

import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)

from accounts.books import tenant_models
from accounts.ids import uuid7
from accounts.models import Account, Tenant
from accounts.tenancy import tenant_scope
from tests.factories import (
    AccountFactory,
    MemberFactory,
    ProductFactory,
    ProgramFactory,
    StaffFactory,
    TenantFactory,
    enrolled_account,
    publish_rule,
    publish_scheme,
)

REFUSED_BY_THE_POLICY = "new row violates row-level security policy"


@pytest.fixture
def both(tenant, other_tenant):
    """Two tenants, each with one account; their numbers are "mine" and "theirs"."""
    for one, number in ((tenant, "mine"), (other_tenant, "theirs")):
        with tenant_scope(one.id):
            AccountFactory(number=number)
    return tenant.id, other_tenant.id


def _committed_tenant(slug: str) -> Tenant:
    with transaction.atomic():
        return TenantFactory(slug=slug)


def walled_tables() -> list[str]:
    """From the catalog, not from our models: a table that no model knows counts as well."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') "
            "AND c.relnamespace = 'public'::regnamespace AND (c.relname = 'accounts_tenant' "
            "OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid "
            "AND a.attname = 'tenant_id' AND NOT a.attisdropped)) ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


@pytest.fixture
def full(committed) -> dict[str, Tenant]:
    """Two tenants with a row in each of their tables, as far as the owner can see to it."""
    tenants = {slug: _committed_tenant(slug) for slug in ("acme", "rival")}
    for tenant in tenants.values():
        with tenant_scope(tenant.id), transaction.atomic():
            program = ProgramFactory()
            publish_scheme(program, ("Silver", 0, "1"))
            publish_rule(program)
            enrolled_account(program)
            ProductFactory()
            StaffFactory()
            MemberFactory()
    return tenants


def count(table: str, using=connection) -> int:
    with using.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}"')
        return cursor.fetchone()[0]


def test_without_a_tenant_no_table_shows_a_row(full):
    tables = walled_tables()
    assert set(tables) == {"accounts_tenant", *(m._meta.db_table for m in tenant_models())}
    filled = [table for table in tables if count(table, connections["owner"])]
    assert len(filled) > 10
    for inside in (False, True):
        with transaction.atomic() if inside else connection.cursor():
            assert {table: count(table) for table in tables} == dict.fromkeys(tables, 0)
    with transaction.atomic():
        connection.cursor().execute("SELECT set_config('app.tenant_id', '', true)")
        assert {table: count(table) for table in tables} == dict.fromkeys(tables, 0)


def test_with_a_tenant_every_table_shows_its_rows_alone(full):
    owner = connections["owner"]
    for tenant in full.values():
        for table in walled_tables():
            key = "id" if table == "accounts_tenant" else "tenant_id"
            with owner.cursor() as cursor:
                cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {key} = %s', [tenant.id])
                own = cursor.fetchone()[0]
            with tenant_scope(tenant.id), transaction.atomic():
                assert (table, count(table)) == (table, own)


def test_row_for_another_tenant_is_refused(both):
    mine, theirs = both
    with tenant_scope(mine):
        account = Account.objects.get()
        with pytest.raises(ProgrammingError, match=REFUSED_BY_THE_POLICY), transaction.atomic():
            Account.objects.create(tenant_id=theirs, number="X", name="X")
        with pytest.raises(ProgrammingError, match=REFUSED_BY_THE_POLICY), transaction.atomic():
            Account.objects.bulk_create([Account(tenant_id=theirs, number="X", name="X")])
        for field in ("tenant_id", "id"):
            with (
                pytest.raises(IntegrityError, match="is refused: what was written there stays"),
                transaction.atomic(),
            ):
                Account.objects.filter(pk=account.pk).update(
                    **{field: theirs if field == "tenant_id" else uuid7()}
                )
        with pytest.raises(DatabaseError), transaction.atomic():
            Tenant.objects.create(id=uuid7(), slug="third", name="T", currency="USD")
    with tenant_scope(theirs):
        assert [a.number for a in Account.objects.all()] == ["theirs"]


def test_no_tenant_row_is_ever_deleted(both):
    with tenant_scope(both[0]):
        for delete in (Account.objects.all().delete, Account.objects.get().delete):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                delete()
        assert Account.objects.count() == 1


def test_reference_to_another_tenants_row_is_refused(both):
    mine, theirs = both
    with tenant_scope(theirs):
        foreign, staff = Account.objects.get(), StaffFactory()
    with tenant_scope(mine):
        account = Account.objects.get()
        for change in ({"parent_id": foreign.pk}, {"rep_id": staff.pk}, {"parent_id": uuid7()}):
            with pytest.raises(IntegrityError, match="foreign key"), transaction.atomic():
                Account.objects.filter(pk=account.pk).update(**change)
