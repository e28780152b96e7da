"""Closed quarters are never rewritten: what concerns one is dated now and names it."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from accounts.periods import quarter_of


@dataclass(frozen=True, slots=True)
class Closed:
    """The quarters of `zone` that ended by `until` (UTC) are closed; None: none is yet."""

    until: datetime | None
    zone: ZoneInfo

    def quarter(self, occurred_at: datetime) -> date | None:
        """First day of the closed quarter in which something occurred; None in an open one."""
        if self.until is None or occurred_at >= self.until:
            return None
        return quarter_of(occurred_at, self.zone)

    def dated(self, occurred_at: datetime, *, recorded_at: datetime) -> datetime:
        """When the books say it moved."""
        return occurred_at if self.quarter(occurred_at) is None else recorded_at


NONE_CLOSED = Closed(None, ZoneInfo("UTC"))
