"""A company signs up and has a live program with its first purchases in, on its first day."""

import time
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.journeys.visitor import PATIENCE

pytestmark = pytest.mark.browser

MOST_SECONDS = 600


def write_files(folder: Path) -> dict[str, Path]:
    """Two accounts, two products, three lines of purchases, as the examples have them."""
    day = timezone.now().date().replace(day=1).isoformat()  # in no time zone still to come
    texts = {
        "accounts": "Account number,Name,Country,Region,Type,Rep e-mail\n"
        "C-1,Alpine Sports,United States,West,Dealer,\nC-2,Harbor,United States,East,Dealer,\n",
        "products": "SKU,Name,Product line\nGLV-10,Gloves,Safety\nDSC-60,Disc,Abrasives\n",
        "activities": "Account number,Order,Line,Date,Amount,Quantity,SKU\n"
        f"C-1,SO-1,1,{day},1240.55,10,GLV-10\nC-1,SO-1,2,{day},86.40,12,DSC-60\n"
        f"C-2,SO-2,1,{day},310.00,5,GLV-10\n",
    }
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text)
    return {name: folder / f"{name}.csv" for name in texts}


@pytest.mark.usefixtures("worker")
def test_from_sign_up_to_points_on_imported_purchases(visit, site, tmp_path):
    visitor = visit()
    page = visitor.page
    files, began = write_files(tmp_path), time.monotonic()

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
            visitor.choose(page.get_by_label("File", exact=True), files[target])
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
