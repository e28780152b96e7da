"""SPIFFs on the faces: drafted and published, claimed with a proof, decided, reported by year."""

from base64 import b64encode

import pytest

from accounts.files import keep_upload
from accounts.models import Account, File
from partners.models import Spiff, SpiffClaim, SpiffConsent, SpiffSettings
from partners.spiffs.terms import Discarded, Terms, draft
from rewards.models import Wallet
from tests.factories import MemberFactory, ProductFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, running_program, text_of
from tests.loyalty.test_api import Api, _secret
from tests.partners.spiff_stories import invoice, spiff

pytestmark = pytest.mark.usefixtures("stopped_clock")


@pytest.fixture
def program(in_tenant):
    ProductFactory(sku="SKU-X", name="Router X", line="Routers")
    return running_program()


@pytest.fixture
def dealer(program):
    return enrolled_account(program, name="Harbor IT", number="R-1")


@pytest.fixture
def seller(dealer):
    return MemberFactory(account=dealer, name="Kim Seller")


@pytest.fixture
def partner(in_tenant, seller):
    return client_of(in_tenant, seller.user)


@pytest.fixture
def manager(in_tenant):
    return client_of(in_tenant, StaffFactory(name="Jordan").user)


def spiffs_of(account) -> str:
    return f"/portal/{account.enrollments.get().id}/spiffs/"


TERMS = {
    "items": "SKU-X: 25",
    "starts_on": "2026-05-01",
    "ends_on": "2026-06-30",
    "beneficiary": "member",
    "claim_days": 30,
    "needs_proof": "on",
    "budget": "500.00",
    "allows_earlier": "on",
}
PLAIN = Terms(starts_on=NOW.date(), ends_on=NOW.date(), items={"SKU-X": 1})
SALE = {
    "key": "0197f7a0-0000-7000-8000-00000000000f",
    "product": "SKU-X",
    "quantity": "2",
    "sold_on": "2026-05-18",
    "document": "R-1001",
    "serials": "",
}


def test_a_spiff_from_its_draft_to_the_year(in_tenant, program, partner, manager, dealer, seller):
    home = spiffs_of(dealer)
    assert "No SPIFF at the moment" in text_of(partner.get(home))
    new = TERMS | {"name": "Router push", "program": str(program.pk), "unit": "money"}
    refused = manager.post("/console/spiffs/new/", new | {"items": "SKU-X 25\nSKU-Q: 1.005"})
    assert refused.status_code == 422
    assert "“SKU-X 25” has no amount" in text_of(refused)
    assert "“1.005” is no amount with at most 2 decimal places." in text_of(refused)
    made = manager.post("/console/spiffs/new/", new)
    one = Spiff.objects.get()
    page = made["Location"]
    assert page == f"/console/spiffs/{one.pk}/"
    assert "No SPIFF at the moment" in text_of(partner.get(home))  # a draft
    seen = {"seen": one.versions.get().drafted_at.isoformat()}
    earlier = {"seen": "2026-05-20T15:59:00+00:00"}  # somebody wrote at it since
    for unread in (earlier, {"seen": ""}, {}):
        refused = manager.post(f"{page}publish/", unread)
        assert refused.status_code == 422
        assert "Somebody wrote at the draft since" in text_of(refused)
    assert one.versions.get().published_at is None
    assert manager.post(f"{page}publish/", seen).status_code == 302
    assert manager.post(f"{page}publish/", seen).status_code == 404
    assert "Router X $25.00" in text_of(manager.get(page))
    assert "Router X: $25.00" in text_of(partner.get(home))

    form = f"{home}{one.pk}/"
    without = partner.post(form, SALE)
    assert without.status_code == 422
    assert 'value="R-1001"' in without.content.decode()
    sent = partner.post(form, SALE | {"proof": invoice()})
    claim = SpiffClaim.objects.get()
    assert sent["Location"] == f"{home}claims/{claim.pk}/"
    assert partner.post(form, SALE | {"proof": invoice()})["Location"] == sent["Location"]
    again = partner.post(form, SALE | {"key": str(claim.pk), "proof": invoice()})
    assert "This product on R-1001 was claimed before." in text_of(again)

    assert "1 SPIFF claim waits to be looked at" in text_of(manager.get("/console/"))
    queue = "/console/spiffs/claims/"
    assert claim.reference in text_of(manager.get(queue))
    looked = text_of(manager.get(f"{queue}{claim.pk}/"))
    assert "No fact of the account has this number and product" in looked
    assert manager.post(f"{queue}{claim.pk}/", {"action": "reject"}).status_code == 422
    manager.post(queue, {"decision": "approve", "pick": [str(claim.pk)]})
    assert Wallet.objects.get(unit="money").available == 50_00
    seen = text_of(partner.get(home))
    assert "In 2026 you were given $50.00." in seen
    movements = text_of(manager.get(f"/console/accounts/{dealer.pk}/"))
    assert "$50.00" in movements
    here = f"{queue}{claim.pk}/"
    assert '<input type="hidden" name="seen" value="0">' in manager.get(here).content.decode()
    back = {"action": "take_back", "seen": "0", "units": "1", "reason": "Returned"}
    assert manager.post(here, back).status_code == 302
    twice = manager.post(here, back)
    assert "Of it 1 came back meanwhile. Look at it again." in text_of(twice)
    assert "1 of 2 came back: $25.00 taken back" in text_of(partner.get(sent["Location"]))

    people = "/console/spiffs/people/"
    assert manager.post(people, {"threshold": "25.00", "points_worth": "200"}).status_code == 302
    assert SpiffSettings.objects.get().threshold == 25_00
    assert "Kim Seller Harbor IT $25.00 0 $25.00 Yes" in text_of(manager.get(people))
    assert "Kim Seller" in text_of(manager.get(f"{people}?flagged=1"))
    assert "Nobody was given anything" in text_of(manager.get(f"{people}?year=2025"))
    assert "Kim Seller" in text_of(manager.get(f"{people}?year=20265"))  # none: this year
    assert "No claim fits" in text_of(manager.get(f"{queue}?state=all&spiff=nonsense"))
    file = manager.post("/console/exports/spiff-people/").content.decode()
    assert f"2026,Kim Seller,{seller.user.email},R-1,Harbor IT,25.00,0,25.00,Yes" in file
    file = manager.post("/console/exports/spiff-claims/?state=all").content.decode()
    assert f"{claim.reference},Router push,R-1,Harbor IT,Kim Seller,SKU-X,2,R-1001" in file


