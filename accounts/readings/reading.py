"""What a reading is: a measure over a window, in total or the best of its parts."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from accounts.counting import RATIO, VALID_NOW, Catalogue
from accounts.periods import day_of, start_of
from accounts.windows import SINCE_ENROLLMENT, Window, in_words
from accounts.windows import VALID_NOW as NOW

TOTAL, BEST_OF = "total", "best_of"
# What the best of may be taken of, and where a row says it. Regions and verticals are of accounts,
# so that they tell apart the members of a family.
BY = {
    "product_line": "m.product_line",
    "kind": "m.kind",
    "region": "belonging.region",
    "vertical": "belonging.vertical",
}
OF_ACCOUNTS = ("region", "vertical")


class BadReading(ValueError):
    """The measure cannot be read like this; the text says why."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`measure` is a code; of `family`, of the account with all below the same top parent.

    `take` is the total, or the best of what it is split `by`; that one is the reading's carrier.
    """

    measure: str
    window: Window
    take: str = TOTAL
    by: str = ""
    family: bool = False

    @property
    def key(self) -> str:
        """Its canonical text, which evidence keeps: it never changes."""
        taken = f"|best_of:{self.by}" if self.take == BEST_OF else ""
        return f"{self.measure}|{self.window.key}{taken}{'|family' if self.family else ''}"


class AsOf(NamedTuple):
    """As of when readings are taken.

    Windows lie around `day`, the last local day that counts. A certificate is valid when it was
    earned by `known` and lasts beyond `lasts`.
    """

    day: date
    known: datetime
    lasts: datetime


class Value(NamedTuple):
    """See `accounts.counting` for its unit. `carrier` is what was best, "" for a total."""

    value: int
    carrier: str


def as_of(instant: datetime, zone: ZoneInfo) -> AsOf:
    """Now: the running periods, and what is valid at `instant`."""
    return AsOf(day_of(instant, zone), instant, instant)


def at_the_end_before(first: date, zone: ZoneInfo) -> AsOf:
    """At the edge where the period before the local day `first` ends.

    The period that ends is the running one; what occurs at the edge itself belongs to the next, and
    a certificate that ends there is no longer valid.
    """
    edge = start_of(first, zone)
    return AsOf(first - timedelta(days=1), edge - timedelta(microseconds=1), edge)


def check_reading(reading: Reading, catalogue: Catalogue) -> None:
    """Raises BadReading for one that has no answer."""
    counting = catalogue.get(reading.measure)
    if counting is None:
        raise BadReading(
            gettext("There is no measure “%(measure)s”.") % {"measure": reading.measure}
        )
    if (reading.take, reading.by) != (TOTAL, "") and (
        reading.take != BEST_OF or reading.by not in BY
    ):
        raise BadReading(
            gettext("A measure is taken in total, or as the best of %(by)s.")
            % {"by": ", ".join(BY)}
        )
    if reading.by in OF_ACCOUNTS and not reading.family:
        raise BadReading(
            gettext("The best %(by)s is read of a family; an account has only one.")
            % {"by": reading.by}
        )
    if reading.family and reading.window.window == SINCE_ENROLLMENT:
        raise BadReading(
            gettext("The accounts of a family enrolled at different times: use “lifetime”.")
        )
    parts = [counting]
    if counting.counts == RATIO:
        if reading.take != TOTAL:
            raise BadReading(gettext("A ratio is read in total, not as the best of its parts."))
        parts = [catalogue[counting.of], catalogue[counting.to]]
    if any((part.counts == VALID_NOW) != (reading.window.window == NOW) for part in parts):
        raise BadReading(
            gettext(
                "“%(measure)s” cannot be read for “%(window)s”: that window is for what is valid "
                "now, and nothing else."
            )
            % {"measure": reading.measure, "window": in_words(reading.window)}
        )
