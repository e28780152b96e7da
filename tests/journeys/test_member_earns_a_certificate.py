"""A member takes a course and is certified: points and tier move; the manager revokes it."""

from decimal import Decimal

import pytest
from django.db import transaction
from playwright.sync_api import expect

from accounts.doors import tenant_by_slug
from accounts.models import Program, Tenant
from accounts.tenancy import tenant_scope
from tests.factories import publish_rule
from tests.journeys.company import MANAGER, PARTNER, PASSWORD, REP, Company
from tests.partners.courses import a_course, a_kind, a_path, certifies
from tests.tiers.climbing import published, rung

pytestmark = pytest.mark.browser
LEAST_ONE = {"measure": "certificates", "window": {"window": "valid_now"}, "op": "gte"}


@pytest.fixture
def company(company: Company) -> Company:
    """100 points for a certificate, and a ladder on which one certificate makes a pro."""
    with transaction.atomic():
        tenant = tenant_by_slug(company.slug)
        assert isinstance(tenant, Tenant)
        with tenant_scope(tenant.id):
            program = Program.objects.get()
            a_kind("certificate")
            publish_rule(
                program, code="certs", kind="certificate", basis="fixed", rate=Decimal(100),
                tier_multiplies=False,
            )  # fmt: skip
            course = a_course(track="Sales", terms={"about": "Half an hour."})
            certifies(course, name="Certified seller", about="Sells bikes.")
            a_path(course)
            pro = rung("Pro", LEAST_ONE | {"threshold": 1})
            published(program, rung("Starter"), pro, code="skills")
    return company


def test_a_member_earns_a_certificate_and_the_manager_revokes_it(visit):
    member = visit()
    page = member.page
    member.go("/")
    member.sign_in(PARTNER, PASSWORD)
    expect(page.locator("main")).to_contain_text("42,500")
    with member.task("member: take a course, pass its quiz"):
        member.click(page.get_by_role("link", name="Programs", exact=True))
        member.click(page.get_by_role("link", name="Training", exact=True))
        member.check_the_page()
        member.click(page.get_by_role("link", name="Basics").first)
        member.check_the_page()
        member.click(page.get_by_role("button", name="Start the quiz"))
        member.check_the_page()
        for right in ("The customer", "Racer", "Tandem"):
            page.get_by_label(right).check()
        member.click(page.get_by_role("button", name="Hand in the answers"))
        expect(page.locator("main")).to_contain_text("You have earned the certificate")
        member.check_the_page()
    member.click(page.get_by_role("link", name="To your points and tier"))
    expect(page.locator("main")).to_contain_text("42,600")
    member.go("/portal/")
    member.click(page.get_by_role("link", name="Tier", exact=True))
    expect(page.locator("main")).to_contain_text("Pro")
    member.click(page.get_by_role("link", name="Programs", exact=True))
    member.click(page.get_by_role("link", name="Training", exact=True))
    member.click(page.get_by_role("link", name="Certificates"))
    member.check_the_page()
    member.click(page.get_by_role("link", name="Certified seller"))
    member.check_the_page()
    badge = page.get_by_role("link", name="/badges/").get_attribute("href")

    stranger = visit()
    stranger.go(badge)
    expect(stranger.page.locator("main")).to_contain_text("Valid")
    expect(stranger.page.locator("main")).not_to_contain_text("Pat")
    stranger.check_the_page()

    manager = visit()
    console = manager.page
    manager.go("/console/certificates/")
    manager.sign_in(MANAGER, PASSWORD)
    with manager.task("manager: revoke a certificate"):
        manager.check_the_page()
        manager.click(console.get_by_role("link", name="Certified seller"))
        manager.check_the_page()
        console.get_by_label("Why").fill("Issued by mistake")
        manager.click(console.get_by_role("button", name="Revoke"))
        expect(console.get_by_role("status")).to_contain_text("is revoked")
    for place in ("/console/training/", "/console/certificates/new/"):
        manager.go(place)
        manager.check_the_page()
    manager.go("/console/training/")
    manager.click(console.get_by_role("link", name="Basics"))
    manager.check_the_page()

    stranger.go(badge)
    expect(stranger.page.locator("main")).to_contain_text("Revoked")
    member.go("/portal/")
    expect(page.locator("main")).to_contain_text("42,500")
    rep = visit()
    rep.go("/sign-in/login/")
    rep.sign_in(REP, PASSWORD)
    rep.click(rep.page.get_by_role("link", name="Harbor Bikes"))
    expect(rep.page.locator("main")).not_to_contain_text("Valid certificates")
