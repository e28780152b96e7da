"""What a sales rep sees: their own accounts, whom to call first, and what to say."""

import re
from datetime import date
from uuid import uuid4

import pytest

from accounts.tenancy import tenant_scope
from rebates import clock as rebates_clock
from rewards import clock
from tests.factories import AccountFactory, MemberFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, running_program, text_of
from tests.rebates.deals import agreed, bands
from tests.rewards.stories import accepted, at, purchase
from tests.tiers.climbing import revenue, rung
from tiers import publishing as ladder
from tiers.models import Scheme

pytestmark = pytest.mark.usefixtures("stopped_clock")


@pytest.fixture
def rep(in_tenant):
    return StaffFactory(name="Rita Reynolds", role="rep")


@pytest.fixture
def reader(in_tenant, rep):
    return client_of(in_tenant, rep.user)


def bought(account, amount: str, day: str = "2026-05-15"):
    clock.advance(upto=at(f"{day} 00:00"))
    accepted(purchase(account, amount, at(day)), as_of=at(f"{day} 20:00"))


def names_in(response) -> list[str]:
    return re.findall(r'<a href="/field/[0-9a-f-]{36}/">([^<]+)</a>', response.content.decode())


def test_a_card_says_what_to_say(reader, rep, program):
    account = enrolled_account(program, name="Northwind", number="N1", rep=rep)
    bought(account, "20800.00")

    text = text_of(reader.get("/field/"))

    assert "Northwind Member N1 · 20,800 points $20,800 of $25,000 Silver" in text
    assert "$4,200 more by Jun 30, 2026 reaches Silver — 1.25 × points" in text


def test_a_link_from_the_crm_leads_to_the_account_it_means(reader, rep, program):
    known = enrolled_account(program, number="N1", rep=rep, attributes={"crm_id": "0015g00000X"})
    numbered = enrolled_account(program, number="0015g00000Y", rep=rep)
    enrolled_account(program, number="N3", attributes={"crm_id": "0015g00000Z"})

    assert reader.get("/field/crm/0015g00000X/").url == f"/field/{known.id}/"
    assert reader.get("/field/crm/0015g00000Y/").url == f"/field/{numbered.id}/"
    unknown = reader.get("/field/crm/0015g00000Z/")  # somebody else's
    assert unknown.status_code == 404
    assert "No account of yours is “0015g00000Z” in the CRM" in text_of(unknown)


@pytest.fixture
def three(program, rep):
    near = enrolled_account(program, name="Near", number="1", rep=rep)
    far = enrolled_account(program, name="Far", number="2", rep=rep)
    top = enrolled_account(program, name="Apex", number="3", rep=rep)
    bought(far, "60000.00", "2026-02-15")
    bought(near, "24000.00")
    bought(top, "150000.00")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Near", "Far", "Apex"]),
        ("sort=near", ["Near", "Far", "Apex"]),
        ("sort=points", ["Apex", "Far", "Near"]),
        ("sort=name", ["Apex", "Far", "Near"]),
        ("sort=nonsense", ["Near", "Far", "Apex"]),
        ("q=ea", ["Near"]),
        ("q=2", ["Far"]),
        ("q=zzz", []),
    ],
)
def test_sorted_by_who_is_nearest_and_searched(reader, three, query, found):
    assert names_in(reader.get(f"/field/?{query}")) == found


def test_points_that_expire_within_thirty_days(in_tenant, reader, rep, program, monkeypatch):
    soon = enrolled_account(program, name="Soon", rep=rep)
    enrolled_account(program, name="Calm", rep=rep)
    bought(soon, "500.00", "2026-02-15")  # good until the end of June
    clock.advance(upto=NOW)
    assert "expire within 30 days" not in text_of(reader.get("/field/"))

    june = at("2026-06-10")
    monkeypatch.setattr("django.utils.timezone.now", lambda: june)
    page = client_of(in_tenant, rep.user).get("/field/?sort=expiring")

    assert names_in(page) == ["Soon", "Calm"]
    assert "500 points expire within 30 days" in text_of(page)


def test_who_buys_less_than_by_their_own_habit_is_called_first(reader, rep, program):
    steady = enrolled_account(program, name="Steady", rep=rep)
    fallen = enrolled_account(program, name="Fallen", rep=rep)
    last_year = [at(f"2025-10-{day}") for day in range(10, 19)]
    spring = [at(f"2026-03-{day}") for day in (10, 11)]
    facts = [purchase(steady, "10.00", when) for when in (*last_year, *spring)]
    # Nine in nine months: three in three are its habit, and one is less than 60% of that.
    facts += [purchase(fallen, "10.00", when) for when in (*last_year, spring[0])]
    accepted(*facts, as_of=NOW)

    listed = reader.get("/field/")

    assert names_in(listed) == ["Fallen", "Steady"]
    said = "Buys less: 1 order line in the last three full months, 3 by their habit"
    assert text_of(listed).count("Buys less") == 1
    assert said in text_of(listed)
    page = text_of(reader.get(f"/field/{fallen.id}/"))
    assert "What to say “You bought 1 order line in the last three months, 3 by your habit" in page


