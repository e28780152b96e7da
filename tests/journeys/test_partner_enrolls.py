"""Somebody invited by email has a first look at the balance after one form; and reads German."""

import re

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from accounts.doors import tenant_by_slug
from accounts.invitations import invite_member
from accounts.models import Account, Staff, Tenant
from accounts.tenancy import tenant_scope
from tests.journeys.company import MANAGER, Company

pytestmark = pytest.mark.browser


def invited(company: Company) -> str:
    """Invites a colleague of Harbor; the path of the link in their letter."""
    with transaction.atomic():
        tenant = tenant_by_slug(company.slug)
        assert isinstance(tenant, Tenant)
        with tenant_scope(tenant.id):
            invite_member(
                email="nora@harbor.example",
                name="Nora Novak",
                account=Account.objects.get(number="H-1"),
                portal_role="member",
                business_role="",
                actor=Staff.objects.get(user__email=MANAGER),
                now=timezone.now(),
            )
    link = re.search(r"https?://[^/\s]+(/invitation/\S+)", str(mail.outbox[-1].body))
    assert link is not None
    return link[1]


def test_a_partner_comes_in_by_invitation_and_reads_in_german(visit, company):
    path = invited(company)
    visitor = visit()
    page = visitor.page

    with visitor.task("partner: enroll, from the invitation to the balance"):
        visitor.go(path)
        page.get_by_label("Choose a password").fill("a long and winding road")
        visitor.click(page.get_by_role("button", name="Accept and sign in"))
        expect(page.get_by_role("region", name="Your points")).to_contain_text("42,500 points")
    with visitor.task("partner: choose German"):
        visitor.click(page.get_by_label("Your menu"))
        visitor.click(page.get_by_role("link", name="Language and notices"))
        page.get_by_label("Language").select_option("de")
        visitor.click(page.get_by_role("button", name="Save"))
        expect(page.get_by_role("status")).to_contain_text("Gespeichert")
    visitor.check_the_page()
    visitor.click(page.get_by_role("link", name="Acme Corp."))
    expect(page.get_by_role("region", name="Ihre Punkte")).to_contain_text("42.500 Punkte")
    visitor.check_the_page()
    visitor.click(page.get_by_role("link", name="Punkte", exact=True))
    expect(page.get_by_role("row").filter(has_text="INV-2").first).to_contain_text("zurückgegeben")
    visitor.check_the_page()
