"""Monthly statements: they add up, and show each reader what is theirs."""

from dataclasses import replace

import pytest

from accounts.ids import uuid7
from accounts.models import Enrollment, Tenant
from loyalty.printing import paper_of
from rewards import clock, ledger
from rewards.models import Entry
from tests.factories import MemberFactory, StaffFactory, enrolled_account, publish_rule
from tests.loyalty.faces import client_of, text_of
from tests.loyalty.paper import pages_of, words_of
from tests.rewards.stories import accepted, at, purchase, wallet_of

pytestmark = pytest.mark.usefixtures("stopped_clock")


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


# ── The same on paper ────────────────────────────────────────────────────────────────────────────


def file_of(dealer, month: str = "2026-04", face: str = "portal") -> str:
    enrollment = Enrollment.objects.get(account=dealer)
    where = "portal" if face == "portal" else "console/enrollments"
    entries = "entries/" if face == "portal" else ""
    return f"/{where}/{enrollment.id}/{entries}statement/file/?month={month}"


def test_the_file_says_what_the_page_says_and_what_the_ledger_holds(
    in_tenant, program, dealer, story
):
    reader = client_of(in_tenant, MemberFactory(account=dealer).user)

    answer = reader.get(file_of(dealer))
    text = words_of(answer.content)

    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == (
        f'attachment; filename="statement-{dealer.number}-2026-04.pdf"'
    )
    assert answer["Cache-Control"] == "private, no-store"
    moved = Entry.objects.filter(wallet=wallet_of(dealer, program))
    april = moved.filter(occurred_at__lt=at("2026-05-01 00:00"))
    before = april.filter(occurred_at__lt=at("2026-04-01 00:00"))
    opening, closing = (
        sum(one.available + one.pending + one.reserved for one in some) for some in (before, april)
    )
    assert (opening, closing) == (1000, 450)
    assert "Statement of April 2026" in text
    assert f"Harbor Bikes ({dealer.number}), Acme Rewards" in text
    assert "Apr 1, 2026 to Apr 30, 2026, in New York time" in text
    assert "At the beginning 1,000 Earned +50 Redeemed −600 At the end 450" in text
    assert "Apr 10, 2026 Earned 50 points: 1 point per $1.00 of $50.00" in text
    assert "order 2026-03-10" not in text
    assert "Acme Corp. · Harbor Bikes · April 2026 Page 1 of 1" in text
    page = text_of(reader.get(page_of(dealer, "2026-04")))
    assert "At the beginning 1,000 Earned +50 Redeemed −600 At the end 450" in page
    console = client_of(in_tenant, StaffFactory().user).get(file_of(dealer, face="console"))
    assert console.content == answer.content  # to the byte, whoever asks and whenever


def test_what_people_typed_is_printed_and_never_read_as_markup(in_tenant, dealer, story):
    dealer.name = '#import "/etc/passwd": * $x$ <b> ‘é’'
    dealer.save()
    in_tenant.name = '#read("statement.typ") = *Bold*'
    in_tenant.logo, in_tenant.logo_type = b"\x89PNG\r\n\x1a\n" + b"no picture", "image/png"
    in_tenant.save()
    reader = client_of(in_tenant, MemberFactory(account=dealer).user)

    text = words_of(reader.get(file_of(dealer)).content)

    assert dealer.name in text
    assert in_tenant.name in text
    assert "root:" not in text


def test_nobody_prints_what_is_not_theirs(in_tenant, program, dealer, story):
    neighbor = enrolled_account(program, name="Next Door", on=at("2026-03-01 00:00"))
    reader = client_of(in_tenant, MemberFactory(account=neighbor).user)

    assert reader.get(file_of(dealer)).status_code == 404
    assert reader.get(file_of(neighbor, "2026-06")).status_code == 404
    assert "There was nothing in this month" in words_of(reader.get(file_of(neighbor)).content)


@pytest.mark.parametrize(
    ("zone", "paper"), [("America/New_York", "us-letter"), ("Europe/Berlin", "a4"), ("UTC", "a4")]
)
def test_paper_is_that_of_the_tenants_country(zone, paper):
    assert paper_of(Tenant(time_zone=zone)) == paper


def test_long_statements_have_many_pages(in_tenant, dealer, story, monkeypatch):
    reader = client_of(in_tenant, MemberFactory(account=dealer).user)
    monkeypatch.setattr(
        "loyalty.statement_paper._sheet",
        lambda sheet, voice: {
            "title": "T",
            "sums": [],
            "lines": [("D", "W", "Y", str(place)) for place in range(100)],
            "note": "",
        },
    )

    pdf = reader.get(file_of(dealer)).content

    pages, size = pages_of(pdf)
    assert (pages > 1, size) == (True, "612 792")  # US Letter
    assert f"Page {pages} of {pages}" in words_of(pdf)
