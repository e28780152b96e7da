"""Money of SPIFFs and referrals from both sides: given, held back, paid by another, taken back."""

from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from accounts.models import Event, Notice
from partners.models import AwardPayment, SpiffClaim
from partners.paying.books import PAYING
from partners.paying.owing import owed
from partners.paying.paying import Paid, pay
from partners.spiffs import deciding
from rebates import answering, clock, crediting, settling
from rebates.models import Statement
from rewards import awarding
from rewards.ledger import activate_due
from rewards.models import Entry, Wallet
from rewards.payouts import follow_check
from tests.accounts.told import noted, read_by
from tests.factories import MemberFactory, ProductFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, running_program, text_of
from tests.partners.spiff_stories import TODAY, approved, claimed, spiff
from tests.rebates.deals import CHECKER, PARTNER, agreed, bands
from tests.rewards.stories import accepted, at, purchase, wrong

pytestmark = pytest.mark.usefixtures("stopped_clock")

LIST, PAID = "/console/spiffs/money/", "/console/spiffs/money/paid/"
SAID = {
    "key": "0197f7a0-0000-7000-8000-00000000000f",
    "amount": "5000",
    "paid_through": "payroll",
    "reference": "PAY-05/2026",
    "paid_on": "2026-05-20",
}


@pytest.fixture
def program(in_tenant):
    ProductFactory(sku="SKU-X")
    return running_program()


def owed_to(who) -> int:
    return owed(now=NOW).filter(member=who).values_list("owed", flat=True).first() or 0


def test_money_of_a_spiff_is_paid_by_another_once_and_a_return_is_settled_with_the_next(
    in_tenant, program
):
    dealer = enrolled_account(program, name="Harbor IT", number="R-1")
    kim = MemberFactory(account=dealer, name="Kim Seller")
    boss, clerk = StaffFactory(role="owner"), StaffFactory(role="finance", name="Fin")
    partner, owner = client_of(in_tenant, kim.user), client_of(in_tenant, boss.user)
    finance = client_of(in_tenant, clerk.user)
    assert "Nothing is to be paid" in text_of(finance.get(LIST))
    one = spiff(program)
    first = approved(claimed(one, kim), boss)
    home = f"/portal/{dealer.enrollments.get().id}/spiffs/"
    assert "$50.00 of it is still to be paid to you." in text_of(partner.get(home))
    assert "Kim Seller Harbor IT" in text_of(finance.get(LIST))
    wallet = Wallet.objects.get(unit="money")
    page = f"{LIST}{wallet.pk}/"

    # who approved it does not pay it, nor does who has another role or belongs to the account
    assert "You approved some of it" in text_of(owner.get(page))
    assert owner.post(page, SAID).status_code == 422
    manager = client_of(in_tenant, StaffFactory(role="manager").user)
    assert manager.post(page, SAID).status_code == 403
    insider = client_of(in_tenant, StaffFactory(role="finance", user=kim.user).user)
    assert "You belong to this account" in text_of(insider.post(page, SAID))
    for wrongly, said in (
        ({"amount": "5001"}, "There is less than that"),
        ({"amount": "-1"}, "Nothing is to be paid"),
        ({"amount": "9" * 30}, "Nothing is to be paid"),
        ({"reference": "\0"}, "Null characters are not allowed"),
        ({"paid_on": "2026-05-21"}, "Choose a day"),
        ({"paid_on": "9999-12-31"}, "Choose a day"),
        ({"paid_through": "cash"}, "Select a valid choice"),
    ):
        refused = finance.post(page, SAID | wrongly)
        assert (refused.status_code, said in text_of(refused)) == (422, True)
    follow_check([{"claim": "One", "number": 1, "rows": 1, "sample": []}], at=NOW)
    assert "Payouts are stopped" in text_of(finance.post(page, SAID))
    follow_check([], at=NOW)
    assert not AwardPayment.objects.exists()
    assert owed_to(kim) == 50_00

    assert finance.post(page, SAID)["Location"] == LIST
    assert finance.post(page, SAID).status_code == 302  # sent twice
    other = finance.post(page, SAID | {"reference": "PAY-06"})
    assert (other.status_code, "with other content" in text_of(other)) == (422, True)
    [paid] = AwardPayment.objects.all()
    entry = Entry.objects.get(kind="spend")
    assert (entry.cause, entry.available, entry.actor) == (paid.pk, -50_00, clerk.actor)
    event = Event.objects.get(kind="award.paid")
    assert (event.account_id, event.payload["amount"]) == (dealer.pk, 50_00)
    noted(event)
    [(subject, body)] = read_by(kim.user)
    assert subject == "$50.00 paid: PAY-05/2026"
    assert "has paid $50.00 to Kim Seller, for SPIFFs and referrals" in body
    assert "on May 20, 2026, under the reference PAY-05/2026" in body
    [told] = Notice.objects.filter(kind="award_paid")  # nobody else is told of it
    assert partner.get(f"/notices/{told.pk}/").url == home
    assert "$50.00 To you · Payroll · PAY-05/2026" in text_of(partner.get(home))
    assert "Paid $50.00 to Kim Seller" in text_of(owner.get(f"/console/accounts/{dealer.pk}/"))
    file = finance.post("/console/exports/money-paid/").content.decode()
    assert f"R-1,Harbor IT,Kim Seller,{kim.user.email},50.00,2026-05-20,Payroll,PAY-05" in file
    lee = client_of(in_tenant, MemberFactory(account=dealer, portal_role="admin").user)
    assert "PAY-05" not in text_of(lee.get(home))  # a person's money is their own business

    # one of two units comes back: the next claim pays that off
    deciding.take_back(first.pk, units=1, reason="Returned", actor=boss.actor, now=NOW)
    assert (Wallet.objects.get(unit="money").available, owed_to(kim)) == (-25_00, 0)
    approved(claimed(one, kim), boss)
    assert owed_to(kim) == 25_00
    file = finance.post("/console/exports/money-owed/").content.decode()
    assert f"R-1,Harbor IT,Kim Seller,{kim.user.email},25.00" in file
    assert finance.post(page, SAID | {"key": str(first.pk)}).status_code == 422  # 50.00 is too much
    more = SAID | {"key": str(paid.pk), "amount": "2500", "reference": "PAY-06"}
    assert finance.post(page, more).status_code == 302
    assert "PAY-06" in text_of(finance.get(f"{PAID}?q=pay-06"))
    assert "No payment fits" in text_of(finance.get(f"{PAID}?since=2026-05-21"))
    assert (Wallet.objects.get(unit="money").available, owed_to(kim)) == (0, 0)
    assert SpiffClaim.objects.filter(state="approved").count() == 2
    assert wrong(in_tenant) == set()


