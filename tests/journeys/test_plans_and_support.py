"""A partner asks for what its tier entitles it to, a manager answers; both agree on a plan."""

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from accounts.doors import tenant_by_slug
from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from partners.support.types import Terms, add_type
from tests.journeys.company import MANAGER, PARTNER, PASSWORD, Company

pytestmark = pytest.mark.browser


@pytest.fixture
def company(company: Company) -> Company:
    """A demo unit can be asked for, once in a quarter."""
    with transaction.atomic():
        tenant = tenant_by_slug(company.slug)
        assert isinstance(tenant, Tenant)
        with tenant_scope(tenant.id):
            terms = Terms(name="Demo unit", each_quarter=1)
            add_type(code="demo-unit", terms=terms, actor="system", now=timezone.now())
    return company


def test_support_is_asked_for_and_answered(visit):
    partner, manager = visit(), visit()
    page, console = partner.page, manager.page
    partner.go("/")
    partner.sign_in(PARTNER, PASSWORD)
    with partner.task("partner: ask for support"):
        partner.click(page.get_by_role("link", name="Programs", exact=True))
        partner.click(page.get_by_role("link", name="Plans and support").last)
        partner.check_the_page()
        partner.click(page.get_by_role("link", name="Ask for support"))
        expect(page.get_by_role("main")).to_contain_text("1 of 1 left in this quarter")
        partner.check_the_page()
        page.locator("[name=type]").select_option(label="Demo unit")
        page.locator("[name=subject]").fill("A unit for the open day")
        partner.click(page.get_by_role("button", name="Ask", exact=True))
        expect(page.get_by_role("heading", level=1)).to_have_text("A unit for the open day")
        partner.check_the_page()

    manager.go("/console/support/")
    manager.sign_in(MANAGER, PASSWORD)
    with manager.task("manager: answer a request for support"):
        manager.click(console.get_by_role("link", name="A unit for the open day"))
        manager.check_the_page()
        manager.click(console.get_by_role("button", name="Look after it"))
        console.get_by_label("What the partner reads").fill("It ships on Friday")
        manager.click(console.get_by_role("button", name="Answer"))
        expect(console.get_by_role("main")).to_contain_text("It ships on Friday")
        console.get_by_label("What the partner reads").fill("Forty people saw it")
        manager.click(console.get_by_role("button", name="It is done"))
        manager.check_the_page()

    page.reload()
    expect(page.get_by_role("main")).to_contain_text("It ships on Friday")
    expect(page.get_by_role("main")).to_contain_text("Forty people saw it")
    expect(page.get_by_role("main")).to_contain_text("Max Manager")


def test_a_plan_is_proposed_and_agreed_on(visit):
    partner, manager = visit(), visit()
    page, console = partner.page, manager.page
    manager.go("/console/plans/")
    manager.sign_in(MANAGER, PASSWORD)
    with manager.task("manager: propose a joint plan"):
        manager.click(console.get_by_role("link", name="Draw up a plan").first)
        for name, text in (
            ("account", "H-1"),
            ("name", "This year"),
            ("goal-0-title", "Train two people"),
            ("goal-0-due_on", timezone.localdate().isoformat()),
        ):
            console.locator(f"[name={name}]").fill(text)
        manager.click(console.get_by_role("button", name="Propose it"))
        expect(console.get_by_role("status")).to_contain_text("is proposed to the partner")
        manager.check_the_page()

    partner.go("/")
    partner.sign_in(PARTNER, PASSWORD)
    with partner.task("partner: agree on a joint plan"):
        partner.click(page.get_by_role("link", name="Programs", exact=True))
        partner.click(page.get_by_role("link", name="Plans and support").last)
        partner.click(page.get_by_role("link", name="This year"))
        partner.check_the_page()
        partner.click(page.get_by_role("button", name="Agree"))
        partner.check_the_page()
        page.get_by_label("What you both saw, and decided").fill("One of two is trained")
        partner.click(page.get_by_role("button", name="Note it"))

    console.reload()
    expect(console.get_by_role("main")).to_contain_text("One of two is trained")
    expect(console.get_by_role("region", name="Goals")).to_contain_text("Train two people")
    manager.check_the_page()
