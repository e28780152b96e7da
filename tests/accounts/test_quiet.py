"""Quiet hours, on a clock that jumps."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from accounts.notices.quiet import allowed_from

NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
NIGHT = {"quiet_from": time(22), "quiet_until": time(7)}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "allowed"),
    [
        ("2026-05-20 16:00", "2026-05-20 16:00"),  # noon
        ("2026-05-21 01:59", "2026-05-21 01:59"),  # a minute to ten
        ("2026-05-21 02:00", "2026-05-21 11:00"),  # ten in the evening
        ("2026-05-21 10:59", "2026-05-21 11:00"),
        ("2026-05-21 11:00", "2026-05-21 11:00"),  # seven in the morning
    ],
)
def test_over_midnight(instant, allowed):
    assert allowed_from(utc(instant), zone=NEW_YORK, **NIGHT) == utc(allowed)


def test_within_a_day_and_none_at_all():
    noon = {"quiet_from": time(12), "quiet_until": time(13)}
    at = utc("2026-05-20 16:30")
    assert allowed_from(at, zone=NEW_YORK, **noon) == utc("2026-05-20 17:00")
    assert allowed_from(at, zone=NEW_YORK, quiet_from=None, quiet_until=None) == at
    assert allowed_from(at, zone=NEW_YORK, quiet_from=time(9), quiet_until=time(9)) == at


@pytest.mark.parametrize(
    ("night", "until"),
    [
        # seven in the morning is an hour earlier in UTC once summer time has begun in the night
        ("2026-03-28 21:30", "2026-03-29 05:00"),
        ("2026-10-24 21:30", "2026-10-25 06:00"),
    ],
)
def test_the_morning_is_that_of_the_new_time(night, until):
    assert allowed_from(utc(night), zone=BERLIN, **NIGHT) == utc(until)


@pytest.mark.parametrize(
    ("instant", "allowed"),
    [
        ("2026-03-29 00:30", "2026-03-29 01:30"),  # 2:30 does not exist: it is 3:30 by then
        ("2026-03-29 01:29", "2026-03-29 01:30"),
        ("2026-03-29 01:30", "2026-03-29 01:30"),
        # 2:30 comes twice: quiet until the second of them
        ("2026-10-25 00:00", "2026-10-25 01:30"),
        ("2026-10-25 00:45", "2026-10-25 01:30"),
        ("2026-10-25 01:30", "2026-10-25 01:30"),
    ],
)
def test_where_the_end_itself_is_skipped_or_repeated(instant, allowed):
    quiet = {"quiet_from": time(0), "quiet_until": time(2, 30)}
    assert allowed_from(utc(instant), zone=BERLIN, **quiet) == utc(allowed)
