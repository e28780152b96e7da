"""Rebates from both sides: drafted, tried, offered, accepted, earned, disputed and settled."""

from datetime import date

import pytest

from accounts.models import Enrollment, Product
from rebates import clock
from rebates.models import Acceptance, Agreement, Settlement, Statement
from tests.factories import MemberFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import client_of, running_program, text_of
from tests.loyalty.paper import words_of
from tests.rebates.deals import agreed, bands, violations
from tests.rewards.stories import accepted, at, purchase

MARCH, MAY = at("2026-03-20"), at("2026-05-20")
TERMS = {"measure": "value", "method": "whole", "bands": bands((10_000_00, 2), (20_000_00, 4))}
FORM = {
    "name": "Growth 2026",
    "code": "growth-2026",
    "party": "account",
    "account": "D-1",
    "paid_to": "parent",
    "period": "quarter",
    "starts_on": "2026-04-01",
    "measure": "value",
    "kinds": "purchase",
    "returns": "with_the_original",
    "position": "absolute",
    "pays": "whole",
    "settles": "period",
    "method": "credit_note",
    "grace_days": "5",
    "answer_days": "14",
    "needs_acceptance": "on",
    "start": ["10,000.00", "20000"],
    "rate": ["2", "4"],
    "match": "all",
}


class Clock:
    """The instant that pages take for now."""

    at = MARCH


class Reader:
    """Somebody who signs in anew for each look: months pass between them."""

    def __init__(self, tenant, user) -> None:
        self.tenant, self.user = tenant, user

    def get(self, *args, **more):
        return client_of(self.tenant, self.user).get(*args, **more)

    def post(self, *args, **more):
        return client_of(self.tenant, self.user).post(*args, **more)


