"""Redemptions from the request to their end: exact points, stock and states, or nothing moved."""

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, transaction

from accounts.ids import uuid7
from accounts.keys import make_key
from accounts.models import Account, Event, Member, Program, Staff, Tenant
from rewards import deciding, offering, stock
from rewards.models import (
    CorrectionTerms,
    Entry,
    Redemption,
    Reward,
    RewardCode,
    RewardSlot,
    Wallet,
)
from rewards.offering import Price
from rewards.queries import entries
from rewards.redeeming import OtherRequest, PriceChanged, Unavailable, UnknownReward, Wish, redeem
from rewards.reward_types import TYPES, WrongFields
from rewards.why import why_of
from tests.factories import MemberFactory, StaffFactory, enrolled_account
from tests.rewards.shop import (
    ADDRESS,
    ANSWERS,
    BOSS,
    DETAILS,
    NOW,
    ask_for,
    decide,
    offered,
    open_shop,
    own_points,
    wallet_of,
    with_500_points,
    with_codes,
    with_slots,
)
from tests.rewards.stories import accepted, at, open_lots, purchase, taken_back


@pytest.fixture
def program(tenant: Tenant) -> Iterator[Program]:
    with open_shop(tenant) as program:
        yield program


@pytest.fixture
def account(program: Program) -> Account:
    return with_500_points(program)


@pytest.fixture
def member(account: Account) -> Member:
    return MemberFactory(account=account)


def everything() -> tuple:
    """All that a refused request must leave as it was."""
    return (
        list(Wallet.objects.order_by("id").values_list("available", "pending", "reserved")),
        Entry.objects.count(),
        Event.objects.count(),
        Redemption.objects.count(),
        list(Reward.objects.order_by("id").values_list("taken", flat=True)),
        RewardCode.objects.filter(redemption=None).count(),
        RewardSlot.objects.filter(redemption=None).count(),
    )


def told(redemption: Redemption) -> list[tuple[str, str]]:
    found = Event.objects.filter(subject=f"redemption:{redemption.pk}").order_by("id")
    return [(event.kind, event.actor) for event in found]


# ── The walk of a redemption ─────────────────────────────────────────────────────────────────────


def test_asked_approved_fulfilled(program, account, member):
    reward = offered(program, points=200, stock=3)

    redemption = ask_for(reward, account, member, points=200)
    assert (redemption.state, wallet_of(account)) == ("requested", (300, 200))
    assert decide(deciding.approve, redemption) == "approved"
    assert wallet_of(account) == (300, 0)
    assert decide(deciding.fulfill, redemption, note="Invoice 17") == "fulfilled"

    reward.refresh_from_db()
    assert (reward.taken, redemption.note, redemption.decided_by) == (1, "Invoice 17", BOSS)
    assert told(redemption) == [
        ("redemption.requested", member.actor),
        ("redemption.approved", BOSS),
        ("redemption.fulfilled", BOSS),
    ]
    event = Event.objects.get(kind="redemption.fulfilled")
    assert event.payload == {
        "program": str(program.pk),
        "reference": redemption.reference,
        "reward": "Credit note",
        "type": "credit_note",
        "points": 200,
        "account": account.name,
        "member": str(member.pk),
        "person": "Pat Partner",
        "note": "Invoice 17",
    }


@pytest.mark.parametrize(("how", "state"), [("reject", "rejected"), ("cancel", "canceled")])
def test_rejected_or_canceled_gives_back_points_and_stock(program, account, member, how, state):
    reward = offered(program, points=200, stock=1)
    redemption = ask_for(reward, account, member)
    with pytest.raises(Unavailable):
        ask_for(reward, account, member)

    assert decide(deciding.ACTIONS[how], redemption, note="No budget") == state

    assert wallet_of(account) == (500, 0)
    assert open_lots(account) == [(500, 500)]
    assert redemption.note == "No budget"
    assert ask_for(reward, account, member).state == "requested"  # the stock is there again


def test_refund_restores_the_lots_with_an_entry_of_its_own(program, account, member):
    reward = offered(program, points=200, stock=2)
    undelivered, delivered = (ask_for(reward, account, member) for _ in range(2))
    for redemption in (undelivered, delivered):
        decide(deciding.approve, redemption)
    decide(deciding.fulfill, delivered)

    for redemption in (undelivered, delivered):
        assert decide(deciding.refund, redemption) == "refunded"

    assert wallet_of(account) == (500, 0)
    assert open_lots(account) == [(500, 500)]
    entries = Entry.objects.filter(cause=delivered.pk).order_by("id")
    assert [(one.kind, one.available, one.reserved) for one in entries] == [
        ("reserve", -200, 200),
        ("spend", 0, -200),
        ("refund", 200, 0),
    ]
    reward.refresh_from_db()
    assert reward.taken == 1  # what was delivered is gone, what was not is there again


