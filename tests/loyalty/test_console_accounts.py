"""What program managers see of accounts: the list as they filter it, and all about one."""

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from accounts.enrolling import enroll
from accounts.tenancy import tenant_scope
from rewards import clock, tallying
from tests.factories import (
    AccountFactory,
    MemberFactory,
    StaffFactory,
    enrolled_account,
)
from tests.loyalty.faces import client_of, running_program, text_of
from tests.rewards.stories import NEW_YORK, accepted, at, purchase, taken_back

pytestmark = pytest.mark.usefixtures("stopped_clock")

ACCOUNTS = "/console/accounts/"


@pytest.fixture
def manager(in_tenant):
    return client_of(in_tenant, StaffFactory().user)


def bought(account, amount: str, day: str = "2026-05-15"):
    clock.advance(upto=at(f"{day} 00:00"))
    accepted(purchase(account, amount, at(day)), as_of=at(f"{day} 20:00"))


def names_in(response) -> list[str]:
    return re.findall(r'/console/accounts/[0-9a-f-]{36}/">([^<]+)</a>', response.content.decode())


def test_a_row_tells_tier_points_and_the_way_to_the_next_tier(manager, program):
    rep = StaffFactory(name="Rita Reynolds", role="rep")
    account = enrolled_account(
        program, name="Northwind", number="N1", rep=rep, region="West", partner_type="Dealer"
    )
    bought(account, "10.00", "2026-02-01")
    bought(account, "30000.00")

    text = text_of(manager.get(ACCOUNTS))

    assert "Northwind N1 Silver 30,010 0 30% to Gold $70,000 more Rita Reynolds West Dealer" in text


def test_points_keep_the_capitals_that_the_tenant_gave_them(manager, in_tenant):
    enrolled_account(running_program(points_name="eco MilesPlus"), name="Northwind")

    assert "Tier Eco MilesPlus Pending" in text_of(manager.get(ACCOUNTS))


def test_an_account_outside_the_program_is_shown_as_such(manager, program):
    AccountFactory(name="Outsider", number="O1")

    assert "Outsider O1 — 0 0 — — — — —" in text_of(manager.get(ACCOUNTS))


@pytest.fixture
def four(program):
    rep = StaffFactory(name="Rita", role="rep")
    gold = enrolled_account(program, name="Ada", number="10", region="West", rep=rep)
    silver = enrolled_account(program, name="Bob", number="20", region="East", rep=rep)
    enrolled_account(program, name="Cy", number="30", region="West", partner_type="Dealer")
    AccountFactory(name="Dan", number="40")
    bought(gold, "120000.00")
    bought(silver, "40000.00")
    return rep


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Ada", "Bob", "Cy", "Dan"]),
        ("q=o", ["Bob"]),
        ("q=30", ["Cy"]),
        ("q=0", []),
        ("tier=Gold", ["Ada"]),
        ("tier=not-enrolled", ["Dan"]),
        ("tier=Diamond", []),
        ("region=West", ["Ada", "Cy"]),
        ("region=West&tier=Gold", ["Ada"]),
        ("partner_type=Dealer", ["Cy"]),
        ("sort=-name", ["Dan", "Cy", "Bob", "Ada"]),
        ("sort=-available", ["Ada", "Bob", "Cy", "Dan"]),
        ("sort=-tier", ["Ada", "Bob", "Cy", "Dan"]),
        ("sort=tier", ["Cy", "Bob", "Ada", "Dan"]),
        ("sort=way", ["Cy", "Bob", "Ada", "Dan"]),
        ("sort=-way", ["Bob", "Cy", "Ada", "Dan"]),
    ],
)
def test_search_filters_and_sorts(manager, four, query, found):
    assert names_in(manager.get(f"{ACCOUNTS}?{query}")) == found


def test_accounts_of_a_rep(manager, four):
    assert names_in(manager.get(f"{ACCOUNTS}?rep={four.id}")) == ["Ada", "Bob"]


def test_a_filter_in_force_is_a_chip_that_leads_back(manager, four):
    page = manager.get(f"{ACCOUNTS}?tier=Gold&region=West&sort=-name")

    assert "Tier: Gold (remove this filter)" in text_of(page)
    assert 'href="/console/accounts/?region=West&amp;sort=-name"' in page.content.decode()


def test_no_filter_is_no_chip(manager, four):
    assert "remove this filter" not in text_of(manager.get(ACCOUNTS))


def test_nothing_found_says_how_to_go_on(manager, four):
    text = text_of(manager.get(f"{ACCOUNTS}?q=zzz"))

    assert "No account fits" in text
    assert "All accounts" in text


def test_fifty_accounts_a_page(manager, program):
    for number in range(51):
        AccountFactory(name=f"Dealer {number:02}")

    assert len(names_in(manager.get(ACCOUNTS))) == 50
    assert names_in(manager.get(f"{ACCOUNTS}?page=2")) == ["Dealer 50"]


def test_a_filter_form_with_empty_fields_leads_to_a_clean_address(manager, program):
    response = manager.get(f"{ACCOUNTS}?q=&tier=Gold&region=")

    assert (response.status_code, response.url) == (302, f"{ACCOUNTS}?tier=Gold")


def test_htmx_gets_the_list_at_once_and_the_clean_address_with_it(manager, program):
    response = manager.get(f"{ACCOUNTS}?q=&tier=Gold", headers={"hx-request": "true"})

    assert response.status_code == 200
    assert response["HX-Push-Url"] == f"{ACCOUNTS}?tier=Gold"


