"""A partner accepts an agreement, disputes a line of a statement and accepts the rest; the manager
approves it, and both read what is settled."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from accounts.doors import tenant_by_slug
from accounts.models import Account, Product, Program, Staff, Tenant
from accounts.periods import add_months, day_of
from accounts.tenancy import tenant_scope
from rebates import clock, drafting, offering
from tests.factories import LONG_AGO
from tests.journeys.company import MANAGER, PARTNER, PASSWORD, Company
from tests.rebates.deals import bands
from tests.rewards.stories import NEW_YORK, accepted, purchase

pytestmark = pytest.mark.browser


@pytest.fixture
def company(company: Company) -> Company:
    """Harbor was sold bikes for $10,000.00 and parts for $2,400.00 in the month before the last, at
    2 % by a monthly agreement; another one is offered from next month on."""
    now = timezone.now()
    this_month = day_of(now, NEW_YORK).replace(day=1)
    with transaction.atomic():
        tenant = tenant_by_slug(company.slug)
        assert isinstance(tenant, Tenant)
        with tenant_scope(tenant.id):
            program, harbor = Program.objects.get(), Account.objects.get(number="H-1")
            Product.objects.create(sku="PART-1", name="Part", line="Parts")
            sold = now - timedelta(days=now.day + 35)
            facts = (
                purchase(harbor, "10000.00", sold, "OLD-1", product="ROAD-1"),
                purchase(harbor, "2400.00", sold, "OLD-2", product="PART-1"),
            )
            accepted(*facts, as_of=now)
            first, next_month = add_months(this_month, -4), add_months(this_month, 1)
            _offered(program, harbor, "volume", first, needs_acceptance=False)
            _offered(program, harbor, "growth", next_month, needs_acceptance=True)
            clock.advance(at=now)
    return company


def _offered(
    program: Program, account: Account, code: str, starts_on: date, *, needs_acceptance: bool
) -> None:
    actor = Staff.objects.get(name="Max Manager").actor
    terms = {"method": "whole", "bands": bands((10_000_00, 2), (50_000_00, 4))}
    version = drafting.draft_agreement(
        program=program,
        account=account,
        code=code,
        name=code.title(),
        period="month",
        starts_on=starts_on,
        said={"terms": terms, "needs_acceptance": needs_acceptance},
        actor=actor,
        now=LONG_AGO,
    )
    # By another: nobody alone writes and offers terms, and approves what they pay.
    offering.offer_version(version=version, valid_from=None, actor="system", now=LONG_AGO)


def test_a_partner_accepts_and_disputes_and_the_manager_approves(visit):
    partner = visit()
    page = partner.page
    partner.go("/")
    partner.sign_in(PARTNER, PASSWORD)
    with partner.task("partner: accept an agreement"):
        partner.click(page.get_by_role("link", name="Growth"))
        expect(page.locator("main")).to_contain_text("This agreement waits for your answer")
        partner.check_the_page()
        partner.click(page.get_by_role("button", name="Accept “Growth”"))
        expect(page.get_by_role("status")).to_contain_text("“Growth” is accepted.")
    partner.click(page.get_by_role("link", name="Rebates").first)
    partner.check_the_page()
    partner.click(page.get_by_role("link", name="Volume", exact=True))
    expect(page.locator("main")).to_contain_text("You are here")
    partner.check_the_page()
    with partner.task("partner: dispute a line, accept the rest"):
        partner.click(page.get_by_role("region", name="Statements").get_by_role("link"))
        expect(page.locator(".balance")).to_contain_text("$248.00")
        partner.click(page.get_by_text("Dispute this line (Parts)"))
        page.get_by_label("What is wrong with it?").last.fill("OLD-3 is missing.")
        partner.check_the_page()
        partner.click(page.get_by_role("button", name="Dispute it").last)
        expect(page.locator(".balance")).to_contain_text("$200.00")
        partner.click(page.get_by_role("button", name="Accept all other lines"))
        expect(page.get_by_role("status")).to_contain_text("The statement is accepted.")
    partner.check_the_page()

    manager = visit()
    console = manager.page
    manager.go("/console/")
    manager.sign_in(MANAGER, PASSWORD)
    with manager.task("manager: approve a statement, end a dispute"):
        manager.click(console.get_by_role("link", name="1 rebate statement waits for approval"))
        manager.check_the_page()
        manager.click(console.locator(".sidebar summary", has_text="Rebates"))
        manager.click(console.get_by_role("link", name="Statements", exact=True))
        manager.click(console.get_by_role("link", name="Volume, no. 1"))
        manager.click(console.get_by_role("button", name="Approve $200.00"))
        expect(console.get_by_role("status")).to_contain_text("It is approved.")
        manager.click(console.get_by_text("Answer the dispute"))
        console.get_by_label("Answer to the partner").fill("OLD-3 was returned.")
        manager.check_the_page()
        manager.click(console.get_by_role("button", name="End the dispute"))
        manager.click(console.get_by_role("button", name="Approve $48.00"))
        expect(console.get_by_role("region", name="Settled")).to_contain_text("$48.00")
    manager.check_the_page()
    manager.click(console.get_by_role("link", name="Volume", exact=True))
    manager.check_the_page()
    manager.click(console.get_by_role("link", name="Try it on the past"))
    expect(console.get_by_role("region", name="Account by account")).to_contain_text("$248.00")
    manager.check_the_page()

    page.reload()
    expect(page.locator("main")).to_contain_text("OLD-3 was returned.")
    expect(page.locator("main")).to_contain_text("Credit note")
