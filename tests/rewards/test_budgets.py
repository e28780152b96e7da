"""What limits what a whole program gives: budgets, once or period by period."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.kinds import add_starting_kinds
from accounts.models import Account, Program, Tenant
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from rewards import budgets
from rewards.budgets import BudgetMakesNoSense, set_budget
from rewards.models import Budget, BudgetUse, Entry, GrantNote, Wallet
from rewards.telling import sentence
from rewards.voice import voice_of
from rewards.why import why
from tests.factories import ProgramFactory, TenantFactory, enrolled_account, publish_rule
from tests.rewards.stories import accepted, at, granted, purchase


@pytest.fixture
def program(in_tenant: Tenant) -> Program:
    add_starting_kinds()
    return ProgramFactory()


@pytest.fixture
def dealer(program: Program) -> Account:
    return enrolled_account(program, number="D1", region="North")


def test_budget_gives_what_is_left_and_says_so(program: Program, dealer: Account):
    publish_rule(program)
    set_budget(
        program=program,
        unit="points",
        amount=150,
        starts_at=at("2026-03-01 00:00"),
        ends_at=at("2026-04-01 00:00"),
        actor="system",
        now=at("2026-03-01 00:00"),
    )
    other = enrolled_account(program, number="D2")
    outcomes = accepted(
        purchase(dealer, "100.00", at("2026-03-10"), "A"),
        purchase(other, "100.00", at("2026-03-10"), "B"),
        purchase(dealer, "100.00", at("2026-03-10"), "C"),
        purchase(dealer, "100.00", at("2026-04-01 00:00"), "D"),
        as_of=at("2026-04-02"),
    )
    assert granted(outcomes) == [
        [("purchases", 100, 100)],
        [("purchases", 100, 50)],
        [("purchases", 100, 0)],
        [("purchases", 100, 100)],
    ]
    assert outcomes[1].grants[0].why.endswith("; 50 of 100: the program's budget is used up")
    assert BudgetUse.objects.get().used == 150
    notes = GrantNote.objects.values_list("entries__activity__external_id", "less_because")
    assert sorted(notes) == [("B", "budget"), ("C", "budget")]
    assert GrantNote.objects.count() == 1  # which the two share


def test_budget_holds_whoever_comes_at_once(committed):
    """Without the lock every batch would find all of it left."""
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        program = ProgramFactory()
        publish_rule(program)
        span = {"starts_at": at("2026-03-01"), "ends_at": at("2026-04-01")}
        about = {"actor": "system", "now": at("2026-03-01")}
        set_budget(program=program, unit="points", amount=55, **span, **about)
        accounts = [enrolled_account(program, number=f"D{number}") for number in range(8)]

    def buy(account: Account) -> None:
        try:
            with tenant_scope(tenant.id):
                facts = purchase(account, "10.00", at("2026-03-10"), account.number)
                accepted(facts, as_of=at("2026-03-11"))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(buy, accounts))
    with tenant_scope(tenant.id), transaction.atomic():
        granted = sorted(Wallet.objects.values_list("available", flat=True))
        assert granted == [0, 0, 5, 10, 10, 10, 10, 10]
        assert BudgetUse.objects.get().used == 55


def test_a_budget_is_full_again_each_fiscal_quarter_of_the_tenants_own_zone(tenant: Tenant):
    """The fiscal year of this tenant in New York begins in February."""
    with tenant_scope(tenant.id):
        Tenant.objects.filter(pk=tenant.pk).update(fiscal_year_starts=2)
        program = ProgramFactory()
        publish_rule(program)
        about = {"actor": "system", "now": at("2026-03-01"), "unit": "points", "amount": 150}
        set_budget(
            program=program, starts_at=at("2026-03-01"), ends_at=None, renews="fiscal_quarter",
            **about,
        )  # fmt: skip
        dealer = enrolled_account(program)
        bought = [
            purchase(dealer, "100.00", at(day), day)
            for day in ("2026-03-10", "2026-04-30 23:59", "2026-05-01 00:00", "2026-07-31 23:59")
        ]
        outcomes = accepted(*bought, as_of=at("2026-08-01"))
        outcomes += accepted(
            purchase(dealer, "100.00", at("2026-08-01"), "NEXT"),
            purchase(dealer, "100.00", at("2026-04-29"), "LATE"),
            as_of=at("2026-08-01"),
        )
        assert [grants[0][2] for grants in granted(outcomes)] == [100, 50, 100, 50, 100, 0]
        uses = BudgetUse.objects.filter(tenant_id=tenant.id, used__gt=0).order_by("period")
        assert list(uses.values_list("period", "used")) == [
            (date(2026, 2, 1), 150),
            (date(2026, 5, 1), 150),
            (date(2026, 8, 1), 100),
        ]
        lowered = Entry.objects.get(activity__external_id="2026-07-31 23:59")
        told = sentence(why(lowered), voice=voice_of(Tenant.objects.get()))
        assert told.startswith(
            "50 of 100 points: the program's quarterly budget from May 1, 2026 on is used up; "
        )
    assert [one.invariant.claim for one in verify([tenant.id]) if one.violations] == []


def test_what_a_month_leaves_over_is_carried_into_the_next_and_given_once(tenant: Tenant):
    with tenant_scope(tenant.id):
        program = ProgramFactory()
        publish_rule(program)
        about = {"actor": "system", "now": at("2026-03-01"), "unit": "points", "amount": 100}
        budget = set_budget(
            program=program, starts_at=at("2026-03-01"), ends_at=at("2026-07-01 00:00"),
            renews="month", carries_over=True, **about,
        )  # fmt: skip
        dealer = enrolled_account(program)

        def give(amount: str, day: str) -> int:
            fact = purchase(dealer, amount, at(day), f"{day} {amount}")
            return granted(accepted(fact, as_of=at("2026-06-30")))[0][0][2]

        assert give("30.00", "2026-03-10") == 30
        assert give("500.00", "2026-05-10") == 270  # three months' 300, less what March had
        assert give("50.00", "2026-04-10") == 0  # what March and April left was given to May
        assert give("500.00", "2026-06-10") == 100
        [filled] = budgets.filled([budget], tenant=tenant, at=at("2026-05-20"))
        assert (filled.used, filled.most, filled.since) == (270, 270, date(2026, 5, 1))
        later = budgets.filled([budget], tenant=tenant, at=at("2026-03-20"))
        assert [(one.used, one.most) for one in later] == [(30, 30)]
    assert [one.invariant.claim for one in verify([tenant.id]) if one.violations] == []


def test_only_a_budget_that_renews_goes_on_or_carries_over(program: Program):
    about = {"program": program, "actor": "system", "now": at("2026-03-01"), "unit": "points"}
    about |= {"amount": 1, "starts_at": at("2026-03-01")}
    for wrong in ({"ends_at": None}, {"ends_at": at("2026-04-01"), "carries_over": True}):
        with pytest.raises(BudgetMakesNoSense, match="Only a budget that renews"):
            set_budget(**about, **wrong)
        columns = {"created_by": "system", "created_at": at("2026-03-01")} | wrong
        columns |= {"program": program, "amount": 1, "starts_at": at("2026-03-01")}
        with pytest.raises(IntegrityError, match="budget_renews_or_ends"), transaction.atomic():
            Budget.objects.create(**columns)
    assert not Budget.objects.exists()


def test_budget_of_the_past_is_refused(program: Program):
    with pytest.raises(BudgetMakesNoSense, match="start today or later"):
        set_budget(
            program=program,
            unit="points",
            amount=1,
            starts_at=at("2026-03-01"),
            ends_at=at("2026-04-01"),
            actor="system",
            now=at("2026-03-02"),
        )
