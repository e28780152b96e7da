"""The catalogue and redemptions as partners and their reps see them, page by page."""

import re

import pytest

from accounts.models import Account, Enrollment
from rewards import deciding
from rewards.models import Redemption, Reward, Wallet
from rewards.offering import Price
from tests.factories import MemberFactory, ProgramFactory, StaffFactory
from tests.loyalty.faces import NOW, client_of, hidden, text_of
from tests.rewards.shop import (
    ADDRESS,
    ask_for,
    offered,
    own_points,
    wallet_of,
    with_codes,
    with_slots,
)
from tests.rewards.stories import at

pytestmark = pytest.mark.usefixtures("stopped_clock")


def portal(account: Account, path: str = "") -> str:
    return f"/portal/{Enrollment.objects.get(account=account).id}/{path}"


# ── The partner ──────────────────────────────────────────────────────────────────────────────────


def test_catalog_says_what_can_be_had_and_what_is_missing(partner, program, dealer):
    offered(program, name="Coffee voucher", points=400)
    offered(program, name="Work jacket", type="merchandise", points=1_640)
    offered(program, name="Gold dinner", points=10, from_tier="Gold")
    offered(program, name="Last year's mug", points=10, ends_at=at("2026-01-01 00:00"))
    draft = offered(program, name="Not yet")
    Reward.objects.filter(pk=draft.pk).update(state="draft")

    text = text_of(partner.get(portal(dealer, "rewards/")))

    assert "1,000 points to use" in text
    assert "Coffee voucher 400 points You can have it" in text
    assert "Work jacket 1,640 points 640 points to go" in text
    assert "Gold dinner 10 points From Gold on; you are Member" in text
    assert "mug" not in text
    assert "Not yet" not in text
    affordable = text_of(partner.get(portal(dealer, "rewards/?can=now")))
    assert "Coffee voucher" in affordable
    assert "jacket" not in affordable
    shipped = text_of(partner.get(portal(dealer, "rewards/?type=merchandise")))
    assert "Work jacket" in shipped
    assert "Coffee" not in shipped
    assert partner.get(portal(dealer, f"rewards/{draft.pk}/")).status_code == 404


def test_home_shows_the_best_within_reach(partner, program, dealer):
    for points in (100, 300, 500, 900, 1_001):
        offered(program, name=f"Worth {points}", points=points)
    text = text_of(partner.get(portal(dealer)))
    best = text.split("Yours for the asking")[1].split("Last movements")[0]
    assert re.findall(r"Worth (\d+)", best) == ["900", "500", "300"]
    Reward.objects.exclude(points=1_001).update(state="retired")
    assert "Almost yours All rewards" in text_of(partner.get(portal(dealer)))


def test_redeeming_in_two_steps_names_the_object_and_the_balance_after(partner, program, dealer):
    reward = offered(program, "merchandise", name="Work jacket", points=400)
    page = portal(dealer, f"rewards/{reward.pk}/")
    assert "Recipient" in text_of(partner.get(page))

    refused = partner.post(page, {"step": "choose", **ADDRESS, "city": ""})
    assert refused.status_code == 422
    confirm = partner.post(page, {"step": "choose", **ADDRESS})
    text = text_of(confirm)
    assert "Redeem “Work jacket”?" in text
    assert "Points of Northwind Bikes 1,000 Work jacket −400 Left afterwards 600" in text
    assert "Redeem for 400 points" in text
    assert not Redemption.objects.exists()

    form = hidden(confirm) | {"step": "confirm"}
    done = partner.post(page, form)
    again = partner.post(page, form)  # the impatient second click

    redemption = Redemption.objects.get()
    assert done.url == again.url == portal(dealer, f"rewards/redemptions/{redemption.pk}/")
    assert redemption.answers == ADDRESS
    assert wallet_of(dealer) == (600, 400)
    shown = text_of(partner.get(done.url))
    assert "“Work jacket” is requested; 400 points are set aside until somebody decides." in shown
    assert "Waiting for approval" in shown
    assert "Street and number 1 Main St" in shown


