"""A program manager lowers a threshold, sees who would move, and publishes it."""

import pytest
from playwright.sync_api import expect

from tests.journeys.company import MANAGER, PASSWORD

pytestmark = pytest.mark.browser


def test_a_manager_designs_and_publishes_a_tier_change(visit):
    visitor = visit()
    page = visitor.page
    visitor.go("/console/")
    visitor.sign_in(MANAGER, PASSWORD)

    with visitor.task("manager: design and publish a tier change"):
        visitor.click(page.get_by_role("link", name="Tiers", exact=True))
        visitor.click(page.locator("main h2 a").first)
        visitor.click(page.get_by_role("button", name="Draft a new version"))
        visitor.click(page.get_by_role("link", name="Change Gold"))
        page.get_by_label("Value", exact=True).first.fill("40000")
        visitor.click(page.get_by_role("button", name="Save the draft"))
        visitor.click(page.get_by_role("link", name="See who would move"))
        rise = page.get_by_role("row").filter(has_text="Up")
        expect(rise).to_contain_text("Silver")
        expect(rise).to_contain_text("Gold")
        visitor.check_the_page()
        visitor.click(page.get_by_role("link", name="Back to the draft, to publish it"))
        page.once("dialog", lambda asked: asked.accept())
        visitor.click(page.get_by_role("button", name="Publish", exact=True))
        expect(page.get_by_role("status")).to_contain_text("published")
    visitor.check_the_page()