def test_a_refund_in_days_of_grace_says_of_each_part_what_it_was_for(program: Program):
    Program.objects.filter(pk=program.pk).update(points_expiry={"policy": "quarter_end"})
    CorrectionTerms.objects.create(program=program, grace_days=14)
    account = enrolled_account(program)
    accepted(purchase(account, "500.00", at("2026-05-10"), "P"), as_of=at("2026-05-11"))
    reward = offered(program, points=200)
    redemption = ask_for(reward, account, MemberFactory(account=account))
    decide(deciding.approve, redemption)
    deciding.refund([redemption.pk], actor=BOSS, now=at("2026-07-10"))
    reasons = why_of(list(entries().filter(kind="refund").order_by("id")))
    assert [(one.available, one.reward) for one in reasons.values()] == [
        (0, "Credit note"),
        (200, "Credit note"),
    ]


def test_every_step_happens_once_and_only_from_its_own_state(program, account, member):
    redemption = ask_for(offered(program), account, member)
    assert decide(deciding.fulfill, redemption) == "state"
    assert decide(deciding.refund, redemption) == "state"
    assert decide(deciding.approve, redemption) == "approved"
    before = everything()
    for how in (deciding.approve, deciding.reject, deciding.cancel):
        assert decide(how, redemption) == "state"
    assert everything() == before
    assert decide(deciding.refund, redemption) == "refunded"
    before = everything()
    for how in deciding.ACTIONS.values():
        assert decide(how, redemption) == "state"
    assert everything() == before


def test_what_needs_no_approval_is_approved_at_once_by_the_system(program, account, member):
    redemption = ask_for(offered(program, needs_approval=False), account, member)
    redemption.refresh_from_db()
    assert (redemption.state, redemption.decided_by) == ("approved", "system")
    assert wallet_of(account) == (400, 0)


def test_nobody_approves_what_they_asked_for_in_any_of_their_roles(program, account, member):
    redemption = ask_for(offered(program), account, member)
    same_person: Staff = StaffFactory(user=member.user)
    other: Staff = StaffFactory()
    key, _ = make_key(name="Mine", scopes=["redemptions:decide"], actor=same_person, now=NOW)
    before = everything()

    assert decide(deciding.approve, redemption, actor=key.actor) == "own"
    assert decide(deciding.approve, redemption, actor=member.actor) == "own"
    assert decide(deciding.approve, redemption, actor=same_person.actor) == "own"
    assert everything() == before
    # The database refuses it, too.
    with pytest.raises(IntegrityError), transaction.atomic():
        Redemption.objects.filter(pk=redemption.pk).update(
            state="approved", decided_at=NOW, decided_by=member.actor
        )
    assert decide(deciding.approve, redemption, actor=other.actor) == "approved"


def test_many_are_decided_at_once_and_the_rest_come_back_with_reasons(
    program, account, member, django_assert_max_num_queries
):
    reward = offered(program)
    open_, mine = (ask_for(reward, account, member) for _ in range(2))
    closed = ask_for(reward, account)
    decide(deciding.cancel, closed)
    nobody = uuid7()
    same_person = StaffFactory(user=MemberFactory(account=account).user)
    Redemption.objects.filter(pk=mine.pk).update(member=Member.objects.get(user=same_person.user))

    ids = [open_.pk, mine.pk, closed.pk, nobody]
    with django_assert_max_num_queries(22):
        found = deciding.approve(ids, actor=same_person.actor, now=NOW)

    assert [one.pk for one in found.done] == [open_.pk]
    assert found.refused == {mine.pk: "own", closed.pk: "state", nobody: "unknown"}
    assert wallet_of(account) == (300, 100)


# ── Asking twice, at another price, for what is not there ────────────────────────────────────────


def test_the_same_form_sent_twice_redeems_once(program, account, member):
    reward = offered(program, points=200)
    first = ask_for(reward, account, member, key="form-1", points=200)
    before = everything()
    offering.retire(reward, actor=BOSS, now=NOW)
    before = (*before[:2], before[2] + 1, *before[3:])  # the retiring is an event

    again = ask_for(reward, account, member, key="form-1", points=200)
    assert (again.pk, everything()) == (first.pk, before)
    with pytest.raises(OtherRequest):
        ask_for(reward, account, member, key="form-1", points=200, answers={"invoice": "7"})
    assert everything() == before


def test_a_price_that_changed_meanwhile_is_not_charged(program, account, member):
    reward = offered(program, points=200)
    offering.change_reward(reward, terms={"points": 250}, actor=BOSS, now=NOW)
    before = everything()
    with pytest.raises(PriceChanged) as refused:
        ask_for(reward, account, member, points=200)
    assert refused.value.points == 250
    assert everything() == before


def test_less_than_it_costs_moves_nothing(program, account, member):
    reward = offered(program, points=501)
    before = everything()
    with pytest.raises(Unavailable) as refused:
        ask_for(reward, account, member)
    assert [(one.code, one.missing) for one in refused.value.hindrances] == [("points", 1)]
    assert everything() == before
    with pytest.raises(UnknownReward):
        redeem(
            Wish(reward_id=uuid7(), account=account, member=member, key="k", actor=member.actor),
            tenant=Tenant.objects.get(),
            now=NOW,
        )


