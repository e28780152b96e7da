"""Who gets what an activity earns: the account, the person, or both; and caps on either."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.kinds import add_starting_kinds
from accounts.models import Account, Activity, Member, Program, Tenant
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from rewards.models import CapUse, RuleVersion, Wallet
from tests.factories import LONG_AGO, MemberFactory, ProgramFactory, enrolled_account, publish_rule
from tests.rewards.stories import accepted, at, granted, purchase, take, taken_back


@pytest.fixture
def program(in_tenant: Tenant) -> Program:
    add_starting_kinds()
    return ProgramFactory()


@pytest.fixture
def dealer(program: Program) -> Account:
    return enrolled_account(program, number="D1", region="North")


@pytest.fixture
def seller(dealer: Account) -> Member:
    return MemberFactory(account=dealer, user__email="pat@example.com", business_role="sales")


def by(member: str, account: Account, document: str):
    fact = purchase(account, "0.00", at("2026-03-10"), document, kind="training")
    object.__setattr__(fact, "member", member)
    return fact


@pytest.mark.parametrize(
    ("beneficiary", "expected"),
    [
        ("account", {None: 100}),
        ("member", {"pat@example.com": 100}),
        ("both", {None: 100, "pat@example.com": 100}),
    ],
)
def test_who_gets_it(program: Program, dealer: Account, seller: Member, beneficiary, expected):
    publish_rule(program, kind="training", basis="fixed", rate=100, beneficiary=beneficiary)
    accepted(by("pat@example.com", dealer, "T"), as_of=at("2026-03-11"))
    wallets = Wallet.objects.select_related("member__user")
    assert {
        wallet.member and wallet.member.user.email: wallet.available for wallet in wallets
    } == expected
    assert Activity.objects.get().member_id == seller.id
    accepted(
        taken_back(dealer, "0.00", at("2026-03-12"), of="T", document="R"), as_of=at("2026-03-13")
    )
    assert set(Wallet.objects.values_list("available", flat=True)) == {0}


def test_cap_over_a_period_counts_account_and_member_together(
    program: Program, dealer: Account, seller: Member
):
    publish_rule(
        program,
        kind="training",
        basis="fixed",
        rate=100,
        beneficiary="both",
        cap=150,
        cap_window="month",
    )
    [outcome] = accepted(by("pat@example.com", dealer, "T"), as_of=at("2026-03-11"))
    assert granted([outcome]) == [[("purchases", 100, 100), ("purchases", 100, 50)]]


def test_a_cap_of_a_fiscal_year_is_given_back_by_a_return_and_begins_anew(tenant: Tenant):
    """The fiscal year of this tenant begins in April."""
    with tenant_scope(tenant.id):
        Tenant.objects.filter(pk=tenant.pk).update(fiscal_year_starts=4)
        program = ProgramFactory()
        publish_rule(program, cap=150, cap_window="fiscal_year")
        dealer = enrolled_account(program)
        bought = [
            purchase(dealer, "100.00", at(day), day)
            for day in ("2026-03-31", "2026-04-01", "2027-03-31")
        ]
        outcomes = accepted(*bought, as_of=at("2027-03-31"))
        assert granted(outcomes) == [
            [("purchases", 100, 100)],
            [("purchases", 100, 100)],
            [("purchases", 100, 50)],
        ]
        assert outcomes[2].grants[0].why.endswith("50 of 100: capped at 150 per fiscal year")
        back = taken_back(dealer, "100.00", at("2027-03-31"), of="2026-04-01", document="R")
        accepted(back, as_of=at("2027-03-31"))
        late = purchase(dealer, "200.00", at("2027-03-30"), "LATE")
        assert granted(accepted(late, as_of=at("2027-03-31"))) == [[("purchases", 200, 100)]]
    assert [one.invariant.claim for one in verify([tenant.id]) if one.violations] == []


def test_a_cap_per_quarter_counts_nothing_of_what_was_capped_per_month(tenant: Tenant):
    """April and the second quarter begin on the same day."""
    with tenant_scope(tenant.id):
        program = ProgramFactory()
        monthly = publish_rule(program, cap=150, cap_window="month", valid_to=at("2026-05-01"))
        quarterly = {"valid_from": at("2026-05-01"), "cap": 120, "cap_window": "quarter"}
        RuleVersion.objects.create(
            rule=monthly.rule,
            number=2,
            kind="purchase",
            basis="per_amount",
            rate=Decimal(1),
            published_at=LONG_AGO,
            **quarterly,
        )
        dealer = enrolled_account(program)
        facts = [
            purchase(dealer, "100.00", at(day), day)
            for day in ("2026-04-10", "2026-04-11", "2026-05-10", "2026-06-10")
        ]
        outcomes = accepted(*facts, as_of=at("2026-06-11"))
        back = taken_back(dealer, "100.00", at("2026-06-12"), of="2026-04-10", document="R")
        accepted(back, as_of=at("2026-06-12"))
        more = [
            purchase(dealer, "100.00", at(day), f"{day}+") for day in ("2026-04-12", "2026-06-13")
        ]
        outcomes += accepted(*more, as_of=at("2026-06-13"))
        assert [grants[0][2] for grants in granted(outcomes)] == [100, 50, 100, 20, 100, 0]
        uses = CapUse.objects.filter(tenant_id=tenant.id).order_by("cap_window")
        assert list(uses.values_list("cap_window", "period", "used")) == [
            ("month", date(2026, 4, 1), 150),
            ("quarter", date(2026, 4, 1), 120),
        ]
    assert [one.invariant.claim for one in verify([tenant.id]) if one.violations] == []


def test_role_of_the_member_is_a_filter(program: Program, dealer: Account, seller: Member):
    MemberFactory(account=dealer, user__email="tim@example.com", business_role="technical")
    publish_rule(
        program,
        kind="training",
        basis="fixed",
        rate=100,
        condition={"field": "member_role", "op": "eq", "value": "technical"},
    )
    outcomes = accepted(
        by("pat@example.com", dealer, "A"),
        by("tim@example.com", dealer, "B"),
        by("", dealer, "C"),
        as_of=at("2026-03-11"),
    )
    assert [len(outcome.grants) for outcome in outcomes] == [0, 1, 0]


def test_member_of_another_account_is_refused(program: Program, dealer: Account, seller: Member):
    other = enrolled_account(program, number="D2")
    [outcome] = take(by("pat@example.com", other, "T"), as_of=at("2026-03-11"))
    assert outcome.status == "rejected"
    assert "“pat@example.com” has no access at the account “D2”" in outcome.reason
    assert not Activity.objects.exists()
