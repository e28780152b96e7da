"""What goes wrong at the edges: of a quarter, of an expiry, of a lock."""

import threading
import time

import pytest
from django.db import connection, transaction

from accounts.ids import uuid7
from accounts.models import Activity, Event, Measure, Tenant
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from rewards import clock, ledger
from tests.factories import (
    ProgramFactory,
    TenantFactory,
    enrolled_account,
    publish_rule,
    publish_scheme,
)
from tests.rewards.stories import accepted, at, entries_of, purchase, take, taken_back, wallet_of
from tiers.models import Standing

QUARTERLY = {"policy": "quarter_end", "plus": 0}


def _violations(tenant: Tenant) -> list[str]:
    return [found.invariant.claim for found in verify([tenant.id]) if found.violations]


def _gold_from_1000():
    program = ProgramFactory()
    publish_rule(program)
    publish_scheme(program, ("Silver", 0, "1"), ("Gold", 1_000_00, "2"))
    return program


def test_a_fact_of_a_new_quarter_does_not_wait_for_the_clock_to_lose_the_old_tier(
    tenant: Tenant,
):
    """Two minutes into July, before any job ran: Gold of the first quarter is over."""
    with tenant_scope(tenant.id):
        account = enrolled_account(_gold_from_1000())
        accepted(purchase(account, "1000.00", at("2026-02-10"), "A"), as_of=at("2026-02-10"))
        clock.advance(upto=at("2026-06-30 23:59"))

        early = at("2026-07-01 00:02")
        accepted(purchase(account, "10.00", early, "B"), as_of=early)
        assert [entry.available for entry in entries_of(account, document="B")] == [10]

        clock.advance(upto=at("2026-07-01 00:05"))
        assert list(
            Standing.objects.order_by("starts_at").values_list("tier__name", "cause", "starts_at")
        )[2:] == [("Silver", "evaluated", at("2026-07-01 00:00"))]
    assert _violations(tenant) == []


def test_what_moves_up_before_the_clock_came_by_stays_up(tenant: Tenant):
    with tenant_scope(tenant.id):
        account = enrolled_account(_gold_from_1000())
        accepted(purchase(account, "5.00", at("2026-02-10"), "A"), as_of=at("2026-02-10"))
        clock.advance(upto=at("2026-03-31 23:00"))
        early = at("2026-04-01 00:01")
        accepted(purchase(account, "1000.00", early, "B"), as_of=early)
        clock.advance(upto=at("2026-04-01 00:05"))
        assert Standing.objects.get(ends_at=None).tier.name == "Gold"
    assert _violations(tenant) == []


def test_a_return_does_not_take_again_what_has_expired(tenant: Tenant):
    """As if the first purchase had never been: the points of the second are all there."""
    with tenant_scope(tenant.id):
        program = ProgramFactory(points_expiry=QUARTERLY)
        publish_rule(program)
        account = enrolled_account(program)
        accepted(purchase(account, "100.00", at("2026-02-10"), "A"), as_of=at("2026-02-10"))
        clock.advance(upto=at("2026-04-02"))
        accepted(purchase(account, "100.00", at("2026-04-02"), "B"), as_of=at("2026-04-02"))

        back = taken_back(account, "100.00", at("2026-04-03"), of="A", document="R")
        accepted(back, as_of=at("2026-04-03"))

        assert wallet_of(account, program).available == 100
        assert entries_of(account, "reverse") == []
    assert _violations(tenant) == []


def test_a_return_takes_back_what_was_spent_before_the_rest_expired(tenant: Tenant):
    """Of 100 points 40 were spent and 60 expired: half a return takes nothing, the whole the 40."""
    with tenant_scope(tenant.id):
        program = ProgramFactory(points_expiry=QUARTERLY)
        publish_rule(program)
        account = enrolled_account(program)
        bought = purchase(account, "100.00", at("2026-02-10"), "A", quantity=2)
        accepted(bought, as_of=at("2026-02-10"))
        _spend(account, program, 40, when=at("2026-03-01"))
        clock.advance(upto=at("2026-04-02"))

        half = taken_back(account, "50.00", at("2026-04-03"), of="A", document="R1")
        accepted(half, as_of=at("2026-04-03"))
        assert wallet_of(account, program).available == 0

        rest = taken_back(account, "50.00", at("2026-04-04"), of="A", document="R2")
        accepted(rest, as_of=at("2026-04-04"))
        assert wallet_of(account, program).available == -40
    assert _violations(tenant) == []


def test_what_was_returned_in_full_is_not_returned_again(tenant: Tenant):
    with tenant_scope(tenant.id):
        program = ProgramFactory()
        publish_rule(program)
        account = enrolled_account(program)
        bought = purchase(account, "100.00", at("2026-02-10"), "A", quantity=10)
        accepted(bought, as_of=at("2026-02-10"))
        whole = taken_back(account, "50.00", at("2026-02-11"), of="A", document="R1", quantity=10)
        accepted(whole, as_of=at("2026-02-11"))

        more = taken_back(account, "50.00", at("2026-02-12"), of="A", document="R2", quantity=0)
        (outcome,) = take(more, as_of=at("2026-02-12"))
        assert (outcome.status, outcome.reason) == ("rejected", "All of 10 was returned before.")
        assert list(Measure.objects.values_list("amount", "quantity", "count")) == [(5000, 0, 0)]
    assert _violations(tenant) == []