def test_nothing_is_redeemed_in_debt(program, account, member):
    reward = offered(program, points=400)
    redemption = ask_for(reward, account, member)
    decide(deciding.approve, redemption)
    back = taken_back(account, "500.00", at("2026-05-01"), of="BUY", document="BACK")
    accepted(back, as_of=NOW)
    assert wallet_of(account) == (-400, 0)
    with pytest.raises(Unavailable) as refused:
        ask_for(reward, account, member)
    assert [(one.code, one.missing) for one in refused.value.hindrances] == [("debt", 800)]


@pytest.mark.parametrize("type", TYPES)
def test_each_type_asks_for_its_own_fields_and_is_redeemed(program, account, member, type):
    reward = offered(program, type)
    slot = None
    if type == "gift_card":
        with_codes(reward, "ABCD-1234-WXYZ")
    if type == "expert_session":
        slot = with_slots(reward, "2026-06-01 10:00").slots.get().pk
    needed = [field.name for field in TYPES[type].asks if field.required]
    before = everything()
    if needed:
        with pytest.raises(WrongFields) as refused:
            ask_for(reward, account, member, answers={"extra": "x"}, slot_id=slot)
        assert set(refused.value.problems) == {*needed, "extra"}
        assert everything() == before

    redemption = ask_for(reward, account, member, slot_id=slot)

    slots = {"slot": str(slot)} if slot else {}
    assert redemption.answers == ANSWERS.get(type, {}) | slots
    expected = "fulfilled" if type == "gift_card" else "approved"
    assert decide(deciding.approve, redemption) == expected


@pytest.mark.parametrize(
    ("type", "details", "wrong"),
    [
        ("credit_note", {"value": 0}, "value"),
        ("credit_note", {"value": "50"}, "value"),
        ("credit_note", {"value": True}, "value"),
        ("event_place", {"held_on": "tomorrow"}, "held_on"),
        ("training_seat", {"course": "x" * 201}, "course"),
        ("donation", {"organization": " "}, "organization"),
    ],
)
def test_terms_of_a_type_are_checked(program, type, details, wrong):
    with pytest.raises(WrongFields) as refused:
        offered(program, type, details=DETAILS[type] | details)
    assert set(refused.value.problems) == {wrong}
    assert not Reward.objects.exists()


# ── Slots ────────────────────────────────────────────────────────────────────────────────────────


def test_a_slot_is_had_by_one_and_is_free_again_when_canceled(program, account, member):
    reward = with_slots(
        offered(program, "expert_session"), "2026-06-01 10:00", "2026-06-02 10:00", "2026-05-01"
    )
    past, first, _ = reward.slots.order_by("starts_at").values_list("pk", flat=True)
    redemption = ask_for(reward, account, member, slot_id=first)
    before = everything()
    for slot in (first, past, uuid7(), None):
        with pytest.raises(stock.SlotGone):
            ask_for(reward, account, member, slot_id=slot)
    assert everything() == before
    decide(deciding.cancel, redemption)
    assert ask_for(reward, account, member, slot_id=first).state == "requested"


# ── Whose points ─────────────────────────────────────────────────────────────────────────────────


def test_a_person_pays_from_their_own_points_where_the_reward_says_so(program, account, member):
    own_points(member, program, 150)
    either = offered(program, points=120, paid_by="either")
    personal = offered(program, points=20, paid_by="member")
    colleague = MemberFactory(account=account)

    redemption = ask_for(either, account, member, paid_by="member")
    assert decide(deciding.approve, redemption) == "approved"
    ask_for(personal, account, member, paid_by="member")

    own = Wallet.objects.get(member=member)
    assert (own.available, own.reserved, wallet_of(account)) == (10, 20, (500, 0))
    before = everything()
    for reward, who, payer, code in (
        (personal, member, "account", "points"),  # not the account's business
        (personal, member, "member", "points"),
        (personal, colleague, "member", "points"),
        (personal, None, "account", "person"),
        (either, member, "member", "points"),
    ):
        with pytest.raises(Unavailable) as refused:
            ask_for(reward, account, who, paid_by=payer)
        assert [one.code for one in refused.value.hindrances] == [code]
    assert everything() == before
    assert ask_for(either, account, member, paid_by="account").points == 120


def test_merchandise_is_sent_to_its_address(program, account, member):
    reward = offered(program, "merchandise")
    redemption = ask_for(reward, account, member, answers=ADDRESS | {"phone": ""})
    assert redemption.answers == ADDRESS


def test_price_by_tier_and_account_the_lowest_that_applies(program, account, member):
    reward = offered(
        program,
        points=300,
        prices=[
            Price(field="tier", value="Silver", points=280),
            Price(field="region", value="North", points=250),
            Price(field="tier", value="Gold", points=200),
        ],
    )
    assert ask_for(reward, account, member).points == 280
    Account.objects.filter(pk=account.pk).update(region="North")
    account.refresh_from_db()
    with pytest.raises(Unavailable) as refused:
        ask_for(reward, account, member)
    assert [(one.code, one.missing) for one in refused.value.hindrances] == [("points", 30)]
