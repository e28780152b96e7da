"""Hours in which nobody is disturbed, on a person's own clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def allowed_from(
    instant: datetime, *, zone: ZoneInfo, quiet_from: time | None, quiet_until: time | None
) -> datetime:
    """`instant` itself, or the end (UTC) of the quiet hours that it falls into.

    Where a clock change repeats or skips the hour at which they begin or end, they are longer
    rather than shorter.
    """
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until:
        return instant
    over_midnight = quiet_from > quiet_until
    today = instant.astimezone(zone).date()
    for evening in (today - timedelta(days=1), today):
        morning = evening + timedelta(days=1) if over_midnight else evening
        begins = min(_both_readings(evening, quiet_from, zone))
        ends = max(_both_readings(morning, quiet_until, zone))
        if begins <= instant < ends:
            return ends
    return instant


def _both_readings(day: date, at: time, zone: ZoneInfo) -> list[datetime]:
    """The instants that the local clock may mean: one, or two around a change of the clock."""
    return [datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1)]
