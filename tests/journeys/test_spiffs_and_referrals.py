"""Somebody who sells claims a sale and refers a company; a manager looks at both, finance pays."""

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from accounts.doors import tenant_by_slug
from accounts.models import Product, Program, Tenant
from accounts.tenancy import tenant_scope
from partners.referrals import terms as referral_terms
from partners.spiffs import terms as spiff_terms
from tests.journeys.company import FINANCE, MANAGER, PARTNER, PASSWORD, Company, local_today

pytestmark = pytest.mark.browser


@pytest.fixture
def company(company: Company) -> Company:
    """A SPIFF runs, and partners can refer."""
    now = timezone.now()
    with transaction.atomic():
        tenant = tenant_by_slug(company.slug)
        assert isinstance(tenant, Tenant)
        with tenant_scope(tenant.id):
            today = now.astimezone(tenant.zone).date()
            program, by = Program.objects.order_by("id")[0], {"actor": "system", "now": now}
            product = Product.objects.order_by("sku")[0]
            said = {"starts_on": today, "ends_on": today, "items": {product.sku: 25_00}}
            draft = spiff_terms.add_spiff(
                program=program,
                name="Counter push",
                unit="money",
                terms=spiff_terms.Terms(**said, needs_proof=False),
                **by,
            )
            spiff_terms.publish(draft.pk, seen=now, today=today, **by)
            gives = referral_terms.Terms(unit="points", referrer_amount=500, consent_text="Yes.")
            drafted = referral_terms.draft(program=program, terms=gives, **by)
            referral_terms.publish(drafted.pk, seen=now, **by)
    return company


def test_a_sale_is_claimed_and_a_company_referred(visit):
    partner = visit()
    page = partner.page
    partner.go("/")
    partner.sign_in(PARTNER, PASSWORD)
    with partner.task("partner: claim a sale"):
        partner.click(page.get_by_role("link", name="Programs", exact=True))
        partner.click(page.get_by_role("link", name="SPIFFs", exact=True))
        partner.check_the_page()
        partner.click(page.get_by_role("link", name="Counter push"))
        partner.check_the_page()
        page.locator("[name=sold_on]").fill(local_today())
        page.locator("[name=document]").fill("R-1001")
        partner.click(page.get_by_role("button", name="Claim it"))
        expect(page.get_by_role("status")).to_contain_text("is claimed")
        partner.check_the_page()
    with partner.task("partner: refer a company"):
        partner.click(page.get_by_role("link", name="Referrals"))
        partner.check_the_page()
        partner.click(page.get_by_role("link", name="Refer a company").first)
        partner.check_the_page()
        for name, text in (
            ("customer", "Nordstern Logistik GmbH"),
            ("contact", "Nora Stern"),
            ("contact_email", "nora@nordstern.de"),
        ):
            page.locator(f"[name={name}]").fill(text)
        page.locator("[name=consented]").check()
        partner.click(page.get_by_role("button", name="Refer it"))
        expect(page.get_by_role("status")).to_contain_text("is referred")
        partner.check_the_page()
        link = page.get_by_role("link", name="/refer/").get_attribute("href")

    manager = visit()
    console = manager.page
    manager.go("/console/spiffs/claims/")
    manager.sign_in(MANAGER, PASSWORD)
    with manager.task("manager: approve a claim"):
        manager.check_the_page()
        manager.click(console.get_by_role("main").get_by_role("link", name="S-"))
        manager.check_the_page()
        manager.click(console.get_by_role("button", name="Approve"))
        expect(console.get_by_role("status")).to_contain_text("is approved")
        manager.check_the_page()
    for path in ("/console/spiffs/", "/console/spiffs/people/", "/console/referrals/terms/"):
        manager.go(path)
        manager.check_the_page()
    manager.click(console.get_by_role("link", name="Referrals").last)
    manager.click(console.get_by_role("link", name="Nordstern"))
    manager.check_the_page()
    manager.click(console.get_by_role("button", name="It qualifies"))
    expect(console.get_by_role("status")).to_contain_text("qualifies")

    stranger = visit()
    stranger.go("/" + str(link).split("/", 3)[3])
    stranger.check_the_page()
    finance = visit()
    books = finance.page
    finance.go("/console/spiffs/money/")
    finance.sign_in(FINANCE, PASSWORD)
    with finance.task("finance: enter a payment"):
        finance.check_the_page()
        finance.click(books.get_by_role("link", name="Pat Partner"))
        finance.check_the_page()
        books.get_by_label("Reference").fill("PAY-05")
        finance.click(books.get_by_role("button", name="It is paid"))
        expect(books.get_by_role("status")).to_contain_text("$25.00 is entered as paid.")
        finance.click(books.get_by_role("link", name="Paid", exact=True))
        finance.check_the_page()

    partner.go("/portal/")
    partner.click(page.get_by_role("link", name="Programs", exact=True))
    partner.click(page.get_by_role("link", name="SPIFFs", exact=True))
    expect(page.get_by_role("main")).to_contain_text("you were given $25.00")
    expect(page.get_by_role("main")).to_contain_text("PAY-05")
    partner.check_the_page()
