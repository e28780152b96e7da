"""The record of events, and how it is read."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from accounts.events import NewEvent, events_about, record_many

pytestmark = pytest.mark.django_db


def test_what_is_told_of_a_subject_is_found_by_its_index_in_the_order_of_time(in_tenant):
    def told(kind: str, hour: int, subject: str = "deal:1") -> NewEvent:
        at = datetime(2026, 6, 1, hour, tzinfo=UTC)
        return NewEvent(
            kind=kind, occurred_at=at, recorded_at=at, actor="system", subject=subject, payload={}
        )

    record_many([told("deal.approved", 9), told("deal.registered", 8)])
    record_many([told("deal.registered", 8, subject="deal:2")])

    found = events_about("deal:1")
    assert [event.kind for event in found] == ["deal.registered", "deal.approved"]
    with connection.cursor() as cursor:  # a table this small would be read from end to end
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "event_by_subject" in found.explain()
