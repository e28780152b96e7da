"""Reserving, capturing, releasing, refunding: exact lots and wallets, once for each cause."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts.ids import uuid7
from accounts.models import Account, Program, Tenant
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from rewards import clock, ledger
from rewards.models import Entry, Lot, LotUse, Wallet
from tests.factories import ProgramFactory, TenantFactory, enrolled_account, publish_rule
from tests.rewards.stories import accepted, at, open_lots, purchase, taken_back, wallet_of

QUARTERS = {"policy": "quarter_end", "plus": 0}


@pytest.fixture
def program(tenant: Tenant) -> Iterator[Program]:
    """1 point per 1.00, good until the end of the quarter; every story ends with the books."""
    with tenant_scope(tenant.id):
        program = ProgramFactory(points_expiry=QUARTERS)
        publish_rule(program)
        yield program
    assert disagreements(tenant) == {}


@pytest.fixture
def account(program: Program) -> Account:
    """300 points until the end of March, 200 until the end of June."""
    account = enrolled_account(program)
    accepted(purchase(account, "300.00", at("2026-02-10"), "MARCH"), as_of=at("2026-02-10"))
    accepted(purchase(account, "200.00", at("2026-04-01 00:30"), "JUNE"), as_of=at("2026-02-11"))
    return account


def disagreements(tenant: Tenant) -> dict[str, str]:
    # Invariant 8 compares with redemptions, which these stories have none of.
    return {
        one.invariant.claim: one.sample
        for one in verify([tenant.id])
        if one.violations and one.invariant.number != 8
    }


def moment(when: str) -> dict[str, datetime]:
    return {"occurred_at": at(when), "recorded_at": at(when)}


def reserve(account: Account, amount: int, when: str, *, cause: UUID | None = None) -> UUID:
    wallet = Wallet.objects.get(account=account, unit="points")
    cause = cause or uuid7()
    ledger.reserve(wallet_id=wallet.id, amount=amount, cause=cause, actor="system", **moment(when))
    return cause


def move(how: Callable[..., int], *causes: UUID, when: str) -> int:
    return how(causes, actor="system", **moment(when))


def held(account: Account, program: Program) -> tuple[int, int, int]:
    wallet = wallet_of(account, program)
    return wallet.available, wallet.pending, wallet.reserved


def test_reserving_takes_the_lots_that_expire_soonest_and_capturing_spends_them(account, program):
    cause = reserve(account, 350, "2026-03-01")

    assert held(account, program) == (150, 0, 350)
    assert open_lots(account) == [(200, 150)]
    assert move(ledger.capture, cause, when="2026-03-02") == 1
    assert held(account, program) == (150, 0, 0)
    assert open_lots(account) == [(200, 150)]
    entries = Entry.objects.filter(cause=cause).order_by("id")
    assert [(one.kind, one.available, one.reserved) for one in entries] == [
        ("reserve", -350, 350),
        ("spend", 0, -350),
    ]
    # The clock of March's end finds nothing left of the lot that was spent.
    clock.advance(upto=at("2026-04-01"))
    assert held(account, program) == (150, 0, 0)


def test_released_points_are_in_their_lots_with_their_expiry(account, program):
    before = list(Lot.objects.filter(tenant_id=account.tenant_id).order_by("earned_at").values())
    cause = reserve(account, 350, "2026-03-01")
    assert move(ledger.release, cause, when="2026-03-30") == 1

    assert held(account, program) == (500, 0, 0)
    assert (
        list(Lot.objects.filter(tenant_id=account.tenant_id).order_by("earned_at").values())
        == before
    )
    assert clock.advance(upto=at("2026-04-01"))
    assert held(account, program) == (200, 0, 0)


def test_released_after_its_lots_day_expires_now_and_the_rest_goes_back(account, program):
    cause = reserve(account, 350, "2026-03-01")
    clock.advance(upto=at("2026-04-02"))
    assert held(account, program) == (150, 0, 350)

    move(ledger.release, cause, when="2026-04-03")

    assert held(account, program) == (200, 0, 0)
    assert open_lots(account) == [(200, 200)]
    expired = Entry.objects.get(cause=cause, kind="expire")
    assert (expired.available, expired.reserved, expired.occurred_at) == (
        -300,
        0,
        at("2026-04-03"),
    )
    # The clock has nothing to do with them a second time.
    clock.advance(upto=at("2026-04-04"))
    assert held(account, program) == (200, 0, 0)


def test_a_lot_that_expired_in_part_takes_nothing_back(account, program):
    """The clock has expired the rest of it: a release dated before that day still expires."""
    cause = reserve(account, 100, "2026-03-01")
    clock.advance(upto=at("2026-04-02"))
    assert held(account, program) == (200, 0, 100)
    move(ledger.release, cause, when="2026-03-31 23:59")
    clock.advance(upto=at("2026-04-05"))
    assert held(account, program) == (200, 0, 0)
    assert open_lots(account) == [(200, 200)]


def test_what_is_released_repays_a_debt_first(account, program):
    cause = reserve(account, 450, "2026-03-01")  # 300 of March, 150 of June
    back = taken_back(account, "300.00", at("2026-03-02"), of="MARCH", document="BACK")
    accepted(back, as_of=at("2026-03-02"))
    assert held(account, program) == (-250, 0, 450)
    with pytest.raises(ledger.NotEnough):
        reserve(account, 1, "2026-03-02")

    move(ledger.release, cause, when="2026-03-03")

    # 250 of March's 300 repay the debt, as spending would have taken them.
    assert held(account, program) == (200, 0, 0)
    assert open_lots(account) == [(300, 50), (200, 150)]


def test_what_expires_when_it_is_released_repays_no_debt(account, program):
    cause = reserve(account, 450, "2026-03-01")
    back = taken_back(account, "300.00", at("2026-03-02"), of="MARCH", document="BACK")
    accepted(back, as_of=at("2026-03-02"))
    move(ledger.release, cause, when="2026-04-03")
    assert held(account, program) == (-100, 0, 0)  # 150 of June against a debt of 250
    assert open_lots(account) == []


def test_refund_restores_the_lots_it_was_spent_from(account, program):
    cause = reserve(account, 350, "2026-03-01")
    move(ledger.capture, cause, when="2026-03-02")
    assert move(ledger.refund, cause, when="2026-03-20") == 1
    assert held(account, program) == (500, 0, 0)
    assert open_lots(account) == [(300, 300), (200, 200)]
    entry = Entry.objects.get(cause=cause, kind="refund")
    assert (entry.available, entry.reserved) == (350, 0)


def test_refund_after_the_lots_day_expires_now(account, program):
    cause = reserve(account, 350, "2026-03-01")
    move(ledger.capture, cause, when="2026-03-02")
    move(ledger.refund, cause, when="2026-04-20")
    assert held(account, program) == (200, 0, 0)
    assert open_lots(account) == [(200, 200)]


def test_the_same_cause_reserves_captures_releases_and_refunds_once(account, program):
    kept, given_back = uuid7(), uuid7()
    for _ in range(2):
        reserve(account, 100, "2026-03-01", cause=kept)
        reserve(account, 50, "2026-03-01", cause=given_back)
    assert held(account, program) == (350, 0, 150)
    with pytest.raises(ledger.OtherAmount):
        reserve(account, 99, "2026-03-01", cause=kept)

    assert [move(ledger.capture, kept, when="2026-03-02") for _ in range(2)] == [1, 0]
    assert [move(ledger.release, given_back, when="2026-03-02") for _ in range(2)] == [1, 0]
    assert held(account, program) == (400, 0, 0)
    assert [move(ledger.refund, kept, when="2026-03-02") for _ in range(2)] == [1, 0]
    assert held(account, program) == (500, 0, 0)


def test_what_is_not_held_does_not_move(account, program):
    kept = reserve(account, 100, "2026-03-01")
    open_ = reserve(account, 100, "2026-03-01")
    move(ledger.capture, kept, when="2026-03-02")
    before = (held(account, program), Entry.objects.count(), LotUse.objects.count())
    for how, cause in (
        (ledger.release, kept),  # spent already
        (ledger.refund, open_),  # not spent yet
        (ledger.capture, uuid7()),  # never reserved
    ):
        with pytest.raises(ledger.NotHeld) as refused:
            move(how, open_ if how is not ledger.refund else kept, cause, when="2026-03-03")
        assert refused.value.causes == (cause,)
    assert (held(account, program), Entry.objects.count(), LotUse.objects.count()) == before


def test_refused_for_lack_of_points_moves_nothing(account, program):
    uses = LotUse.objects.filter(tenant_id=account.tenant_id)
    before = (held(account, program), Entry.objects.count(), uses.count())
    with pytest.raises(ledger.NotEnough) as refused, transaction.atomic():
        reserve(account, 501, "2026-03-01")
    assert (refused.value.available, refused.value.amount) == (500, 501)
    assert (held(account, program), Entry.objects.count(), uses.count()) == before
    with pytest.raises(ledger.UnknownWallet), transaction.atomic():
        ledger.reserve(
            wallet_id=uuid7(), amount=1, cause=uuid7(), actor="system", **moment("2026-03-01")
        )


def test_points_that_expired_a_moment_ago_cannot_be_reserved(account, program):
    with pytest.raises(ledger.NotEnough), transaction.atomic():
        reserve(account, 201, "2026-04-01")
    reserve(account, 200, "2026-04-01")
    assert held(account, program) == (0, 0, 200)


def test_many_causes_move_in_a_constant_number_of_statements(
    account, program, django_assert_num_queries
):
    other = enrolled_account(program)
    accepted(purchase(other, "70.00", at("2026-02-10"), "OTHER"), as_of=at("2026-02-12"))
    causes = [reserve(one, 10, "2026-03-01") for one in (account, other) for _ in range(7)]
    for count in (1, 7):
        with django_assert_num_queries(6):  # with the savepoint
            assert move(ledger.release, *causes[:count], when="2026-03-02") == count - count // 7
    assert move(ledger.capture, *causes[7:], when="2026-03-02") == 7
    assert held(account, program) == (500, 0, 0)
    assert held(other, program) == (0, 0, 0)


@pytest.mark.parametrize("threads", [2, 16, 64])
def test_parallel_reservations_take_exactly_what_is_there(committed, threads):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        program = ProgramFactory()
        publish_rule(program)
        account = enrolled_account(program)
        accepted(purchase(account, "60.00", at("2026-05-01"), "A"), as_of=at("2026-05-01"))
        accepted(purchase(account, "15.00", at("2026-05-02"), "B"), as_of=at("2026-05-02"))

    def reserve_ten(_: int) -> bool:
        try:
            with tenant_scope(tenant.id), transaction.atomic():
                reserve(account, 10, "2026-05-03")
            return True
        except ledger.NotEnough:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        succeeded = sum(pool.map(reserve_ten, range(threads)))

    assert succeeded == min(threads, 7)
    with tenant_scope(tenant.id), transaction.atomic():
        assert held(account, program) == (75 - 10 * succeeded, 0, 10 * succeeded)
        assert sum(left for _, left in open_lots(account)) == 75 - 10 * succeeded
    assert disagreements(tenant) == {}
