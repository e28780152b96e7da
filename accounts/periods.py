"""Periods in a tenant's own time zone: half-open, named by their first local day."""

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


def span_around(day: date, *, months: int, first_month: int) -> date:
    """First day of the span of `months` months (3 or 12, say) around `day`, where the year they are
    counted in begins with `first_month`: a tenant's fiscal quarter or year."""
    into_span = (day.month - first_month) % 12 % months
    return add_months(day.replace(day=1), -into_span)


def add_months(first: date, months: int) -> date:
    """The first day of the month `months` after the month that starts on `first`."""
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def next_quarter(first: date) -> date:
    return add_months(first, 3)


def last_instant_of(day: date, zone: ZoneInfo) -> datetime:
    """The last microsecond of the local day, in UTC."""
    return start_of(day + timedelta(days=1), zone) - timedelta(microseconds=1)
