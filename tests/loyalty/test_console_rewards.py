"""Rewards made, filled, published and handed out in the console."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Event, Staff
from accounts.segments import define_segment
from rewards.models import Reward, RewardCode, RewardPrice
from tests.factories import MemberFactory, StaffFactory
from tests.loyalty.faces import NOW, client_of, text_of
from tests.rewards.shop import ask_for, offered, wallet_of
from tests.rewards.stories import at

pytestmark = pytest.mark.usefixtures("stopped_clock")


@pytest.fixture
def manager(in_tenant) -> Staff:
    return StaffFactory(role="manager", name="Morgan Manager")


@pytest.fixture
def console(in_tenant, manager) -> Client:
    return client_of(in_tenant, manager.user)


CARD = {
    "name": "Bookshop $25",
    "code": "bookshop-25",
    "description": "For books.",
    "points": "2500",
    "paid_by": "either",
    "per_account": "2",
    "limit_period": "quarter",
    "starts_on": "2026-06-01",
    "ends_on": "2026-06-30",
    "from_tier": "Silver",
    "business_roles": ["sales"],
    "details_brand": "Bookshop",
    "details_value": "25.00",
    "price_field_0": "tier",
    "price_value_0": "Gold",
    "price_points_0": "2000",
}


def test_a_manager_makes_fills_and_publishes_a_reward(console, program, manager):
    assert "Gift card" in text_of(console.get("/console/rewards/new/"))
    made = console.post("/console/rewards/new/?type=gift_card", CARD)
    reward = Reward.objects.get()
    assert made.url == f"/console/rewards/{reward.pk}/"
    assert (reward.state, reward.details) == ("draft", {"brand": "Bookshop", "value": 25_00})
    assert (reward.starts_at, reward.ends_at) == (at("2026-06-01 00:00"), at("2026-07-01 00:00"))
    assert (reward.business_roles, reward.needs_approval) == (["sales"], False)
    assert RewardPrice.objects.get().condition == {"field": "tier", "op": "eq", "value": "Gold"}

    early = console.post(f"{made.url}state/", {"to": "publish"}, follow=True)
    assert "has no codes yet: add some first." in text_of(early)
    file = SimpleUploadedFile("codes.txt", b"AAAA-0001\nBBBB-0002\nno\nAAAA-0001\n")
    added = console.post(f"{made.url}codes/", {"file": file}, follow=True)
    assert "2 codes added, 1 were there already; these lines are no codes: 3." in text_of(added)
    assert b"AAAA-0001" not in added.content
    assert RewardCode.objects.count() == 2
    published = console.post(f"{made.url}state/", {"to": "publish"}, follow=True)
    assert "“Bookshop $25” is in the catalog." in text_of(published)

    # The page fills the form with what is there: saved as it is, nothing changes.
    before = Reward.objects.values().get()
    changed = console.post(made.url, CARD | {"price_points_0": "", "price_field_0": ""})
    assert changed.status_code == 422
    assert console.post(made.url, CARD).status_code == 302
    assert Reward.objects.values().get() == before
    console.post(
        made.url,
        {**CARD, "points": "2600", "price_field_0": "", "price_value_0": "", "price_points_0": ""},
    )
    assert Reward.objects.get().points == 2_600
    assert not RewardPrice.objects.filter(is_active=True).exists()
    console.post(f"{made.url}state/", {"to": "retire"})
    events = Event.objects.filter(kind__startswith="reward.").order_by("id")
    assert {event.actor for event in events} == {manager.actor}
    assert [event.kind.removeprefix("reward.") for event in events] == [
        "added",
        "codes_added",
        "published",
        "changed",
        "changed",
        "retired",
    ]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("details_value", "25.005", "no more than 2 decimal places"),
        ("points", "0", "greater than or equal to 1"),
        ("ends_on", "2026-05-01", "This is before it begins."),
        ("code", "taken", "Another reward of the program has this code."),
        ("price_value_0", "", "A price needs a field, its value and points."),
        ("price_field_0", "segment", "There is no segment with this code; there are none yet."),
    ],
)
def test_a_reward_that_does_not_fit_is_refused_in_words(console, program, field, value, said):
    offered(program, code="taken")
    refused = console.post("/console/rewards/new/?type=gift_card", CARD | {field: value})
    assert refused.status_code == 422
    assert said in text_of(refused)
    assert Reward.objects.count() == 1


def test_a_reward_for_a_segment_with_a_price_for_another(console, program):
    for code in ("north", "south"):
        define_segment(code=code, name=code.title(), condition={}, actor="system", now=NOW)
    for_north = {"price_field_0": "segment", "price_value_0": "south", "segments": ["north"]}
    made = console.post("/console/rewards/new/?type=gift_card", CARD | for_north)
    assert Reward.objects.get().segments == ["north"]
    south = {"field": "segment", "op": "eq", "value": "south"}
    assert RewardPrice.objects.get().condition == south
    assert console.post(made.url, CARD | for_north).status_code == 302
    assert Reward.objects.get().segments == ["north"]
    console.post(made.url, CARD)
    assert Reward.objects.get().segments == []


def test_stock_is_never_less_than_what_is_taken(console, program, dealer):
    reward = offered(program, stock=3, points=1)
    for _ in range(2):
        ask_for(reward, dealer)
    form = {
        "name": "Credit",
        "points": "1",
        "paid_by": "account",
        "limit_period": "ever",
        "details_value": "1.00",
    }
    refused = console.post(f"/console/rewards/{reward.pk}/", form | {"stock": "1"})
    assert "2 are taken already." in text_of(refused)
    assert console.post(f"/console/rewards/{reward.pk}/", form | {"stock": "2"}).status_code == 302


def test_times_of_a_session_are_added_in_the_tenants_zone(console, program):
    reward = offered(program, "expert_session")
    page = f"/console/rewards/{reward.pk}/"
    wrong = console.post(f"{page}slots/", {"starts": "2026-06-01 10:00\ntomorrow"})
    assert "Line 2 is no time such as 2026-06-01 10:00." in text_of(wrong)
    console.post(
        f"{page}slots/", {"starts": "2026-06-01 10:00\n\n2026-06-02 10:00", "expert": "Lee"}
    )
    assert [slot.starts_at for slot in reward.slots.order_by("starts_at")] == [
        at("2026-06-01 10:00"),
        at("2026-06-02 10:00"),
    ]


def test_the_queue_is_decided_in_bulk_with_reasons_for_the_rest(
    console, program, dealer, member, manager
):
    reward = offered(program, name="Voucher", points=100)
    mine = MemberFactory(account=dealer, user=manager.user)
    first, second = (ask_for(reward, dealer, member) for _ in range(2))
    own = ask_for(reward, dealer, mine)
    assert "Waiting for approval (3)" in text_of(console.get("/console/redemptions/"))

    picked = {"action": "approve", "pick": [str(one.pk) for one in (first, second, own)]}
    text = text_of(console.post("/console/redemptions/", picked, follow=True))
    assert "2 are approved: “Voucher” for Northwind Bikes; “Voucher” for Northwind Bikes." in text
    assert (
        "“Voucher” for Northwind Bikes was left as before: "
        "you asked for it yourself: somebody else approves it" in text
    )
    assert wallet_of(dealer) == (700, 100)

    nothing = console.post("/console/redemptions/", {"action": "approve"}, follow=True)
    assert "Pick at least one redemption first." in text_of(nothing)
    unsaid = console.post(
        "/console/redemptions/", {"action": "reject", "pick": [str(own.pk)]}, follow=True
    )
    assert "Say why: it is told to the person who asked." in text_of(unsaid)
    assert wallet_of(dealer) == (700, 100)
    done = console.post(
        "/console/redemptions/?state=approved",
        {"action": "fulfill", "note": "Sent", "pick": [str(first.pk)]},
        follow=True,
    )
    assert "“Voucher” for Northwind Bikes is done." in text_of(done)
    rejected = {"action": "reject", "note": "No budget", "pick": [str(own.pk)]}
    console.post("/console/redemptions/", rejected)
    assert wallet_of(dealer) == (800, 0)


def test_one_redemption_is_decided_on_its_page(console, program, dealer, member, in_tenant):
    redemption = ask_for(offered(program, name="Voucher"), dealer, member)
    page = f"/console/redemptions/{redemption.pk}/"
    assert "Decide on “Voucher” for Northwind Bikes" in text_of(console.get(page))
    assert console.post(page, {"action": "reject"}).status_code == 422
    assert console.post(page, {"action": "destroy"}).status_code == 422
    text = text_of(console.post(page, {"action": "approve"}, follow=True))
    assert "Redemption approved: “Voucher” for 100 points" in text
    assert "by Morgan Manager" in text
    text = text_of(console.post(page, {"action": "refund", "note": "Wrong one"}, follow=True))
    assert "Refunded" in text
    assert wallet_of(dealer) == (1_000, 0)
    analyst = client_of(in_tenant, StaffFactory(role="analyst").user)
    assert analyst.get(page).status_code == 200
    assert analyst.post(page, {"action": "approve"}).status_code == 404


def test_console_pages_cost_the_same_for_one_and_for_many(
    console, program, dealer, member, django_assert_num_queries
):
    ask_for(offered(program, points=1), dealer, member)
    for _ in range(2):
        for path, queries in (("rewards/", 17), ("redemptions/?state=requested", 14)):
            with django_assert_num_queries(queries):
                assert console.get(f"/console/{path}").status_code == 200
        for _ in range(2):
            ask_for(offered(program, points=1), dealer, member)
