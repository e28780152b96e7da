"""Periods in a tenant's zone: half-open, across clock changes, leap days and years."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from accounts.ids import uuid7, uuid7s
from accounts.periods import (
    add_months,
    last_instant_of,
    month_of,
    next_quarter,
    quarter_of,
    span_around,
    start_of,
)

NEW_YORK = ZoneInfo("America/New_York")
LONDON = ZoneInfo("Europe/London")


def test_an_instant_belongs_to_different_quarters_in_different_zones():
    instant = datetime(2026, 4, 1, 3, 30, tzinfo=UTC)
    assert quarter_of(instant, NEW_YORK) == date(2026, 1, 1)
    assert quarter_of(instant, LONDON) == date(2026, 4, 1)
    assert month_of(instant, NEW_YORK) == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("zone", "day", "starts"),
    [
        ("America/New_York", date(2026, 3, 8), datetime(2026, 3, 8, 5, tzinfo=UTC)),
        ("America/New_York", date(2026, 3, 9), datetime(2026, 3, 9, 4, tzinfo=UTC)),
        ("America/New_York", date(2026, 11, 2), datetime(2026, 11, 2, 5, tzinfo=UTC)),
        # clocks skipped midnight itself: the day began at 01:00
        ("America/Sao_Paulo", date(2018, 11, 4), datetime(2018, 11, 4, 3, tzinfo=UTC)),
        # midnight came twice: the day began with the first
        ("America/Havana", date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC)),
        ("Asia/Kolkata", date(2028, 2, 29), datetime(2028, 2, 28, 18, 30, tzinfo=UTC)),
    ],
)
def test_a_day_starts_at_its_first_instant(zone: str, day: date, starts: datetime):
    assert start_of(day, ZoneInfo(zone)) == starts


def test_the_last_instant_of_a_day_is_a_microsecond_before_the_next():
    assert last_instant_of(date(2026, 3, 8), NEW_YORK) == datetime(
        2026, 3, 9, 3, 59, 59, 999_999, tzinfo=UTC
    )


def test_months_and_quarters_roll_over_the_year():
    assert add_months(date(2026, 11, 1), 3) == date(2027, 2, 1)
    assert add_months(date(2026, 2, 1), -3) == date(2025, 11, 1)
    assert next_quarter(date(2026, 10, 1)) == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("day", "quarter", "year"),
    [
        (date(2026, 2, 1), date(2026, 2, 1), date(2026, 2, 1)),
        (date(2026, 1, 31), date(2025, 11, 1), date(2025, 2, 1)),
        (date(2026, 7, 31), date(2026, 5, 1), date(2026, 2, 1)),
        (date(2026, 12, 31), date(2026, 11, 1), date(2026, 2, 1)),
    ],
)
def test_spans_of_a_year_that_begins_in_february(day: date, quarter: date, year: date):
    assert span_around(day, months=3, first_month=2) == quarter
    assert span_around(day, months=12, first_month=2) == year


def test_identifiers_are_version_7_sort_by_making_and_never_repeat():
    made = [*uuid7s(5_000), uuid7()]
    assert len(set(made)) == 5_001
    assert made[:5_000] == sorted(made[:5_000])
    assert {one.version for one in made} == {7}
