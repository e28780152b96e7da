"""The manager asks partners how it goes; one answers on the way, and the answer shows up."""

import pytest
from playwright.sync_api import expect

from tests.journeys.company import MANAGER, PARTNER, PASSWORD

pytestmark = pytest.mark.browser


def test_a_survey_is_sent_and_answered(visit):
    manager = visit()
    console = manager.page
    manager.go("/console/surveys/")
    manager.sign_in(MANAGER, PASSWORD)
    manager.check_the_page()
    with manager.task("manager: send a survey"):
        manager.click(console.get_by_role("link", name="Add a survey"))
        manager.check_the_page()
        console.get_by_label("Name").fill("How we do")
        console.get_by_label("Question", exact=True).fill("Would you recommend us?")
        manager.click(console.get_by_role("button", name="Save"))
        manager.click(console.get_by_role("button", name="Send it now"))
        expect(console.get_by_role("status")).to_contain_text("asked")

    partner = visit()
    page = partner.page
    partner.go("/portal/")
    partner.sign_in(PARTNER, PASSWORD)
    with partner.task("partner: answer a survey"):
        partner.click(page.get_by_role("link", name="Programs", exact=True))
        partner.click(page.get_by_role("link", name="Plans and support").last)
        partner.check_the_page()
        partner.click(page.get_by_role("link", name="Would you recommend us?"))
        partner.check_the_page()
        page.get_by_label("9", exact=True).check()
        page.get_by_label("Anything to add?").fill("Quick answers")
        partner.click(page.get_by_role("button", name="Send"))
        expect(page.get_by_role("status")).to_contain_text("Thank you.")

    with manager.task("manager: read the answer"):
        manager.go("/console/surveys/")
        manager.click(console.get_by_role("link", name="How we do"))
        expect(console.get_by_text("Quick answers")).to_be_visible()
        manager.check_the_page()