def test_a_draft_is_put_away_and_what_holds_stays(in_tenant, program, partner, manager, dealer):
    new = TERMS | {"name": "Router push", "program": str(program.pk), "unit": "money"}
    page = manager.post("/console/spiffs/new/", new)["Location"]
    first = Spiff.objects.get()
    asked = "Put this draft of “Router push” away for good?"
    assert asked in manager.get(page).content.decode()
    analyst = client_of(in_tenant, StaffFactory(role="analyst").user)
    assert asked not in analyst.get(page).content.decode()
    assert analyst.post(f"{page}discard/").status_code == 403
    assert manager.post(f"{page}discard/")["Location"] == "/console/spiffs/"
    assert manager.post(f"{page}discard/").status_code == 404
    assert manager.post(f"{page}publish/").status_code == 404
    assert "No SPIFF yet" in text_of(manager.get("/console/spiffs/"))
    gone = text_of(manager.get(page))
    assert "It was discarded before it was published." in gone
    assert "Draft new terms" not in gone
    assert manager.post(f"{page}edit/", TERMS)["Location"] == page
    with pytest.raises(Discarded):
        draft(spiff_id=first.pk, terms=PLAIN, actor="system", now=NOW)
    told = text_of(manager.get(f"/console/history/?subject=spiff:{first.pk}"))
    assert "Draft of a SPIFF discarded" in told

    page = manager.post("/console/spiffs/new/", new)["Location"]  # its name is free again
    one = Spiff.objects.get(discarded_at=None)
    seen = {"seen": one.versions.get().drafted_at.isoformat()}
    assert manager.post(f"{page}publish/", seen)["Location"] == page
    assert "already" in text_of(manager.post("/console/spiffs/new/", new))
    manager.post(f"{page}edit/", TERMS | {"items": "SKU-X: 99"})
    assert "$99.00" in text_of(manager.get(page))
    assert manager.post(f"{page}discard/")["Location"] == page
    left = text_of(manager.get(page))
    assert ("$25.00" in left, "$99.00" in left, "Draft new terms" in left) == (True, False, True)
    assert "Router X: $25.00" in text_of(partner.get(spiffs_of(dealer)))
    manager.post(f"{page}edit/", TERMS | {"items": "SKU-X: 30"})
    assert "Version 3 · Draft" in text_of(manager.get(page))
    assert list(one.versions.order_by("number").values_list("number", "published_at")) == [
        (1, NOW),
        (2, None),
        (3, None),
    ]


