"""A program manager looks an account up, hands a file in, and takes the bad rows back to mend."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.company import MANAGER, PASSWORD, yesterday
from tests.journeys.visitor import PATIENCE

pytestmark = pytest.mark.browser


def write_orders(folder: Path) -> Path:
    """Three good rows, one of them twice, and four that cannot be taken in."""
    day = yesterday()
    rows = [
        "Account number,Order,Line,Date,Amount,Quantity,SKU",
        f"S-1,SO-1,1,{day},1000.00,2,ROAD-1",
        f"S-1,SO-1,2,{day},250.50,1,ROAD-1",
        f"S-1,SO-1,2,{day},250.50,1,ROAD-1",
        f"NOBODY,SO-2,1,{day},10.00,1,ROAD-1",
        "S-1,SO-3,1,,10.00,1,ROAD-1",
        f"S-1,SO-4,1,{day},much,1,ROAD-1",
        f"S-1,SO-5,1,{day},NaN,1,ROAD-1",
        f"M-1,SO-6,1,{day},99.99,1,ROAD-1",
    ]
    file = folder / "orders.csv"
    file.write_text("\n".join(rows) + "\n")
    return file


@pytest.mark.usefixtures("worker")
def test_a_manager_finds_an_account_and_imports_a_file_with_bad_rows(visit, tmp_path):
    visitor = visit()
    page = visitor.page
    visitor.go("/console/")
    visitor.sign_in(MANAGER, PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Acme Rewards")
    visitor.check_the_page()

    with visitor.task("manager: find an account with its tier and points"):
        visitor.click(page.get_by_role("link", name="Accounts", exact=True))
        expect(page.get_by_role("table").get_by_role("row")).to_have_count(4)
        visitor.check_the_page()
        visitor.click(page.get_by_label("Search"))
        visitor.type("harb")
        row = page.get_by_role("row").filter(has_text="Harbor Bikes")
        expect(page.get_by_role("table").get_by_role("row")).to_have_count(2)
        expect(row).to_contain_text("Silver")
        expect(row).to_contain_text("42,500")
        visitor.click(row.get_by_role("link", name="Harbor Bikes"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Harbor Bikes")
    visitor.check_the_page()

    with visitor.task("manager: import a file and take its rejects back"):
        visitor.click(page.get_by_role("link", name="Imports", exact=True))
        visitor.check_the_page()
        visitor.click(page.get_by_role("link", name="Import a file").first)
        visitor.check_the_page()
        visitor.choose(page.get_by_label("File", exact=True), write_orders(tmp_path))
        visitor.click(page.get_by_role("button", name="Dry run"))
        expect(page.get_by_text("Nothing was kept.")).to_be_visible()
        visitor.check_the_page()
        visitor.click(page.get_by_role("button", name="Import", exact=True))
        expect(page.get_by_text("Done, with rejects")).to_be_visible(timeout=3 * PATIENCE)
        for name, count in {"Rows read": 8, "Accepted": 3, "Known": 1, "Rejected": 4}.items():
            counted = page.locator(".stat").filter(has_text=name)
            expect(counted.locator(".stat-value")).to_have_text(str(count))
        rejects = visitor.download(page.get_by_role("link", name="Download rejects"))
    visitor.check_the_page()

    lines = Path(rejects.path()).read_text(encoding="utf-8-sig").splitlines()
    assert rejects.suggested_filename == "orders-rejects.csv"
    assert len(lines) == 5
    for line, number, part in zip(
        lines[1:], "5678", ("NOBODY", "SO-3", "much", "NaN"), strict=True
    ):
        assert part in line
        assert number in line.split(",")

    visitor.go("/console/accounts/?q=summit")
    summit = page.get_by_role("row").filter(has_text="Summit Sports")
    expect(summit).to_contain_text("1,250")  # 1,000 and 250 of 250.50, as a Member
