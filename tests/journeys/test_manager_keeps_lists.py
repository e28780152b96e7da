"""A program manager keeps a list as they like it, takes it out, and looks with a partner's eyes."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.company import MANAGER, PASSWORD

pytestmark = pytest.mark.browser


def test_a_manager_keeps_a_view_exports_it_and_looks_as_a_partner(visit, company):
    visitor = visit()
    page = visitor.page
    visitor.go("/console/accounts/")
    visitor.sign_in(MANAGER, PASSWORD)

    with visitor.task("manager: keep a filtered list as a view"):
        page.get_by_label("Tier", exact=True).select_option("Silver")
        visitor.click(page.get_by_text("Save this view"))
        visitor.check_the_page()
        visitor.click(page.get_by_label("Name of the view"))
        visitor.type("Silver")
        visitor.click(page.get_by_role("button", name="Save", exact=True))
        expect(page.get_by_text("The view “Silver” is saved.")).to_be_visible()
    visitor.check_the_page()

    with visitor.task("manager: export exactly these rows"):
        file = visitor.download(page.get_by_role("button", name="Export 1 row"))
    lines = Path(file.path()).read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[1] for line in lines] == ["Name", "Harbor Bikes"]

    with visitor.task("manager: pick all and act on them"):
        visitor.click(page.get_by_label("Pick all of this page"))
        expect(page.get_by_label("Pick Harbor Bikes")).to_be_checked()
        visitor.click(page.get_by_role("button", name="Enroll picked"))
        expect(page.get_by_text("Harbor Bikes was left as before")).to_be_visible()

    with visitor.task("manager: see the portal as a partner"):
        visitor.click(page.get_by_role("link", name="Harbor Bikes"))
        visitor.click(page.get_by_role("link", name="View as partner"))
        page.get_by_label("As whom").select_option(label="Pat Partner")
        visitor.click(page.get_by_label("Why"))
        visitor.type("Ticket 12")
        visitor.click(page.get_by_role("button", name="View the portal"))
        expect(page.get_by_text("You see the portal as Pat Partner")).to_be_visible()
    visitor.check_the_page()
    visitor.click(page.get_by_role("button", name="Stop viewing"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbor Bikes")
    visitor.go(f"/console/history/?account={company.harbor_id}")
    looked = page.get_by_role("link", name="Looked at the portal as Pat Partner: Ticket 12")
    expect(looked.first).to_be_visible()
    visitor.check_the_page()
