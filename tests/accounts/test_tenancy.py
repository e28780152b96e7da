"""The wall as Python sees it: scopes, managers, transactions, cache keys, tasks."""

from typing import Any
from uuid import UUID

import pytest
from celery import shared_task
from django.core.cache import cache
from django.db import (
    DatabaseError,
    connection,
    transaction,
)
from django.test import TestCase
from kombu.exceptions import OperationalError

from accounts.books import tenant_models
from accounts.ids import uuid7
from accounts.jobs import NoTenantGiven, TenantTask
from accounts.models import Account, Member, Staff, Tenant
from accounts.postgres.scope import NoTransaction
from accounts.postgres.statements import run
from accounts.tenancy import NoTenantOpen, TenantModel, current_tenant_id, tenant_scope
from loyalty.celery import app as celery
from rewards import tasks
from tests.factories import (
    AccountFactory,
    MemberFactory,
    StaffFactory,
    TenantFactory,
)


def announced() -> str:
    """Which tenant Postgres believes to be open."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.tenant_id', true)")
        return cursor.fetchone()[0] or ""


def numbers_seen() -> set[str]:
    """Account numbers without any filter of ours: what row-level security alone lets through."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM accounts_account")
        return {row[0] for row in cursor.fetchall()}


@pytest.fixture
def both(tenant, other_tenant) -> tuple[UUID, UUID]:
    """Two tenants, each with one account; their numbers are "mine" and "theirs"."""
    for one, number in ((tenant, "mine"), (other_tenant, "theirs")):
        with tenant_scope(one.id):
            AccountFactory(number=number)
    return tenant.id, other_tenant.id


# ── Scopes ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("nobody", [None, "", "0192a000-0000-7000-8000-000000000000", 7, object()])
def test_scope_is_of_one_tenant_and_nothing_else(db, nobody):
    with pytest.raises(TypeError, match="takes the tenant's UUID"), tenant_scope(nobody):
        pytest.fail("the scope was opened")
    with pytest.raises(NoTenantOpen):
        current_tenant_id()


def test_scope_opens_and_closes(both):
    assert announced() == ""
    with tenant_scope(both[0]):
        assert current_tenant_id() == both[0]
        assert announced() == str(both[0])
        assert numbers_seen() == {"mine"}
    assert announced() == ""
    assert numbers_seen() == set()


def test_scopes_nest_and_the_outer_tenant_comes_back(both):
    mine, theirs = both
    with tenant_scope(mine):
        with tenant_scope(theirs):
            assert numbers_seen() == {"theirs"}
            with tenant_scope(mine):
                assert numbers_seen() == {"mine"}
            assert numbers_seen() == {"theirs"}
        assert announced() == str(mine)
        assert numbers_seen() == {"mine"}


def test_released_savepoint_does_not_keep_the_inner_tenant(both):
    mine, theirs = both
    with tenant_scope(mine):
        with transaction.atomic(), tenant_scope(theirs), transaction.atomic():
            assert numbers_seen() == {"theirs"}
        assert announced() == str(mine)
        assert numbers_seen() == {"mine"}


@pytest.mark.parametrize("fails_in_postgres", [True, False])
def test_rolled_back_savepoint_brings_the_outer_tenant_back(both, fails_in_postgres):
    mine, theirs = both

    def fail() -> None:
        if fails_in_postgres:
            connection.cursor().execute("SELECT 1 / 0")
        raise RuntimeError

    with tenant_scope(mine):
        with (
            pytest.raises((DatabaseError, RuntimeError)),
            transaction.atomic(),
            tenant_scope(theirs),
        ):
            fail()
        assert announced() == str(mine)
        with tenant_scope(theirs):
            with pytest.raises((DatabaseError, RuntimeError)), transaction.atomic():
                fail()
            assert numbers_seen() == {"theirs"}
        assert numbers_seen() == {"mine"}


def test_savepoint_of_an_inner_scope_rolled_back_after_it(both):
    """A savepoint that outlives its scope remembers the inner tenant; rolling back to it must
    not bring that tenant back."""
    mine, theirs = both
    with tenant_scope(mine):
        with tenant_scope(theirs):
            savepoint = transaction.savepoint()
        transaction.savepoint_rollback(savepoint)
        assert announced() == str(mine)
        assert numbers_seen() == {"mine"}