def test_the_confirmed_form_goes_back_with_what_was_filled_in(partner, program, dealer):
    reward = offered(program, "merchandise")
    page = portal(dealer, f"rewards/{reward.pk}/")
    form = hidden(partner.post(page, {"step": "choose", **ADDRESS}))
    assert 'value="1 Main St"' in partner.post(page, form | {"step": "change"}).content.decode()


def test_a_new_price_is_confirmed_anew(partner, program, dealer):
    reward = offered(program, name="Voucher", points=400)
    page = portal(dealer, f"rewards/{reward.pk}/")
    form = hidden(partner.post(page, {"step": "choose"})) | {"step": "confirm"}
    Reward.objects.filter(pk=reward.pk).update(points=450)
    refused = partner.post(page, form)
    assert refused.status_code == 409
    assert "The price has changed while you were reading." in text_of(refused)
    assert wallet_of(dealer) == (1_000, 0)
    assert partner.post(page, hidden(refused) | {"step": "confirm"}).status_code == 302
    assert wallet_of(dealer) == (550, 450)


def test_what_went_away_meanwhile_is_said(partner, program, dealer, member):
    reward = offered(program, points=400, stock=1)
    page = portal(dealer, f"rewards/{reward.pk}/")
    form = hidden(partner.post(page, {"step": "choose"})) | {"step": "confirm"}
    ask_for(reward, dealer, MemberFactory(account=dealer))
    refused = partner.post(page, form)
    assert refused.status_code == 422
    assert "None left at the moment" in text_of(refused)
    assert wallet_of(dealer) == (600, 400)


def test_a_slot_and_the_persons_own_points_are_chosen(partner, program, dealer, member):
    own_points(member, program, 150)
    reward = with_slots(
        offered(program, "expert_session", paid_by="either"), "2026-06-01 10:00", "2026-06-02 10:00"
    )
    page = portal(dealer, f"rewards/{reward.pk}/")
    text = text_of(partner.get(page))
    assert "Jun 1, 2026, 10:00 AM with Dr. Lee" in text
    assert "Your own points: 150" in text
    slot = reward.slots.latest("starts_at")
    choice = {"slot": str(slot.pk), "question": "How?", "paid_by": "member", "step": "choose"}
    confirm = partner.post(page, choice)
    assert "Your own points 150" in text_of(confirm)
    assert "Left afterwards 50" in text_of(confirm)
    partner.post(page, hidden(confirm) | {"step": "confirm"})
    slot.refresh_from_db()
    assert slot.redemption == Redemption.objects.get()
    assert wallet_of(dealer) == (1_000, 0)
    assert Wallet.objects.get(member=member).reserved == 100
    # Own points are nobody else's business, an admin's neither.
    admin = client_of(program.tenant, MemberFactory(account=dealer).user)
    address = portal(dealer, f"rewards/redemptions/{slot.redemption_id}/")
    assert partner.get(address).status_code == 200
    assert admin.get(address).status_code == 404
    assert "Expert session" not in text_of(admin.get(portal(dealer, "rewards/redemptions/")))


def test_canceling_gives_back_and_is_for_those_who_asked_or_admins(
    in_tenant, partner, program, dealer, member
):
    reward = offered(program, points=400)
    redemption = ask_for(reward, dealer, member)
    address = portal(dealer, f"rewards/redemptions/{redemption.pk}/")
    colleague = MemberFactory(account=dealer, portal_role="member")
    assert client_of(in_tenant, colleague.user).post(f"{address}cancel/").status_code == 404
    assert wallet_of(dealer) == (600, 400)
    assert "Cancel “Credit note”" in text_of(partner.get(address))
    assert "Canceled" in text_of(partner.post(f"{address}cancel/", follow=True))
    assert wallet_of(dealer) == (1_000, 0)
    assert partner.post(f"{address}cancel/").status_code == 404  # there is nothing to cancel


