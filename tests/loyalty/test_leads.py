"""Leads on the faces: entered, answered, reported, made a deal, given on, erased."""

from io import BytesIO

import pytest

from accounts.importing import carry_out
from accounts.imports import begin, claim
from accounts.mappings import parse_toml
from accounts.models import Event, Notice
from loyalty.console.mapping_text import TEMPLATES
from partners.leads import clock
from partners.models import Deal, Lead, LeadLimit, LeadRule
from rewards.imports import intent_of
from tests.accounts.told import noted
from tests.factories import MemberFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, running_program, text_of
from tests.loyalty.reading import walk
from tests.loyalty.test_api import _secret
from tests.loyalty.test_deals import Sending
from tests.partners.lead_stories import HOUR, received, rule, terms
from tests.partners.stories import deal_form

pytestmark = pytest.mark.usefixtures("stopped_clock")

RULE = {
    "name": "South",
    "position": "1",
    "method": "round_robin",
    "is_active": "on",
    "countries": "de, AT",
    "accounts": "R-1\nR-2",
    "least_certificates": "0",
}
SAID = {
    "key": "0197f7a0-0000-7000-8000-00000000000f",
    "company": "Nordstern Logistik GmbH",
    "country": "DE",
    "contact": "Jana Weber",
    "email": "jana@nordstern.example",
    "need": "40 desks",
    "lines": "Desks, Chairs",
    "amount": "48000.50",
}


@pytest.fixture
def program(in_tenant):
    terms()
    return running_program()


@pytest.fixture
def dealer(program):
    return enrolled_account(program, name="Harbor IT", number="R-1")


@pytest.fixture
def rival(program):
    account = enrolled_account(program, name="Bay Systems", number="R-2")
    MemberFactory(account=account)
    return account


@pytest.fixture
def partner(in_tenant, dealer):
    return client_of(in_tenant, MemberFactory(account=dealer, name="Kim").user)


@pytest.fixture
def manager(in_tenant):
    return client_of(in_tenant, StaffFactory(name="Jordan").user)


def leads_of(account) -> str:
    return f"/portal/{account.enrollments.get().id}/leads/"


def test_a_lead_from_both_sides(in_tenant, manager, partner, dealer, rival):
    home = leads_of(dealer)
    assert "As soon as one is for you" in text_of(partner.get(home))
    bad = manager.post("/console/leads/rules/new/", RULE | {"accounts": "NONE"})
    assert (bad.status_code, "There is no account “NONE”." in text_of(bad)) == (422, True)
    assert manager.post("/console/leads/rules/new/", RULE).status_code == 302
    assert LeadRule.objects.get().countries == ["DE", "AT"]
    assert "2 accounts by name" in text_of(manager.get("/console/leads/rules/"))
    tried = text_of(manager.get("/console/leads/rules/trial/?country=DE"))
    assert "Harbor IT would get it, by the rule “South”." in tried
    assert "Nobody would get it" in text_of(manager.get("/console/leads/rules/trial/?country=FR"))
    assert Lead.objects.count() == 0

    refused = manager.post("/console/leads/new/", SAID | {"amount": "0"})
    assert (refused.status_code, "above zero" in text_of(refused)) == (422, True)
    made = manager.post("/console/leads/new/", SAID)
    assert manager.post("/console/leads/new/", SAID)["Location"] == made["Location"]  # sent twice
    lead = Lead.objects.get()
    page = f"{home}{lead.pk}/"
    assert "24 hours left · until May 21" in text_of(partner.get(home))
    offered = text_of(partner.get(page))
    assert "It was this partner’s turn by the rule “South”." in offered
    assert "Jana Weber" not in offered
    assert "Bay Systems" not in offered
    assert partner.post(page, {"action": "win"}).status_code == 422

    assert partner.post(page, {"action": "accept"})["Location"] == page
    seen = text_of(partner.get(page))
    assert "jana@nordstern.example" in seen
    assert "Bay Systems" not in seen
    partner.post(page, {"action": "qualified", "note": "Big"})
    looked = text_of(manager.get(made["Location"]))
    assert "Bay Systems R-2: Its turn comes later." in looked
    assert "Qualified · Harbor IT: Big" in looked
    read = Event.objects.filter(kind="lead.contact_read").values_list("actor", flat=True)
    assert [actor.partition(":")[0] for actor in read.order_by("id")] == ["member", "staff"]

    deal_form()
    form = partner.get(f"{page}deal/").content.decode()
    assert 'value="Nordstern Logistik GmbH"' in form
    said = {"key": str(lead.pk), "customer": lead.company, "amount": "48000.50"}
    asked = said | {"closes_on": "2026-09-30", "answer_seats": "many"}
    assert partner.post(f"{page}deal/", asked).status_code == 422
    assert partner.post(f"{page}deal/", asked | {"answer_seats": "4"}).status_code == 302
    lead = Lead.objects.get()
    assert lead.deal == Deal.objects.get()
    assert partner.get(f"{page}deal/").status_code == 404  # once
    won = {"action": "win", "amount": "47000.00", "won_on": "2026-05-20"}
    assert partner.post(page, won)["Location"] == page
    assert "Won for $47,000.00" in text_of(partner.get(page))
    figures = text_of(manager.get("/console/leads/figures/"))
    assert "Harbor IT 1 1 0 0 0 1 (100 %) $47,000.00" in figures


