"""Prepared statements, several in one round trip, and what is left of them when one fails."""

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import DataError, IntegrityError, ProgrammingError, connection, transaction

from accounts.facts import EARLIEST
from accounts.models import Product
from accounts.postgres.arrays import instants, plain, texts, uuids
from accounts.postgres.binary import (
    bigint_array,
    bool_array,
    instant_array,
    int_array,
    uuid_array,
)
from accounts.postgres.scope import NoTransaction
from accounts.postgres.statements import Ask, ask, nothing, run, send
from accounts.tenancy import tenant_scope
from tests import factories

NEW_PRODUCT = (
    "INSERT INTO accounts_product (tenant_id, id, sku, name, line) VALUES (%s, %s, %s, '', '')"
)
ONE, TWO = UUID(int=1), UUID(int=2)


def new_product(tenant, id_, sku):
    return Ask(NEW_PRODUCT, [tenant.id, id_, sku], nothing)


def prepared_by_the_server():
    return run("SELECT count(*) FROM pg_prepared_statements WHERE NOT from_sql", [])[0][0]


def test_each_sees_what_the_ones_before_it_wrote(in_tenant):
    count = Ask("SELECT count(*) FROM accounts_product", [], lambda rows: rows[0][0])
    before, _, after = ask(count, new_product(in_tenant, ONE, "A"), count)
    assert (before, after) == (0, 1)


def test_values_of_every_type_come_back_as_they_went_in(in_tenant):
    noon = datetime(2026, 3, 29, 12, tzinfo=UTC)
    given = (ONE, noon, date(2026, 3, 29), 7, Decimal("1.50"), True, "it’s 100 % “so”", None)
    statement = "SELECT %s, %s, %s, %s, %s, %s, %s::text, %s::text, '100%%'"
    assert run(statement, given) == [(*given, "100%")]


def test_names_may_come_more_than_once(in_tenant):
    values = {"a": 2, "b": 5, "unused": "x"}
    assert run("SELECT %(b)s - %(a)s, %(b)s + %(a)s", values) == [(3, 7)]


def test_arrays_keep_quotes_commas_and_nothing(in_tenant):
    said = ['a "b"', "c,d", "\\", "", "NULL", "{}", '","']
    noon = datetime(2026, 3, 29, 12, tzinfo=UTC)
    for given, cast, literal in (
        (said, "text", texts(said)),
        ([*said, None], "text", texts([*said, None])),
        ([], "text", texts([])),
        ([""], "text", texts([""])),
        ([ONE, None], "uuid", uuids([ONE, None])),
        ([ONE, None, TWO], "uuid", uuid_array([1, None, 2])),
        ([TWO, ONE], "uuid", uuid_array([2, 1])),
        ([noon, EARLIEST, noon], "timestamptz", instant_array([noon, EARLIEST, noon])),
        ([2**63 - 1, -(2**63), 0], "bigint", bigint_array([2**63 - 1, -(2**63), 0])),
        ([], "bigint", bigint_array([])),
        ([1, -3], "int", int_array([1, -3])),
        ([True, False], "bool", bool_array([True, False])),
        ([noon, None, noon], "timestamptz", instants([noon, None, noon])),
        ([1, None, -3], "bigint", plain([1, None, -3])),
    ):
        assert run(f"SELECT %s::{cast}[]", [literal]) == [(given,)]


def test_a_statement_is_prepared_once_for_the_same_types(in_tenant):
    run("SELECT %s::text, 'once'", ["a"])
    known = prepared_by_the_server()
    run("SELECT %s::text, 'once'", ["b"])
    assert prepared_by_the_server() == known
    run("SELECT %s::text, 'once'", [1])
    assert prepared_by_the_server() == known + 1