def test_what_a_person_claims_is_their_own_business(in_tenant, program, dealer, seller, partner):
    one = spiff(program)
    form = f"{spiffs_of(dealer)}{one.pk}/"
    page = partner.post(form, SALE | {"proof": invoice()})["Location"]
    lead = MemberFactory(account=dealer, name="Lee", portal_role="admin")
    colleague = client_of(in_tenant, lead.user)
    assert colleague.get(page).status_code == 404
    proof = f"/portal/files/{SpiffClaim.objects.get().proof_id}/"
    assert [one.get(proof).status_code for one in (partner, colleague)] == [200, 404]
    rep = StaffFactory(role="rep")
    Account.objects.filter(pk=dealer.pk).update(rep=rep)
    field = client_of(in_tenant, rep.user)
    assert field.get(f"/field/files/{SpiffClaim.objects.get().proof_id}/").status_code == 404
    told = text_of(field.get(f"/field/{dealer.pk}/"))  # what there is to claim, not who did
    assert (one.name in told, "R-1001" in told) == (True, False)
    # a file of the account that proves nobody's claim is all its people's
    other = keep_upload(invoice(), account_id=dealer.pk, actor=seller.actor, now=NOW)
    assert colleague.get(f"/portal/files/{other.pk}/").status_code == 200
    assert field.get(f"/field/files/{other.pk}/").status_code == 200
    assert "R-1001" not in text_of(colleague.get(spiffs_of(dealer)))
    viewer = client_of(in_tenant, MemberFactory(account=dealer, portal_role="viewer").user)
    assert viewer.post(form, SALE).status_code == 403
    analyst = client_of(in_tenant, StaffFactory(role="analyst").user)
    claim = SpiffClaim.objects.get()
    address = f"/console/spiffs/claims/{claim.pk}/"
    assert analyst.get(address).status_code == 200
    assert analyst.post(address, {"action": "approve"}).status_code == 403
    assert partner.post(page).status_code == 302
    assert SpiffClaim.objects.get().state == "withdrawn"


def test_a_consent_is_recorded_and_withdrawn(in_tenant, program, dealer, seller, partner, manager):
    one = spiff(program, needs_consent=True)
    form = f"{spiffs_of(dealer)}{one.pk}/"
    assert "consent is not on file" in text_of(partner.get(form))
    page, said = "/console/spiffs/consents/", {"given_by": "Dana Director, CEO"}
    said |= {"email": seller.user.email, "account": "R-2", "given_on": "2026-05-02"}
    assert manager.post(page, said).status_code == 422
    assert manager.post(page, said | {"account": "R-1"}).status_code == 302
    assert "Dana Director, CEO agreed on May 2, 2026" in text_of(manager.get(page))
    assert partner.post(form, SALE).status_code == 302
    consent = SpiffConsent.objects.get()
    assert manager.post(f"{page}{consent.pk}/end/").status_code == 302
    assert partner.post(form, SALE | {"key": str(consent.pk)}).status_code == 422


def test_other_systems_claim_and_decide(in_tenant, program, dealer, seller):
    one = spiff(program)
    api = Api(in_tenant, _secret("spiffs:read", "spiffs:write"))
    [found] = api.get("/api/v1/spiffs").json()["items"]
    assert (found["name"], found["terms"]["items"]) == ("Spring push", {"SKU-X": "25.00"})
    said = {"spiff": str(one.pk), "account": "R-1", "member": seller.user.email}
    said |= {"product": "SKU-X", "quantity": 2, "sold_on": "2026-05-18", "document": "R-7"}

    def send(body, key, path="/api/v1/spiff-claims", who=api):
        who.client.defaults["HTTP_IDEMPOTENCY_KEY"] = key
        return who.post(body, path)

    made = send(said, "one")
    assert made.status_code == 201
    assert send(said, "one").json() == made.json()
    assert send(said | {"quantity": 1}, "one").status_code == 409
    answer = send(said | {"sold_on": "2026-03-01"}, "two")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/sold_on")
    address = f"/api/v1/spiff-claims/{made.json()['id']}"
    assert send({}, "three", f"{address}/approve").status_code == 403  # without the scope
    claim = SpiffClaim.objects.get()
    decider = Api(in_tenant, _secret("spiffs:decide"))
    assert send({}, "four", f"{address}/approve", decider).json()["state"] == "approved"
    back = send({"units": 1, "note": "Faulty"}, "five", f"{address}/take-back", decider)
    assert (back.json()["returned"], back.json()["recalled"]) == (1, "25.00")
    assert api.get(address).json()["recalled"] == "25.00"
    assert SpiffClaim.objects.get().decided_by != claim.claimed_by

    # one that asks for a proof: sent along, sniffed, kept for the account
    said |= {"spiff": str(spiff(program, name="Proven", needs_proof=True).pk)}
    program_file = b64encode(b"MZ\x90\x00\x03\x00\xff\xff").decode()
    for place, (proof, field) in enumerate(
        (
            ({}, "/proof"),
            ({"proof": {"name": "a.pdf", "content": "?"}}, "/proof"),
            ({"proof": {"name": "a.pdf", "content": program_file}}, "/proof"),
            ({"proof": {"name": "a.pdf"}}, "/proof/content"),
        )
    ):
        answer = send(said | proof, f"six-{place}")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, field)
    assert (SpiffClaim.objects.count(), File.objects.count()) == (1, 0)
    content = b64encode(invoice().read()).decode()
    proven = send(said | {"proof": {"name": "invoice.pdf", "content": content}}, "seven").json()
    assert (proven["has_proof"], proven["state"]) == (True, "open")
    kept = SpiffClaim.objects.get(pk=proven["id"]).proof
    assert (kept.name, kept.account_id) == ("invoice.pdf", dealer.pk)
