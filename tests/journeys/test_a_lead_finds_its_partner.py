"""Somebody finds a dealer in the directory and writes; the dealer takes the lead on and wins it."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from accounts.doors import tenant_by_slug
from accounts.models import Program, Tenant
from accounts.tenancy import tenant_scope
from partners.directory.terms import set_terms
from partners.models import Lead
from tests.journeys.company import MANAGER, PARTNER, PASSWORD, REP, Company
from tests.partners.lead_stories import rule, terms
from tests.partners.stories import deal_form
from tiers import publishing as ladders

pytestmark = pytest.mark.browser


@pytest.fixture
def company(company: Company) -> Company:
    """A directory in which everybody has a place; nobody is there yet."""
    now = timezone.now()
    with transaction.atomic():
        tenant = tenant_by_slug(company.slug)
        assert isinstance(tenant, Tenant)
        with tenant_scope(tenant.id):
            about = {"actor": "system", "now": now}
            set_terms(
                is_open=True, title="Find a dealer", intro="", specializations=["Bikes"],
                takes_leads=True, **about,
            )  # fmt: skip
            rungs = [{"code": "dealer", "name": "Dealer", "benefits": {"directory_place": 1}}]
            made = ladders.draft_scheme(
                program=Program.objects.get(), code="circle", name="Circle",
                terms={"rungs": rungs}, **about,
            )  # fmt: skip
            ladders.publish(version=made, valid_from=now - timedelta(days=1), **about)
            terms()
            rule()
            deal_form()
    return company


def test_a_visitor_writes_and_the_partner_wins_the_lead(visit):
    partner = visit()
    portal = partner.page
    partner.go("/portal/")
    partner.sign_in(PARTNER, PASSWORD)
    with partner.task("partner: hand in a directory page"):
        partner.click(portal.get_by_role("link", name="Programs", exact=True))
        partner.click(portal.get_by_role("link", name="Directory", exact=True))
        portal.get_by_label("Public name").fill("Harbor Bikes")
        place = portal.get_by_role("group", name="Place 1")
        place.get_by_label("City").fill("Boston")
        place.get_by_label("Country").fill("US")
        partner.click(portal.get_by_role("button", name="Hand it in"))
        partner.click(portal.get_by_role("button", name="Take part"))
        expect(portal.locator("main")).to_contain_text("what you wrote is not approved yet")
        partner.check_the_page()

    manager = visit()
    console = manager.page
    manager.go("/console/directory/")
    manager.sign_in(MANAGER, PASSWORD)
    with manager.task("manager: approve a directory page"):
        manager.check_the_page()
        manager.click(console.get_by_role("link", name="Harbor Bikes"))
        manager.check_the_page()
        manager.click(console.get_by_role("button", name="Approve"))
        expect(console.get_by_role("status")).to_contain_text("is public now")

    visitor = visit()
    page = visitor.page
    visitor.go("/partners/")
    with visitor.task("visitor: find a dealer and write to it"):
        visitor.check_the_page()
        visitor.click(page.get_by_role("link", name="Harbor Bikes"))
        visitor.check_the_page()
        visitor.click(page.get_by_role("link", name="Write to them"))
        for label, text in (
            ("Your company", "Nordstern Logistik"),
            ("Your name", "Jana Weber"),
            ("Your e-mail", "jana@nordstern.example"),
            ("What are you looking for?", "Forty cargo bikes"),
        ):
            page.get_by_label(label).fill(text)
        visitor.check_the_page()
        visitor.click(page.get_by_role("button", name="Send"))
        expect(page.get_by_role("status")).to_contain_text("It is on its way")

    with partner.task("partner: take a lead on"):
        partner.click(portal.get_by_role("link", name="Programs", exact=True))
        partner.click(portal.get_by_role("link", name="Leads", exact=True))
        partner.check_the_page()
        partner.click(portal.get_by_role("link", name="Nordstern Logistik"))
        expect(portal.locator("main")).not_to_contain_text("Jana Weber")
        partner.check_the_page()
        partner.click(portal.get_by_role("button", name="Accept"))
        expect(portal.locator("main")).to_contain_text("jana@nordstern.example")
        partner.check_the_page()
    portal.get_by_text("They mean to buy").first.click()
    partner.click(portal.get_by_role("button", name="They mean to buy"))
    partner.click(portal.get_by_role("link", name="Register it as a deal"))
    partner.check_the_page()

    with transaction.atomic():
        tenant = tenant_by_slug("acme")
        assert isinstance(tenant, Tenant)
        with tenant_scope(tenant.id):
            lead = Lead.objects.get()
    manager.go(f"/console/leads/{lead.pk}/")
    expect(console.locator("main")).to_contain_text("The customer asked for this partner.")
    manager.check_the_page()
    manager.go("/console/leads/")
    manager.check_the_page()
    rep = visit()
    rep.go("/sign-in/login/")
    rep.sign_in(REP, PASSWORD)
    rep.click(rep.page.get_by_role("link", name="Harbor Bikes"))
    expect(rep.page.get_by_role("region", name="Open leads")).to_contain_text("Nordstern")
