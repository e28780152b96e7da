"""Money of one wallet that two people move at once, each over a connection of its own."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from django.db import connection, transaction

from accounts.models import Event
from accounts.tenancy import tenant_scope
from rebates import accruing, answering, clock, closing, crediting, settling
from rebates.models import Agreement, Credit, Settlement, Statement
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
    return SimpleNamespace(
        tenant=tenant, program=program, dealer=dealer, second=second, finance=finance
    )


def wait_until_waiting(others: Sequence[Future]) -> None:
    """For a lock, of this connection's or behind each other; or until they have ended."""
    until = time.monotonic() + 30
    with connection.cursor() as cursor:
        waiting = 0
        while waiting < sum(not one.done() for one in others):
            assert time.monotonic() < until
            time.sleep(0.01)
            cursor.execute(
                "SELECT count(DISTINCT pid) FROM pg_locks "
                "WHERE NOT granted AND pid IN (SELECT pid FROM pg_locks WHERE database = ("
                "SELECT oid FROM pg_database WHERE datname = current_database()))"
            )
            waiting = cursor.fetchone()[0]


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
            wait_until_waiting([issuing])
        [credit] = issuing.result()
    assert credit.amount == 13_33
    with tenant_scope(world.tenant.id), transaction.atomic():
        assert Wallet.objects.get(unit="money").available == 0
        assert violations(world.tenant) == []


def test_two_close_at_once_while_a_sale_of_the_month_comes_in(world):
    """Whether the sale makes it into the month's statement or corrects it on the next: it is stated
    once, and so is every month."""
    closing_at = at("2026-04-01 09:00")
    with tenant_scope(world.tenant.id), transaction.atomic():
        agreed(
            world.program, world.dealer, code="monthly", terms={"bands": bands((0, "10"))},
            said={"settles": "month", "grace_days": 0},
        )  # fmt: skip

    def in_thread(number: int) -> None:
        try:
            with tenant_scope(world.tenant.id):
                if number < 2:
                    closing.close_due(at=closing_at)
                    return
                with transaction.atomic():
                    late = purchase(world.dealer, "100.00", at("2026-03-20"), "LATE")
                    accepted(late, as_of=closing_at)
        finally:
            connection.close()

    with tenant_scope(world.tenant.id):
        accruing.accrue(at=closing_at)
    with ThreadPoolExecutor(3) as threads:
        with tenant_scope(world.tenant.id), transaction.atomic():
            list(Agreement.objects.select_for_update().order_by("id"))
            others = [threads.submit(in_thread, number) for number in range(3)]
            wait_until_waiting(others[:2])
        for one in others:
            one.result()
    with tenant_scope(world.tenant.id):
        clock.advance(at=at("2026-05-01 09:00"))
        with transaction.atomic():
            found = Statement.objects.order_by("agreement__code", "number")
            told = list(found.values_list("agreement__code", "number", "total"))
            assert told == [
                ("growth", 1, 33_33), ("growth", 2, -20_00), ("growth", 3, 10_00),
                ("monthly", 1, 13_33), ("monthly", 2, 10_00),
            ]  # fmt: skip
            assert Event.objects.filter(kind="rebate.statement_issued").count() == len(told)
            assert violations(world.tenant) == []
