"""A partner registers a deal; the manager looks at what it may conflict with, and approves."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from accounts.doors import tenant_by_slug
from accounts.models import Account, Tenant
from accounts.tenancy import tenant_scope
from tests.journeys.company import MANAGER, PARTNER, PASSWORD, REP, Company
from tests.partners.stories import deal_form, registered

pytestmark = pytest.mark.browser


@pytest.fixture
def company(company: Company) -> Company:
    """Another partner was first with the customer that ours wants to win."""
    now = timezone.now()
    with transaction.atomic():
        tenant = tenant_by_slug(company.slug)
        assert isinstance(tenant, Tenant)
        with tenant_scope(tenant.id):
            deal_form()
            today = now.astimezone(tenant.zone).date()
            summit = Account.objects.get(number="S-1")
            registered(summit, closes_on=today + timedelta(days=9), today=today, now=now)
    return company


def test_a_partner_registers_a_deal_and_the_manager_approves(visit):
    partner = visit()
    page = partner.page
    partner.go("/")
    partner.sign_in(PARTNER, PASSWORD)
    with partner.task("partner: register a deal"):
        partner.click(page.get_by_role("link", name="Programs", exact=True))
        partner.click(page.get_by_role("link", name="Deals", exact=True))
        partner.check_the_page()
        partner.click(page.get_by_role("link", name="Register a deal").first)
        partner.check_the_page()
        closes = (timezone.now() + timedelta(days=40)).date().isoformat()
        for name, text in (
            ("customer", "Nordstern-Logistik AG"),
            ("website", "portal.nordstern.de"),
            ("amount", "50000"),
            ("closes_on", closes),
            ("answer_seats", "25"),
        ):
            page.locator(f"[name={name}]").fill(text)
        partner.click(page.get_by_role("button", name="Register it"))
        expect(page.get_by_role("status")).to_contain_text("possible conflict is being examined")
        expect(page.locator("main")).not_to_contain_text("Summit")
        partner.check_the_page()

    manager = visit()
    console = manager.page
    manager.go("/console/deals/?sort=amount")
    manager.sign_in(MANAGER, PASSWORD)
    with manager.task("manager: look at a conflict, and approve"):
        expect(console.get_by_role("row").filter(has_text="Harbor Bikes")).to_be_visible()
        manager.click(console.get_by_role("link", name="Nordstern-Logistik AG"))
        table = console.get_by_role("region", name=re.compile("^Side by side"))
        expect(console.locator("main")).to_contain_text("Same web domain")
        expect(table).to_contain_text("Summit Sports")
        manager.check_the_page()
        manager.click(console.get_by_role("button", name="Approve"))
        expect(console.get_by_text("say why this goes ahead")).to_be_visible()
        manager.check_the_page()
        # the browser itself complains of what was refused
        manager.complaints = [one for one in manager.complaints if "422" not in one]
        console.get_by_label("Reason").fill("They have worked with them for years")
        manager.click(console.get_by_role("button", name="Approve"))
        expect(console.get_by_role("status")).to_contain_text("is approved")
        manager.check_the_page()

    partner.go("/portal/")
    partner.click(page.get_by_role("link", name="Programs", exact=True))
    partner.click(page.get_by_role("link", name="Deals", exact=True))
    expect(page.get_by_role("listitem").filter(has_text="Nordstern")).to_contain_text(
        "89 days left"
    )
    rep = visit()
    rep.go("/sign-in/login/")
    rep.sign_in(REP, PASSWORD)
    rep.click(rep.page.get_by_role("link", name="Harbor Bikes"))
    expect(rep.page.get_by_role("region", name="Open deals")).to_contain_text("Nordstern")
    rep.check_the_page()
