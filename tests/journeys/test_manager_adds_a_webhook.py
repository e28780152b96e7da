"""A program manager adds an endpoint for events, tries it out and sees what became of it."""

import re

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from accounts.doors import tenant_by_slug
from accounts.models.webhook import Outcome
from accounts.tenancy import tenant_scope
from accounts.webhooks.deliveries import claim
from accounts.webhooks.settling import Attempt, settle
from tests.journeys.company import MANAGER, PASSWORD

pytestmark = pytest.mark.browser

LONG = (
    "https://hooks.integration-platform.example.com/v1/tenants/acme/loyalty/events?source=loyalty"
)


def fail_once() -> None:
    """The receiver answers what is due with a page of its own."""
    tenant, now = tenant_by_slug("acme"), timezone.now()
    assert tenant is not None
    with tenant_scope(tenant.id), transaction.atomic():
        [claimed] = claim(at=now, most=1)
        answer = "<!doctype html><title>Bad gateway</title>" + "Try later. " * 80
        about = {"at": now, "milliseconds": 4_321, "answer": answer}
        settle(claimed, Attempt(outcome=Outcome.STATUS, status=502, **about))


def test_a_manager_adds_an_endpoint_and_tries_it_out(visit):
    visitor = visit()
    page = visitor.page
    visitor.go("/console/webhooks/")
    visitor.sign_in(MANAGER, PASSWORD)
    visitor.check_the_page()

    with visitor.task("manager: add an endpoint and send it a test event"):
        visitor.click(page.get_by_role("link", name="Add an endpoint").first)
        visitor.check_the_page()
        page.get_by_label("Address").fill(LONG)
        page.get_by_label("Description").fill("CRM")
        visitor.click(page.get_by_role("button", name="Add the endpoint"))
        expect(page.get_by_text(re.compile("^whsec_"))).to_be_visible()
        visitor.check_the_page()
        visitor.click(page.get_by_role("button", name="Send a test event"))
        expect(page.get_by_text("A test event is on its way")).to_be_visible()
    visitor.check_the_page()

    fail_once()
    visitor.click(page.get_by_role("link", name="webhook.tested"))
    expect(page.get_by_text("Answered with an error")).to_be_visible()
    visitor.check_the_page()
    visitor.go("/console/webhooks/")
    expect(page.get_by_text("Failing")).to_be_visible()
    visitor.check_the_page()