def test_who_is_about_to_lose_a_tier_is_called_first(reader, rep, program):
    calm = enrolled_account(program, name="Calm", rep=rep)
    losing = enrolled_account(program, name="Losing", rep=rep)
    bought(losing, "26000.00")
    harder = ladder.draft_version(
        scheme=Scheme.objects.get(),
        terms={"rungs": [rung("Member"), rung("Silver", revenue(40_000))]},
        actor="system",
        now=NOW,
    )
    later = {"valid_from": None, "grace_days": 20, "actor": "staff:kim", "now": NOW}
    ladder.publish(version=harder, **later)

    listed = reader.get("/field/")

    assert names_in(listed) == ["Losing", "Calm"]
    assert text_of(listed).count("Silver ends after Jun 8, 2026") == 1
    said = "“Silver ends after Jun 8, 2026, unless you meet it again: $14,000 more.”"
    assert f"What to say {said}" in text_of(reader.get(f"/field/{losing.id}/"))
    assert "ends after" not in text_of(reader.get(f"/field/{calm.id}/"))


def test_who_is_near_the_next_band_of_an_agreement_is_called_with_what_it_adds(
    reader, rep, program
):
    near = enrolled_account(program, name="Nearly", rep=rep)
    enrolled_account(program, name="Calm", rep=rep)
    terms = {"method": "whole", "bands": bands((10_000_00, 1), (20_000_00, 4))}
    agreed(program, near, terms=terms, starts_on=date(2026, 4, 1))
    bought(near, "17000.00")
    rebates_clock.advance(at=NOW)

    listed = reader.get("/field/")

    said = "Growth: $3,000.00 more by Jun 30, 2026 adds $630.00"
    assert names_in(listed) == ["Nearly", "Calm"]
    assert text_of(listed).count(said) == 1
    assert said in text_of(reader.get(f"/field/{near.id}/"))


def test_a_rep_sees_only_their_own_accounts(in_tenant, reader, rep, program):
    own = enrolled_account(program, name="Mine", rep=rep)
    other = enrolled_account(program, name="Theirs", rep=StaffFactory(role="rep"))
    nobodys = enrolled_account(program, name="Nobody's")

    assert names_in(reader.get("/field/")) == ["Mine"]
    assert names_in(reader.get("/field/?q=Theirs")) == []
    assert reader.get(f"/field/{own.id}/").status_code == 200
    for hidden in (other, nobodys):
        assert reader.get(f"/field/{hidden.id}/").status_code == 404
    assert reader.get(f"/field/{uuid4()}/").status_code == 404


def test_another_tenants_account_is_a_404(reader, other_tenant):
    with tenant_scope(other_tenant.id):
        foreign = AccountFactory()

    assert reader.get(f"/field/{foreign.id}/").status_code == 404


def test_owners_and_managers_too_see_only_what_is_theirs(in_tenant, program):
    manager = StaffFactory(role="manager")
    enrolled_account(program, name="Mine", rep=manager)
    enrolled_account(program, name="Theirs", rep=StaffFactory(role="rep"))

    assert names_in(client_of(in_tenant, manager.user).get("/field/")) == ["Mine"]


def test_others_do_not_get_in(in_tenant, program):
    for role in ("finance", "analyst"):
        client = client_of(in_tenant, StaffFactory(role=role).user)
        assert client.get("/field/").status_code == 403
    assert client_of(in_tenant, MemberFactory().user).get("/field/").status_code == 403


def test_an_account_page(reader, rep, program):
    account = enrolled_account(program, name="Northwind", number="N1", rep=rep)
    MemberFactory(account=account, name="Pat Partner", business_role="procurement")
    bought(account, "20800.00")

    text = text_of(reader.get(f"/field/{account.id}/"))

    assert "$4,200 more by Jun 30, 2026 (New York time) reaches Silver — 1.25 × points." in text
    assert "Points to use 20,800" in text
    assert "Expiring next 20,800 after Sep 30, 2026" in text
    assert "Pat Partner Procurement" in text
    assert "20,800 points: 1 point per $1.00 of $20,800" in text


def test_without_accounts_or_program_the_page_says_what_comes(reader, in_tenant):
    assert "No program yet" in text_of(reader.get("/field/"))
    running_program()
    assert "No accounts yet" in text_of(reader.get("/field/"))


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_account_and_for_many(
    reader, rep, program, count, django_assert_num_queries
):
    for _ in range(count):
        bought(enrolled_account(program, rep=rep), "10.00")

    with django_assert_num_queries(20):
        assert len(names_in(reader.get("/field/"))) == count