def test_each_transaction_is_told_anew(committed):
    tenants = [_committed_tenant("acme"), _committed_tenant("rival")]
    for tenant in [*tenants, *tenants]:
        with tenant_scope(tenant.id):
            for _ in range(2):
                with transaction.atomic():
                    assert numbers_seen() == {tenant.slug}
        with transaction.atomic():
            assert announced() == ""
            assert numbers_seen() == set()
    assert announced() == ""  # outside of a transaction nothing is left on the connection


def test_no_query_in_a_scope_without_a_transaction(committed):
    tenant = _committed_tenant("acme")
    with tenant_scope(tenant.id):
        for ask in (
            Account.objects.count,
            lambda: list(Account.objects.iterator()),
            lambda: list(Account.objects.raw("SELECT * FROM accounts_account")),
            lambda: connection.cursor().execute("SELECT 1"),
            lambda: run("SELECT 1", []),
            lambda: Account.objects.create(number="2", name="n"),
        ):
            with pytest.raises(NoTransaction, match=r"transaction\.atomic"):
                ask()
        with transaction.atomic():
            assert Account.objects.count() == 1


def _committed_tenant(slug: str) -> Tenant:
    with transaction.atomic():
        tenant = TenantFactory(slug=slug)
        with tenant_scope(tenant.id):
            AccountFactory(number=slug)
    return tenant


# ── Managers ─────────────────────────────────────────────────────────────────────────────────────


def test_managers_refuse_while_no_tenant_is_open(both):
    with tenant_scope(both[0]):
        account = Account.objects.get()
        member = MemberFactory(account=account)
        rows = Account.objects.all()
    without_its_account = Member(
        pk=member.pk, tenant_id=both[0], account_id=account.pk, user_id=member.user_id
    )
    for ask in (
        Account.objects.count,
        Account.objects.exists,
        lambda: Account.objects.get(pk=account.pk),
        lambda: Account.objects.in_bulk([account.pk]),
        lambda: Account.objects.create(number="X", name="X"),
        lambda: Account.objects.bulk_create([Account(number="X", name="X")]),
        lambda: Account.objects.update(name="X"),
        lambda: Account.objects.get_or_create(number="X"),
        Account.objects.aggregate,
        account.members.count,
        account.refresh_from_db,
        account.save,
        lambda: without_its_account.account,
    ):
        with pytest.raises(NoTenantOpen, match="Open a tenant first"), transaction.atomic():
            ask()
    # A query made while a tenant was open finds nothing once it is closed.
    assert list(rows.all()) == []


def test_every_tenant_model_has_a_manager_that_refuses(db):
    models = [model for model in tenant_models() if issubclass(model, TenantModel)]
    assert len(models) > 15
    for model in models:
        for manager in (model._default_manager, model._base_manager, model.objects):
            with pytest.raises(NoTenantOpen):
                manager.exists()


def test_rows_of_another_tenant_are_not_there(both):
    mine, theirs = both
    with tenant_scope(theirs):
        foreign = Account.objects.get()
        rep = StaffFactory()
        member = MemberFactory(account=foreign)
    with tenant_scope(mine):
        assert Account.objects.filter(pk=foreign.pk).count() == 0
        assert Account.objects.in_bulk([foreign.pk]) == {}
        assert foreign.members.count() == 0
        with pytest.raises(Account.DoesNotExist):
            foreign.refresh_from_db()
        with pytest.raises(Account.DoesNotExist):
            Member(account_id=foreign.pk).account  # noqa: B018
        with pytest.raises(Staff.DoesNotExist):
            Account(rep_id=rep.pk).rep  # noqa: B018
        assert Account.objects.filter(members__id=member.pk).count() == 0
        assert Account.objects.filter(pk=foreign.pk).update(name="mine now") == 0
    with tenant_scope(theirs):
        assert Account.objects.get().name == foreign.name


def test_query_made_for_one_tenant_answers_nothing_to_another(both):
    mine, theirs = both
    with tenant_scope(mine):
        rows = Account.objects.all()
        assert [row.number for row in rows.all()] == ["mine"]
    with tenant_scope(theirs):
        assert list(rows.all()) == []


# ── The cache ────────────────────────────────────────────────────────────────────────────────────


