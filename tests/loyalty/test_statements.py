"""Monthly statements: they add up, and show each reader what is theirs."""

from dataclasses import replace

import pytest

from accounts.ids import uuid7
from accounts.models import Enrollment
from rewards import clock, ledger
from rewards.models import Entry
from tests.factories import MemberFactory, StaffFactory, enrolled_account, publish_rule
from tests.loyalty.faces import NOW, client_of, running_program, text_of
from tests.rewards.stories import accepted, at, purchase, wallet_of


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def program(in_tenant):
    return running_program()


@pytest.fixture
def dealer(program):
    return enrolled_account(program, name="Harbor Bikes", on=at("2026-03-01 00:00"))


@pytest.fixture
def story(program, dealer):
    """1,000 points in March, 600 spent and 50 earned in April, 10 in May."""
    for amount, day in (
        ("1000.00", "2026-03-10"),
        ("50.00", "2026-04-10"),
        ("10.00", "2026-05-02"),
    ):
        clock.advance(upto=at(f"{day} 00:30"))
        accepted(purchase(dealer, amount, at(day), day), as_of=at(f"{day} 20:00"))
        if day == "2026-04-10":
            ledger.spend(
                wallet_id=wallet_of(dealer, program).id,
                amount=600,
                cause=uuid7(),
                actor="system",
                occurred_at=at("2026-04-12"),
                recorded_at=at("2026-04-12"),
            )


def page_of(dealer, month: str = "") -> str:
    enrollment = Enrollment.objects.get(account=dealer)
    query = f"?month={month}" if month else ""
    return f"/portal/{enrollment.id}/entries/statement/{query}"


def test_a_partner_reads_the_last_full_month_with_its_movements(in_tenant, dealer, story):
    reader = client_of(in_tenant, MemberFactory(account=dealer).user)

    text = text_of(reader.get(page_of(dealer)))

    assert "Statement of April 2026" in text
    assert "At the beginning 1,000 Earned +50 Redeemed −600 At the end 450" in text
    assert "50 points: 1 point per $1.00 of $50.00" in text
    assert "order 2026-03-10" not in text
    assert "the month is not over" not in text


def test_months_follow_one_another(in_tenant, dealer, story):
    reader = client_of(in_tenant, MemberFactory(account=dealer).user)
    told = {
        month: text_of(reader.get(page_of(dealer, month)))
        for month in ("2026-03", "2026-04", "2026-05")
    }

    assert "At the beginning 0 Earned +1,000 At the end 1,000" in told["2026-03"]
    assert "At the beginning 1,000 " in told["2026-04"]
    assert "At the beginning 450 Earned +10 At the end 460" in told["2026-05"]
    assert "the month is not over yet" in told["2026-05"]
    for wrong in ("2026-02", "2026-06", "soon"):
        assert reader.get(page_of(dealer, wrong)).status_code == 404


def test_nobody_reads_a_colleagues_own_points(in_tenant, program, dealer, story):
    publish_rule(program, code="own", kind="training", basis="fixed", rate=77, beneficiary="member")
    ada = MemberFactory(account=dealer, name="Ada")
    ben = MemberFactory(account=dealer, name="Ben")
    fact = purchase(dealer, "0.00", at("2026-05-03"), "T", kind="training")

    accepted(replace(fact, member=ada.user.email), as_of=at("2026-05-03 20:00"))
    manager = client_of(in_tenant, StaffFactory().user)
    enrollment = Enrollment.objects.get(account=dealer)

    pages = [
        text_of(client_of(in_tenant, one.user).get(page_of(dealer, "2026-05")))
        for one in (ada, ben)
    ]
    console = text_of(manager.get(f"/console/enrollments/{enrollment.id}/statement/?month=2026-05"))

    assert ["Points of Ada" in page for page in [*pages, console]] == [True, False, True]


def test_long_months_lead_to_all_their_movements(in_tenant, dealer, monkeypatch, story):
    monkeypatch.setattr("loyalty.statement_sheet.MOST_LINES", 1)
    reader = client_of(in_tenant, MemberFactory(account=dealer).user)

    page = reader.get(page_of(dealer)).content.decode()

    assert Entry.objects.filter(occurred_at__gte=at("2026-04-01 00:00")).count() > 1
    assert "unit=points&amp;from=2026-04-01&amp;to=2026-04-30" in page


def test_a_month_of_nothing_says_so(in_tenant, dealer):
    reader = client_of(in_tenant, MemberFactory(account=dealer).user)
    assert "Nothing to state" in text_of(reader.get(page_of(dealer)))
