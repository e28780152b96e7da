"""Referrals on the faces: by form, by link and by key; decided beside what speaks against them."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Member, Notice
from partners.models import Referral, ReferralLink, ReferralState, ReferralTerms
from rewards.models import Wallet
from tests.factories import MemberFactory, StaffFactory, UserFactory, enrolled_account
from tests.loyalty.faces import client_of, text_of
from tests.loyalty.test_api import Api, _secret
from tests.partners.referral_stories import referral_terms

pytestmark = pytest.mark.usefixtures("stopped_clock")

SAID = {
    "key": "0197f7a0-0000-7000-8000-00000000000f",
    "customer": "Nordstern Logistik GmbH",
    "contact": "Nora Stern",
    "contact_email": "nora@nordstern.de",
    "website": "https://www.nordstern.de/",
    "consented": "on",
}
TERMS = {
    "is_open": "on",
    "unit": "points",
    "referrer_amount": "500",
    "beneficiary": "account",
    "referred_amount": "200",
    "hold_days": "30",
    "won_by": "hand",
    "least_amount": "0",
    "protect_days": "180",
    "consent_text": "<b>You</b> may be written to.",
}


@pytest.fixture
def dealer(program):
    return enrolled_account(program, name="Harbor IT", number="R-1", domain="harbor-it.com")


@pytest.fixture
def partner(in_tenant, dealer):
    user = UserFactory(email="kim@harbor-it.com")
    return client_of(in_tenant, MemberFactory(account=dealer, name="Kim", user=user).user)


@pytest.fixture
def manager(in_tenant):
    return client_of(in_tenant, StaffFactory(name="Jordan").user)


def referrals_of(account) -> str:
    return f"/portal/{account.enrollments.get().id}/referrals/"


def test_a_referral_from_both_sides(in_tenant, program, partner, manager, dealer):
    home = referrals_of(dealer)
    assert "Nobody can be referred in this program" in text_of(partner.get(home))
    assert partner.get(f"{home}new/").status_code == 404
    page = "/console/referrals/terms/"
    bad = manager.post(page, TERMS | {"program": str(program.pk), "referrer_amount": "0.5"})
    assert bad.status_code == 422
    assert manager.post(page, TERMS | {"program": str(program.pk)}).status_code == 302
    drafted = ReferralTerms.objects.get()
    assert (drafted.referrer_amount, drafted.published_at) == (500, None)
    assert "Nobody can be referred in this program" in text_of(partner.get(home))
    seen = {"seen": drafted.drafted_at.isoformat()}
    publish = f"{page}{drafted.pk}/publish/"
    manager.post(page, TERMS | {"program": str(program.pk), "hold_days": "31"})  # draft anew
    again = {"seen": "2026-05-20T15:59:00+00:00"}  # as it was read before
    assert "Somebody wrote at the draft since" in text_of(manager.post(publish, again, follow=True))
    manager.post(page, TERMS | {"program": str(program.pk)})
    in_tenant.two_pairs_of_eyes = True
    in_tenant.save()
    assert "You wrote this draft, and your company wants a second pair of eyes" in text_of(
        manager.get(page)
    )
    assert "ask another owner" in text_of(manager.post(publish, seen, follow=True))
    assert ReferralTerms.objects.get().published_at is None
    other = client_of(in_tenant, StaffFactory(name="Robin").user)
    assert "1 draft of terms of referrals waits to be published" in text_of(other.get("/console/"))
    assert "That holds in" in text_of(other.post(publish, seen, follow=True))
    assert "published already" in text_of(other.post(publish, seen, follow=True))
    assert "500 points" in text_of(partner.get(home))
    shown = partner.get(f"{home}new/").content.decode()
    assert "&lt;b&gt;You&lt;/b&gt; may be written to." in shown  # never as markup

    refused = partner.post(f"{home}new/", SAID | {"consented": ""})
    assert refused.status_code == 422
    assert 'value="Nordstern Logistik GmbH"' in refused.content.decode()
    assert partner.post(f"{home}new/", SAID)["Location"] == home
    assert partner.post(f"{home}new/", SAID)["Location"] == home  # sent twice
    made = Referral.objects.get()
    own = SAID | {"key": str(made.pk), "contact_email": "lee@harbor-it.com", "website": ""}
    partner.post(f"{home}new/", own | {"customer": "Quay Systems"})
    seen = text_of(partner.get(home))
    assert "Quay Systems does not qualify" in seen
    assert "The contact or the site has your own web domain" in seen

    assert "1 referral waits to be looked at" in text_of(manager.get("/console/"))
    address = f"/console/referrals/{made.pk}/"
    assert "Nothing speaks against it" in text_of(manager.get(address))
    assert manager.post(address, {"action": "qualify", "number": "\0"}).status_code == 302
    assert manager.post(address, {"action": "win", "number": "N-1"}).status_code == 422
    rep = StaffFactory(role="rep")
    Account.objects.filter(pk=dealer.pk).update(rep=rep)
    field = client_of(in_tenant, rep.user)
    told = text_of(field.get(f"/field/{dealer.pk}/"))
    assert f"Nordstern Logistik GmbH {made.reference} · until" in told
    assert ("500 points Qualified" in told, "Nora" in told) == (True, False)
    account = enrolled_account(program, number="N-1", name="Nordstern Logistik")
    assert manager.post(address, {"action": "win", "number": "N-1"}).status_code == 302
    pending = dict(Wallet.objects.filter(unit="points").values_list("account__number", "pending"))
    assert pending == {"R-1": 500, "N-1": 200}
    assert "To be used from Jun 20, 2026 on" in text_of(partner.get(home))
    theirs = client_of(in_tenant, MemberFactory(account=account).user)
    moved = text_of(theirs.get(reverse("portal_entries", args=[account.enrollments.get().id])))
    assert f"200 points for {made.reference}: Nordstern Logistik GmbH" in moved
    assert manager.post(address, {"action": "take_back"}).status_code == 422
    assert manager.post(address, {"action": "take_back", "note": "No order"}).status_code == 302
    assert Referral.objects.get(pk=made.pk).state == ReferralState.RETURNED
    assert "No order" in text_of(partner.get(home))
    file = manager.post("/console/exports/referrals/?state=all").content.decode()
    assert f"{made.reference},Nordstern Logistik GmbH,Harbor IT,Kim" in file
    assert "Nora Stern" in text_of(manager.get(address))
    for role in ("analyst", "finance"):  # who is no partner of ours is for who deals with them
        reader = client_of(in_tenant, StaffFactory(role=role).user)
        shown = text_of(reader.get(address)) + text_of(reader.get("/console/referrals/?state=all"))
        shown += reader.post("/console/exports/referrals/?state=all").content.decode()
        assert ("Nora" in shown, "nora@" in shown, "Nordstern" in shown) == (False, False, True)
        assert "No referral" in text_of(reader.get("/console/referrals/?state=all&q=nora@"))
    assert not Notice.objects.exists()  # people are told by a job, outside of the request


def test_a_draft_of_terms_is_put_away_and_what_holds_stays(
    in_tenant, program, partner, manager, dealer
):
    holds = referral_terms(program, referrer_amount=300)
    page = "/console/referrals/terms/"
    manager.post(page, TERMS | {"program": str(program.pk)})
    drafted = ReferralTerms.objects.get(published_at=None)
    shown = manager.get(page).content.decode()
    assert f"Put the draft of the terms of referrals of “{program.name}” away for good?" in shown
    discard = f"{page}{drafted.pk}/discard/"
    analyst = client_of(in_tenant, StaffFactory(role="analyst").user)
    assert analyst.post(discard).status_code == 403
    gone = text_of(manager.post(discard, follow=True))
    assert ("The draft is put away." in gone, "· Draft" in gone) == (True, False)
    assert ("500 points" in gone, "300 points" in gone) == (False, True)
    assert "This draft was discarded." in text_of(manager.post(discard, follow=True))
    late = {"seen": drafted.drafted_at.isoformat()}
    again = manager.post(f"{page}{drafted.pk}/publish/", late, follow=True)
    assert "This draft was discarded." in text_of(again)
    kept = manager.post(f"{page}{holds.pk}/discard/", follow=True)
    assert "published already" in text_of(kept)
    assert "300 points" in text_of(partner.get(referrals_of(dealer)))
    told = text_of(manager.get(f"/console/history/?subject=referral_terms:{drafted.pk}"))
    assert "Draft of terms of referrals discarded" in told
    manager.post(page, TERMS | {"program": str(program.pk)})  # there is room for another
    assert ReferralTerms.objects.filter(published_at=None, discarded_at=None).count() == 1


def test_a_duplicate_is_shown_side_by_side(in_tenant, program, partner, manager, dealer):
    referral_terms(program)
    rival = enrolled_account(program, name="Bay Systems", number="R-2")
    theirs = client_of(in_tenant, MemberFactory(account=rival).user)
    partner.post(f"{referrals_of(dealer)}new/", SAID)
    theirs.post(f"{referrals_of(rival)}new/", SAID | {"customer": "NORDSTERN Logistik"})
    seen = text_of(theirs.get(referrals_of(rival)))
    assert "Somebody else was first to refer this company" in seen
    assert "Harbor IT" not in seen
    second = Referral.objects.get(account=rival)
    looked = text_of(manager.get(f"/console/referrals/{second.pk}/"))
    assert "Harbor IT" in looked
    assert "May have been referred before: E-" in looked
    answer = manager.post(f"/console/referrals/{second.pk}/", {"action": "qualify", "note": "N"})
    assert answer.status_code == 422
    viewer = client_of(in_tenant, MemberFactory(account=dealer, portal_role="viewer").user)
    assert viewer.post(f"{referrals_of(dealer)}new/", SAID).status_code == 403
    analyst = client_of(in_tenant, StaffFactory(role="analyst").user)
    address = f"/console/referrals/{second.pk}/"
    assert analyst.post(address, {"action": "qualify", "note": "N"}).status_code == 403


def test_a_link_lets_a_stranger_in_and_tells_them_nothing(in_tenant, program, partner, dealer):
    referral_terms(program)
    home = referrals_of(dealer)
    manager = client_of(in_tenant, StaffFactory(role="manager").user)
    look = {"reason": "Ticket 12", "member": Member.objects.get(name="Kim").pk}
    manager.post(f"/console/accounts/{dealer.pk}/view-as/", look)
    assert "/refer/" not in manager.get(home).content.decode()  # what they make leads nowhere
    assert "/refer/" in partner.get(home).content.decode()
    link = ReferralLink.objects.get()
    assert f"/refer/{link.token}/" in manager.get(home).content.decode()
    stranger = Client(headers={"host": f"{in_tenant.slug}.localhost"})
    page = f"/refer/{link.token}/"
    assert "Harbor IT recommends" in text_of(stranger.get(page))
    assert stranger.get("/refer/guessed/").status_code == 404
    assert stranger.get("/refer/%00/").status_code == 404
    assert stranger.post(page, SAID | {"consented": ""}).status_code == 422
    assert stranger.post(page, SAID)["Location"] == "/refer/thanks/"
    known = SAID | {"key": str(link.pk), "contact_email": "lee@harbor-it.com"}
    assert stranger.post(page, known)["Location"] == "/refer/thanks/"  # the same answer
    assert list(
        Referral.objects.order_by("referred_at", "id").values_list("state", "link", "account")
    ) == [("received", link.pk, dealer.pk), ("rejected", link.pk, dealer.pk)]
    for _ in range(8):
        assert stranger.post(page, known).status_code == 302
    assert stranger.post(page, known).status_code == 429
    assert "Nordstern" in text_of(partner.get(home))


def test_other_systems_refer_and_decide(in_tenant, program, dealer):
    referral_terms(program)
    api = Api(in_tenant, _secret("referrals:read", "referrals:write"))
    said = {"program": program.slug, "account": "R-1", "consented": True}
    said |= {name: SAID[name] for name in ("customer", "contact", "contact_email", "website")}

    def send(body, key, path="/api/v1/referrals", who=api):
        who.client.defaults["HTTP_IDEMPOTENCY_KEY"] = key
        return who.post(body, path)

    made = send(said, "one")
    assert made.status_code == 201
    assert send(said, "one").json() == made.json()
    assert send(said | {"customer": "Another"}, "one").status_code == 409
    answer = send(said | {"consented": False}, "two")
    assert answer.json()["errors"][0]["pointer"] == "/consented"
    address = f"/api/v1/referrals/{made.json()['id']}"
    assert send({}, "three", f"{address}/qualify").status_code == 403
    decider = Api(in_tenant, _secret("referrals:decide"))
    assert send({}, "four", f"{address}/qualify", decider).json()["state"] == "qualified"
    enrolled_account(program, number="N-1", name="Nordstern Logistik")
    won = send({"number": "N-1"}, "five", f"{address}/win", decider).json()
    assert (won["state"], won["referred_account"], won["referrer_amount"]) == ("won", "N-1", "500")
    back = send({"note": "No order"}, "six", f"{address}/take-back", decider).json()
    assert (back["state"], back["reason"]) == ("returned", "No order")
    assert api.get("/api/v1/referrals?state=returned").json()["items"] == [back]
