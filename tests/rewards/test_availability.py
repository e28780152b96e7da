"""Why a reward cannot be had: each reason by itself, exact, as data and as a sentence."""

import pytest
from django.db import transaction

from accounts.models import Account, Enrollment, Program, Segment
from accounts.segments import change_segment, define_segment
from rewards import deciding
from rewards.hindrances import TOLD, sentence
from rewards.models import Redemption, Reward
from rewards.offering import Price, UnknownSegment
from rewards.redeeming import Unavailable
from rewards.voice import voice_of
from tests.factories import (
    MemberFactory,
    ProgramFactory,
    enrolled_account,
    publish_rule,
    publish_scheme,
)
from tests.rewards.shop import (
    NOW,
    ask_for,
    offer_of,
    offered,
    offers_of,
    own_points,
    with_codes,
    with_slots,
)
from tests.rewards.stories import accepted, at, purchase


@pytest.fixture
def program(in_tenant) -> Program:
    program = ProgramFactory()
    publish_scheme(program, ("Silver", 0, "1"), ("Gold", 1_000_00, "1"))
    publish_rule(program)
    return program


@pytest.fixture
def account(program) -> Account:
    """360 points, Silver."""
    account = enrolled_account(program)
    accepted(purchase(account, "360.00", at("2026-05-10"), "BUY"), as_of=at("2026-05-11"))
    return account


@pytest.fixture
def why(in_tenant, account):
    """(codes, sentences) of what stands in the way for a portal admin of the account."""

    def ask(reward: Reward, member=None, **more) -> tuple[list[str], list[str]]:
        member = member or MemberFactory(account=account)
        offer = offer_of(reward, account, member, **more)
        voice = voice_of(in_tenant)
        return (
            [one.code for one in offer.hindrances],
            [sentence(one, voice=voice) for one in offer.hindrances],
        )

    return ask


def test_nothing_in_the_way(program, account, why):
    reward = offered(program, points=360)
    assert why(reward) == ([], [])
    offer = offer_of(reward, account)
    assert (offer.is_open, offer.missing, offer.percent, offer.left) == (True, 0, 100, None)


def test_points_by_how_many(program, account, why):
    reward = offered(program, points=1_000)
    assert why(reward) == (["points"], ["640 points to go"])
    offer = offer_of(reward, account)
    assert (offer.missing, offer.percent, offer.only_points_miss) == (640, 36, True)


def test_tier(program, account, why):
    reward = offered(program, from_tier="Gold")
    assert why(reward) == (["tier"], ["From Gold on; you are Silver"])
    accepted(purchase(account, "640.00", at("2026-05-12"), "GOLD"), as_of=at("2026-05-12"))
    assert why(reward) == ([], [])
    assert why(offered(program, from_tier="Silver")) == ([], [])
    # A tier that the ladder does not have (any more) opens nothing.
    assert why(offered(program, from_tier="Diamond"))[0] == ["tier"]


def test_dates_are_half_open(program, why):
    reward = offered(program, starts_at=at("2026-05-01 00:00"), ends_at=at("2026-06-01 00:00"))
    assert why(reward, as_of=at("2026-04-30 23:59")) == (["early"], ["From May 1, 2026 on"])
    assert why(reward, as_of=at("2026-05-01 00:00")) == ([], [])
    assert why(reward, as_of=at("2026-05-31 23:59")) == ([], [])
    assert why(reward, as_of=at("2026-06-01 00:00")) == (["over"], ["Ended on May 31, 2026"])


def test_stock_counted_as_codes_and_as_slots_ahead(program, account, why):
    one = offered(program, points=10, stock=1)
    card = with_codes(offered(program, "gift_card", points=10), "ABCD-0001")
    session = with_slots(offered(program, "expert_session", points=10), "2026-06-01 10:00")
    none = ["None left at the moment"]
    for reward in (one, card, session):
        assert why(reward) == ([], [])
        assert offer_of(reward, account).left == 1
    assert why(session, as_of=at("2026-06-01 10:00")) == (["stock"], none)
    ask_for(one, account)
    ask_for(card, account)
    ask_for(session, account, slot_id=session.slots.get().pk)
    for reward in (one, card, session):
        assert why(reward) == (["stock"], none)