def test_a_code_is_shown_once_to_the_one_who_asked(in_tenant, partner, program, dealer, member):
    reward = with_codes(
        offered(program, "gift_card", name="Bookshop $25", needs_approval=False), "ABCD-EFGH-1234"
    )
    page = portal(dealer, f"rewards/{reward.pk}/")
    confirm = partner.post(page, {"step": "choose"})
    address = partner.post(page, hidden(confirm) | {"step": "confirm"}).url
    admin = client_of(in_tenant, MemberFactory(account=dealer).user)

    assert "Show the code" in text_of(partner.get(address))
    assert "Show the code" not in text_of(admin.get(address))
    assert b"ABCD-EFGH-1234" not in admin.post(f"{address}code/", follow=True).content
    shown = partner.post(f"{address}code/")
    assert "ABCD-EFGH-1234" in text_of(shown)
    assert "no-store" in shown.headers["Cache-Control"]
    for response in (partner.post(f"{address}code/", follow=True), partner.get(address)):
        assert b"ABCD-EFGH-1234" not in response.content
        assert "•••• 1234" in text_of(response)


def test_viewers_look_only(in_tenant, program, dealer):
    reward = offered(program)
    viewer = client_of(in_tenant, MemberFactory(account=dealer, portal_role="viewer").user)
    page = portal(dealer, f"rewards/{reward.pk}/")
    assert "Viewers look only" in text_of(viewer.get(page))
    assert viewer.post(page, {"step": "confirm", "points": "100"}).status_code == 422
    assert not Redemption.objects.exists()


def test_rewards_of_another_program_are_not_there(partner, dealer):
    reward = offered(ProgramFactory(slug="other"))
    assert partner.get(portal(dealer, f"rewards/{reward.pk}/")).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_partner_pages_cost_the_same_for_one_reward_and_for_many(
    partner, program, dealer, member, django_assert_num_queries, count
):
    prices = [Price(field="tier", value="Member", points=50)]
    rewards = [offered(program, prices=prices, per_account=9) for _ in range(count)]
    for reward in rewards:
        ask_for(reward, dealer, member)
    for path, queries in (("", 36), ("rewards/", 19), ("rewards/redemptions/", 14)):
        with django_assert_num_queries(queries):
            assert partner.get(portal(dealer, path)).status_code == 200


def test_the_ledger_tells_a_redemption_once(partner, program, dealer, member):
    redemption = ask_for(offered(program, points=400), dealer, member)
    deciding.approve([redemption.pk], actor="staff:boss", now=NOW)
    deciding.refund([redemption.pk], actor="staff:boss", now=NOW)
    text = text_of(partner.get(portal(dealer, "entries/")))
    assert "400 points set aside for “Credit note”" in text
    assert "400 points, set aside before, are now redeemed for “Credit note”" in text
    assert "400 points back: “Credit note” was refunded" in text
    assert "Back with 400 of May 10, 2026 (SO1)" in text


# ── The rep ──────────────────────────────────────────────────────────────────────────────────────


def test_rep_sees_what_the_account_can_have(in_tenant, program, dealer):
    rep = StaffFactory(role="rep")
    Account.objects.filter(pk=dealer.pk).update(rep=rep)
    offered(program, name="Coffee voucher", points=400)
    offered(program, name="Work jacket", type="merchandise", points=1_640)
    client = client_of(in_tenant, rep.user)
    text = text_of(client.get(f"/field/{dealer.pk}/"))
    assert "Can have now Coffee voucher 400 points" in text
    Reward.objects.filter(points=400).update(state="retired")
    text = text_of(client.get(f"/field/{dealer.pk}/"))
    assert "Nearly has Work jacket 1,640 points 640 points to go" in text
