"""A partner comes to see: how much have I got, where do I stand, what brings me further, why."""

import pytest
from playwright.sync_api import expect

from tests.journeys.company import PARTNER, PASSWORD

pytestmark = pytest.mark.browser


def test_a_partner_signs_in_by_keyboard_and_finds_every_number_with_its_reason(visit):
    visitor = visit()
    page = visitor.page

    with visitor.task("partner: sign in and see points, tier and progress"):
        visitor.go("/")
        visitor.check_the_page()
        visitor.sign_in(PARTNER, PASSWORD)
        points = page.get_by_role("region", name="Your points")
        expect(points).to_contain_text("42,500 points to use")
        expect(points).to_contain_text("500 clear on")
        expect(points).to_contain_text("42,500 after")
        tier = page.get_by_role("region", name="Your tier")
        expect(tier).to_contain_text("Silver")
        expect(tier).to_contain_text("1.25 × points")
        expect(tier).to_contain_text("Revenue, this quarter: $40,000")
        expect(tier).to_contain_text("$100,000")
        expect(tier).to_contain_text("$60,000 more by")
        expect(tier.get_by_role("progressbar")).to_have_attribute("value", "40")
    visitor.check_the_page()

    with visitor.task("partner: why did this purchase earn that much?"):
        line = page.get_by_role("listitem").filter(has_text="+15,432")
        visitor.click(line.locator("summary"))
        expect(line).to_contain_text("$12,345.67")
        expect(line).to_contain_text("1.25")
        expect(line).to_contain_text("Silver")
    visitor.check_the_page()

    with visitor.task("partner: read the whole ledger"):
        visitor.click(page.get_by_role("link", name="All movements"))
        rows = page.get_by_role("table").get_by_role("row")
        expect(rows).to_have_count(5)
        expect(rows.filter(has_text="+30,000")).to_contain_text("30,000")
        expect(rows.filter(has_text="+15,432")).to_contain_text("45,432")
        taken_back = rows.filter(has_text="INV-2").filter(has_text="2,932")
        expect(taken_back).to_contain_text("42,500")
    visitor.check_the_page()