@pytest.fixture
def now(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("django.utils.timezone.now", lambda: clock.at)
    return clock


@pytest.fixture
def program(in_tenant):
    for line in ("Bikes", "Parts"):
        Product.objects.create(sku=line.upper(), name=line, line=line)
    return running_program()


@pytest.fixture
def dealer(program):
    return enrolled_account(program, number="D-1", name="Harbor Bikes", region="North")


@pytest.fixture
def manager(in_tenant):
    return Reader(in_tenant, StaffFactory(name="Max Manager").user)


@pytest.fixture
def finance(in_tenant):
    return Reader(in_tenant, StaffFactory(name="Fay Finance", role="finance").user)


@pytest.fixture
def partner(in_tenant, dealer):
    return Reader(in_tenant, MemberFactory(account=dealer, name="Pat Partner").user)


def home_of(dealer) -> str:
    return f"/portal/{Enrollment.objects.get(account=dealer).pk}/rebates/"


def sold(dealer, amount: str, line: str, day: str = "2026-05-10") -> None:
    when = at(day)
    fact = purchase(dealer, amount, when, f"INV-{line}-{day}", product=line.upper())
    accepted(fact, as_of=when)


def test_from_the_draft_to_the_money_on_both_sides(
    in_tenant, now, program, dealer, manager, finance, partner
):
    sold(dealer, "15000.00", "Bikes", "2025-11-10")
    made = manager.post("/console/agreements/new/", FORM)
    agreement = Agreement.objects.get()
    page = f"/console/agreements/{agreement.pk}/"
    assert (made.status_code, made.url) == (302, page)
    [version] = agreement.versions.all()

    # tried on the last whole quarter: 15,000.00 at 2 %, and at 3 % with other bands
    tried = manager.get(f"/console/agreements/versions/{version.pk}/try/?periods=1")
    assert "Harbor Bikes $300.00" in text_of(tried)
    other = {"periods": "1", "start": ["10000", "20000"], "rate": ["3", "4"]}
    changed = manager.get(f"/console/agreements/versions/{version.pk}/try/", other)
    assert "In all $300.00 $450.00" in text_of(changed)

    # offered, and accepted by the partner, who reads exactly what is promised
    assert "No agreements yet" in text_of(partner.get(home_of(dealer)))
    manager.post(f"/console/agreements/versions/{version.pk}/offer/", {"day": ""})
    offered = partner.get(f"{home_of(dealer)}{agreement.pk}/")
    said = text_of(offered)
    assert "This agreement waits for your answer" in said
    assert "From $10,000.00 2% From $20,000.00 4%" in said
    assert "The band reached pays on the whole volume." in said
    sent = {"version": str(version.pk), "digest": "of something else"}
    assert "offer reads otherwise now" in text_of(
        partner.post(offered.request["PATH_INFO"], sent, follow=True)
    )
    assert Acceptance.objects.count() == 0
    sent["digest"] = offered.context["digest"]
    partner.post(offered.request["PATH_INFO"], sent)
    assert Acceptance.objects.get().version == version

    # it earns, and says how far the next band is
    now.at = MAY
    sold(dealer, "10000.00", "Bikes")
    sold(dealer, "2400.00", "Parts")
    clock.advance(at=MAY)
    said = text_of(partner.get(f"{home_of(dealer)}{agreement.pk}/"))
    assert "Earned so far in Q2 2026 $248.00" in said
    assert "$7,600.00 more by Jun 30, 2026 adds $552.00" in said
    assert "Band from $10,000.00: 2% $12,400.00 × 2% $248.00" in said
    assert "Bikes $10,000.00 $200.00 Parts $2,400.00 $48.00" in said
    assert "$248.00 earned in Q2 2026" in text_of(partner.get(home_of(dealer)))
    assert "Harbor Bikes D-1 1 $248.00 $0.00" in text_of(finance.get("/console/accruals/"))
    assert "North 1 $248.00" in text_of(finance.get("/console/accruals/?by=region"))
    assert "Bikes 1 $200.00 Parts 1 $48.00" in text_of(finance.get("/console/accruals/?by=line"))

    # the period is closed by finance, and the partner disputes a line of its statement
    now.at = at("2026-07-06")
    due = finance.get("/console/rebate-statements/closing/")
    assert "Growth 2026 Q2 2026 Jul 6, 2026 1 $248.00" in text_of(due)
    finance.post("/console/rebate-statements/closing/", {"pick": str(agreement.pk)})
    statement = Statement.objects.get()
    theirs = f"{home_of(dealer)}statements/{statement.pk}/"
    refused = partner.post(theirs, {"action": "dispute", "line": "2", "reason": ""})
    assert refused.status_code == 422
    reason = "We sold 3,400.00 of parts: INV-9 is missing."
    partner.post(theirs, {"action": "dispute", "line": "2", "reason": reason})
    partner.post(theirs, {"action": "accept"})
    said = text_of(partner.get(theirs))
    assert "Pat Partner disputed it on Jul 6, 2026" in said
    assert "All lines $248.00 1 disputed line, which waits $48.00 To be settled $200.00" in said

    # who prepared it does not approve it; another does, and the disputed line waits alone
    ours = f"/console/rebate-statements/{statement.pk}/"
    assert "somebody else approves it" in text_of(finance.get(ours))
    finance.post(ours, {"action": "approve"})
    assert Settlement.objects.count() == 0
    manager.post(ours, {"action": "approve"})
    assert [one.amount for one in Settlement.objects.all()] == [200_00]
    answered = {"action": "resolve", "line": "2", "agreed": "68.00", "answer": "INV-9 is in."}
    manager.post(ours, answered)
    assert "You agreed on an amount in a dispute of it" in text_of(manager.get(ours))
    manager.post(ours, {"action": "approve"})
    assert Settlement.objects.count() == 1
    third = Reader(in_tenant, StaffFactory(name="Otto Owner", role="owner").user)
    third.post(ours, {"action": "approve"})
    assert [one.amount for one in Settlement.objects.order_by("pk")] == [200_00, 68_00]
    said = text_of(partner.get(theirs))
    assert "Agreed on $68.00" in said
    assert "INV-9 is in." in said
    paper = words_of(partner.get(f"{theirs}file/").content)
    assert "Rebate statement, Q2 2026" in paper
    assert "Parts (Q2 2026)" in paper
    assert "$268.00" not in paper  # what was stated stays as it was stated
    assert violations(in_tenant) == []
    for one in (page, ours, "/console/agreements/", "/console/rebate-statements/"):
        assert manager.get(one).status_code == 200


def test_what_nobody_answered_in_time_can_still_be_accepted(now, program, dealer, manager, partner):
    agreed(program, dealer, terms=TERMS, starts_on=date(2026, 1, 1))
    sold(dealer, "12000.00", "Bikes", "2026-03-10")
    now.at = at("2026-04-06")
    clock.advance(at=now.at)
    statement = Statement.objects.get()
    ours = f"/console/rebate-statements/{statement.pk}/"
    theirs = f"{home_of(dealer)}statements/{statement.pk}/"
    assert "Dispute this line" in text_of(partner.get(theirs))
    assert "once the partner has accepted it" in text_of(manager.get(ours))

    now.at = MAY
    assert "ask them to. It can be approved then." in text_of(manager.get(ours))
    for reader, page in ((manager, "/console/rebate-statements/"), (partner, home_of(dealer))):
        assert "Not answered in time" in text_of(reader.get(page))
    said = text_of(partner.get(theirs))
    assert "it is not too late to accept" in said
    assert "Dispute this line" not in said
    partner.post(theirs, {"action": "accept"})
    manager.post(ours, {"action": "approve"})
    assert [one.amount for one in Settlement.objects.all()] == [240_00]


def test_what_was_typed_wrong_comes_back_with_what_is_wrong(now, program, dealer, manager):
    wrong = {
        "Band 2, what it pays": {"rate": ["2", "a lot"]},
        "no two begin at the same point": {"start": ["20000", "20000"]},
        "No account has this number": {"account": "nobody"},
        "An agreement has whole periods": {"starts_on": "2026-04-02"},
        "Bands in percent need a base": {"position": "target", "start": ["100", "110"]},
    }
    for said, typed in wrong.items():
        answer = manager.post("/console/agreements/new/", FORM | typed)
        assert answer.status_code == 422, said
        assert said in text_of(answer)
        assert 'value="Growth 2026"' in answer.content.decode()
    assert Agreement.objects.count() == 0


def test_a_draft_is_changed_and_comes_back_as_it_was_typed(now, program, dealer, manager):
    target = {"position": "target", "base": "previous", "base_periods": "4", "base_plus": "10"}
    target |= {"base_floor": "5000", "base_ceiling": "30000.50", "start": ["100"], "rate": ["2.5"]}
    manager.post("/console/agreements/new/", FORM | target)
    version = Agreement.objects.get().versions.get()
    assert version.terms["base"] == {
        "periods": 4, "of": "previous", "plus": "10", "floor": 5_000_00, "ceiling": 30_000_50
    }  # fmt: skip

    page = manager.get(f"/console/agreements/versions/{version.pk}/edit/").content.decode()

    for typed in ('name="base_ceiling" value="30000.5"', 'name="start" value="100"', "2.5"):
        assert typed in page
    manager.post(
        f"/console/agreements/versions/{version.pk}/edit/", FORM | target | {"cap": "99.5"}
    )
    version.refresh_from_db()
    assert version.terms["cap"] == 99_50


def test_nobody_reads_anothers_agreement(in_tenant, now, program, dealer):
    agreement = agreed(program, dealer, terms=TERMS, starts_on=date(2026, 4, 1))
    other = enrolled_account(program, number="D-2", name="Other")
    stranger = client_of(in_tenant, MemberFactory(account=other).user)

    assert "No agreements yet" in text_of(stranger.get(home_of(other)))
    assert stranger.get(f"{home_of(other)}{agreement.pk}/").status_code == 404
    assert stranger.get(f"{home_of(dealer)}{agreement.pk}/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_for_one_and_for_many(
    now, program, dealer, manager, partner, count, django_assert_num_queries
):
    for place in range(count):
        agreed(program, dealer, terms=TERMS, code=f"a-{place}", starts_on=date(2026, 1, 1))
    sold(dealer, "12000.00", "Bikes", "2026-03-10")
    now.at = at("2026-04-06")
    clock.advance(at=now.at)
    clients = {
        name: client_of(reader.tenant, reader.user)
        for name, reader in (("manager", manager), ("partner", partner))
    }
    for who, url, queries in (
        ("manager", "/console/agreements/", 12),
        ("manager", "/console/accruals/", 14),
        ("manager", "/console/rebate-statements/", 13),
        ("manager", "/console/rebate-statements/closing/", 16),
        ("partner", home_of(dealer), 23),
    ):
        with django_assert_num_queries(queries):
            assert clients[who].get(url).status_code == 200


def test_the_board_is_narrowed_sorted_and_taken_along(now, program, dealer, finance):
    now.at = MAY
    south = enrolled_account(program, number="D-2", name="=South Cycles", region="South")
    for one, amount, line in ((dealer, "1000.00", "Bikes"), (south, "3000.00", "Parts")):
        terms = {"bands": bands((0, "1"))}
        agreed(program, one, code=f"b-{one.number[-1]}", terms=terms, starts_on=date(2026, 4, 1))
        sold(one, amount, line)
    clock.advance(at=MAY)
    board = "/console/accruals/"
    for order, first in (("", "=South"), ("?sort=accrued", "Harbor"), ("?sort=-name", "Harbor")):
        seen = text_of(finance.get(f"{board}{order}"))
        assert min("=South", "Harbor", key=seen.index) == first
    north = text_of(finance.get(f"{board}?region=North"))
    assert ("$10.00" in north, "South Cycles" in north) == (True, False)
    assert "Nothing accrued" in text_of(finance.get(f"{board}?q=%00nobody"))
    lines = text_of(finance.get(f"{board}?by=line&q=d-2"))
    assert ("Parts 1 $30.00" in lines, "Bikes" in lines) == (True, False)
    file = finance.get(f"{board}file/?sort=accrued").content.decode("utf-8-sig")
    assert file.splitlines()[1:] == [
        "Harbor Bikes,D-1,1,10.00,0.00,,,,",
        "'=South Cycles,D-2,1,30.00,0.00,,,,",  # no spreadsheet takes it for a formula
    ]


def test_a_child_reads_its_own_part_of_what_its_parent_is_paid(in_tenant, now, program, dealer):
    now.at = MAY
    child = enrolled_account(program, number="D-3", name="Pier Bikes", parent=dealer)
    terms = {"bands": bands((0, "1"))}
    about = {"party": "family", "starts_on": date(2026, 4, 1)}
    group = agreed(program, dealer, code="group", terms=terms, **about)
    sold(dealer, "1000.00", "Bikes")
    sold(child, "200.00", "Parts")
    clock.advance(at=MAY)
    reader = Reader(in_tenant, MemberFactory(account=child).user)
    home = home_of(child)
    assert "Rebates" in text_of(reader.get(home.removesuffix("rebates/")))
    seen = text_of(reader.get(home))
    assert "Counted for your buying group" in seen
    assert "Group Q2 2026 $200.00" in seen
    assert ("$12.00" in seen, "1,000" in seen, "Harbor" in seen) == (False, False, False)
    assert reader.get(f"{home}{group.pk}/").status_code == 404
