"""A company signs up and has a live program with its first purchases in, on its first day."""

import time
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import expect

from tests.journeys.visitor import PATIENCE

pytestmark = pytest.mark.browser

EXAMPLES = Path(settings.BASE_DIR, "loyalty/static/loyalty/examples")
MOST_SECONDS = 600


@pytest.mark.usefixtures("worker")
def test_from_sign_up_to_points_on_imported_purchases(visit, site):
    visitor = visit()
    page = visitor.page
    began = time.monotonic()

    with visitor.task("owner: sign up"):
        page.goto(f"http://localhost:{site.port}/sign-up/")
        fields = {
            "Company": "Northern Tools",
            "Your name": "Nora North",
            "Work email": "nora@northern.example",
            "Password": "a long enough secret",
        }
        for label, text in fields.items():
            visitor.click(page.get_by_label(label, exact=True))
            visitor.type(text)
        visitor.press("Enter")
        page.wait_for_url("**/console/")
        expect(page.get_by_text("2 of 10 done")).to_be_visible()
    visitor.check_the_page()

    with visitor.task("owner: from an empty workspace to a live program, by three files"):
        for step, target in (
            ("Bring in your accounts", "accounts"),
            ("Bring in your products", "products"),
            ("Bring in their purchases", "activities"),
        ):
            visitor.click(page.get_by_role("link", name=step))
            visitor.choose(page.get_by_label("File", exact=True), EXAMPLES / f"{target}.csv")
            visitor.click(page.get_by_role("button", name="Import", exact=True))
            done = page.locator(".badge").filter(has_text="Done")
            expect(done).to_be_visible(timeout=3 * PATIENCE)
            visitor.click(page.get_by_role("link", name="Home", exact=True))
        # 1,240.55 and 86.40 and 310.00, a point for each whole one of a line
        expect(page.locator(".stat").filter(has_text="Outstanding")).to_contain_text("1,636")
        expect(page.get_by_text("Set-up guide: 5 of 10 done.")).to_be_visible()
    visitor.check_the_page()
    assert time.monotonic() - began < MOST_SECONDS

    visitor.click(page.get_by_role("link", name="All steps"))
    expect(page.get_by_text("Your program is live")).to_be_visible()
    visitor.check_the_page()
    visitor.click(page.get_by_role("button", name="Close the guide"))
    expect(page.get_by_text("The guide is closed")).to_be_visible()
