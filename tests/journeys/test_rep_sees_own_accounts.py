"""A sales rep looks at the accounts to call: their own, and no others."""

import pytest
from playwright.sync_api import expect

from tests.journeys.company import PASSWORD, REP

pytestmark = pytest.mark.browser


def test_a_rep_sees_own_accounts_and_no_others(visit, company):
    visitor = visit()
    page = visitor.page

    with visitor.task("rep: sign in and see whom to call"):
        visitor.go("/")
        visitor.sign_in(REP, PASSWORD)
        names = page.get_by_role("heading", level=2)
        expect(names).to_have_text(["Harbor Bikes", "Meadow Cycles"])
        harbor = page.get_by_role("listitem").filter(has_text="Harbor Bikes")
        expect(harbor).to_contain_text("Silver")
        expect(harbor).to_contain_text("42,500 points")
    visitor.check_the_page()

    with visitor.task("rep: open an account before a call"):
        visitor.click(page.get_by_role("link", name="Harbor Bikes"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Harbor Bikes")
        expect(page.get_by_role("main")).to_contain_text("$60,000 more")
    visitor.check_the_page()

    for status, foreign in ((404, f"/field/{company.summit_id}/"), (403, "/console/accounts/")):
        assert visitor.is_refused(foreign) == status
        expect(page.get_by_role("main")).not_to_contain_text("Summit Sports")
    visitor.check_the_page()
