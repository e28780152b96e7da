"""Measures in the console and the API: told in plain words, declared, and fixed once used."""

import pytest

from accounts.models import DeclaredMeasure
from tests.factories import StaffFactory, enrolled_account, publish_scheme
from tests.loyalty.faces import client_of, running_program, text_of
from tests.loyalty.reading import read
from tests.loyalty.test_api import Api, _secret
from tests.rewards.stories import accepted, at, purchase

pytestmark = pytest.mark.usefixtures("stopped_clock")

LEARNED = {
    "code": "learned",
    "name": "Trainings done",
    "counts": "facts",
    "kinds": ["training"],
    "returns": "in_their_month",
}


@pytest.fixture
def program(in_tenant):
    return running_program(slug="rewards")


@pytest.fixture
def manager(in_tenant):
    return client_of(in_tenant, StaffFactory(name="Ann Author").user)


def test_measures_say_how_they_are_counted_and_what_they_say_of_an_account(manager, program):
    account = enrolled_account(program, number="D-1", name="Dealer One")
    accepted(purchase(account, "1240.55", at("2026-05-01")), as_of=at("2026-05-01"))

    plain = text_of(manager.get("/console/measures/"))
    asked = text_of(manager.get("/console/measures/", {"account": "D-1"}))

    assert "The sum of the amounts, of “Purchase”. A return lowers the month in which it" in plain
    assert "“Units bought and not given back” as a share of “Units ever bought”." in plain
    assert "How many people have one that is valid now" in plain
    assert "Tiers Built in" in plain
    assert "Dealer One" not in plain
    assert "Revenue revenue $1,240.55 this quarter $1,240.55 the last 12 months" in asked
    assert "Certified people certified_people 0 valid now" in asked


def test_what_is_typed_finds_accounts(manager, program):
    for number in ("D-1", "D-2"):
        enrolled_account(program, number=number, name=f"Dealer {number}")

    told = {
        "Dealer": "Which one? Dealer D-1",
        "D-2": "As of now for Dealer D-2",
        "X\0": "No account has a number",
    }
    for typed, answer in told.items():
        assert answer in text_of(manager.get("/console/measures/", {"account": typed}))


def test_a_measure_is_declared_changed_and_fixed_once_published(manager, program):
    refused = manager.post("/console/measures/new/", LEARNED | {"attribute": "score"})
    assert refused.status_code == 422
    assert "“attribute” belongs to “average”" in text_of(refused)
    assert 'value="Trainings done"' in refused.content.decode()

    assert manager.post("/console/measures/new/", LEARNED).status_code == 302
    made = DeclaredMeasure.objects.get()
    assert made.terms == {"counts": "facts", "kinds": ["training"]}
    address = f"/console/measures/{made.pk}/"
    people = {"name": "People trained here", "counts": "people", "kinds": ["training"]}
    people |= {"returns": "in_their_month"}
    assert manager.post(address, people).status_code == 302

    other = running_program(slug="experts")
    publish_scheme(
        other.__class__.objects.create(slug="third", name="Third"),
        ("New", 0, "1"),
        ("Trained", 3, "1"),
        measure="learned",
    )
    fixed = manager.post(address, people | {"counts": "facts"})
    assert fixed.status_code == 422
    assert "Tiers was published with it" in text_of(fixed)
    assert manager.post(address, people | {"name": "Trained"}).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.terms["counts"]) == ("Trained", "people")


def test_analysts_read_and_do_not_declare(in_tenant, program):
    analyst = client_of(in_tenant, StaffFactory(role="analyst").user)

    assert "Declare a measure" not in text_of(analyst.get("/console/measures/"))
    assert analyst.post("/console/measures/new/", LEARNED).status_code == 403
    assert not DeclaredMeasure.objects.exists()


def test_the_api_lists_measures(in_tenant, program):
    items = read(Api(in_tenant, _secret("accounts:read")), "measures")["items"]

    by_code = {one["code"]: one for one in items}
    assert by_code["revenue"] == {
        "code": "revenue",
        "name": "Revenue",
        "counted": "The sum of the amounts, of “Purchase”. A return lowers the month in which it "
        "comes.",
        "counts": "amount",
        "kinds": ["purchase"],
        "lines": [],
        "returns": "in_their_month",
        "attribute": "",
        "per_person": 0,
        "of": "",
        "to": "",
        "scale": None,
        "is_own": False,
        "used_by": ["Tiers"],
    }
    assert by_code["retention"]["scale"] == 100
    assert by_code["certified_people"]["per_person"] == 1
    read(Api(in_tenant, _secret("accounts:read")), "measures?limit=5", 400)