def test_points_that_expired_a_moment_ago_cannot_be_spent(tenant: Tenant):
    with tenant_scope(tenant.id):
        program = ProgramFactory(points_expiry=QUARTERLY)
        publish_rule(program)
        account = enrolled_account(program)
        accepted(purchase(account, "100.00", at("2026-02-10"), "A"), as_of=at("2026-02-10"))
        with pytest.raises(ledger.NotEnough), transaction.atomic():
            _spend(account, program, 100, when=at("2026-04-01 00:10"))
        assert wallet_of(account, program).available == 100  # refused means nothing moved
    assert _violations(tenant) == []


def test_an_account_enrolled_after_its_facts_does_not_seem_to_move(tenant: Tenant):
    with tenant_scope(tenant.id):
        account = enrolled_account(_gold_from_1000(), on=at("2026-06-01"))
        accepted(purchase(account, "1000.00", at("2026-02-10"), "A"), as_of=at("2026-02-10"))
        assert not Event.objects.filter(kind="tier.changed").exists()
        assert Standing.objects.get().tier.name == "Silver"
    assert _violations(tenant) == []


def test_a_ladder_published_later_finds_everybody(tenant: Tenant):
    with tenant_scope(tenant.id):
        program = ProgramFactory()
        publish_rule(program)
        account = enrolled_account(program)
        publish_scheme(program, ("Silver", 0, "1"), ("Gold", 1_000_00, "2"))
        accepted(purchase(account, "2000.00", at("2026-02-10"), "A"), as_of=at("2026-02-10"))
        assert list(
            Standing.objects.order_by("starts_at").values_list("tier__name", flat=True)
        ) == [
            "Silver",
            "Gold",
        ]
    assert _violations(tenant) == []


def test_earning_and_expiring_wait_for_each_other_and_never_deadlock(committed):
    """Both touch two wallets, whose ids sort the other way than their accounts' do."""
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        program = ProgramFactory(points_expiry=QUARTERLY)
        publish_rule(program)
        first, second = enrolled_account(program), enrolled_account(program)
        day = at("2026-02-10")
        accepted(purchase(second, "10.00", day, "X2"), as_of=day)
        accepted(purchase(first, "10.00", day, "X1"), as_of=day)
        first_wallet = wallet_of(first, program).id

    outcomes: dict[str, str] = {}
    later = at("2026-04-02")

    def expire() -> None:
        ledger.expire_due(upto=later, actor="system")

    def earn() -> None:
        accepted(
            purchase(first, "1.00", later, "Y1"), purchase(second, "1.00", later, "Y2"), as_of=later
        )

    def run(name: str, work) -> threading.Thread:
        def body() -> None:
            try:
                with tenant_scope(tenant.id), transaction.atomic():
                    work()
                outcomes[name] = "done"
            except Exception as error:
                outcomes[name] = repr(error)
            finally:
                connection.close()

        thread = threading.Thread(target=body)
        thread.start()
        return thread

    with tenant_scope(tenant.id), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM rewards_wallet WHERE id = %s FOR UPDATE", [first_wallet])
        threads = [run("expire", expire)]
        time.sleep(0.5)
        threads.append(run("earn", earn))
        time.sleep(0.5)
    for thread in threads:
        thread.join()
    assert outcomes == {"expire": "done", "earn": "done"}
    assert _violations(tenant) == []


def test_one_identity_for_two_accounts_at_once_is_stored_once(committed):
    """The locks are the accounts', so the two do not wait for each other before they store it."""
    with transaction.atomic():
        tenant = TenantFactory()
    day = at("2026-02-10")
    with tenant_scope(tenant.id), transaction.atomic():
        program = ProgramFactory()
        publish_rule(program)
        first, second = enrolled_account(program), enrolled_account(program)
        accepted(purchase(second, "1.00", day, "W"), as_of=day)
    statuses: list[str] = []

    def overtaken() -> None:
        try:
            with tenant_scope(tenant.id), transaction.atomic():
                facts = purchase(second, "10.00", day, "X"), purchase(second, "5.00", day, "Y")
                statuses.extend(outcome.status for outcome in take(*facts, as_of=day))
        finally:
            connection.close()

    with tenant_scope(tenant.id), transaction.atomic():
        accepted(purchase(first, "10.00", day, "X"), as_of=day)
        thread = threading.Thread(target=overtaken)
        thread.start()
        time.sleep(0.5)
        assert thread.is_alive()  # it waits to learn whether X is stored
    thread.join()
    assert statuses == ["conflict", "accepted"]
    with tenant_scope(tenant.id), transaction.atomic():
        assert (wallet_of(first, program).available, wallet_of(second, program).available) == (
            10,
            6,
        )
        assert Activity.objects.count() == 3
    assert _violations(tenant) == []


def _spend(account, program, amount: int, *, when) -> None:
    ledger.spend(
        wallet_id=wallet_of(account, program).id,
        amount=amount,
        cause=uuid7(),
        actor="system",
        occurred_at=when,
        recorded_at=when,
    )