def test_cached_values_belong_to_the_tenant(both):
    mine, theirs = both
    cache.set("sum", "nobody's")
    for tenant_id, value in ((mine, "mine"), (theirs, "theirs")):
        with tenant_scope(tenant_id):
            assert cache.get("sum") is None
            cache.set("sum", value)
            assert str(tenant_id) in cache.make_key("sum")
    with tenant_scope(mine):
        assert cache.get("sum") == "mine"
        cache.delete("sum")
    with tenant_scope(theirs):
        assert cache.get("sum") == "theirs"
    assert cache.get("sum") == "nobody's"


# ── Tasks ────────────────────────────────────────────────────────────────────────────────────────

# They read across no tenant: each only sends a message per tenant.
FAN_OUT = {
    "accounts.tasks.sweep_deliveries",
    "loyalty.notices.tasks.remind_every_tenant",
    "loyalty.notices.tasks.tell_every_tenants_people",
    "loyalty.tasks.check_every_tenants_books",
    "loyalty.tasks.sweep_exports",
    "loyalty.tasks.sweep_jobs",
    "partners.tasks.advance_every_tenants_deals",
    "partners.tasks.advance_every_tenants_funds",
    "partners.tasks.advance_every_tenants_leads",
    "partners.tasks.advance_every_tenants_referrals",
    "partners.tasks.advance_every_tenants_surveys",
    "partners.tasks.advance_every_tenants_training",
    "partners.tasks.recall_every_tenants_spiffs",
    "rebates.tasks.advance_every_tenants_agreements",
    "rewards.tasks.add_up_every_tenant",
    "rewards.tasks.advance_every_tenant",
    "rewards.tasks.sweep_imports",
    "rewards.tasks.sweep_replays",
}


@shared_task(base=TenantTask)
def count_accounts_of_one(*, tenant_id: str, **kwargs) -> int:
    with transaction.atomic():
        return Account.objects.count()


count_accounts: Any = count_accounts_of_one  # a task, where type checkers see a function


def test_task_works_for_the_tenant_in_its_message(both):
    assert count_accounts.apply(kwargs={"tenant_id": str(both[0])}).get() == 1
    assert count_accounts.apply(kwargs={"tenant_id": str(uuid7())}).get() == 0
    with pytest.raises(NoTenantOpen):
        current_tenant_id()


@pytest.mark.parametrize("kwargs", [{}, {"tenant_id": None}, {"tenant_id": 7}, {"tenant": "x"}])
def test_task_without_a_tenant_is_refused_at_both_ends(kwargs):
    for send in (
        lambda: count_accounts.delay(**kwargs),
        lambda: count_accounts(**kwargs),
    ):
        with pytest.raises(NoTenantGiven, match="pass tenant_id"):
            send()
    with pytest.raises(NoTenantGiven):  # as the worker runs it
        count_accounts.apply(kwargs=kwargs, throw=True)
    with pytest.raises(NoTenantGiven):
        count_accounts.delay(str(uuid7()))


def test_every_task_works_for_one_tenant_or_only_sends_messages():
    celery.loader.import_default_modules()
    ours = {
        name: task
        for name, task in celery.tasks.items()
        if name.split(".")[0] in {"accounts", "tiers", "rewards", "rebates", "partners", "loyalty"}
    }
    assert {name for name in ours if not isinstance(ours[name], TenantTask)} == FAN_OUT
    assert len(ours) > len(FAN_OUT)


def test_what_sends_messages_for_all_sees_nobodys_rows(both, monkeypatch):
    pairs: tuple[tuple[Any, Any], ...] = (
        (tasks.advance_every_tenant, tasks.advance_tenant),
        (tasks.sweep_imports, tasks.sweep_imports_of),
    )
    for all_of_them, one in pairs:
        sent: list[str] = []
        monkeypatch.setattr(one, "delay", lambda *, tenant_id, to=sent: to.append(tenant_id))
        all_of_them()
        assert set(sent) == {str(tenant_id) for tenant_id in both}


def test_a_message_that_no_broker_takes_undoes_nothing(both, monkeypatch, caplog):
    """The page that sent it after its commit must not look as if nothing had been kept."""

    def refuse(*args, **kwargs):
        raise OperationalError("Connection refused")

    monkeypatch.setattr(count_accounts, "apply_async", refuse)
    with TestCase.captureOnCommitCallbacks(execute=True), tenant_scope(both[0]):
        count_accounts.delay_on_commit(tenant_id=str(both[0]))
        with pytest.raises(NoTenantGiven):
            count_accounts.delay_on_commit()
    assert "Connection refused" in caplog.text
