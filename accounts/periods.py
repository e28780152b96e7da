"""Periods in a tenant's own time zone: half-open, named by their first local day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The UTC instant at which `day` begins in `zone`.

    Where a clock change skips midnight this is the first instant of the day that exists, and where
    it repeats midnight, the first of the two: both is what fold=0 means.
    """
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def month_of(instant: datetime, zone: ZoneInfo) -> date:
    """First day of the local month."""
    return day_of(instant, zone).replace(day=1)


def quarter_of(instant: datetime, zone: ZoneInfo) -> date:
    """First day of the local calendar quarter."""
    return quarter_around(day_of(instant, zone))


def quarter_around(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def fiscal_year_around(day: date, *, starts: int) -> date:
    """First day of the fiscal year that begins with the month `starts`; 1 is the calendar year."""
    return date(day.year if day.month >= starts else day.year - 1, starts, 1)


def fiscal_quarter_around(day: date, *, starts: int) -> date:
    """First day of the quarter, counted from the month in which the fiscal year `starts`."""
    return add_months(day.replace(day=1), -((day.month - starts) % 3))


def add_months(first: date, months: int) -> date:
    """The first day of the month `months` after the month that starts on `first`."""
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def next_quarter(first: date) -> date:
    return add_months(first, 3)


def quarters_begun(after: datetime, upto: datetime, zone: ZoneInfo) -> Iterator[date]:
    """First local days of the quarters that begin in (after, upto]."""
    first = next_quarter(quarter_of(after, zone))
    while start_of(first, zone) <= upto:
        yield first
        first = next_quarter(first)


def last_instant_of(day: date, zone: ZoneInfo) -> datetime:
    """The last microsecond of the local day, in UTC."""
    return start_of(day + timedelta(days=1), zone) - timedelta(microseconds=1)
