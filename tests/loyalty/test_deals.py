"""Deals on the faces: registered, decided beside what they may conflict with, won."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Activity, Event, File, Notice
from partners.models import Deal, DealForm, DealState
from tests.factories import AccountFactory, MemberFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import client_of, running_program, text_of
from tests.loyalty.reading import walk
from tests.loyalty.test_api import Api, _secret
from tests.partners.stories import deal_form, deals_earn, registered
from tests.rewards.stories import wallet_of

pytestmark = pytest.mark.usefixtures("stopped_clock")

SAID = {
    "key": "0197f7a0-0000-7000-8000-00000000000f",
    "customer": "Nordstern Logistik GmbH",
    "website": "https://shop.nordstern.de/",
    "amount": "50000.00",
    "closes_on": "2026-09-30",
    "answer_seats": "25",
}


@pytest.fixture
def program(in_tenant):
    program = running_program()
    deals_earn(program)
    return program


@pytest.fixture
def dealer(program):
    return enrolled_account(program, name="Harbor IT", number="R-1")


@pytest.fixture
def rival(program):
    return enrolled_account(program, name="Bay Systems", number="R-2")


@pytest.fixture
def partner(in_tenant, dealer):
    return client_of(in_tenant, MemberFactory(account=dealer, name="Kim").user)


@pytest.fixture
def manager(in_tenant):
    return client_of(in_tenant, StaffFactory(name="Jordan").user)


def deals_of(account) -> str:
    return f"/portal/{account.enrollments.get().id}/deals/"


def test_a_deal_from_both_sides(in_tenant, program, partner, manager, dealer, rival):
    home = deals_of(dealer)
    assert "Deals of your company show up here." in text_of(partner.get(home))
    assert partner.get(f"{home}new/").status_code == 404  # nobody asks for deals yet
    asked = {"name": "Deals", "fields_asked": "seats: whole, required", "is_active": "on"}
    terms = {"exclusive_days": 90, "extension_days": 30, "most_extensions": 1}
    more = {"remind_days": 14, "won_days": 180, "credits": "reseller", "is_exclusive": "on"}
    assert manager.post("/console/deals/forms/new/", asked | terms | more).status_code == 302
    assert DealForm.objects.get().fields == [{"name": "seats", "type": "whole", "required": True}]
    registered(rival, customer="Nordstern Logistics", website="", answers={"seats": 1})

    refused = partner.post(f"{home}new/", SAID | {"answer_seats": "many"})
    assert refused.status_code == 422
    assert 'value="Nordstern Logistik GmbH"' in refused.content.decode()
    assert "Write it as a whole number such as 3." in text_of(refused)
    made = partner.post(f"{home}new/", SAID)
    deal = Deal.objects.get(account=dealer)
    assert made["Location"] == f"{home}{deal.pk}/"
    assert partner.post(f"{home}new/", SAID)["Location"] == made["Location"]  # sent twice
    seen = text_of(partner.get(made["Location"]))
    assert "A possible conflict is being examined." in seen
    assert "Bay Systems" not in seen

    page = f"/console/deals/{deal.pk}/"
    assert "2 deals wait to be decided" in text_of(manager.get("/console/"))
    looked = text_of(manager.get(page))
    assert "May be the same customer: " in looked
    assert "Nearly the same company name" in looked
    assert "Bay Systems" in looked
    assert manager.post(page, {"action": "approve"}).status_code == 422
    assert manager.post(page, {"action": "approve", "note": "They know them"}).status_code == 302
    assert "90 days left" not in text_of(partner.get(home))
    assert "89 days left · until Aug 17, 2026" in text_of(partner.get(home))

    won = {"action": "win", "amount": "42000.50", "won_on": "2026-05-20"}
    assert manager.post(page, won).status_code == 302
    assert Activity.objects.get(source="deals").amount == 4_200_050
    assert wallet_of(dealer, program).available == 4_200
    assert "Won for $42,000.50" in text_of(partner.get(made["Location"]))
    assert partner.post(made["Location"], {"action": "lose", "note": "x"}).status_code == 422
    assert Deal.objects.get(pk=deal.pk).state == DealState.WON


def test_a_partner_asks_for_more_days_and_withdraws(in_tenant, partner, manager, dealer):
    deal_form()
    deal = registered(dealer)
    page, console = f"{deals_of(dealer)}{deal.pk}/", f"/console/deals/{deal.pk}/"
    manager.post(console, {"action": "reject", "note": "Known to us"})
    assert "Rejected: Known to us" in text_of(partner.get(page))
    assert partner.post(page, {"action": "appeal", "note": " "}).status_code == 422
    partner.post(page, {"action": "appeal", "note": "Another division"})
    manager.post(console, {"action": "approve"})
    partner.post(page, {"action": "extend", "note": "Budget in fall"})
    assert "Budget in fall" in text_of(manager.get(console))
    manager.post(console, {"action": "extend"})
    assert "Until Sep 16, 2026" in text_of(partner.get(page))
    assert partner.post(page, {"action": "withdraw", "note": "Too\0 late"}).status_code == 302
    assert Deal.objects.get().state == DealState.WITHDRAWN
    kinds = Event.objects.filter(subject=f"deal:{deal.pk}").order_by("id")
    assert [kind.removeprefix("deal.") for kind in kinds.values_list("kind", flat=True)] == [
        "registered", "rejected", "appealed", "approved", "extension_asked", "extended",
        "withdrawn",
    ]  # fmt: skip


def test_roles_and_walls_hold(in_tenant, dealer, rival, manager):
    deal_form()
    deal = registered(dealer)
    viewer = client_of(in_tenant, MemberFactory(account=dealer, portal_role="viewer").user)
    page = f"{deals_of(dealer)}{deal.pk}/"
    assert viewer.get(page).status_code == 200
    assert viewer.post(page, {"action": "withdraw"}).status_code == 403
    assert viewer.get(f"{deals_of(dealer)}new/").status_code == 403
    stranger = client_of(in_tenant, MemberFactory(account=rival).user)
    assert stranger.get(f"{deals_of(rival)}{deal.pk}/").status_code == 404
    analyst = client_of(in_tenant, StaffFactory(role="analyst").user)
    assert analyst.get(f"/console/deals/{deal.pk}/").status_code == 200
    assert analyst.post(f"/console/deals/{deal.pk}/", {"action": "approve"}).status_code == 403
    assert Deal.objects.get().state == DealState.REGISTERED


def test_documents_are_read_by_whoever_handed_them_in(in_tenant, partner, manager, dealer, rival):
    deal_form()
    deal = registered(dealer, distributor=rival)
    page = f"{deals_of(dealer)}{deal.pk}/"
    offer = SimpleUploadedFile("offer.pdf", b"%PDF-1.7 offer\n%%EOF")
    assert partner.post(page, {"action": "document", "file": offer}).status_code == 302
    wrong = SimpleUploadedFile("offer.exe", b"MZ\x90\x00")
    assert partner.post(page, {"action": "document", "file": wrong}).status_code == 422
    [kept] = File.objects.all()
    assert "offer.pdf" in text_of(partner.get(page))
    assert "offer.pdf" in text_of(manager.get(f"/console/deals/{deal.pk}/"))
    other = client_of(in_tenant, MemberFactory(account=rival).user)
    assert (
        f"/portal/files/{kept.pk}/"
        not in other.get(f"{deals_of(rival)}{deal.pk}/").content.decode()
    )
    assert other.get(f"/portal/files/{kept.pk}/").status_code == 404


def test_a_distributor_is_on_the_deal_of_its_reseller(in_tenant, program, partner, dealer):
    distributor = enrolled_account(program, name="Anchor Distribution", number="X-1")
    dealer.parent = distributor
    dealer.save()
    AccountFactory(name="Nobody’s business")
    deal_form()
    offered = partner.get(f"{deals_of(dealer)}new/").content.decode()
    assert "Anchor Distribution" in offered
    assert "Nobody’s business" not in offered
    partner.post(f"{deals_of(dealer)}new/", SAID | {"partner": str(distributor.pk)})
    deal = Deal.objects.get()
    assert (deal.account, deal.reseller, deal.distributor) == (dealer, dealer, distributor)
    theirs = client_of(in_tenant, MemberFactory(account=distributor).user)
    assert "Nordstern Logistik GmbH" in text_of(theirs.get(deals_of(distributor)))


def test_lists_ask_a_constant_number_of_queries(
    in_tenant, partner, manager, dealer, django_assert_num_queries
):
    deal_form()
    registered(dealer)
    for path, client, count in ((deals_of(dealer), partner, 12), ("/console/deals/", manager, 11)):
        client.get(path)
        with django_assert_num_queries(count):
            client.get(path)
    for name in ("Ostwind", "Westfeld"):
        registered(dealer, customer=name, website="")
    for path, client, count in ((deals_of(dealer), partner, 12), ("/console/deals/", manager, 11)):
        with django_assert_num_queries(count):
            client.get(path)


def test_the_console_finds_deals(manager, dealer, rival):
    deal_form()
    first = registered(dealer, customer="Müller Söhne", website="")
    registered(rival, customer="Ostwind", website="")
    for query in ("?q=mueller+soehne", f"?q={first.reference}", "?q=harbor", "?state=registered"):
        assert "Müller Söhne" in text_of(manager.get(f"/console/deals/{query}"))
    assert "Ostwind" not in text_of(manager.get("/console/deals/?q=harbor"))
    assert "No deal fits" in text_of(manager.get("/console/deals/?state=won"))
    assert manager.get("/console/deals/?state=x").status_code == 404


def test_a_rep_sees_what_their_account_wants_to_win(in_tenant, dealer):
    rep = StaffFactory(role="rep")
    dealer.rep = rep
    dealer.save()
    deal_form()
    registered(dealer)
    seen = text_of(client_of(in_tenant, rep.user).get(f"/field/{dealer.pk}/"))
    assert "Open deals Nordstern Logistik GmbH $50,000.00" in seen


def test_people_of_both_accounts_are_told(in_tenant, program, manager, dealer, rival):
    from tests.accounts.told import noted

    deal_form("Gold", name="Together", credits="both")
    dealer.partner_type = "Gold"
    dealer.save()
    for account in (dealer, rival):
        MemberFactory(account=account, name=f"Of {account.name}")
    deal = registered(dealer, distributor=rival)
    manager.post(f"/console/deals/{deal.pk}/", {"action": "reject", "note": "Known to us"})
    noted(Event.objects.get(kind="deal.rejected"))
    told = Notice.objects.order_by("account__number")
    assert [(one.kind, one.account, one.details["note"]) for one in told] == [
        ("deal_decided", dealer, "Known to us"),
        ("deal_decided", rival, "Known to us"),
    ]


# ── The API ──────────────────────────────────────────────────────────────────────────────────────

DEALS = "/api/v1/deals"
SENT = {
    "account": "R-1",
    "reseller": "R-1",
    "customer": "Nordstern Logistik GmbH",
    "website": "nordstern.example",
    "amount": "50000.00",
    "closes_on": "2026-09-30",
    "answers": {"seats": "25"},
}


class Sending(Api):
    def send(self, path: str, body: dict, key: str):
        return self.client.post(
            path,
            json.dumps(body),
            content_type="application/json",
            headers={"idempotency-key": key},
        )


@pytest.fixture
def api(in_tenant):
    return Sending(in_tenant, _secret("deals:read", "deals:write", "deals:decide"))


def test_a_deal_through_the_api(in_tenant, program, api, dealer, rival):
    deal_form()
    made = api.send(DEALS, SENT, "K-1")
    assert made.status_code == 201
    again = api.send(DEALS, SENT, "K-1")
    assert (again.json(), again["Idempotent-Replayed"]) == (made.json(), "true")
    deal = Deal.objects.get()
    assert made.json()["answers"] == {"seats": 25}
    other = api.send(DEALS, SENT | {"account": "R-2", "reseller": "R-2"}, "K-2").json()
    read = api.get(f"{DEALS}/{other['id']}").json()
    assert read["conflicts"] == [
        {
            "deal": str(deal.pk),
            "account": "R-1",
            "score": 99,
            "reasons": ["site", "name"],
            "is_earlier": True,
        }
    ]
    pages = walk(api, "deals?limit=1")
    assert [[one["id"] for one in page] for page in pages] == [[other["id"]], [str(deal.pk)]]
    # The key that registered it decides nothing, nor does another one of the same maker.
    step = f"{DEALS}/{deal.pk}"
    refused = api.send(f"{step}/approve", {}, "K-3")
    assert (refused.status_code, "another decides" in refused.json()["detail"]) == (409, True)
    deciding = Sending(in_tenant, _secret("deals:decide", "deals:write", "deals:read"))
    assert deciding.send(f"{step}/approve", {}, "K-4").json()["exclusive_until"] == "2026-08-17"
    won = deciding.send(f"{step}/win", {"amount": "42000.50", "won_on": "2026-05-20"}, "K-5").json()
    assert (won["state"], won["won_amount"]) == ("won", "42000.50")
    assert wallet_of(dealer, program).available == 4_200
    late = api.send(f"{step}/withdraw", {}, "K-6")
    assert (late.status_code, "Won" in late.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"answers": {"seats": "many"}}, "answers"),
        ({"amount": "0"}, "amount"),
        ({"amount": "0.001"}, "amount"),
        ({"website": "no address"}, "website"),
        ({"country": "Germany"}, "country"),
    ],
)
def test_the_api_says_which_field_is_wrong(api, dealer, said, field):
    deal_form()
    refused = api.send(DEALS, SENT | said, "K-1")
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == [f"/{field}"]
    assert Deal.objects.count() == 0


def test_documents_are_handed_in_and_fetched_by_other_systems(in_tenant, dealer, rival):
    deal_form()
    deal = registered(dealer)
    api = Api(in_tenant, _secret("deals:read", "deals:write"))
    path = f"/api/v1/deals/{deal.pk}/documents"

    def sent(body: dict, key: str):
        return api.client.post(
            path,
            json.dumps(body),
            content_type="application/json",
            headers={"Idempotency-Key": key},
        )

    offer = {"name": "offer.pdf", "content": "JVBERi0xLjcgb2ZmZXIKJSVFT0Y="}
    kept = sent(offer, "1")
    assert (kept.status_code, kept.json()["size"], kept.json()["account"]) == (201, 20, "R-1")
    assert sent(offer, "1").json() == kept.json()
    assert sent(offer | {"name": "other.pdf"}, "1").status_code == 409
    assert sent(offer | {"content": "no base64"}, "2").status_code == 422
    assert sent(offer | {"name": "a.exe", "content": "TVqQAA=="}, "3").status_code == 422
    assert sent(offer | {"account": "R-2"}, "4").status_code == 404  # not on the deal
    [listed] = api.get(path).json()["items"]
    assert listed == kept.json()
    whole = api.get(f"{path}/{listed['id']}").json()
    assert whole == listed | {"content": offer["content"]}
    other = registered(rival, customer="Another AG", website="")
    assert api.get(f"/api/v1/deals/{other.pk}/documents/{listed['id']}").status_code == 404
    assert Api(in_tenant, _secret("surveys:read")).get(path).status_code == 403
    assert File.objects.count() == 1