def test_a_company_is_owed_what_awards_brought_once_it_is_not_held_back(in_tenant, program):
    """Rebates that are settled into the same wallet leave it by settlements, and not here."""
    dealer = enrolled_account(program, name="Harbor IT", number="R-1")
    about = {"program_id": program.pk, "account_id": dealer.pk, "unit": "money"}
    later = NOW + timedelta(days=30)
    for number, (amount, activates_at) in enumerate(((30_00, None), (7_00, later))):
        wanted = awarding.Wanted(**about, amount=amount, reason="R", activates_at=activates_at)
        awarding.give(wanted, identity=dealer.pk if number else program.pk, actor="x", now=NOW)
    [wallet] = owed(now=NOW)
    assert (wallet.owed, wallet.member) == (30_00, None)
    clerk = StaffFactory(role="finance")
    finance = client_of(in_tenant, clerk.user)
    page = f"{LIST}{wallet.pk}/"
    assert finance.post(page, SAID | {"amount": "3000"}).status_code == 302
    assert not owed(now=NOW).exists()
    activate_due(upto=later, actor="system")
    assert [one.owed for one in owed(now=later)] == [7_00]
    with transaction.atomic(), connection.cursor() as cursor:  # money of another origin
        cursor.execute("UPDATE rewards_wallet SET available = available + 100000")
        assert [one.owed for one in owed(now=later)] == [7_00]
        transaction.set_rollback(True)
    assert wrong(in_tenant) == set()

    insider = MemberFactory(account=dealer, created_at=NOW).user_id
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_staff SET user_id = %s", [insider])
        assert PAYING[2].claim in wrong(in_tenant)
        transaction.set_rollback(True)
    kim = MemberFactory(account=dealer)
    wanted = awarding.Wanted(**about, member_id=kim.pk, amount=5_00, reason="R")
    awarding.give(wanted, identity=kim.pk, actor="x", now=NOW)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE rewards_wallet SET available = 400 WHERE member_id IS NOT NULL")
        assert PAYING[1].claim in wrong(in_tenant)
        transaction.set_rollback(True)
    with transaction.atomic():
        AwardPayment.objects.create(
            program=program, account=dealer, member=kim, amount=5_00, paid_through="card",
            paid_on="2026-05-20", reference="X", paid_at=NOW, paid_by="x2", request_key="x",
        )  # fmt: skip
        assert {PAYING[0].claim, PAYING[1].claim} <= wrong(in_tenant)
        transaction.set_rollback(True)
    MemberFactory(account=dealer, user=clerk.user)  # who paid works for the partner later
    assert wrong(in_tenant) == set()