@pytest.mark.parametrize(
    ("period", "last_day", "again", "said"),
    [
        ("month", "2026-05-31", "2026-06-01 00:00", "Limit of 2 a month reached; again from Jun 1"),
        ("quarter", "2026-06-30", "2026-07-01 00:00", "Limit of 2 a quarter reached"),
        ("year", "2026-09-30", "2026-10-01 00:00", "Limit of 2 a fiscal year reached"),
        ("ever", "2036-01-01", None, "Limit of 2 in all reached"),
    ],
)
def test_limit_of_an_account_in_a_period(
    in_tenant, program, account, why, period, last_day, again, said
):
    in_tenant.fiscal_year_starts = 10
    in_tenant.save()
    reward = offered(program, points=1, per_account=2, limit_period=period)
    kept, given_back = ask_for(reward, account), ask_for(reward, account)
    deciding.cancel([given_back.pk], actor="staff:x", now=NOW)
    assert why(reward) == ([], [])
    ask_for(reward, account)
    codes, [sentence_] = why(reward, as_of=at(f"{last_day} 23:59"))
    assert codes == ["limit"]
    assert sentence_.startswith(said)
    if again:
        assert why(reward, as_of=at(again)) == ([], [])
    other = enrolled_account(program)
    accepted(purchase(other, "10.00", at("2026-05-10"), "OTHER"), as_of=NOW)
    assert offer_of(reward, other).is_open
    assert kept.state == "requested"


def test_roles(program, account, why):
    admins = offered(program, admins_only=True)
    sales = offered(program, business_roles=["sales", "procurement"])
    viewer, plain, seller = (
        MemberFactory(account=account, portal_role=role, business_role=business)
        for role, business in (("viewer", "sales"), ("member", ""), ("member", "sales"))
    )
    assert why(sales, viewer) == (
        ["viewer"],
        ["Viewers look only; a colleague can redeem it"],
    )
    assert why(admins, plain) == (["admins"], ["Your account's portal admins redeem this"])
    assert why(sales, plain) == (["role"], ["For people in sales or procurement"])
    assert why(sales, seller) == ([], [])
    assert why(admins) == ([], [])


def test_enrollment_and_state(program, account, why):
    reward = offered(program)
    Enrollment.objects.update(state="paused")
    assert why(reward)[0] == ["enrollment"]
    Enrollment.objects.update(state="left")
    assert why(reward)[1] == ["Your account does not take part in this program"]
    Enrollment.objects.update(state="active")
    Reward.objects.update(state="retired")
    assert why(reward) == (["unpublished"], ["No longer offered"])


def test_own_points_and_the_accounts(program, account):
    member = MemberFactory(account=account)
    own_points(member, program, 500)
    either = offered(program, points=400, paid_by="either")
    personal = offered(program, points=600, paid_by="member")
    offer = offer_of(either, account, member)
    assert [(purse.holder, purse.available) for purse in offer.purses] == [
        ("account", 360),
        ("member", 500),
    ]
    assert offer.is_open
    assert offer_of(personal, account, member).missing == 100
    # For the account, nobody's own points count.
    assert [one.code for one in offer_of(personal, account).hindrances] == ["person"]
    assert offer_of(either, account).missing == 40


def test_every_reason_at_once_and_each_has_words(program, why):
    reward = offered(
        program, points=9_999, from_tier="Gold", stock=0, admins_only=True, ends_at=NOW
    )
    assert why(reward, MemberFactory(account=Account.objects.get(), portal_role="member"))[0] == [
        "over",
        "admins",
        "tier",
        "stock",
        "points",
    ]
    assert set(TOLD) >= {"points", "debt", "tier", "stock", "early", "over", "limit", "role"}


