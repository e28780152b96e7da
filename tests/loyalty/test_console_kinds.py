"""Kinds of activities and segments, changed in the console."""

import pytest

from accounts.models import ActivityKind, Segment
from tests.factories import (
    AccountFactory,
)
from tests.loyalty.faces import text_of

pytestmark = pytest.mark.usefixtures("stopped_clock")


def test_a_kind_is_added_and_its_attributes_are_changed(manager):
    lines = "score: number, required\ngrade: choice A, B\n\nseen: yes_no"
    sent = {"code": "audit", "name": "Audit", "attributes": lines}
    assert manager.post("/console/kinds/new/", sent).status_code == 302
    kind = ActivityKind.objects.get(code="audit")
    assert kind.attributes == [
        {"name": "score", "type": "number", "required": True},
        {"name": "grade", "type": "choice", "choices": ["A", "B"]},
        {"name": "seen", "type": "yes_no"},
    ]
    page = manager.get(f"/console/kinds/{kind.pk}/")
    assert "score: number, required\ngrade: choice A, B\nseen: yes_no" in page.content.decode()
    manager.post(f"/console/kinds/{kind.pk}/", {"name": "Site audit", "attributes": ""})
    kind.refresh_from_db()
    assert (kind.name, kind.attributes) == ("Site audit", [])
    assert "score number, required" not in text_of(manager.get("/console/kinds/"))


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"code": "purchase"}, "There is a kind “purchase” already"),
        ({"attributes": "score"}, "“score” has no type; write it like “hours: number”."),
        ({"attributes": "Score: number"}, "“Score” is no name"),
        ({"attributes": "a: float"}, "“a” has no type; use one of text, number"),
        ({"attributes": "a: text\na: text"}, "“a” is there twice."),
        ({"attributes": "a: choice"}, "“a” is one of a list: say of which."),
    ],
)
def test_a_kind_that_makes_no_sense_is_refused(manager, sent, why):
    before = ActivityKind.objects.count()
    answer = manager.post("/console/kinds/new/", {"code": "audit", "name": "Audit"} | sent)
    assert answer.status_code == 422
    assert why in text_of(answer)
    assert ActivityKind.objects.count() == before


def test_a_segment_is_written_in_rows_and_shows_who_is_in_it(manager):
    AccountFactory(name="Nordwind", region="North", country="DE")
    AccountFactory(name="Sudwind", region="South", country="DE")
    rows = {"field": ["region", "country", ""], "op": ["in", "eq", "eq"]}
    values = {"value": ["North, East", "DE", ""], "match": "all"}
    sent = {"code": "north", "name": "North", **rows, **values}
    look = manager.post("/console/segments/new/", sent | {"look": "1"})
    assert "1 account Nordwind" in text_of(look)
    assert not Segment.objects.exists()
    assert manager.post("/console/segments/new/", sent).status_code == 302
    segment = Segment.objects.get()
    assert segment.condition == {
        "all": [
            {"field": "region", "op": "in", "value": ["North", "East"]},
            {"field": "country", "op": "eq", "value": "DE"},
        ]
    }
    page = manager.get(f"/console/segments/{segment.pk}/").content.decode()
    assert 'value="North, East"' in page
    listed = text_of(manager.get("/console/segments/"))
    assert "the region is one of North or East and the country is DE 1" in listed


def test_a_condition_that_is_none_is_refused_and_kept_on_the_page(manager):
    sent = {"code": "x", "name": "X", "as_json": '{"field": "amount", "op": "gt", "value": 1}'}
    answer = manager.post("/console/segments/new/", sent)
    assert answer.status_code == 422
    assert "Accounts cannot be told apart by that" in text_of(answer)
    assert "&quot;amount&quot;" in answer.content.decode()
    assert not Segment.objects.exists()
