"""Every page of every face is readable by everybody, and hides nothing, at any width."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.company import FINANCE, MANAGER, PARTNER, PASSWORD, REP
from tests.journeys.visitor import PHONE

pytestmark = pytest.mark.browser

STRANGERS = ("/sign-in/login/", "/sign-in/login/code/", "/sign-in/password/reset/", "/nothing/")
SECURITY = ("/sign-in/password/change/", "/sign-in/email/", "/sign-in/2fa/")
NOTICES = ("/notices/", "/notices/choices/")
# What the other journeys look at on their way is not here.
PAGES = {
    PARTNER: ("/portal/colleagues/", "/portal/colleagues/invite/", *NOTICES, *SECURITY),
    MANAGER: (
        "/console/accounts/?q=nothing-like-this",
        "/console/accruals/",
        "/console/accruals/?by=region",
        "/console/forecasts/",
        "/console/forecasts/list/",
        "/console/adjustments/",
        "/console/adjustments/limits/",
        "/console/campaigns/",
        "/console/claims/",
        "/console/deals/",
        "/console/deals/forms/",
        "/console/deals/forms/new/",
        "/console/inbox/",
        "/console/plans/",
        "/console/plans/new/",
        "/console/support/",
        "/console/support/types/",
        "/console/support/types/new/",
        "/console/funds/",
        "/console/funds/new/",
        "/console/funds/requests/",
        "/console/funds/requests/?q=nothing-like-this",
        "/console/funds/activities/",
        "/console/funds/activities/new/",
        "/console/referrals/",
        "/console/spiffs/new/",
        "/console/spiffs/consents/",
        "/console/spiffs/money/",
        "/console/spiffs/money/paid/",
        "/console/training/",
        "/console/training/courses/new/",
        "/console/training/paths/new/",
        "/console/training/credentials/new/",
        "/console/certificates/",
        "/console/certificates/?q=nothing-like-this",
        "/console/directory/",
        "/console/leads/",
        "/console/leads/figures/",
        "/console/leads/new/",
        "/console/leads/rules/",
        "/console/leads/rules/new/",
        "/console/leads/rules/trial/?country=US",
        "/console/sales/",
        "/console/payments/",
        "/console/credits/",
        "/console/journal/",
        "/console/agreements/",
        "/console/agreements/new/",
        "/console/rebate-statements/",
        "/console/rebate-statements/closing/",
        "/console/budgets/new/",
        "/console/exports/",
        "/console/history/",
        "/console/history/?q=nothing-like-this",
        "/console/imports/new/?target=accounts",
        "/console/measures/?account=nothing-like-this",
        "/console/rules/?q=nothing-like-this",
        "/console/kinds/",
        "/console/segments/",
        "/console/measures/new/",
        "/console/products/",
        "/console/products/new/",
        "/console/tiers/",
        "/console/tiers/ready-made/",
        "/console/tiers/ready-made/weighted-score/",
        "/console/replays/",
        "/console/replays/new/",
        "/console/people/",
        "/console/people/invite/",
        "/console/people/members/",
        "/console/people/members/invite/",
        "/console/keys/",
        "/console/views/",
        "/console/webhooks/",
        "/console/webhooks/new/",
        "/console/settings/",
        "/console/notices/",
        "/console/notices/letters/",
        "/console/notices/points_earned/de/",
        *NOTICES,
    ),
    FINANCE: ("/console/journal/accounts/", "/console/payments/bank/"),
    REP: ("/field/?q=nothing-like-this", *NOTICES),
}


def test_a_stranger_reads_what_there_is_to_read(visit):
    visitor = visit()
    for path in STRANGERS:
        visitor.go(path)
        visitor.check_the_page()
    # the browser itself complains of a page that is not there
    visitor.complaints = [one for one in visitor.complaints if "404" not in one]


@pytest.mark.parametrize("who", PAGES, ids=["partner", "manager", "finance", "rep"])
def test_everybody_reads_every_page_of_theirs(visit, who):
    visitor = visit()
    visitor.go("/sign-in/login/")
    visitor.sign_in(who, PASSWORD)
    for path in PAGES[who]:
        visitor.go(path)
        visitor.check_the_page()


def test_a_partner_reads_how_it_works_and_may_miss_a_purchase(visit):
    visitor = visit()
    visitor.go("/sign-in/login/")
    visitor.sign_in(PARTNER, PASSWORD)
    for link in ("How it works", "all movements", "Is a purchase missing?"):
        visitor.click(visitor.page.get_by_role("link", name=link).first)
        visitor.check_the_page()
    for link in ("Report your sales", "Bank details", "Credits"):
        visitor.page.go_back()
        visitor.click(visitor.page.get_by_role("link", name=link).first)
        visitor.check_the_page()


def test_on_a_phone_a_row_is_a_card_that_says_what_each_figure_is(visit):
    visitor = visit()
    page = visitor.page
    visitor.go("/sign-in/login/")
    visitor.sign_in(MANAGER, PASSWORD)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    visitor.go("/console/accounts/")

    row = page.get_by_role("row").filter(has_text="Harbor Bikes")
    shown = row.locator("td").evaluate_all(
        "cells => cells.map(cell => [getComputedStyle(cell, '::before').content, cell.innerText])"
    )
    labels = {text.split('"')[1]: value.strip() for text, value in shown if '"' in text}
    assert labels["Points"] == "42,500"
    assert labels["To go"] == "$60,000 more"
    assert "Rep" in labels
    for cell in row.locator("td").all():
        box = cell.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE[0]

    # a table whose template names no cells, and that comes later, is named by the script
    page.evaluate(
        """() => {
            const late = document.querySelector(".table-scroll").cloneNode(true);
            for (const cell of late.querySelectorAll("td")) cell.removeAttribute("data-label");
            document.querySelector("main").append(late);
        }"""
    )
    late = page.locator("main > .table-scroll tbody tr").first.locator("td")
    expect(late.nth(3)).to_have_attribute("data-label", "Points")


def test_menus_are_left_with_escape_and_the_bar_is_skipped(visit):
    visitor = visit()
    page = visitor.page
    visitor.go("/sign-in/login/")
    visitor.sign_in(MANAGER, PASSWORD)

    visitor.go("/console/accounts/")
    visitor.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    visitor.press("Enter")
    visitor.press("Tab")
    expect(page.locator("main *:focus")).to_be_visible()

    menu = page.get_by_label("Your menu")
    menu.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    visitor.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(menu).to_be_focused()

    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    toggle = page.get_by_role("button", name=re.compile("^Menu"))
    toggle.press("Enter")
    expect(page.get_by_role("link", name="Imports", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Jobs", exact=True)).to_be_hidden()
    page.get_by_text("Operations", exact=True).click()
    expect(page.get_by_role("link", name="Jobs", exact=True)).to_be_visible()
    visitor.press("Escape")
    expect(page.get_by_role("link", name="Imports", exact=True)).to_be_hidden()
    expect(toggle).to_be_focused()


def test_the_keyboard_finds_the_search_the_places_and_what_it_can_do(visit):
    visitor = visit()
    page = visitor.page
    visitor.go("/sign-in/login/")
    visitor.sign_in(MANAGER, PASSWORD)
    visitor.go("/console/accounts/")

    visitor.press("?")
    shortcuts = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(shortcuts).to_contain_text("g rGo to Rules")
    visitor.check_the_page()
    visitor.press("Escape")
    expect(shortcuts).to_be_hidden()

    visitor.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    visitor.type("g/?")  # in a field these are text
    expect(page.get_by_label("Search")).to_have_value("g/?")

    page.locator("main").focus()
    visitor.press("g")
    visitor.press("r")
    expect(page.get_by_role("heading", level=1, name="Rules")).to_be_visible()
