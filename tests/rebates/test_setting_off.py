"""Corrections of more than is due: never paid, but set off, and carried until all of it is."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Event
from rebates import answering, clock, crediting, paying, settling
from rebates.books_of_payments import SET_OFFS
from rebates.crediting import CannotCredit
from rebates.models import Agreement, SetOff, Settlement, Statement
from rewards.models import Wallet
from tests.factories import MemberFactory, ProgramFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import client_of, text_of
from tests.loyalty.paper import words_of
from tests.rebates.deals import CHECKER, PARTNER, agreed, bands, violations
from tests.rebates.failing import failing, seen_to_fail
from tests.rebates.test_paying import NOW, approved, prepared, wallets, world
from tests.rewards.stories import accepted, at, purchase, taken_back

__all__ = ["world"]


@pytest.fixture
def dealt(in_tenant):
    """A dealer was credited 33.33; then corrections took back 30.00 of it."""
    program = ProgramFactory()
    dealer = enrolled_account(program, number="D-1", name="Dealer 1")
    agreement = agreed(
        program, dealer, period="month", terms={"bands": bands((0, "10"))},
        said={"method": "credit_note", "grace_days": 0},
    )  # fmt: skip
    told = SimpleNamespace(tenant=in_tenant, dealer=dealer, agreement=agreement)
    told.ann = StaffFactory(role="finance")
    sold(told, "333.30", "2026-01-10")
    settled(agreement, "2026-02-01")
    assert [one.amount for one in issued(told)] == [33_33]
    back = taken_back(dealer, "300.00", at("2026-02-03"), of="2026-01-10", document="R")
    accepted(back, as_of=at("2026-02-03"))
    settled(agreement, "2026-03-01")
    return told


def sold(told, amount: str, day: str) -> None:
    accepted(purchase(told.dealer, amount, at(day), day), as_of=at(day))


def settled(agreement: Agreement, day: str) -> None:
    now = at(f"{day} 09:00")
    clock.advance(at=now)
    [statement] = Statement.objects.filter(agreement=agreement, state="open")
    answering.accept_statement(statement=statement, actor=PARTNER, now=now)
    settling.approve_statement(statement=statement, actor=CHECKER, now=now)


def issued(told) -> list:
    ids = set(Settlement.objects.values_list("pk", flat=True))
    about = {"tenant": told.tenant, "actor": told.ann.actor, "now": at("2026-04-02")}
    return crediting.issue(settlement_ids=ids, **about)


def standing() -> list[tuple[int, int, str]]:
    found = Settlement.objects.order_by("approved_at", "id")
    return list(found.values_list("amount", "set_off", "state"))


def test_a_correction_is_carried_to_the_next_settlement_and_never_paid(dealt, monkeypatch):
    assert standing() == [(33_33, 0, "paid"), (-30_00, 0, "carried")]
    with pytest.raises(CannotCredit):
        issued(dealt)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at("2026-04-02"))
    ann = client_of(dealt.tenant, dealt.ann.user)
    partner = client_of(dealt.tenant, MemberFactory(account=dealt.dealer).user)
    theirs = f"/portal/{dealt.dealer.enrollments.get().id}/rebates/"
    listed = "Dealer 1 Growth Statement 2, approved on Mar 1, 2026 -$30.00 $30.00"
    assert listed in text_of(ann.get("/console/payments/"))
    assert "taken back $30.00 more than was due to you" in text_of(partner.get(theirs))

    sold(dealt, "150.00", "2026-03-10")
    settled(dealt.agreement, "2026-04-01")
    assert standing()[1:] == [(-30_00, 15_00, "carried"), (15_00, 15_00, "set_off")]
    sold(dealt, "450.00", "2026-04-01")
    settled(dealt.agreement, "2026-05-01")
    assert standing()[1:] == [
        (-30_00, 30_00, "set_off"),
        (15_00, 15_00, "set_off"),
        (45_00, 15_00, "approved"),
    ]
    told = Event.objects.filter(kind="rebate.set_off").order_by("id").last().payload
    assert (told["number"], told["amount"], told["left"]) == (4, 15_00, 30_00)
    assert told["correction"] == {
        "agreement": "growth", "name": "Growth", "number": 2, "left": 0,
    }  # fmt: skip

    [credit] = issued(dealt)
    assert (credit.number, credit.amount) == (2, 30_00)
    assert Wallet.objects.get(unit="money").available == 0
    assert violations(dealt.tenant) == []
    paper = words_of(ann.get(f"/console/credits/{credit.pk}/file/").content)
    assert "Approved $45.00 Set off against corrections -$15.00 Credited $30.00" in paper
    assert "Carried" not in text_of(ann.get("/console/payments/"))
    assert "more than was due" not in text_of(partner.get(theirs))
    for number, says in (
        (2, "Set off$15.00 set off against “Growth”, no. 3$15.00 set off against “Growth”, no. 4"),
        (4, "Handed over Apr 2, 2026 Credit note 2 as PDF $15.00 set off against “Growth”, no. 2"),
    ):
        one = Statement.objects.get(number=number)
        assert says in text_of(partner.get(f"{theirs}statements/{one.pk}/"))
        told = text_of(ann.get(f"/console/rebate-statements/{one.pk}/"))
        assert "set off against “Growth”" in told


CARRIED_AGAIN = (
    "UPDATE rebates_settlement SET set_off = set_off - 1, state = 'carried' WHERE amount < 0"
)
DAMAGE = {
    CARRIED_AGAIN: [0, 1, 2],
    "UPDATE rewards_wallet SET available = available + 1 WHERE unit = 'money'": [2],
}


def test_what_the_bank_returns_makes_up_for_corrections_first(world):
    run = approved(world, prepared(world))
    paying.mark_executed(run_id=run.pk, actor=world.ann.actor, now=NOW)
    first = world.dealers[0]
    back = taken_back(first, "650.00", at("2026-02-03"), of="P-D-1", document="R-1")
    accepted(back, as_of=at("2026-02-03"))
    settled(Agreement.objects.get(code="a-1"), "2026-03-01")
    assert wallets(world) == [-65_00, 0]
    assert Settlement.objects.get(amount=-65_00).state == "carried"
    payment = run.payments.get(account=first)
    about = {"actor": world.ann.actor, "now": NOW}
    paying.give_back(payment_id=payment.pk, reason="Account closed", **about)
    assert (SetOff.objects.get().amount, wallets(world)) == (65_00, [5_00, 0])
    [due] = paying.due(actor=world.bob.actor, now=NOW)
    assert (due.settlement.amount, due.amount, due.why_not) == (70_00, 5_00, "")
    assert violations(world.tenant) == []
    assert seen_to_fail(SET_OFFS, DAMAGE) == DAMAGE


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.integers(-9, 9).filter(bool) | st.none(), min_size=3, max_size=8))
def test_whatever_is_settled_and_paid_in_any_order_nets_to_the_wallet(dealt, steps):
    """Of a whole number so much is settled; None is that all that can be is handed over."""
    with transaction.atomic():
        balance = -30_00
        for place, step in enumerate(steps):
            if step is None:
                paid = issued(dealt) if balance > 0 else []
                assert sum(one.amount for one in paid) == max(balance, 0)
                balance -= sum(one.amount for one in paid)
            else:
                approve_at_once(dealt, step * 10_00, place)
                balance += step * 10_00
            told = Settlement.objects.exclude(state="paid")
            assert sum(one.left for one in told if one.amount > 0) == max(balance, 0)
            assert sum(one.left for one in told if one.amount < 0) == max(-balance, 0)
            assert failing(SET_OFFS) == set()
        transaction.set_rollback(True)


def approve_at_once(told, amount: int, place: int) -> None:
    """A statement of its own, accepted already."""
    first = Statement.objects.get(number=1)
    made = Statement.objects.create(
        agreement=first.agreement, version=first.version, account=told.dealer, number=10 + place,
        since=first.since, upto=first.upto + timedelta(days=1 + place), total=amount,
        earned=[["", 0, amount]], state="accepted", prepared_by="system", issued_at=NOW,
        answer_by=NOW, accepted_by=PARTNER, accepted_at=NOW,
    )  # fmt: skip
    settling.approve_statement(statement=made, actor=CHECKER, now=NOW)
