"""A partner asks for funds and claims them with proof; manager and finance decide and pay."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from accounts.doors import tenant_by_slug
from accounts.models import Account, Program, Staff, Tenant
from accounts.tenancy import tenant_scope
from partners.funds import budgets, granting
from partners.funds.activities import Terms, add_activity
from tests.factories import StaffFactory, UserFactory
from tests.journeys.company import MANAGER, PARTNER, PASSWORD, REP, Company, local_today
from tests.partners.funded import PDF

pytestmark = pytest.mark.browser

FINANCE = "fay@example.com"


@pytest.fixture
def company(company: Company) -> Company:
    """Harbor has $1,200.00 of a budget for what it does in the next months."""
    now = timezone.now()
    with transaction.atomic():
        tenant = tenant_by_slug(company.slug)
        assert isinstance(tenant, Tenant)
        user = UserFactory(email=FINANCE)
        EmailAddress.objects.create(user=user, email=FINANCE, primary=True, verified=True)
        with tenant_scope(tenant.id):
            StaffFactory(user=user, name="Fay Finance", role="finance")
            _funds(tenant, now)
    return company


def _funds(tenant: Tenant, now) -> None:
    manager, today = Staff.objects.get(role="manager"), now.astimezone(tenant.zone).date()
    ends_on = today + timedelta(days=90)
    budget = budgets.add_budget(
        program=Program.objects.get(),
        starts_on=today,
        terms=budgets.Terms(name="MDF", owner=manager, amount=500_000, ends_on=ends_on),
        accrual=None,
        actor=manager.actor,
        now=now,
    )
    add_activity(
        terms=Terms(name="Local event", proofs=("Invoice", "Photo")), actor="system", now=now
    )
    granting.grant(
        budget_id=budget.pk,
        amounts={Account.objects.get(number="H-1").pk: 120_000},
        last_day=ends_on,
        note="",
        key="journey",
        by=manager.actor,
        today=today,
        zone=tenant.zone,
        now=now,
    )


def test_a_partner_asks_and_claims_a_manager_decides_and_finance_pays(visit):
    partner, manager, finance = visit(), visit(), visit()
    page, console = partner.page, manager.page
    partner.go("/")
    partner.sign_in(PARTNER, PASSWORD)
    with partner.task("partner: ask for funds"):
        partner.click(page.get_by_role("link", name="Programs", exact=True))
        partner.click(page.get_by_role("link", name="Marketing funds", exact=True))
        expect(page.get_by_role("region", name="Your funds")).to_contain_text("$1,200.00")
        partner.check_the_page()
        partner.click(page.get_by_role("link", name="Ask for funds").first)
        partner.check_the_page()
        partner.click(page.get_by_role("link", name="Local event"))
        partner.check_the_page()
        for name, text in (
            ("title", "Open day"),
            ("starts_on", local_today()),
            ("ends_on", local_today()),
            ("total_cost", "800"),
            ("asked", "400"),
        ):
            page.locator(f"[name={name}]").fill(text)
        partner.click(page.get_by_role("button", name="Ask for it"))
        expect(page.get_by_role("status")).to_contain_text("Somebody looks at it")
        partner.check_the_page()
    address = page.url

    manager.go("/console/funds/")
    manager.sign_in(MANAGER, PASSWORD)
    manager.check_the_page()
    with manager.task("manager: approve a fund request"):
        manager.click(console.get_by_role("link", name="Requests"))
        manager.check_the_page()
        manager.click(console.get_by_role("link", name="Open day"))
        manager.check_the_page()
        manager.click(console.get_by_role("button", name="Approve"))
        expect(console.get_by_role("status")).to_contain_text("is approved")

    with partner.task("partner: claim funds with proof"):
        partner.go(address)
        partner.check_the_page()
        page.locator("[name=cost]").fill("700")
        for number, name in enumerate(("invoice.pdf", "photo.pdf")):
            page.locator(f"[name=proof_{number}]").set_input_files(
                {"name": name, "mimeType": "application/pdf", "buffer": PDF}
            )
        partner.click(page.get_by_role("button", name="Claim it"))
        expect(page.get_by_role("status")).to_contain_text("is claimed")
        partner.check_the_page()

    manager.go(console.url)
    manager.check_the_page()
    manager.click(console.get_by_role("button", name="Accept"))
    expect(console.get_by_role("status")).to_contain_text("is to be paid")
    finance.go(console.url)
    finance.sign_in(FINANCE, PASSWORD)
    finance.check_the_page()
    finance.page.get_by_label(re.compile("^Reference")).fill("SEPA 4711")
    finance.click(finance.page.get_by_role("button", name="It is paid"))
    expect(finance.page.get_by_role("status")).to_contain_text("is paid")
    finance.check_the_page()

    manager.click(console.get_by_role("link", name="MDF").first)
    expect(console.get_by_role("row").filter(has_text="Closing")).to_contain_text("$850.00")
    manager.check_the_page()
    manager.click(console.get_by_role("link", name="MDF").first)
    manager.check_the_page()
    manager.click(console.get_by_role("link", name="Allocate"))
    manager.check_the_page()
    partner.go(address)
    expect(page.locator("main")).to_contain_text("SEPA 4711")
    rep = visit()
    rep.go("/sign-in/login/")
    rep.sign_in(REP, PASSWORD)
    rep.click(rep.page.get_by_role("link", name="Harbor Bikes"))
    expect(rep.page.get_by_role("region", name="Open funds")).to_contain_text("$850.00 expires on")
    rep.check_the_page()
