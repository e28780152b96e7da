"""What systems keep as codes, ISO dates and bare numbers is said to people as they write it."""

from zoneinfo import ZoneInfo

from django.utils.translation import override

from accounts.attributes import Attribute
from accounts.models import Activity, ActivityKind
from loyalty.answer_words import answers_in_words
from rewards.voice import Voice
from tests.factories import StaffFactory, enrolled_account
from tests.loyalty.faces import client_of, running_program, text_of
from tests.rewards.stories import accepted, at, purchase

DECLARED = {
    "seats": Attribute("seats", "whole"),
    "is_new": Attribute("is_new", "yes_no"),
    "closes_on": Attribute("closes_on", "date"),
    "level": Attribute("level"),
}


def test_answers_are_told_as_their_reader_writes_them():
    voice = Voice(
        currency="EUR", zone=ZoneInfo("Europe/Berlin"), points_name="points", locale="de_DE"
    )
    said = {
        "seats": 1200,
        "is_new": False,
        "closes_on": "2026-03-31",
        "level": "1200",
        "undeclared": 4711,
    }
    with override("de"):
        assert answers_in_words(said, DECLARED, voice=voice) == [
            ("Seats", "1.200"),
            ("Is new", "Nein"),
            ("Closes on", "31.03.2026"),
            ("Level", "1200"),
            ("Undeclared", "4711"),
        ]
        # What came in before its kind declared types stays as it came.
        old = {"closes_on": "soon", "seats": "many"}
        assert answers_in_words(old, DECLARED, voice=voice) == [
            ("Closes on", "soon"),
            ("Seats", "many"),
        ]


def test_an_account_and_a_fact_are_shown_in_words(in_tenant):
    fields = [one.as_json() for one in DECLARED.values()]
    ActivityKind.objects.create(code="visit", name="Store visit", attributes=fields)
    dealer = enrolled_account(running_program(), country="US", on=at("2026-01-01"))
    visit = {"seats": 1200, "is_new": True, "closes_on": "2026-03-31"}
    fact = purchase(dealer, "0", at("2026-02-01"), "V1", kind="visit", attributes=visit)
    accepted(fact, as_of=at("2026-02-02"))
    manager = client_of(in_tenant, StaffFactory().user)

    account = text_of(manager.get(f"/console/accounts/{dealer.pk}/"))
    shown = text_of(manager.get(f"/console/activities/{Activity.objects.get().pk}/"))

    assert "Country United States" in account
    assert "Seats 1,200 Is new Yes Closes on Mar 31, 2026" in shown