def test_staff_who_view_as_a_partner_read_of_no_person_unseen(in_tenant, manager, partner, dealer):
    rule("All")
    deal_form()
    manager.post("/console/leads/new/", SAID)
    page = f"{leads_of(dealer)}{Lead.objects.get().pk}/"
    partner.post(page, {"action": "accept"})
    partner.post(page, {"action": "contacted"})
    kim = dealer.members.get()
    manager.post(
        f"/console/accounts/{dealer.pk}/view-as/", {"reason": "Ticket 12", "member": kim.pk}
    )
    for shown in (manager.get(page), manager.get(f"{page}deal/")):
        assert shown.status_code == 200
        assert "Nordstern Logistik GmbH" in shown.content.decode()
        assert "Jana Weber" not in shown.content.decode()
        assert "jana@nordstern.example" not in shown.content.decode()
    assert not Event.objects.filter(kind="lead.contact_read").exists()
    assert 'value="Jana Weber"' in partner.get(f"{page}deal/").content.decode()
    read = Event.objects.get(kind="lead.contact_read")
    assert read.actor == kim.actor


def test_it_goes_on_and_everybody_reads_why(in_tenant, manager, partner, dealer, rival):
    rule()
    lead = received(now=NOW)
    noted(Event.objects.get(kind="lead.offered"))
    [told] = Notice.objects.filter(member__isnull=False)
    assert told.kind == "lead_offered"
    until = "Accept it in the portal until May 21, 2026, 12:00 PM (America/New_York); after that"
    assert until in text_of(partner.get("/notices/"))
    clock.advance(now=NOW + 24 * HOUR)
    home, console = leads_of(dealer), f"/console/leads/{lead.pk}/"
    gone = text_of(partner.get(home))
    assert "Nobody answered in time, so it went on." in gone
    assert partner.get(f"{home}{lead.pk}/").status_code == 404
    noted(Event.objects.get(kind="lead.expired"))
    assert Notice.objects.filter(kind="lead_expired", account=dealer).count() == 1

    back = {"action": "assign", "account": "R-1", "note": "They called"}
    assert manager.post(console, back | {"account": "NONE"}).status_code == 422
    assert manager.post(console, back).status_code == 302
    assert "It was chosen by hand. They called" in text_of(manager.get(console))
    no = partner.post(f"{home}{lead.pk}/", {"action": "decline", "note": "No room"})
    assert no["Location"] == home
    assert "1 lead is with nobody" in text_of(manager.get("/console/"))
    assert manager.post(console, {"action": "erase"}).status_code == 302
    assert "The person was erased." in text_of(manager.get(console))
    assert partner.post(home, {"most": "-1"}).status_code == 422
    assert partner.post(home, {"most": "3"}).status_code == 302
    assert LeadLimit.objects.get().by_partner == 3
    assert received("2", now=NOW).account == dealer  # after them it is their turn again
    rows = manager.get("/console/leads/?state=offered")
    assert "Company 2" in text_of(rows)
    assert "Company 1" not in text_of(rows)