def test_a_foreign_program_in_the_address_is_a_404(manager, program):
    assert manager.get(f"{ACCOUNTS}?program=nothing").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_account_and_for_many(
    manager, program, count, django_assert_num_queries
):
    for number in range(count):
        account = enrolled_account(program, rep=StaffFactory(role="rep"), region=f"R{number}")
        bought(account, "10.00")

    with django_assert_num_queries(25):
        assert len(names_in(manager.get(ACCOUNTS))) == count


def test_an_account_with_everything_about_it(manager, program):
    account = enrolled_account(program, name="Northwind", number="N1", on=at("2026-01-01 00:00"))
    MemberFactory(account=account, name="Pat Partner", business_role="procurement")
    bought(account, "30000.00", "2026-04-15")
    accepted(
        taken_back(
            account,
            "15000.00",
            at("2026-05-02"),
            of="INV-N1-202604151600",
            document="RMA1",
            quantity="0.5",
        ),
        as_of=at("2026-05-02 20:00"),
    )

    text = text_of(manager.get(f"{ACCOUNTS}{account.id}/"))

    assert "Available points 15,000" in text
    assert "Silver 1.25 × points" in text
    assert "Why this tier, and its history" in text
    assert "Pat Partner Admin · Procurement" in text
    assert "15,000 points taken back: returned 0.5 of 1 (order INV-N1-202604151600 line 1)" in text
    assert "Member → Silver, reached" in text
    assert f"Joined the program “{program.name}”" in text
    assert "Earned 30,000 points" in text
    assert "Returns took back 15,000 points" in text
    assert "Return RMA1 line 1 -0.5 -$15,000.00" in text


@pytest.mark.parametrize("count", [1, 3])
def test_an_account_costs_the_same_with_one_of_everything_and_with_many(
    manager, in_tenant, count, django_assert_num_queries
):
    account = AccountFactory()
    for number in range(count):
        program = running_program(slug=f"p{number}")
        day = at("2026-01-01 00:00")
        enroll(
            program=program,
            account_ids=[account.id],
            enrolled_at=day,
            recorded_at=day,
            actor="system",
        )
        MemberFactory(account=account)
    for day in range(count):
        bought(account, "10.00", f"2026-05-{day + 10}")

    # two for the ladder of each program: what counts now, and what the last period keeps
    with django_assert_num_queries(26 + 2 * count):
        assert manager.get(f"{ACCOUNTS}{account.id}/").status_code == 200


def test_a_foreign_account_answers_like_none(manager, other_tenant):
    with tenant_scope(other_tenant.id):
        foreign = AccountFactory()

    assert manager.get(f"{ACCOUNTS}{foreign.id}/").status_code == 404
    assert manager.get(f"{ACCOUNTS}{uuid4()}/").status_code == 404


@pytest.mark.parametrize("role", ["owner", "manager", "finance", "analyst"])
def test_who_reads_the_console(in_tenant, program, role):
    account = enrolled_account(program)
    client = client_of(in_tenant, StaffFactory(role=role).user)

    for address in ("/console/", ACCOUNTS, f"{ACCOUNTS}{account.id}/", "/console/imports/"):
        assert client.get(address).status_code == 200


def test_reps_members_and_strangers_do_not(in_tenant, program, client):
    account = enrolled_account(program)
    rep, member = StaffFactory(role="rep"), MemberFactory(account=account)

    for address in ("/console/", ACCOUNTS, f"{ACCOUNTS}{account.id}/", "/console/imports/"):
        assert client_of(in_tenant, rep.user).get(address).status_code == 403
        assert client_of(in_tenant, member.user).get(address).status_code == 403
        assert (
            client.get(address, headers={"host": f"{in_tenant.slug}.localhost"}).status_code == 302
        )


def test_home_counts_accounts_by_tier_and_points(manager, four):
    text = text_of(manager.get("/console/"))

    assert "3 of 4 accounts take part." in text
    assert "Outstanding points 160,000 to use now; 0 pending, 0 set aside" in text
    assert "Issued this quarter 160,000 None before" in text
    assert "This quarter since Apr 1, 2026, against Jan 1, 2026 to Feb 19, 2026" in text
    assert "May 2026 160,000 0 0" in text  # the chart's table
    assert "Gold 1" in text
    assert "Silver 1" in text
    assert "Member 1" in text
    assert "Counted until" not in text
    # The first look, before any job has added up a movement, says what every later one says.
    tallying.add_up(before=datetime.now(UTC), zone=NEW_YORK)
    assert text_of(manager.get("/console/")) == text


def test_home_and_list_without_a_program_say_what_comes(in_tenant, manager):
    assert "No program yet" in text_of(manager.get("/console/"))
    assert "No program yet" in text_of(manager.get(ACCOUNTS))


@pytest.mark.parametrize("count", [1, 3])
def test_home_costs_the_same_for_one_account_and_for_many(
    manager, program, count, django_assert_num_queries
):
    for _ in range(count):
        bought(enrolled_account(program), "10.00")

    with django_assert_num_queries(39) as asked:
        assert manager.get("/console/").status_code == 200
    # However long the ledger is, nobody waits for it to be added up: but for what is new, it is.
    [read] = [one["sql"] for one in asked.captured_queries if "rewards_entry" in one["sql"]]
    assert "ORDER BY e.id\n    LIMIT 20000 + 1" in read