def test_the_first_that_fails_is_told_and_those_behind_it_do_not_run(in_tenant):
    asks = [new_product(in_tenant, ONE, "A"), new_product(in_tenant, TWO, "A")]
    with pytest.raises(IntegrityError, match="sku"), transaction.atomic():
        ask(*asks, Ask("SELECT 'behind the one that failed', %s::int", [1], nothing))
    assert not Product.objects.exists()
    # What was not prepared for it is prepared when it is asked again.
    assert run("SELECT 'behind the one that failed', %s::int", [1])[0][1] == 1


def test_a_broken_statement_leaves_no_name_behind(in_tenant):
    for _ in range(2):
        with pytest.raises(ProgrammingError, match="no_such_table"), transaction.atomic():
            run("SELECT * FROM no_such_table WHERE id = %s", [1])
    assert run("SELECT %s::int", [1]) == [(1,)]


def test_a_text_that_postgres_would_cut_off_is_refused(in_tenant):
    with pytest.raises(DataError, match="NUL"), transaction.atomic():
        run("SELECT %s::text", ["cut\0off"])
    assert run("SELECT %s::text", ["whole"]) == [("whole",)]


def test_more_than_the_sockets_hold_goes_out_while_answers_come_in(in_tenant):
    long = ["x" * 1000] * 5000
    asks = [Ask("SELECT * FROM unnest(%s::text[])", [texts(long)], len)] * 4
    assert ask(*asks) == [5000] * 4


def test_nothing_runs_outside_a_transaction(committed):
    with pytest.raises(NoTransaction):
        run("SELECT 1", [])


def test_what_was_begun_here_is_ended_by_django(committed):
    with transaction.atomic():
        (began,) = run("SELECT pg_current_xact_id()::text", [])
        assert connection.connection.info.transaction_status.name == "INTRANS"
    assert connection.connection.info.transaction_status.name == "IDLE"
    with transaction.atomic():
        assert run("SELECT pg_xact_status(%s::xid8)", [began[0]]) == [("committed",)]


def test_what_is_sent_ahead_runs_before_what_is_asked_then(in_tenant):
    send(new_product(in_tenant, ONE, "A"))
    send(new_product(in_tenant, TWO, "B"))
    assert run("SELECT count(*) FROM accounts_product", []) == [(2,)]


def test_the_orm_waits_for_what_was_sent_ahead(in_tenant):
    send(new_product(in_tenant, ONE, "A"))
    assert Product.objects.get().sku == "A"


def test_more_than_the_connection_takes_at_once_is_sent_all_the_same(in_tenant):
    wide = "x" * 100_000
    for _ in range(20):
        send(Ask("SELECT %s::text", [wide], nothing))
    assert run("SELECT 1", []) == [(1,)]


def fail_ahead(tenant, notice=lambda: None):
    with transaction.atomic():
        send(new_product(tenant, ONE, "A"), new_product(tenant, TWO, "A"))
        notice()


@pytest.mark.parametrize("notice", [lambda: run("SELECT 1", []), Product.objects.exists])
def test_what_failed_ahead_is_told_by_the_next(in_tenant, notice):
    with pytest.raises(IntegrityError, match="sku"):
        fail_ahead(in_tenant, notice)
    assert not Product.objects.exists()


def fail_in_scope(tenant):
    with transaction.atomic(), tenant_scope(tenant.id):
        send(new_product(tenant, ONE, "A"), new_product(tenant, TWO, "A"))


def test_what_failed_ahead_is_told_at_the_end_of_a_scope(in_tenant):
    with pytest.raises(IntegrityError, match="sku"):
        fail_in_scope(in_tenant)
    assert not Product.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_failed_ahead_is_told_by_the_commit():
    with transaction.atomic():
        tenant = factories.TenantFactory()
    with tenant_scope(tenant.id):
        with pytest.raises(IntegrityError, match="sku"):
            fail_ahead(tenant)
        with transaction.atomic():
            assert not Product.objects.exists()


def test_what_was_sent_ahead_is_rolled_back_with_the_rest(in_tenant):
    with suppress(ZeroDivisionError), transaction.atomic():
        send(new_product(in_tenant, ONE, "A"))
        raise ZeroDivisionError
    assert not Product.objects.exists()