def test_leads_come_out_of_a_file_once(in_tenant, dealer, partner):
    rule()
    text = (
        "Lead,Company,Contact,E-mail,Phone,Need,Country,Region,Postcode,Product lines,Value\n"
        "1,Nordstern,Jana,jana@n.example,,Desks,DE,,80331,Desks;Chairs,48000.00\n"
        "2,Ostwind,,nobody,,,,,,,\n"
        "1,Nordstern,Jana,jana@n.example,,Desks,DE,,80331,Desks;Chairs,48000.00\n"
        "1,Westwind,,,,,,,,,\n"
        "3,Südwind,,,,,,,,,1e9\n"
    )
    mapping = parse_toml(TEMPLATES["leads"])
    about = {"target": "leads", "file_name": "leads.csv", "size": len(text), "options": {}}
    run = begin(**about, mapping=mapping, started_by="system", at=NOW)
    run = claim(run.pk, at=NOW)
    run = carry_out(run, BytesIO(text.encode()), intent=intent_of, now=lambda: NOW)
    assert (run.state, run.accepted, run.known, run.rejected) == ("done", 1, 1, 3)
    lead = Lead.objects.get()
    assert (lead.source, lead.lines, lead.amount) == ("fair", ["Desks", "Chairs"], 48_000_00)
    assert lead.account == dealer


# ── The API ──────────────────────────────────────────────────────────────────────────────────────

LEADS = "/api/v1/leads"
SENT = {"external_id": "F-1", "company": "Nordstern", "email": "jana@n.example", "amount": "9.50"}


def test_a_lead_through_the_api(in_tenant, program, dealer, partner, rival):
    rule()
    api = Sending(in_tenant, _secret("leads:read", "leads:write", "leads:answer"))
    made = api.send(LEADS, SENT, "K-1")
    assert (made.status_code, made.json()["account"], made.json()["amount"]) == (201, "R-1", "9.50")
    assert "jana" not in made.content.decode()  # answers to commands are kept for ever
    assert api.send(LEADS, SENT, "K-1").json() == made.json()
    assert api.send(LEADS, SENT, "K-2").json()["id"] == made.json()["id"]
    other = api.send(LEADS, SENT | {"company": "Ostwind"}, "K-3")
    assert (other.status_code, Lead.objects.count()) == (409, 1)
    wrong = api.send(LEADS, SENT | {"external_id": "F-2", "amount": "0"}, "K-4")
    assert [one["pointer"] for one in wrong.json()["errors"]] == ["/amount"]
    ours = api.send(LEADS, SENT | {"source": "system:training"}, "K-11")
    assert [one["pointer"] for one in ours.json()["errors"]] == ["/source"]

    step = f"{LEADS}/{made.json()['id']}"
    assert api.send(f"{step}/accept", {"account": "R-2"}, "K-5").status_code == 404
    assert api.send(f"{step}/accept", {"account": "R-1"}, "K-6").json()["state"] == "accepted"
    said = {"account": "R-1", "note": "Spoke to them"}
    assert api.send(f"{step}/contact", said, "K-7").json()["state"] == "contacted"
    back = api.send(f"{step}/decline", {"account": "R-1", "note": "Too far"}, "K-8").json()
    assert (back["state"], back["account"]) == ("offered", "R-2")
    assert api.send(f"{step}/close", {"note": ""}, "K-9").status_code == 409
    assert api.send(f"{step}/close", {"note": "Spam"}, "K-10").json()["state"] == "closed"
    read = api.get(step).json()
    assert read["person"]["email"] == "jana@n.example"
    assert [(turn["account"], turn["state"]) for turn in read["turns"]] == [
        ("R-1", "returned"),
        ("R-2", "withdrawn"),
    ]
    pages = walk(api, "leads?limit=1")
    assert [[one["id"] for one in page] for page in pages] == [[made.json()["id"]]]
    nameless = {"company": "Ostwind"}  # its number is its command's key
    alike = [api.send(LEADS, nameless, "K" * 80 + end).json()["id"] for end in "12"]
    assert len(set(alike)) == 2


@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_as_many_queries_however_long(
    in_tenant, partner, manager, dealer, count, django_assert_num_queries
):
    rule()
    for number in range(count):
        received(str(number), now=NOW)
    home = leads_of(dealer)
    partner.get(home)
    with django_assert_num_queries(15):
        assert partner.get(home).status_code == 200
    with django_assert_num_queries(14):
        assert manager.get("/console/leads/").status_code == 200
