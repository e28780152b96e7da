"""A program manager drafts a rule, tries it, publishes it, and opens a campaign."""

import pytest
from playwright.sync_api import expect

from tests.journeys.company import MANAGER, PASSWORD

pytestmark = pytest.mark.browser


def test_a_manager_drafts_tries_and_publishes_a_rule(visit):
    visitor = visit()
    page = visitor.page
    visitor.go("/console/rules/")
    visitor.sign_in(MANAGER, PASSWORD)
    visitor.check_the_page()

    with visitor.task("manager: draft a rule, try it, publish it"):
        visitor.click(page.get_by_role("link", name="New rule"))
        visitor.check_the_page()
        page.get_by_label("Code").fill("road")
        page.get_by_label("Name", exact=True).fill("Road bikes twice")
        expect(page.get_by_label("Code")).to_have_value("road")  # one's own is left alone
        page.get_by_label("How many").fill("2")
        page.get_by_label("Field 1", exact=True).select_option("line")
        page.get_by_label("Value 1", exact=True).fill("Road")
        visitor.click(page.get_by_role("button", name="Save the draft"))
        expect(page.get_by_text("2 points for every $1.00 of each purchase")).to_be_visible()
        visitor.check_the_page()
        page.get_by_label("Account number").fill("S-1")
        page.get_by_label("Happened").fill("2026-01-05T10:00")
        page.get_by_label("Amount", exact=False).fill("10")
        visitor.click(page.get_by_role("button", name="Try it", exact=True))
        expect(page.get_by_role("status").filter(has_text="Gives nothing")).to_be_visible()
        visitor.check_the_page()
        visitor.click(page.get_by_role("link", name="Try it on past facts"))
        visitor.check_the_page()
        visitor.click(page.get_by_role("button", name="Publish"))
        expect(page.get_by_text("version 1 is published")).to_be_visible()
    visitor.check_the_page()

    with visitor.task("manager: open a campaign"):
        visitor.click(page.get_by_role("link", name="Campaigns", exact=True))
        visitor.check_the_page()
        visitor.click(page.get_by_role("link", name="New campaign").first)
        visitor.check_the_page()
        page.get_by_label("Name", exact=True).fill("Double days")
        expect(page.get_by_label("Code")).to_have_value("double-days")
        page.get_by_label("First day").fill("2026-01-01")
        page.get_by_label("Last day", exact=False).fill("2099-12-31")
        visitor.click(page.get_by_role("button", name="Save the draft"))
        visitor.click(page.get_by_role("button", name="Publish"))
        expect(page.get_by_text("In force", exact=True)).to_be_visible()
    visitor.check_the_page()

    for path in ("segments/", "segments/new/", "kinds/", "kinds/new/", "budgets/new/"):
        visitor.go(f"/console/{path}")
        visitor.check_the_page()
