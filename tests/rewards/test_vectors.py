"""The published vectors of earning, expiring, spending and returning: E1 to E8."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts.ids import uuid7
from accounts.models import Account, Measure, Program, Tenant
from accounts.periods import quarter_of
from accounts.tenancy import tenant_scope
from rewards import clock, ledger
from rewards.models import Entry, Lot, LotUse, Wallet
from tests.factories import (
    ProgramFactory,
    TenantFactory,
    enrolled_account,
    publish_rule,
    publish_scheme,
)
from tests.rewards.stories import (
    LONDON,
    NEW_YORK,
    accepted,
    at,
    entries_of,
    open_lots,
    purchase,
    take,
    taken_back,
    wallet_of,
)

SILVER_GOLD = (("Silver", 0, "1"), ("Gold", 100_000, "1.5"))


@pytest.fixture
def program(in_tenant: Tenant) -> Program:
    """1 point per 1.00; Gold from 1,000.00 in a quarter, with a multiplier of 1.5."""
    program = ProgramFactory()
    publish_scheme(program, *SILVER_GOLD)
    publish_rule(program)
    return program


@pytest.fixture
def gold(program: Program) -> Account:
    """An account that is Gold since the noon of 10 February 2026."""
    account = enrolled_account(program)
    accepted(purchase(account, "1000.00", at("2026-02-10"), "GOLD"), as_of=at("2026-02-10"))
    return account


def spend(account: Account, program: Program, amount: int, when: str) -> None:
    ledger.spend(
        wallet_id=wallet_of(account, program).id,
        amount=amount,
        cause=uuid7(),
        actor="system",
        occurred_at=at(when),
        recorded_at=at(when),
    )


def test_e1_a_purchase_at_gold_earns_half_as_much_again_rounded_down(gold):
    accepted(purchase(gold, "1240.55", at("2026-02-12"), "E1"), as_of=at("2026-02-12"))

    [entry] = entries_of(gold, document="E1")
    assert (entry.kind, entry.available, entry.pending) == ("earn", 1_860, 0)
    assert (entry.desired, entry.multiplier, entry.tier.name) == (1_860, Decimal("1.5"), "Gold")


def test_e2_a_purchase_dated_before_gold_earns_as_before_gold(gold):
    accepted(purchase(gold, "1240.55", at("2026-02-09"), "E2"), as_of=at("2026-02-12"))

    [entry] = entries_of(gold, document="E2")
    assert (entry.available, entry.multiplier, entry.tier.name) == (1_240, Decimal(1), "Silver")


def test_e3_a_return_takes_back_what_the_line_earned_whatever_the_tier_is_today(gold):
    line = purchase(gold, "1000.00", at("2026-02-12"), "E3", quantity=10)
    accepted(line, as_of=at("2026-02-12"))
    clock.advance(upto=at("2026-07-01"))  # a quarter without purchases has ended: Silver again

    first = taken_back(gold, "300.00", at("2026-07-02"), of="E3", document="R1", quantity=3)
    accepted(first, as_of=at("2026-07-02"))

    [back] = entries_of(gold, document="R1")
    assert (back.kind, back.available) == ("reverse", -450)
    probe = purchase(gold, "1.00", at("2026-07-02"), "PROBE")
    accepted(probe, as_of=at("2026-07-02"))
    assert entries_of(gold, document="PROBE")[0].tier.name == "Silver"

    before = wallet_of(gold, gold.enrollments.get().program).available
    second = taken_back(gold, "800.00", at("2026-07-03"), of="E3", document="R2", quantity=8)
    [outcome] = take(second, as_of=at("2026-07-03"))

    assert outcome.status == "rejected"
    assert "7" in outcome.reason or "700" in outcome.reason
    assert wallet_of(gold, gold.enrollments.get().program).available == before
    assert entries_of(gold, document="R2") == []


def test_e4_a_cap_cuts_the_grant_and_the_entry_says_so(in_tenant):
    program = ProgramFactory()
    publish_rule(program, cap=2_000, cap_window="month")
    account = enrolled_account(program)
    accepted(purchase(account, "1800.00", at("2026-05-04"), "SO-FAR"), as_of=at("2026-05-04"))

    accepted(purchase(account, "600.00", at("2026-05-20"), "E4"), as_of=at("2026-05-20"))

    [entry] = entries_of(account, document="E4")
    assert (entry.desired, entry.available) == (600, 200)
    assert wallet_of(account, program).available == 2_000

    accepted(purchase(account, "600.00", at("2026-06-01"), "NEXT"), as_of=at("2026-06-01"))
    assert entries_of(account, document="NEXT")[0].available == 600


@pytest.mark.parametrize(
    ("time_zone", "quarter", "month"),
    [
        ("America/New_York", date(2026, 1, 1), date(2026, 3, 1)),
        ("Europe/London", date(2026, 4, 1), date(2026, 4, 1)),
    ],
)
def test_e5_the_tenants_own_midnight_decides_the_quarter(db, time_zone, quarter, month):
    tenant = TenantFactory(time_zone=time_zone)
    instant = at("2026-03-31 23:30", NEW_YORK)
    assert instant == at("2026-04-01 04:30", LONDON)
    with tenant_scope(tenant.id):
        program = ProgramFactory(points_expiry={"policy": "quarter_end", "plus": 0})
        publish_rule(program)
        account = enrolled_account(program)

        accepted(purchase(account, "10.00", instant, "E5"), as_of=instant)

        assert quarter_of(instant, tenant.zone) == quarter
        assert Measure.objects.get(tenant_id=tenant.id, account=account).month == month
        ends = {1: "2026-04-01 00:00", 4: "2026-07-01 00:00"}[quarter.month]
        assert Lot.objects.get(tenant_id=tenant.id).expires_at == at(ends, tenant.zone)


@pytest.fixture
def quarterly(in_tenant: Tenant) -> tuple[Program, Account]:
    """100 points earned on 15 February and 100 on 10 April; "end of quarter + 1"."""
    program = ProgramFactory(points_expiry={"policy": "quarter_end", "plus": 1})
    publish_rule(program)
    account = enrolled_account(program)
    for day in ("2026-02-15", "2026-04-10"):
        clock.advance(upto=at(day))
        accepted(purchase(account, "100.00", at(day), day), as_of=at(day))
    return program, account


def test_e6_points_of_february_expire_at_the_end_of_june(quarterly):
    program, account = quarterly
    clock.advance(upto=at("2026-06-30 23:59"))
    assert wallet_of(account, program).available == 200

    clock.advance(upto=at("2026-07-01 00:00"))

    assert wallet_of(account, program).available == 100
    [expired] = entries_of(account, "expire")
    assert (expired.available, expired.occurred_at) == (-100, at("2026-07-01 00:00"))


def test_e6_spending_in_may_takes_what_expires_first(quarterly):
    program, account = quarterly
    clock.advance(upto=at("2026-05-20"))

    spend(account, program, 100, "2026-05-20")

    [use] = LotUse.objects.filter(tenant_id=account.tenant_id)
    assert (use.amount, use.lot.earned_at) == (100, at("2026-02-15"))
    clock.advance(upto=at("2026-07-01 00:00"))
    assert wallet_of(account, program).available == 100
    assert entries_of(account, "expire") == []
    clock.advance(upto=at("2026-10-01 00:00"))
    assert wallet_of(account, program).available == 0


def test_e7_25_threads_spend_10_of_100_points_and_exactly_10_succeed(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        program = ProgramFactory()
        publish_rule(program)
        account = enrolled_account(program)
        accepted(purchase(account, "60.00", at("2026-05-01"), "A"), as_of=at("2026-05-01"))
        accepted(purchase(account, "40.00", at("2026-05-02"), "B"), as_of=at("2026-05-02"))
        wallet_id = wallet_of(account, program).id

    with ThreadPoolExecutor(25) as threads:
        tried = [threads.submit(_spend_ten, tenant.id, wallet_id) for _ in range(25)]
        succeeded = [one.result() for one in tried]

    assert succeeded.count(True) == 10
    with tenant_scope(tenant.id), transaction.atomic():
        wallet = Wallet.objects.get(id=wallet_id)
        assert (wallet.available, wallet.pending, wallet.reserved) == (0, 0, 0)
        entries = list(Entry.objects.filter(wallet=wallet))
        assert sum(entry.available for entry in entries) == 0
        assert len([entry for entry in entries if entry.kind == "spend"]) == 10
        lots = Lot.objects.filter(tenant_id=tenant.id, wallet=wallet)
        assert [lot.remaining for lot in lots] == [0, 0]


def _spend_ten(tenant_id: UUID, wallet_id: UUID) -> bool:
    try:
        with tenant_scope(tenant_id), transaction.atomic():
            ledger.spend(
                wallet_id=wallet_id,
                amount=10,
                cause=uuid7(),
                actor="system",
                occurred_at=at("2026-05-03"),
                recorded_at=at("2026-05-03"),
            )
        return True
    except ledger.NotEnough:
        return False
    finally:
        connection.close()


def test_e8_returning_what_was_spent_leaves_a_debt_that_the_next_earning_repays(in_tenant):
    program = ProgramFactory()
    publish_rule(program)
    account = enrolled_account(program)
    accepted(purchase(account, "500.00", at("2026-05-01"), "BUY"), as_of=at("2026-05-01"))
    spend(account, program, 400, "2026-05-02")

    back = taken_back(account, "500.00", at("2026-05-03"), of="BUY", document="BACK")
    accepted(back, as_of=at("2026-05-03"))

    assert wallet_of(account, program).available == -400
    assert open_lots(account) == []
    _refused(lambda: spend(account, program, 1, "2026-05-03"))
    assert wallet_of(account, program).available == -400

    accepted(purchase(account, "1000.00", at("2026-05-04"), "NEXT"), as_of=at("2026-05-04"))

    assert wallet_of(account, program).available == 600
    assert open_lots(account) == [(600, 600)]


def _refused(act: Callable[[], None]) -> None:
    with pytest.raises(ledger.NotEnough), transaction.atomic():
        act()