def test_what_a_rebate_made_up_for_is_not_taken_from_the_next_awards_once_more(in_tenant, program):
    """50.00 is awarded, paid and taken back; a rebate of 100.00 is handed over as 50.00 then, and
    the next award is owed in full: 150.00 in all, as 100.00 of rebates and 50.00 of awards."""
    dealer = enrolled_account(program, name="Harbor IT", number="R-1")
    about = {"program_id": program.pk, "account_id": dealer.pk, "unit": "money", "reason": "R"}
    about |= {"amount": 50_00}
    clerk = StaffFactory(role="finance")

    def given(identity) -> None:
        awarding.give(awarding.Wanted(**about), identity=identity, actor="system", now=NOW)

    def paid(key: str) -> None:
        wallet = Wallet.objects.get(unit="money")
        said = {"paid_through": "transfer", "paid_on": TODAY, "reference": key, "key": key}
        pay(Paid(wallet_id=wallet.pk, amount=50_00, by=clerk.actor, **said), today=TODAY, now=NOW)

    given(dealer.pk)
    paid("first")
    awarding.take_back(dealer.pk, amount=50_00, reason="R", identity=program.pk, actor="system",
                       now=NOW)  # fmt: skip
    agreement = agreed(
        program, dealer, period="month", starts_on=date(2026, 4, 1),
        terms={"bands": bands((0, "10"))}, said={"method": "credit_note", "grace_days": 0},
    )  # fmt: skip
    accepted(purchase(dealer, "1000.00", at("2026-04-10"), "P"), as_of=at("2026-04-10"))
    clock.advance(at=NOW)
    [statement] = Statement.objects.filter(agreement=agreement)
    answering.accept_statement(statement=statement, actor=PARTNER, now=NOW)
    made = settling.approve_statement(statement=statement, actor=CHECKER, now=NOW)
    [credit] = crediting.issue(
        settlement_ids={made.pk}, tenant=in_tenant, actor=clerk.actor, now=NOW
    )
    assert (credit.amount, Wallet.objects.get(unit="money").available) == (50_00, 0)
    given(clerk.pk)
    assert [one.owed for one in owed(now=NOW)] == [50_00]
    paid("second")
    assert Wallet.objects.get(unit="money").available == 0
    assert wrong(in_tenant) == set()


@pytest.mark.parametrize("count", [1, 3])
def test_both_lists_take_as_many_queries_however_long(
    in_tenant, program, count, django_assert_num_queries
):
    clerk, boss = StaffFactory(role="finance"), StaffFactory(role="owner")
    finance = client_of(in_tenant, clerk.user)
    for number in range(count):
        dealer = enrolled_account(program, name=f"Dealer {number}")
        member = MemberFactory(account=dealer)
        about = {"program_id": program.pk, "account_id": dealer.pk, "member_id": member.pk}
        wanted = awarding.Wanted(**about, unit="money", amount=60_00, reason="R")
        awarding.give(wanted, identity=member.pk, actor=boss.actor, now=NOW)
        wallet = Wallet.objects.get(member=member)
        said = Paid(
            wallet_id=wallet.pk, amount=10_00, paid_through="card", paid_on=TODAY, reference="R",
            key=str(number), by=clerk.actor,
        )  # fmt: skip
        pay(said, today=TODAY, now=NOW)
    with django_assert_num_queries(12):
        assert f"Dealer {count - 1}" in text_of(finance.get(LIST))
    with django_assert_num_queries(12):
        assert f"Dealer {count - 1}" in text_of(finance.get(PAID))
