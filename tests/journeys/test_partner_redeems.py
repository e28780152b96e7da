"""A partner redeems points for a jacket; the manager approves and says that it was shipped."""

import pytest
from django.db import transaction
from playwright.sync_api import expect

from accounts.doors import tenant_by_slug
from accounts.models import Program, Tenant
from accounts.tenancy import tenant_scope
from tests.journeys.company import MANAGER, PARTNER, PASSWORD, Company
from tests.rewards.shop import ADDRESS, offered

pytestmark = pytest.mark.browser


@pytest.fixture
def company(company: Company) -> Company:
    """Its program has a jacket for 2,500 points, and something far too dear."""
    with transaction.atomic():
        tenant = tenant_by_slug(company.slug)
        assert isinstance(tenant, Tenant)
        with tenant_scope(tenant.id):
            program = Program.objects.get()
            offered(program, "merchandise", name="Work jacket", points=2_500, stock=9)
            offered(program, "event_place", name="Partner day", points=50_000)
            offered(program, name="Gold credit", points=10, from_tier="Gold")
    return company


def test_a_partner_redeems_and_the_manager_ships(visit):
    partner = visit()
    page = partner.page
    partner.go("/")
    partner.sign_in(PARTNER, PASSWORD)
    with partner.task("partner: redeem a jacket"):
        best = page.get_by_role("region", name="Yours for the asking")
        expect(best).to_contain_text("Work jacket")
        partner.click(page.get_by_role("link", name="All rewards"))
        expect(page.get_by_role("listitem").filter(has_text="Partner day")).to_contain_text(
            "7,500 points to go"
        )
        expect(page.get_by_role("listitem").filter(has_text="Gold credit")).to_contain_text(
            "From Gold on; you are Silver"
        )
        partner.check_the_page()
        partner.click(page.get_by_role("link", name="Work jacket"))
        for name, text in ADDRESS.items():
            page.locator(f"[name={name}]").fill(text)
        partner.check_the_page()
        partner.click(page.get_by_role("button", name="Continue"))
        expect(page.locator(".balance")).to_contain_text("40,000")
        partner.check_the_page()
        partner.click(page.get_by_role("button", name="Redeem for 2,500 points"))
        expect(page.get_by_role("status")).to_contain_text("2,500 points are set aside")
        partner.check_the_page()

    manager = visit()
    console = manager.page
    manager.go("/console/redemptions/")
    manager.sign_in(MANAGER, PASSWORD)
    with manager.task("manager: approve and ship"):
        row = console.get_by_role("row").filter(has_text="Harbor Bikes")
        expect(row).to_contain_text("2,500")
        manager.check_the_page()
        manager.click(row.get_by_role("checkbox"))
        manager.click(console.get_by_role("button", name="Approve picked"))
        expect(console.get_by_role("status")).to_contain_text("is approved")
        manager.click(console.get_by_role("link", name="Approved, on its way (1)"))
        manager.click(console.get_by_role("link", name="Work jacket"))
        console.locator("[name=note]").fill("Tracking 17")
        manager.check_the_page()
        manager.click(console.get_by_role("button", name="Mark as done"))
        expect(console.get_by_role("status")).to_contain_text("is done")
    manager.click(console.get_by_role("link", name="Rewards"))
    manager.check_the_page()
    manager.click(console.get_by_role("link", name="Work jacket"))
    manager.check_the_page()

    page.reload()
    expect(page.get_by_role("region", name="Work jacket")).to_contain_text("Shipped")
    expect(page.get_by_role("region", name="Work jacket")).to_contain_text("Tracking 17")
