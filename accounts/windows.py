"""Windows: over which stretch of time a measure is read, as data and as whole local months.

    {"window": "quarter"}  {"window": "fiscal_year", "back": 1}  {"window": "rolling", "months": 12}
    {"window": "since_enrollment"}  {"window": "lifetime"}  {"window": "valid_now"}

`back` says how many periods before the running one. Roll-ups are kept by the local month, so every
window is made of whole months: a rolling one counts the running month as one of its `months`, and
one since enrollment begins with the month of the enrollment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.periods import (
    add_months,
    quarter_around,
    span_around,
)

# How many months a period has, and what people call it.
PERIODS = {"month": 1, "quarter": 3, "year": 12, "fiscal_quarter": 3, "fiscal_year": 12}
ROLLING, SINCE_ENROLLMENT, LIFETIME, VALID_NOW = (
    "rolling",
    "since_enrollment",
    "lifetime",
    "valid_now",
)
WINDOWS = (*PERIODS, ROLLING, SINCE_ENROLLMENT, LIFETIME, VALID_NOW)
FURTHEST_BACK = 4
MOST_MONTHS = 120
FIRST_MONTH = date(1970, 1, 1)  # no fact is older: see accounts.facts.EARLIEST


class BadWindow(ValueError):
    """The JSON is no window; the text says how to mend it."""


@dataclass(frozen=True, slots=True)
class Window:
    window: str
    back: int = 0
    months: int = 0

    @property
    def key(self) -> str:
        """Its canonical text, which evidence keeps: it never changes."""
        if self.window == ROLLING:
            return f"rolling:{self.months}"
        return f"{self.window}-{self.back}" if self.back else self.window

    def as_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {"window": self.window}
        if self.window == ROLLING:
            said["months"] = self.months
        return said | ({"back": self.back} if self.back else {})


def parse_window(raw: Any) -> Window:
    """Raises BadWindow."""
    if not isinstance(raw, Mapping) or raw.get("window") not in WINDOWS:
        raise BadWindow(
            gettext("A window is an object whose “window” is one of %(windows)s.")
            % {"windows": ", ".join(WINDOWS)}
        )
    name = raw["window"]
    allowed = {"window", "back"} if name in PERIODS else {"window"}
    allowed |= {"months"} if name == ROLLING else set()
    if not raw.keys() <= allowed:
        extra = ", ".join(sorted(map(str, raw.keys() - allowed)))
        raise BadWindow(
            gettext("The window “%(name)s” does not take %(extra)s.")
            % {"name": name, "extra": extra}
        )
    if name == ROLLING:
        return Window(name, months=_whole(raw.get("months"), "months", 1, MOST_MONTHS))
    return Window(name, back=_whole(raw.get("back", 0), "back", 0, FURTHEST_BACK))


def _whole(value: Any, name: str, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise BadWindow(
            gettext("“%(name)s” of a window is a whole number from %(least)s to %(most)s.")
            % {"name": name, "least": least, "most": most}
        )
    return value


def months_of(
    window: Window, *, day: date, fiscal_year_starts: int, enrolled_on: date | None = None
) -> tuple[date, date]:
    """The window around the local `day`: first days of its first month and of the one after it.

    `enrolled_on` is the local day of the enrollment, for a window since then.
    """
    after = add_months(day.replace(day=1), 1)
    if window.window == ROLLING:
        return add_months(after, -window.months), after
    if window.window == SINCE_ENROLLMENT:
        if enrolled_on is None:
            raise BadWindow(gettext("“since_enrollment” needs an enrollment."))
        return enrolled_on.replace(day=1), after
    if window.window in (LIFETIME, VALID_NOW):
        return FIRST_MONTH, after
    length = PERIODS[window.window]
    first = period_around(window.window, day=day, fiscal_year_starts=fiscal_year_starts)
    since = add_months(first, -length * window.back)
    return since, add_months(since, length)


def period_around(period: str, *, day: date, fiscal_year_starts: int) -> date:
    """First day of the period (a key of PERIODS) in which the local `day` lies."""
    if period == "month":
        return day.replace(day=1)
    if period == "quarter":
        return quarter_around(day)
    if period == "year":
        return date(day.year, 1, 1)
    return span_around(day, months=PERIODS[period], first_month=fiscal_year_starts)


def in_words(window: Window) -> str:
    """As people say it: “this quarter”, “the last 12 months”."""
    if window.window == ROLLING:
        if window.months == 1:
            return gettext("this month")
        return gettext("the last {months} months").format(months=window.months)
    if window.window in _WORDS:
        return str(_WORDS[window.window])
    this, before, ago = _PERIODS[window.window]
    if window.back == 0:
        return str(this)
    return str(before) if window.back == 1 else ago.format(count=window.back)


_WORDS = {
    SINCE_ENROLLMENT: _("since enrollment"),
    LIFETIME: _("all time"),
    VALID_NOW: _("valid now"),
}
_PERIODS = {
    "month": (_("this month"), _("the month before"), _("{count} months ago")),
    "quarter": (_("this quarter"), _("the quarter before"), _("{count} quarters ago")),
    "year": (_("this year"), _("the year before"), _("{count} years ago")),
    "fiscal_quarter": (
        _("this fiscal quarter"),
        _("the fiscal quarter before"),
        _("{count} fiscal quarters ago"),
    ),
    "fiscal_year": (
        _("this fiscal year"),
        _("the fiscal year before"),
        _("{count} fiscal years ago"),
    ),
}