def test_a_special_price_is_the_lowest_that_applies(program, account):
    Account.objects.filter(pk=account.pk).update(region="North")
    account.refresh_from_db()
    reward = offered(
        program,
        points=300,
        prices=[
            Price(field="region", value="North", points=250),
            Price(field="tier", value="Silver", points=280),
            Price(field="tier", value="Gold", points=1),
        ],
    )
    offer = offer_of(reward, account)
    assert (offer.points, offer.is_special) == (250, True)


# ── Segments ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def segments(in_tenant):
    """North, and big within it."""
    north = {"field": "region", "op": "eq", "value": "North"}
    big = {"field": "account.size", "op": "gte", "value": 100}
    both = [{"field": "segment", "op": "eq", "value": "north"}, big]
    for code, condition in (("north", north), ("big-north", {"all": both})):
        define_segment(
            code=code, name=code.replace("-", " ").title(), condition=condition, actor="staff:x",
            now=NOW,
        )  # fmt: skip


def _moved_to(account: Account, region: str, **attributes) -> None:
    account.region, account.attributes = region, attributes
    account.save()


def test_a_reward_for_segments_says_for_whom_it_is(program, account, why, segments):
    north = offered(program, points=10, segments=["north"])
    either = offered(program, points=10, segments=["big-north", "north"])
    assert why(north) == (["segment"], ["For accounts in “North”"])
    assert why(either) == (["segment"], ["For accounts in “Big North” or “North”"])
    with pytest.raises(Unavailable) as refusal:
        ask_for(north, account)
    assert [one.code for one in refusal.value.hindrances] == ["segment"]
    assert Redemption.objects.count() == 0

    _moved_to(account, "North")

    assert why(north) == why(either) == ([], [])
    assert ask_for(north, account).points == 10


def test_a_segment_that_changes_changes_whom_a_reward_is_for(program, account, why, segments):
    reward = offered(program, points=10, segments=["big-north"])
    _moved_to(account, "North", size=99)
    assert why(reward)[0] == ["segment"]
    change_segment(
        segment=Segment.objects.get(code="big-north"), name="Northern",
        condition={"field": "segment", "op": "eq", "value": "north"}, actor="staff:x", now=NOW,
    )  # fmt: skip
    assert why(reward) == ([], [])


def test_a_price_for_a_segment_is_asked_of_those_in_it(program, account, segments):
    reward = offered(
        program,
        points=300,
        prices=[
            Price(field="segment", value="north", points=250),
            Price(field="segment", value="big-north", points=200),
        ],
    )
    assert offer_of(reward, account).points == 300
    _moved_to(account, "North", size=99)
    assert (offer_of(reward, account).points, offer_of(reward, account).is_special) == (250, True)
    _moved_to(account, "North", size=100)
    assert offer_of(reward, account).points == 200
    assert ask_for(reward, account).points == 200


def test_a_segment_that_nobody_defined_is_refused(program, segments):
    for terms in (
        {"segments": ["south"]},
        {"prices": [Price(field="segment", value="south", points=1)]},
    ):
        with pytest.raises(UnknownSegment, match="no segment “south”"), transaction.atomic():
            offered(program, **terms)
    assert Reward.objects.count() == 0


def test_segments_cost_one_query_more_for_any_number_of_rewards(
    program, account, segments, django_assert_num_queries
):
    rewards = [offered(program, segments=["north"]) for _ in range(3)]
    for count in (1, 3):
        with django_assert_num_queries(11):  # with the two of `offers_of` itself
            offers_of(rewards[:count], account)


def test_a_catalogue_costs_the_same_queries_for_one_reward_and_for_many(
    program, account, django_assert_num_queries
):
    member = MemberFactory(account=account)
    own_points(member, program, 10)
    prices = [Price(field="tier", value="Silver", points=90)]
    rewards = [offered(program, prices=prices, per_account=3) for _ in range(3)]
    rewards += [with_codes(offered(program, "gift_card"), "ABCD-0001")]
    ask_for(rewards[0], account, member)
    for count in (1, 4):
        with django_assert_num_queries(10):  # with the two of `offers_of` itself
            offers_of(rewards[:count], account, member)
