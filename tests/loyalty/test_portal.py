"""What partners see: their points, their tier, their reasons, and nobody else's."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from accounts.ids import uuid7
from accounts.models import Enrollment
from accounts.models.directory import EnrollmentState
from accounts.tenancy import tenant_scope
from rewards import clock, ledger
from rewards.models import Entry
from tests.factories import (
    AccountFactory,
    MemberFactory,
    StaffFactory,
    UserFactory,
    enrolled_account,
    publish_rule,
)
from tests.loyalty.faces import NOW, client_of, running_program, text_of
from tests.rewards.stories import accepted, at, purchase, taken_back, wallet_of

pytestmark = pytest.mark.usefixtures("stopped_clock")


@pytest.fixture
def dealer(program):
    return enrolled_account(program, name="Northwind Bikes", on=at("2026-01-01 00:00"))


@pytest.fixture
def reader(in_tenant, dealer):
    member = MemberFactory(account=dealer)
    return client_of(in_tenant, member.user)


def enrollment_of(account, program=None) -> Enrollment:
    found = Enrollment.objects.filter(account=account)
    return found.get(program=program) if program else found.get()


def home_of(account, program=None) -> str:
    return f"/portal/{enrollment_of(account, program).id}/"


def test_the_three_answers(reader, dealer):
    accepted(purchase(dealer, "20000.00", at("2026-02-10"), "SO1"), as_of=at("2026-02-10 20:00"))
    clock.advance(upto=at("2026-04-10 00:00"))
    accepted(purchase(dealer, "30000.00", at("2026-04-10"), "SO2"), as_of=at("2026-04-10 20:00"))
    accepted(purchase(dealer, "1240.55", at("2026-05-15"), "SO3"), as_of=at("2026-05-15 20:00"))
    clock.advance(upto=NOW)

    response = reader.get(home_of(dealer))
    text = text_of(response)

    assert response.status_code == 200
    assert "51,550 points to use" in text
    assert "Pending None" in text
    assert "Expiring next 20,000 after Jun 30, 2026 31,550 after Sep 30, 2026" in text
    assert (
        "Your tier 1.25 × points Silver 31% of the way to Gold "
        "Revenue, this quarter: $31,240.55 of $100,000 · 31%"
    ) in text
    assert "$68,759.45 more by Jun 30, 2026 (New York time) reaches Gold — 1.5 × points." in text
    assert (
        "Silver is safe until Sep 30, 2026: "
        "what it asks was met in the second quarter of 2026." in text
    )
    assert (
        "1,550 points: 1 point per $1.00 of $1,240.55 (order SO3 line 1) × 1.25 as Silver" in text
    )
    assert "Dates are in New York time." in text

    text = text_of(reader.get(f"{home_of(dealer)}how/"))
    assert "Earn points 1 point for every $1.00 of each purchase Multiplied by your tier." in text
    assert "Points expire at the end of the quarter after the one in which you earned them." in text
    asks = "Revenue, this quarter: at least"
    assert f"Silver Yours × 1.25 {asks} $25,000 Gold × 1.5 {asks} $100,000" in text
    assert "The catalog of rewards is not open yet" in text
    assert len(text.split()) < 250  # a minute of a slow reader


def test_what_changed_since_the_last_visit_is_told_until_the_visit_is_over(
    in_tenant, dealer, monkeypatch
):
    member = MemberFactory(account=dealer)

    def visit(when: str) -> str:
        monkeypatch.setattr("django.utils.timezone.now", lambda: at(when))
        return text_of(client_of(in_tenant, member.user).get(home_of(dealer)))

    today = datetime.now(UTC).date()  # entries are numbered by the real clock
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    assert "New since" not in visit(f"{yesterday} 09:00")  # all of it is
    accepted(purchase(dealer, "30000.00", at(f"{today} 08:00"), "SO1"), as_of=at(f"{today} 08:00"))

    news = "You are Silver now: reached the next tier +30,000 points earned"
    assert "New since" not in visit(f"{yesterday} 11:00")  # the first visit goes on
    assert news in visit(f"{tomorrow} 09:00")
    assert news in visit(f"{tomorrow} 12:00")
    assert "New since" not in visit(f"{tomorrow + timedelta(days=1)} 09:00")


def test_pending_points_come_with_their_dates(reader, program, dealer):
    publish_rule(program, code="slow", hold_days=30, tier_multiplies=False)
    accepted(purchase(dealer, "100.00", at("2026-05-10"), "SO1"), as_of=at("2026-05-10 20:00"))
    accepted(purchase(dealer, "50.00", at("2026-05-12"), "SO2"), as_of=at("2026-05-12 20:00"))

    text = text_of(reader.get(home_of(dealer)))

    assert "Pending 150 in all 100 clear on Jun 9, 2026 50 clear on Jun 11, 2026" in text


def test_a_debt_is_said_kindly(reader, program, dealer):
    accepted(purchase(dealer, "500.00", at("2026-05-02"), "SO1"), as_of=at("2026-05-02 20:00"))
    for amount in (300, 190):
        ledger.spend(
            wallet_id=wallet_of(dealer, program).id,
            amount=amount,
            cause=uuid7(),
            actor="system",
            occurred_at=at("2026-05-03"),
            recorded_at=at("2026-05-03"),
        )
    accepted(
        taken_back(dealer, "500.00", at("2026-05-04"), of="SO1", document="RMA"),
        as_of=at("2026-05-04 20:00"),
    )

    text = text_of(reader.get(home_of(dealer)))

    assert "0 points to use" in text
    assert "The next 490 points you earn settle that" in text
    assert "-490" not in text
    assert "−490" not in text


def test_the_first_enrollment_opens_and_others_are_a_switch_away(in_tenant, program, dealer):
    other = enrolled_account(program, name="Alpine Ski House")
    member = MemberFactory(account=dealer)
    MemberFactory(account=other, user=member.user)
    client = client_of(in_tenant, member.user)

    response = client.get("/portal/")

    assert response.status_code == 302
    assert response.url == home_of(other)
    page = client.get(home_of(other)).content.decode()
    assert home_of(dealer) in page
    assert home_of(other) in page


def test_without_an_enrollment_a_member_is_told_what_comes(in_tenant):
    member = MemberFactory()

    response = client_of(in_tenant, member.user).get("/portal/")

    assert response.status_code == 200
    assert "Your program is not open yet" in text_of(response)


def test_a_new_account_sees_how_to_earn_and_no_empty_numbers(reader, dealer):
    text = text_of(reader.get(home_of(dealer)))

    assert "0 points to use" in text
    assert "Nothing earned yet" in text
    assert "$25,000 more by Jun 30, 2026 (New York time) reaches Silver — 1.25 × points." in text


@pytest.mark.parametrize("page", ["", "entries/"])
def test_another_account_answers_like_one_that_does_not_exist(reader, program, page):
    foreign = enrolled_account(program, name="Rival Dealer")

    found = reader.get(f"{home_of(foreign)}{page}")
    nothing = reader.get(f"/portal/{uuid4()}/{page}")

    assert (found.status_code, nothing.status_code) == (404, 404)
    assert strip_nonces(found) == strip_nonces(nothing)
    assert "Rival Dealer" not in found.content.decode()


def strip_nonces(response) -> str:
    """The page without what differs from one answer to the next."""
    body = response.content.decode()
    body = re.sub(r'"x-csrftoken": "[^"]*"', "", body)
    return re.sub(r'(name="csrfmiddlewaretoken" value|nonce)="[^"]*"', "", body)


def test_another_tenants_enrollment_answers_404(reader, other_tenant):
    with tenant_scope(other_tenant.id):
        foreign = home_of(enrolled_account(running_program()))

    assert reader.get(foreign).status_code == 404


def test_a_member_whose_access_ended_and_staff_do_not_get_in(in_tenant, dealer):
    ended = MemberFactory(account=dealer, is_active=False)
    staff = StaffFactory()

    for user in (ended.user, staff.user, UserFactory()):
        assert client_of(in_tenant, user).get(home_of(dealer)).status_code == 403


def test_an_account_that_left_is_not_shown(reader, dealer):
    address = home_of(dealer)
    Enrollment.objects.update(state=EnrollmentState.LEFT)

    assert reader.get(address).status_code == 404


def test_nobody_signed_in_is_sent_to_sign_in(client, in_tenant, dealer):
    response = client.get(home_of(dealer), headers={"host": f"{in_tenant.slug}.localhost"})

    assert response.status_code == 302
    assert response.url.startswith("/sign-in/login/?next=/portal/")


def test_the_whole_ledger_with_running_balances(reader, dealer):
    for day in range(10, 13):
        accepted(
            purchase(dealer, f"{day}.00", at(f"2026-05-{day}"), f"SO{day}"),
            as_of=at(f"2026-05-{day} 20:00"),
        )

    text = text_of(reader.get(f"{home_of(dealer)}entries/"))

    assert re.findall(r"\+(\d+) Balance (\d+)", text) == [("12", "33"), ("11", "21"), ("10", "10")]


def test_the_ledger_of_a_period_in_local_days(reader, dealer):
    accepted(
        purchase(dealer, "10.00", at("2026-05-10 23:30"), "SO1"),
        purchase(dealer, "7.00", at("2026-05-11 00:30"), "SO2"),
        as_of=at("2026-05-11 20:00"),
    )

    text = text_of(reader.get(f"{home_of(dealer)}entries/?from=2026-05-11&to=2026-05-11"))

    assert re.findall(r"\+(\d+) Balance (\d+)", text) == [("7", "17")]


def test_a_ledger_is_read_on_page_by_page(reader, dealer, monkeypatch):
    monkeypatch.setattr("loyalty.portal.points.PAGE_SIZE", 2)
    for day in range(10, 13):
        accepted(
            purchase(dealer, f"{day}.00", at(f"2026-05-{day}"), f"SO{day}"),
            as_of=at(f"2026-05-{day} 20:00"),
        )
    address = f"{home_of(dealer)}entries/"

    first = reader.get(address)
    older = re.search(r'rel="next" href="(\?older=[^"]+)"', first.content.decode()).group(1)
    second = text_of(reader.get(address + older))

    assert re.findall(r"\+(\d+) Balance", text_of(first)) == ["12", "11"]
    assert re.findall(r"\+(\d+) Balance (\d+)", second) == [("10", "10")]


def test_reading_on_from_another_accounts_entry_is_a_404(reader, program, dealer):
    foreign = enrolled_account(program)
    accepted(
        purchase(foreign, "10.00", at("2026-05-10")),
        purchase(dealer, "10.00", at("2026-05-10")),
        as_of=at("2026-05-10 20:00"),
    )
    entry = Entry.objects.get(wallet__account=foreign)
    address = f"{home_of(dealer)}entries/"

    assert reader.get(f"{address}?older={entry.id}").status_code == 404
    assert reader.get(f"{address}?older={uuid4()}").status_code == 404
    assert reader.get(f"{address}?older=x").status_code == 404
    assert reader.get(f"{address}?unit=gold").status_code == 404


def test_a_date_that_is_none_keeps_what_was_typed(reader, dealer):
    page = reader.get(f"{home_of(dealer)}entries/?from=soon&to=2026-05-11").content.decode()

    assert "Use a date such as 2026-03-31." in page
    assert 'value="soon"' in page


def test_a_form_with_empty_dates_leads_to_a_clean_address(reader, dealer):
    address = f"{home_of(dealer)}entries/"

    response = reader.get(f"{address}?from=&to=2026-05-11")

    assert (response.status_code, response.url) == (302, f"{address}?to=2026-05-11")


def test_movements_are_found_by_order_and_keep_the_balance_they_left(reader, dealer):
    for day in range(10, 14):
        accepted(
            purchase(dealer, f"{day}.00", at(f"2026-05-{day}"), f"SO-7{day}"),
            as_of=at(f"2026-05-{day} 20:00"),
        )
    foreign = enrolled_account(enrollment_of(dealer).program)
    accepted(purchase(foreign, "99.00", at("2026-05-13"), "SO-711-X"), as_of=NOW)
    address = f"{home_of(dealer)}entries/"

    found = text_of(reader.get(f"{address}?q=so-711"))
    none = text_of(reader.get(f"{address}?q=so-719"))

    assert re.findall(r"\+(\d+) Balance (\d+)", found) == [("11", "21")]
    assert re.findall(r"\+(\d+) Balance", text_of(reader.get(f"{address}?q=-71"))) == [
        *("13", "12", "11", "10")
    ]
    assert "No movement fits" in none


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("page", "queries"), [("", 26), ("entries/", 15)])
def test_pages_cost_the_same_for_one_entry_and_for_many(
    reader, dealer, page, queries, count, django_assert_num_queries
):
    for day in range(10, 10 + count):
        accepted(
            purchase(dealer, f"{day}.00", at(f"2026-05-{day}"), f"SO{day}"),
            as_of=at(f"2026-05-{day} 20:00"),
        )
    address = f"{home_of(dealer)}{page}"

    with django_assert_num_queries(queries):
        assert reader.get(address).status_code == 200


def test_an_account_without_members_shows_nothing_to_a_stranger(in_tenant, program):
    dealer = AccountFactory()
    stranger = MemberFactory(account=dealer)
    foreign = enrolled_account(program)

    assert client_of(in_tenant, stranger.user).get(home_of(foreign)).status_code == 404
