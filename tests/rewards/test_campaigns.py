"""What raises and limits earning: campaigns, boosts, budgets; and what the system says happened."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.kinds import add_kind, add_starting_kinds
from accounts.models import Account, Activity, Event, Member, Program, Tenant
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from rewards import budgets, campaigning, clock
from rewards.budgets import BudgetMakesNoSense, set_budget
from rewards.models import (
    Boost,
    Budget,
    BudgetUse,
    Campaign,
    CapUse,
    Entry,
    GrantNote,
    RuleVersion,
    Wallet,
)
from rewards.occasions import take_in_occasions
from rewards.telling import sentence
from rewards.voice import voice_of
from rewards.why import why
from tests.factories import (
    LONG_AGO,
    MemberFactory,
    ProgramFactory,
    TenantFactory,
    enrolled_account,
    open_campaign,
    publish_rule,
    publish_scheme,
)
from tests.rewards.stories import accepted, at, purchase, take, taken_back


@pytest.fixture
def program(in_tenant: Tenant) -> Program:
    add_starting_kinds()
    return ProgramFactory()


@pytest.fixture
def dealer(program: Program) -> Account:
    return enrolled_account(program, number="D1", region="North")


def granted(outcomes) -> list[list[tuple[str, int, int]]]:
    return [
        [(one.rule, one.desired, one.granted) for one in outcome.grants] for outcome in outcomes
    ]


def certificate(account: Account, when: str, document: str):
    return purchase(account, "0.00", at(when), document, kind="certificate")


# ── Campaigns ────────────────────────────────────────────────────────────────────────────────────


def test_tier_then_campaigns_then_one_rounding(program: Program):
    publish_scheme(program, ("Gold", 0, "1.5"))
    account = enrolled_account(program)
    publish_rule(program)
    open_campaign(program, code="double", multiplier=2, ends_at=at("2027-01-01"))
    open_campaign(program, code="bit", multiplier=Decimal("1.125"), ends_at=at("2027-01-01"))
    [outcome] = accepted(purchase(account, "1.37", at("2026-03-01"), "P"), as_of=at("2026-03-02"))
    # 1.37 x 1.5 x 2 x 1.125 = 4.62…; rounded in between it would have been 4.5 -> 4, or 2 x 2 = 4
    assert granted([outcome]) == [[("purchases", 4, 4)]]
    [big] = accepted(purchase(account, "1371.37", at("2026-03-01"), "Q"), as_of=at("2026-03-02"))
    assert granted([big]) == [[("purchases", 4628, 4628)]]
    note = GrantNote.objects.get(entries__activity__external_id="Q")
    assert (note.factor, note.bonus, note.less_because) == (Decimal("2.25"), 0, "")
    assert [one["code"] for one in note.campaigns] == ["bit", "double"]


def test_campaign_counts_in_its_dates_for_its_segment_only(program: Program, dealer: Account):
    south = enrolled_account(program, number="D2", region="South")
    publish_rule(program)
    open_campaign(
        program,
        code="march",
        multiplier=2,
        condition={"field": "region", "op": "eq", "value": "North"},
        starts_at=at("2026-03-01 00:00"),
        ends_at=at("2026-04-01 00:00"),
    )
    outcomes = accepted(
        purchase(dealer, "100.00", at("2026-02-28 23:59"), "A"),
        purchase(dealer, "100.00", at("2026-03-01 00:00"), "B"),
        purchase(dealer, "100.00", at("2026-03-31 23:59"), "C"),
        purchase(dealer, "100.00", at("2026-04-01 00:00"), "D"),
        purchase(south, "100.00", at("2026-03-15"), "E"),
        as_of=at("2026-04-02"),
    )
    assert [one.grants[0].granted for one in outcomes] == [100, 200, 200, 100, 100]


def test_bonus_comes_on_top_of_one_rule_and_is_explained(program: Program, dealer: Account):
    rule = publish_rule(program).rule
    publish_rule(program, code="status", unit="credits")
    open_campaign(
        program, code="spring", rule=rule, bonus=50, multiplier=2, ends_at=at("2027-01-01")
    )
    [outcome] = accepted(purchase(dealer, "10.00", at("2026-03-01"), "P"), as_of=at("2026-03-02"))
    assert granted([outcome]) == [[("purchases", 70, 70), ("status", 10, 10)]]
    assert outcome.grants[0].why == "1 per 1.00 of 10.00 × 2 + 50 in Spring"
    entry = Entry.objects.get(wallet__unit="points")
    told = sentence(why(entry), voice=voice_of(Tenant.objects.get()))
    assert told == "70 points: 1 point per $1.00 of $10.00 (order P line 1) × 2 + 50 in Spring"


def test_a_return_takes_back_what_the_campaign_gave(program: Program, dealer: Account):
    publish_rule(program)
    open_campaign(program, code="double", multiplier=2, ends_at=at("2026-04-01"))
    accepted(purchase(dealer, "100.00", at("2026-03-01"), "P", quantity=10), as_of=at("2026-03-02"))
    accepted(
        taken_back(dealer, "0.00", at("2026-05-01"), of="P", document="R", quantity=3),
        as_of=at("2026-05-02"),
    )
    assert Wallet.objects.get().available == 140


def test_published_campaign_never_changes_but_for_its_end(program: Program, dealer: Account):
    campaign = open_campaign(program, code="double", multiplier=2, ends_at=at("2026-04-01"))
    with pytest.raises(campaigning.NotADraft):
        campaigning.change_campaign(
            campaign=campaign, terms={"multiplier": 3}, actor="system", now=at("2026-03-01")
        )
    with pytest.raises(IntegrityError, match="what is published stays"), transaction.atomic():
        Campaign.objects.filter(pk=campaign.pk).update(multiplier=3)
    campaigning.end_campaign(campaign=campaign, actor="system", now=at("2026-03-15"))
    publish_rule(program)
    outcomes = accepted(
        purchase(dealer, "10.00", at("2026-03-14"), "A"),
        purchase(dealer, "10.00", at("2026-03-16"), "B"),
        as_of=at("2026-03-17"),
    )
    assert [one.grants[0].granted for one in outcomes] == [20, 10]


# ── Responsive rates ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def responsive(program: Program) -> Campaign:
    """Three certificates in a month: double points on purchases for 14 days."""
    publish_rule(program)
    return open_campaign(
        program,
        code="skilled",
        multiplier=2,
        trigger_kind="certificate",
        trigger_counted="count",
        trigger_threshold=3,
        trigger_window="month",
        days=14,
    )


@pytest.mark.parametrize("at_once", [True, False])
def test_three_certificates_in_a_month_double_points_for_14_days(
    program: Program, dealer: Account, responsive: Campaign, at_once: bool
):
    facts = [
        certificate(dealer, "2026-02-27", "C0"),
        certificate(dealer, "2026-03-02", "C1"),
        certificate(dealer, "2026-03-03", "C2"),
        purchase(dealer, "10.00", at("2026-03-04"), "before"),
        certificate(dealer, "2026-03-05", "C3"),
        purchase(dealer, "10.00", at("2026-03-05 12:01"), "first"),
        purchase(dealer, "10.00", at("2026-03-19 23:59"), "last"),
        purchase(dealer, "10.00", at("2026-03-20 00:00"), "after"),
        certificate(dealer, "2026-03-21", "C4"),
        purchase(dealer, "10.00", at("2026-03-22"), "no second"),
    ]
    batches = [facts] if at_once else [[fact] for fact in facts]
    for batch in batches:
        accepted(*batch, as_of=at("2026-03-25"))
    points = {
        entry.activity.external_id: entry.available
        for entry in Entry.objects.filter(kind="earn").select_related("activity")
    }
    assert points == {"before": 10, "first": 20, "last": 20, "after": 10, "no second": 10}
    boost = Boost.objects.get()
    assert (boost.activity.external_id, boost.reached) == ("C3", 3)
    assert (boost.starts_at, boost.ends_at) == (at("2026-03-05"), at("2026-03-20 00:00"))
    told = Event.objects.get(kind="campaign.boosted")
    assert told.payload["campaign"] == "skilled"


def test_certificates_of_another_account_or_month_do_not_count(
    program: Program, dealer: Account, responsive: Campaign
):
    other = enrolled_account(program, number="D2")
    accepted(
        certificate(dealer, "2026-03-30", "C1"),
        certificate(dealer, "2026-03-31", "C2"),
        certificate(other, "2026-03-31", "C3"),
        certificate(dealer, "2026-04-01", "C4"),
        as_of=at("2026-04-02"),
    )
    assert not Boost.objects.exists()


def test_what_an_account_did_before_it_joined_raises_nothing(
    program: Program, responsive: Campaign
):
    late = enrolled_account(program, number="D3", on=at("2026-03-10"))
    facts = [certificate(late, f"2026-03-0{day}", f"C{day}") for day in (2, 3, 4)]
    accepted(*facts, as_of=at("2026-03-11"))
    assert not Boost.objects.exists()


# ── Budgets ──────────────────────────────────────────────────────────────────────────────────────


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


# ── Members ──────────────────────────────────────────────────────────────────────────────────────


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


# ── Occasions ────────────────────────────────────────────────────────────────────────────────────


def test_enrollment_is_rewarded_once(program: Program):
    publish_rule(
        program, kind="enrollment", basis="fixed", rate=100, valid_from=at("2026-01-01 00:00")
    )
    enrolled_account(program, number="old", on=at("2025-12-31"))
    new = enrolled_account(program, number="new", on=at("2026-02-01"))
    assert take_in_occasions(as_of=at("2026-02-02")) == 1
    assert take_in_occasions(as_of=at("2026-02-03")) == 0
    assert [(w.account_id, w.available) for w in Wallet.objects.all()] == [(new.id, 100)]
    told = sentence(why(Entry.objects.get()), voice=voice_of(Tenant.objects.get()))
    assert told == "100 points for joining the program"
    assert Activity.objects.get().occurred_at == at("2026-02-01")


def test_occasion_of_one_program_earns_in_that_one_only(program: Program):
    publish_rule(program, kind="enrollment", basis="fixed", rate=100)
    second = ProgramFactory(slug="second")
    publish_rule(second, kind="enrollment", basis="fixed", rate=7)
    account = enrolled_account(program, on=at("2026-02-01"))
    from accounts.enrolling import enroll

    enroll(
        program=second,
        account_ids=[account.id],
        enrolled_at=at("2026-01-01"),
        recorded_at=at("2026-01-01"),
        actor="system",
    )
    assert take_in_occasions(as_of=at("2026-02-02")) == 2
    assert {w.program_id: w.available for w in Wallet.objects.all()} == {
        program.id: 100,
        second.id: 7,
    }


def test_anniversaries_are_rewarded_on_their_day(program: Program):
    publish_rule(
        program,
        kind="anniversary",
        basis="fixed",
        rate=10,
        condition={"field": "attributes.years", "op": "gte", "value": 2},
    )
    enrolled_account(program, on=at("2024-02-29 10:00"))
    assert take_in_occasions(as_of=at("2026-02-28 09:59")) == 1  # the first, which earns nothing
    assert not Wallet.objects.exists()
    assert take_in_occasions(as_of=at("2026-02-28 10:00")) == 1
    assert Wallet.objects.get().available == 10
    assert take_in_occasions(as_of=at("2026-12-31")) == 0


def test_milestone_is_reached_once_for_ever(program: Program, dealer: Account):
    campaigning.add_milestone(
        program=program,
        code="big",
        name="First 1,000",
        kind="purchase",
        counted="amount",
        threshold=1_000_00,
        actor="system",
        now=LONG_AGO,
    )
    publish_rule(
        program,
        kind="milestone",
        basis="fixed",
        rate=500,
        condition={"field": "attributes.milestone", "op": "eq", "value": "big"},
    )
    accepted(purchase(dealer, "999.99", at("2026-03-01"), "A"), as_of=at("2026-03-01"))
    assert take_in_occasions(as_of=at("2026-03-02")) == 0
    accepted(purchase(dealer, "0.01", at("2026-03-03"), "B"), as_of=at("2026-03-03"))
    assert take_in_occasions(as_of=at("2026-03-04")) == 1
    accepted(
        taken_back(dealer, "0.01", at("2026-03-05"), of="B", document="R", quantity=1),
        as_of=at("2026-03-05"),
    )
    accepted(purchase(dealer, "5.00", at("2026-03-06"), "C"), as_of=at("2026-03-06"))
    assert take_in_occasions(as_of=at("2026-03-07")) == 0
    assert Wallet.objects.get().available == 500


def test_nobody_else_may_say_that_an_account_enrolled(program: Program, dealer: Account):
    publish_rule(program, kind="enrollment", basis="fixed", rate=100)
    [outcome] = take(
        purchase(dealer, "0.00", at("2026-03-01"), "X", kind="enrollment"), as_of=at("2026-03-02")
    )
    assert outcome.status == "rejected"
    assert "made by the system itself" in outcome.reason
    assert not Entry.objects.exists()


def test_occasions_wait_while_a_history_is_worked_off(program: Program, dealer: Account):
    from accounts import clock as tenant_clock

    publish_rule(program, kind="enrollment", basis="fixed", rate=100)
    tenant_clock.hold(at=at("2026-01-01"), reason="import:x")
    assert take_in_occasions(as_of=at("2026-03-04")) == 0
    tenant_clock.release()
    assert take_in_occasions(as_of=at("2026-03-04")) == 1
    assert clock.advance(upto=at("2026-03-05"))


def test_kind_with_types_refuses_what_does_not_fit_and_keeps_the_rest_typed(
    program: Program, dealer: Account
):
    from accounts.attributes import Attribute

    add_kind(
        code="audit",
        name="Audit",
        attributes=[
            Attribute("score", "number", required=True),
            Attribute("grade", "choice", ("A", "B")),
        ],
        actor="system",
        now=LONG_AGO,
    )
    publish_rule(
        program,
        kind="audit",
        basis="fixed",
        rate=10,
        condition={"field": "attributes.score", "op": "gte", "value": 9},
    )

    def audit(document: str, **attributes):
        return purchase(
            dealer, "0.00", at("2026-03-01"), document, kind="audit", attributes=attributes
        )

    outcomes = take(
        audit("A", score="9.5", color="red"),
        audit("B", score="nine"),
        audit("C", grade="A"),
        audit("D", score=8, grade="C"),
        audit("E", score=10, grade="B"),
        as_of=at("2026-03-02"),
    )
    assert [(one.status, one.reason) for one in outcomes] == [
        ("accepted", ""),
        (
            "rejected",
            "attributes.score “nine” must be a number such as 8.5; correct it where it comes from.",
        ),
        ("rejected", "attributes.score is missing; give a number such as 8.5."),
        (
            "rejected",
            "attributes.grade “C” must be one of A, B; correct it where it comes from.",
        ),
        ("accepted", ""),
    ]
    assert [len(one.grants) for one in outcomes] == [1, 0, 0, 0, 1]
    stored = Activity.objects.get(external_id="A").attributes
    assert stored == {"score": 9.5, "color": "red"}
    [again] = take(audit("A", score="9.5", color="red"), as_of=at("2026-03-03"))
    assert again.status == "known"
