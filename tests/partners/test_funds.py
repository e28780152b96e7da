"""Marketing funds from a budget to what is paid: every cent committed, released, paid or over."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.files import CannotKeep
from accounts.hands import hands_of
from accounts.models import Event, File
from partners.funds import claiming, deciding, granting
from partners.funds.budgets import Accrual
from partners.funds.claiming import Proof
from partners.funds.granting import NotLeft, OtherGrant
from partners.funds.requesting import CannotAsk, OtherRequest, ask
from partners.funds.statements import statement_of
from partners.funds.steps import NotNow
from partners.models import Fund, FundBudget, FundGrant, FundRequest
from rewards import ledger
from tests.factories import (
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    UserFactory,
    enrolled_account,
)
from tests.partners.funded import (
    END,
    NOON,
    TODAY,
    ZONE,
    accepted,
    activity_of,
    advanced,
    approved,
    asked,
    budget_of,
    claimed,
    granted,
    paid,
    paper,
    sums_of,
    wish,
    wrong,
)
from tests.rewards.stories import accepted as taken_in
from tests.rewards.stories import at, purchase, wallet_of


@pytest.fixture
def program(in_tenant):
    return ProgramFactory()


@pytest.fixture
def partner(program):
    return enrolled_account(program, number="R-1", name="Harbor IT")


@pytest.fixture
def manager(program):
    return StaffFactory()


@pytest.fixture
def finance(program):
    return StaffFactory(role="finance")


@pytest.fixture
def budget(program, manager):
    return budget_of(program, manager)


@pytest.fixture
def event(program):
    return activity_of()


def steps_of(request: FundRequest) -> list[str]:
    found = Event.objects.filter(subject=f"fund_request:{request.pk}").order_by("id")
    return [kind.removeprefix("fund_request.") for kind in found.values_list("kind", flat=True)]


def purse(account, program) -> tuple[int, int]:
    wallet = wallet_of(account, program, "funds")
    return wallet.available, wallet.reserved


def test_a_fund_from_its_allocation_to_what_is_paid(
    program, partner, manager, finance, budget, event
):
    [fund] = granted(budget, {partner: 50_000}, manager)
    request = asked(partner, budget, event)
    assert purse(partner, program) == (50_000, 0)
    request = approved(request, manager, amount=36_000, share="45")
    assert (request.state, request.claim_until) == ("approved", date(2026, 7, 27))
    assert purse(partner, program) == (14_000, 36_000)

    with pytest.raises(NotNow, match="not begun"):
        claimed(request, today=date(2026, 6, 9))
    with pytest.raises(NotNow, match="missing: Photo"):
        claimed(request, kinds=("Invoice",))
    assert File.objects.count() == 0
    request = claimed(request, cost=66_667)
    assert claiming.payable(request) == 30_000  # 45% of 666.67 is 300.0015
    with pytest.raises(NotNow, match="above zero"):
        accepted(request, finance, amount=30_001)
    request = accepted(request, finance, amount=30_000)
    assert purse(partner, program) == (20_000, 30_000)
    with pytest.raises(NotNow, match="step before"):
        paid(request, finance)
    request = paid(request, manager)
    assert (request.state, request.paid_on) == ("paid", date(2026, 6, 25))
    assert purse(partner, program) == (20_000, 0)
    assert sums_of(fund) == {"granted": 50_000, "paid": 30_000}
    with pytest.raises(NotNow, match="Paid"):
        paid(request, manager)

    done = advanced(date(2027, 1, 1))
    assert (done.expired, done.lapsed) == (1, 0)
    assert advanced(date(2027, 1, 1), "01:30").expired == 0
    assert sums_of(fund) == {"granted": 50_000, "expired": 20_000, "paid": 30_000}
    budget.refresh_from_db()
    assert budget.allocated == 30_000
    assert steps_of(request) == ["requested", "approved", "claimed", "accepted", "paid"]
    told = statement_of(fund, since=date(2026, 6, 1), until=date(2026, 12, 31), zone=ZONE)
    assert (told.opening, told.closing) == ((14_000, 36_000), (20_000, 0))
    assert [
        (line.movement.kind, line.movement.available, line.movement.committed)
        for line in told.lines
    ] == [("release", 6_000, -6_000), ("spend", 0, -30_000)]
    assert statement_of(fund, since=TODAY, until=END + timedelta(days=1), zone=ZONE).closing == (
        0,
        0,
    )
    assert wrong() == {}


def test_never_more_is_allocated_than_there_is_and_the_same_key_allocates_once(
    program, partner, manager, budget
):
    other = enrolled_account(program, number="R-2")
    granted(budget, {partner: 60_000, other: 30_000}, manager, key="k")
    granted(budget, {partner: 60_000, other: 30_000}, manager, key="k")
    with pytest.raises(OtherGrant):
        granted(budget, {partner: 60_000, other: 29_999}, manager, key="k")
    with pytest.raises(NotLeft) as refused:
        granted(budget, {partner: 10_000, other: 1}, manager)
    assert (refused.value.left, refused.value.wanted) == (10_000, 10_001)
    fund = Fund.objects.get(account=other)
    about = {"fund_id": fund.pk, "by": manager.actor, "now": NOON}
    for _twice in range(2):
        back = granting.take_back(amount=5_000, reason="Left over", key="b", **about)
        assert (back.granted, FundBudget.objects.get().allocated) == (25_000, 85_000)
    with pytest.raises(OtherGrant):
        granting.take_back(amount=5_001, reason="Left over", key="b", **about)
    with pytest.raises(NotNow, match="Less than that"):
        granting.take_back(amount=25_001, reason="All", key="c", **about)
    assert (FundGrant.objects.count(), purse(other, program)) == (3, (25_000, 0))
    stranger = enrolled_account(ProgramFactory(), number="R-3")
    with pytest.raises(NotNow, match="does not take part"):
        granted(budget, {stranger: 1}, manager)
    own = StaffFactory(user=MemberFactory(account=partner).user)
    with pytest.raises(NotNow, match="You belong"):
        granted(budget, {partner: 1}, own)


def test_the_same_key_asks_once_and_other_content_under_it_nothing(
    program, partner, manager, budget, event
):
    granted(budget, {partner: 50_000}, manager)
    first = asked(partner, budget, event, key="k")
    assert asked(partner, budget, event, key="k") == first
    with pytest.raises(OtherRequest):
        asked(partner, budget, event, key="k", asked=1)
    assert FundRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"title": " "}, "title"),
        ({"answers": {}}, "guests"),
        ({"answers": {"guests": "many"}}, "guests"),
        ({"answers": {"guests": 1, "color": "red"}}, "answers"),
        ({"starts_on": TODAY - timedelta(days=1)}, "starts_on"),
        ({"starts_on": END + timedelta(days=1), "ends_on": END + timedelta(days=1)}, "starts_on"),
        ({"ends_on": date(2026, 6, 9)}, "ends_on"),
        ({"ends_on": date(9999, 12, 31)}, "ends_on"),
        ({"total_cost": 0}, "total_cost"),
        ({"total_cost": 10**18}, "total_cost"),
        ({"asked": 0}, "asked"),
        ({"asked": 40_001}, "asked"),  # more than half
        ({"total_cost": 200_000, "asked": 50_001}, "asked"),  # more than is left
    ],
)
def test_what_cannot_be_asked_for_names_its_field(
    program, partner, manager, budget, event, said, field
):
    granted(budget, {partner: 50_000}, manager)
    with pytest.raises(CannotAsk) as refused:
        ask(wish(partner, budget, event, **said), today=TODAY, now=NOON)
    assert refused.value.field == field
    assert FundRequest.objects.count() == 0


def test_who_may_not_ask_is_told_why(program, partner, manager, budget):
    silver = activity_of(name="For Gold", tiers=("Gold",))
    with pytest.raises(CannotAsk, match="nothing left"):
        asked(partner, budget, silver)
    granted(budget, {partner: 50_000}, manager)
    with pytest.raises(CannotAsk, match="for the tiers Gold"):
        asked(partner, budget, silver)


def test_nobody_decides_with_another_hand_than_he_asked_with(
    program, partner, manager, budget, event
):
    granted(budget, {partner: 50_000}, manager)
    person = UserFactory()
    member = MemberFactory(account=partner, user=person)
    boss = StaffFactory(user=person, role="owner")
    request = asked(partner, budget, event, member=member, actor=member.actor)
    assert boss.actor in hands_of(member.actor)
    for attempt in (
        lambda: approved(request, boss),
        lambda: deciding.reject(request.pk, reason="No", by=boss.actor, now=NOON),
    ):
        with pytest.raises(NotNow, match="belong to its account"):
            attempt()
    assert (FundRequest.objects.get().state, purse(partner, program)) == ("requested", (50_000, 0))
    request = claimed(approved(request, manager), actor=member.actor)
    with pytest.raises(NotNow, match="belong to its account"):
        accepted(request, boss, amount=1)
    assert purse(partner, program) == (10_000, 40_000)


def test_what_is_not_spent_comes_back_or_is_over_with_its_day(
    program, partner, manager, finance, budget, event
):
    [fund] = granted(budget, {partner: 50_000}, manager, last_day=date(2026, 6, 30))
    request = approved(asked(partner, budget, event), manager)
    # A reminder at 14 days before the fund's end and the claim's; each once.
    assert advanced(date(2026, 6, 20)).reminded == 1
    assert advanced(date(2026, 6, 20), "01:30").reminded == 0
    # The 100.00 that nobody committed are over, the 400.00 that were promised are not.
    assert advanced(date(2026, 7, 1)).expired == 1
    assert sums_of(fund) == {"granted": 50_000, "expired": 10_000, "committed": 40_000}
    assert advanced(date(2026, 7, 20)).reminded == 1
    request = claimed(request, cost=60_000, today=date(2026, 7, 27))
    with pytest.raises(NotNow, match="Say what is missing"):
        claiming.ask_for_more(
            request.pk, note=" ", by=finance.actor, today=date(2026, 7, 27), now=at("2026-07-27")
        )
    request = claiming.ask_for_more(
        request.pk, note="A photo with people", by=finance.actor, today=date(2026, 7, 27),
        now=at("2026-07-27 15:00"),
    )  # fmt: skip
    assert (request.state, request.claim_until) == ("incomplete", date(2026, 8, 10))
    request = claimed(request, cost=60_000, kinds=("Photo",), today=date(2026, 8, 10))
    accepted(request, manager, amount=30_000, today=date(2026, 8, 12))
    # What is released after the fund's day is over at once, and the budget's again.
    assert sums_of(fund) == {"granted": 50_000, "expired": 20_000, "committed": 30_000}
    budget.refresh_from_db()
    assert budget.allocated == 30_000
    assert wrong() == {}


def test_one_that_cannot_lapse_holds_up_no_other_and_no_accrual(program, partner, manager, event):
    """What the first has committed was spent, by whatever mistake."""
    budget = budget_of(program, manager)
    granted(budget, {partner: 80_000}, manager)
    coop = budget_of(program, manager, name="Co-op", accrual=Accrual(share=Decimal("2.5")))
    taken_in(purchase(partner, "100.00", at("2026-05-10")), as_of=at("2026-05-10"))
    ones = [approved(asked(partner, budget, event), manager) for _ in range(2)]
    ledger.pay(ones[0].pk, actor="system", at=NOON)
    with pytest.raises(ledger.NotHeld):
        advanced(date(2026, 7, 28))
    for each in ones:
        each.refresh_from_db()
    assert [each.state for each in ones] == ["approved", "lapsed"]
    assert Fund.objects.get(budget=coop).granted == 2_50


def test_an_approval_that_nobody_claims_lapses_and_is_free_again(
    program, partner, manager, budget, event
):
    [fund] = granted(budget, {partner: 50_000}, manager)
    request = approved(asked(partner, budget, event), manager)
    assert advanced(date(2026, 7, 27)).lapsed == 0
    assert advanced(date(2026, 7, 28)).lapsed == 1
    assert advanced(date(2026, 7, 28), "02:30").lapsed == 0
    request.refresh_from_db()
    assert (request.state, request.note) == ("lapsed", "No claim came in time.")
    assert sums_of(fund) == {"granted": 50_000}
    assert purse(partner, program) == (50_000, 0)
    with pytest.raises(NotNow, match="Not claimed in time"):
        claimed(request)
    again = approved(asked(partner, budget, event), manager)
    program_file = SimpleUploadedFile("photo.png", b"MZ\x90\x00\x03")
    with pytest.raises(CannotKeep):
        claiming.claim(
            again.pk,
            cost=1,
            proofs=[Proof("Invoice", paper()), Proof("Photo", program_file)],
            note="",
            actor="system",
            today=date(2026, 6, 20),
            now=at("2026-06-20"),
        )
    assert File.objects.count() == 0
    deciding.withdraw(again.pk, note="Canceled", actor="system", now=at("2026-06-01"))
    assert purse(partner, program) == (50_000, 0)
    assert wrong() == {}


def test_a_budget_on_request_gives_what_a_fund_lacks_and_no_more(program, partner, manager, event):
    budget = budget_of(program, manager, 50_000, on_request=True)
    first = asked(partner, budget, event)
    approved(first, manager, amount=30_000)
    assert FundBudget.objects.get().allocated == 30_000
    deciding.withdraw(first.pk, note="", actor="system", now=NOON)
    second = approved(asked(partner, budget, event), manager)  # 300.00 there, 100.00 more
    assert FundBudget.objects.get().allocated == 40_000
    third = asked(partner, budget, event, total_cost=40_000, asked=20_000)
    with pytest.raises(deciding.NotEnough) as refused:
        approved(third, manager, amount=10_001)
    assert refused.value.left == 10_000
    assert purse(partner, program) == (0, 40_000)
    assert sums_of(Fund.objects.get()) == {"granted": 40_000, "committed": 40_000}
    assert second.state == "approved"
    assert wrong() == {}
