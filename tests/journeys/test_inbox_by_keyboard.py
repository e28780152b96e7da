"""The manager works off the inbox from the keyboard; who wants no single keys turns them off."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from accounts.doors import tenant_by_slug
from accounts.models import Account, Tenant
from accounts.tenancy import tenant_scope
from partners.models import Deal
from tests.journeys.company import MANAGER, PASSWORD, Company
from tests.partners.stories import deal_form, registered

pytestmark = pytest.mark.browser


@pytest.fixture
def company(company: Company) -> Company:
    """Three deals wait, the oldest first."""
    now = timezone.now()
    with transaction.atomic():
        tenant = tenant_by_slug(company.slug)
        assert isinstance(tenant, Tenant)
        with tenant_scope(tenant.id):
            deal_form()
            today = now.astimezone(tenant.zone).date()
            summit = Account.objects.get(number="S-1")
            for ago, customer in ((3, "Alpenglanz AG"), (2, "Bergwerk OHG"), (1, "Talstrom KG")):
                registered(
                    summit,
                    customer=customer,
                    website="",
                    closes_on=today + timedelta(days=9),
                    today=today,
                    now=now - timedelta(days=ago),
                )
    return company


def states(company: Company) -> dict[str, str]:
    with transaction.atomic():
        tenant = tenant_by_slug(company.slug)
        assert isinstance(tenant, Tenant)
        with tenant_scope(tenant.id):
            return dict(Deal.objects.values_list("customer", "state"))


def test_a_manager_decides_from_the_keyboard(visit, company):
    manager = visit()
    page = manager.page
    manager.go("/console/inbox/?kind=deal")
    manager.sign_in(MANAGER, PASSWORD)
    manager.check_the_page()
    with manager.task("manager: approve one, reject one, from the keyboard"):
        manager.press("?")
        shortcuts = page.get_by_role("dialog", name="Keyboard shortcuts")
        expect(shortcuts).to_contain_text("Approve or reject it")
        manager.press("Escape")
        manager.press("j")
        expect(page.get_by_role("link", name="Alpenglanz AG")).to_be_focused()
        manager.press("ArrowDown")
        expect(page.get_by_role("link", name="Bergwerk OHG")).to_be_focused()
        manager.press("k")
        manager.press("a")
        asked = page.get_by_role("dialog", name="Approve")
        expect(asked).to_contain_text("Alpenglanz AG: The customer is theirs from today on")
        expect(asked.get_by_text("cannot be undone")).to_be_hidden()
        manager.check_the_page()
        manager.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Alpenglanz AG")
        # the next one has come to its place, with the keys
        expect(page.get_by_role("link", name="Bergwerk OHG")).to_be_focused()
        manager.press("Enter")
        expect(page.get_by_role("heading", name="Bergwerk OHG")).to_be_visible()
        manager.check_the_page()
        manager.press("r")  # who has looked at it goes on with the keys
        expect(page.locator("#note")).to_be_focused()
        manager.type("We know them")
        manager.press("Enter")
        expect(page.get_by_role("dialog", name="Reject")).to_contain_text("Bergwerk OHG")
        manager.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Bergwerk OHG")
    assert states(company) == {
        "Alpenglanz AG": "approved", "Bergwerk OHG": "rejected", "Talstrom KG": "registered",
    }  # fmt: skip

    manager.go("/notices/choices/")
    manager.click(page.get_by_label(re.compile("^Keys without Ctrl or Alt")))
    manager.click(page.get_by_role("button", name="Save"))
    manager.go("/console/inbox/")
    for key in ("?", "j", "a"):
        manager.press(key)
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.get_by_role("link", name="Talstrom KG")).not_to_be_focused()
