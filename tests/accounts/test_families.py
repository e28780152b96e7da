"""Accounts that belong to others: parents named by number in a file of accounts."""

import threading

import pytest
from django.db import connections, transaction

from accounts.directory_imports import take_accounts
from accounts.models import Account
from accounts.tenancy import tenant_scope
from tests import factories


def take(*rows: tuple[str, str]) -> list[str]:
    """Takes (number, parent) rows in; what became of each."""
    items = [{"number": number, "name": number, "parent": parent} for number, parent in rows]
    with transaction.atomic():
        return [ruling.reason or ruling.status for ruling in take_accounts(items)]


def families() -> dict[str, str | None]:
    return dict(Account.objects.order_by("number").values_list("number", "parent__number"))


def test_parents_come_from_lines_above_and_from_before(in_tenant):
    factories.AccountFactory(number="HQ")

    assert take(("EU", "HQ"), ("DE", "EU"), ("US", "")) == ["accepted"] * 3
    assert families() == {"DE": "EU", "EU": "HQ", "HQ": None, "US": None}

    assert take(("EU", "HQ"), ("DE", "US"), ("US", "HQ")) == ["known", "changed", "changed"]
    assert families() == {"DE": "US", "EU": "HQ", "HQ": None, "US": "HQ"}

    assert take(("DE", "")) == ["changed"]
    assert families()["DE"] is None


def test_a_parent_that_is_not_there_costs_the_row(in_tenant, other_tenant):
    with tenant_scope(other_tenant.id):
        factories.AccountFactory(number="THEIRS")

    reason = (
        "There is no account “{}” to be its parent; the parent comes in before, or on a line above."
    )
    assert take(("A", "NONE"), ("B", "THEIRS"), ("C", "LATER"), ("LATER", ""), ("D", "A")) == [
        reason.format("NONE"),
        reason.format("THEIRS"),
        reason.format("LATER"),
        "accepted",
        reason.format("A"),  # which was not taken in either
    ]
    assert families() == {"LATER": None}


def test_no_account_is_above_itself(in_tenant):
    take(("A", ""), ("B", "A"), ("C", "B"))

    assert take(("A", "A"), ("A", "C"), ("B", "C")) == [
        "The account “A” cannot be its own parent.",
        "“C” belongs to “A” already, so it cannot be its parent.",
        "“C” belongs to “B” already, so it cannot be its parent.",
    ]
    assert families() == {"A": None, "B": "A", "C": "B"}

    # once C is free, the same rows fit: each row sees what the rows above it did
    assert take(("C", ""), ("B", "C"), ("A", "B")) == ["changed"] * 3
    assert families() == {"A": "B", "B": "C", "C": None}
    assert take(("C", "A"))[0].startswith("“A” belongs to “C” already")


def test_one_batch_or_many_come_to_the_same(in_tenant, other_tenant):
    rows = [("A", ""), ("B", "A"), ("C", "D"), ("D", "B"), ("A", "D"), ("C", "D"), ("B", "")]

    together, outcome = take(*rows), families()
    with tenant_scope(other_tenant.id):
        one_by_one = [became for row in rows for became in take(row)]
        assert families() == outcome

    assert one_by_one == together
    assert together[2].startswith("There is no account “D”")
    assert together[4] == "“D” belongs to “A” already, so it cannot be its parent."
    assert outcome == {"A": None, "B": None, "C": "D", "D": "B"}


def test_two_imports_at_once_close_no_circle(committed):
    with transaction.atomic():
        tenant = factories.TenantFactory()
        with tenant_scope(tenant.id):
            take(("A", ""), ("B", ""))
    ready, said = threading.Barrier(2), {}

    def bring(number: str, parent: str) -> None:
        with tenant_scope(tenant.id):
            ready.wait()
            said[number] = take((number, parent))[0]
        connections["default"].close()

    threads = [threading.Thread(target=bring, args=pair) for pair in (("A", "B"), ("B", "A"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(text == "changed" for text in said.values()) == [False, True]
    with transaction.atomic(), tenant_scope(tenant.id):
        assert sorted(families().values(), key=str) in (["A", None], ["B", None])


@pytest.mark.parametrize("count", [1, 3])
def test_rows_cost_the_same_however_many(in_tenant, count, django_assert_num_queries):
    factories.AccountFactory(number="HQ")
    rows = [(f"N{number}", "HQ") for number in range(count)]

    # a savepoint, the lock, one generation; the accounts and their upsert; the same for parents
    with django_assert_num_queries(8):
        assert take(*rows) == ["accepted"] * count
