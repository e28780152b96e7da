"""Money of one wallet that two people move at once, each over a connection of its own."""

import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from django.db import connection, transaction

from accounts.models import Event
from accounts.tenancy import tenant_scope
from rebates import answering, clock, crediting, settling
from rebates.models import Credit, Settlement, Statement
from rewards.models import Wallet
from tests.factories import ProgramFactory, StaffFactory, TenantFactory, enrolled_account
from tests.rebates.deals import CHECKER, PARTNER, agreed, bands, violations
from tests.rewards.stories import accepted, at, purchase, taken_back

NOW = at("2026-03-02 09:00")


@pytest.fixture
def world(committed):
    """A dealer is to be credited 33.33, of which a statement that waits for approval takes back
    20.00."""
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        program = ProgramFactory()
        dealer = enrolled_account(program)
        agreed(
            program, dealer, period="month", terms={"bands": bands((0, "10"))},
            said={"method": "credit_note", "grace_days": 0},
        )  # fmt: skip
        accepted(purchase(dealer, "333.30", at("2026-01-10"), "P"), as_of=at("2026-01-10"))
        clock.advance(at=at("2026-02-01 09:00"))
        accepted(
            taken_back(dealer, "200.00", at("2026-02-03"), of="P", document="R"),
            as_of=at("2026-02-03"),
        )
        clock.advance(at=at("2026-03-01 09:00"))
        first, second = Statement.objects.order_by("number")
        for one in (first, second):
            answering.accept_statement(statement=one, actor=PARTNER, now=NOW)
        settling.approve_statement(statement=first, actor=CHECKER, now=NOW)
        finance = StaffFactory(role="finance")
    return SimpleNamespace(tenant=tenant, dealer=dealer, second=second, finance=finance)


def somebody_waits() -> bool:
    """For a lock of this connection's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks "
            "WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        )
        return cursor.fetchone()[0] > 0


def test_a_credit_waits_for_what_takes_part_of_it_back(world):
    def issue() -> list[Credit]:
        try:
            with tenant_scope(world.tenant.id):
                with transaction.atomic():
                    ids = set(Settlement.objects.values_list("pk", flat=True))
                return crediting.issue(
                    settlement_ids=ids, tenant=world.tenant, actor=world.finance.actor, now=NOW
                )
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with tenant_scope(world.tenant.id), transaction.atomic():
            settling.approve_statement(statement=world.second, actor=CHECKER, now=NOW)
            issuing = threads.submit(issue)
            until = time.monotonic() + 30
            while not somebody_waits() and not issuing.done():
                assert time.monotonic() < until
                time.sleep(0.01)
        [credit] = issuing.result()
    assert credit.amount == 13_33
    with tenant_scope(world.tenant.id), transaction.atomic():
        assert Wallet.objects.get(unit="money").available == 0
        assert violations(world.tenant) == []


def test_two_close_a_month_while_a_sale_of_it_comes_in(world):
    """Whether the sale made it into the month's statement or corrects it on the next: it is stated
    once, and so is the month."""
    closing = at("2026-04-01 09:00")

    def in_thread(number: int) -> None:
        try:
            with tenant_scope(world.tenant.id):
                if number < 2:
                    clock.advance(at=closing)
                    return
                with transaction.atomic():
                    late = purchase(world.dealer, "100.00", at("2026-03-20"), "LATE")
                    accepted(late, as_of=closing)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(in_thread, range(3)))
    with tenant_scope(world.tenant.id):
        clock.advance(at=at("2026-05-01 09:00"))
        with transaction.atomic():
            stated = Statement.objects.order_by("number").values_list("number", "total")
            assert list(stated) == [(1, 33_33), (2, -20_00), (3, 10_00)]
            told = Event.objects.filter(kind="rebate.statement_issued")
            assert told.count() == 3
            assert violations(world.tenant) == []
