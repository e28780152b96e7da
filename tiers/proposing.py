"""Thresholds proposed from what accounts did: so that chosen shares of them reach each tier."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext

from accounts.periods import add_months, day_of
from accounts.readings import AsOf, Reading, as_of, at_the_end_before, reading_sql
from accounts.windows import PERIODS, period_around
from tiers.setting import Setting

HUMAN = (10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 80)  # first two digits of numbers people choose
YEAR = 12


class BadShares(ValueError):
    def __init__(self) -> None:
        super().__init__(
            gettext(
                "Shares are percentages above 0, each smaller than the one before, such as "
                "30, 15, 5."
            )
        )


@dataclass(frozen=True, slots=True)
class Proposed:
    """A tier's threshold, in stored units, made to be reached by `share` percent of accounts and
    `reached_by` permille of them, rounded as people choose numbers."""

    share: Fraction
    threshold: int
    reached_by: int


def propose(
    reading: Reading,
    *,
    shares: Sequence[Fraction],
    program_id: UUID,
    at: datetime,
    setting: Setting,
) -> list[Proposed]:
    """A threshold for each share, lowest first, from twelve months of the program's accounts.

    A window that is a period is read for each that ended in the last twelve months, an account
    counting once for each; any other as it is now. Raises BadShares, and `accounts.readings`'
    BadReading.
    """
    if not shares or list(shares) != sorted(set(shares), reverse=True) or not shares[-1] > 0:
        raise BadShares
    if shares[0] > 100:
        raise BadShares
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.tier_values")
        cursor.execute("CREATE TEMPORARY TABLE tier_values (value bigint) ON COMMIT DROP")
        for look in _looks(reading, at, setting):
            _read(
                replace(reading, window=replace(reading.window, back=0)), look, program_id, setting
            )
        cursor.execute("SELECT count(*) FROM pg_temp.tier_values")
        (count,) = cursor.fetchone()
        thresholds = [_human(_reached_by(cursor, share, count)) for share in shares]
        return [
            Proposed(share, threshold, _permille(cursor, threshold, count))
            for share, threshold in zip(shares, thresholds, strict=True)
        ]


def _looks(reading: Reading, at: datetime, setting: Setting) -> list[AsOf]:
    """As of the ends of the periods of the last twelve months; of any other window, now."""
    name = reading.window.window
    if name not in PERIODS:
        return [as_of(at, setting.zone)]
    first = period_around(
        name, day=day_of(at, setting.zone), fiscal_year_starts=setting.fiscal_year_starts
    )
    length = PERIODS[name]
    edges = [add_months(first, -length * back) for back in range(max(1, YEAR // length))]
    return [at_the_end_before(edge, setting.zone) for edge in edges]


def _read(reading: Reading, look: AsOf, program_id: UUID, setting: Setting) -> None:
    read = reading_sql(
        [reading],
        catalogue=setting.catalogue,
        as_of=look,
        zone=setting.zone,
        fiscal_year_starts=setting.fiscal_year_starts,
        program_id=program_id,
        carriers=False,
        enrolled=True,
    )
    value, _ = read.columns[reading]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO pg_temp.tier_values SELECT r.{value} FROM ({read.sql}) r "  # noqa: S608
            "WHERE r.state = 'active' AND r.enrolled_at <= %(read_at)s",
            read.values | {"read_at": look.known},
        )


def _reached_by(cursor, share: Fraction, count: int) -> int:
    """The value that the given share of all values reach or exceed; the place is rounded up, so
    that at least one does."""
    place = -(-count * share // 100)
    cursor.execute(
        "SELECT value FROM pg_temp.tier_values ORDER BY value DESC OFFSET %s LIMIT 1",
        [max(0, int(place) - 1)],
    )
    row = cursor.fetchone()
    return row[0] if row else 0


def _permille(cursor, threshold: int, count: int) -> int:
    cursor.execute("SELECT count(*) FROM pg_temp.tier_values WHERE value >= %s", [threshold])
    return cursor.fetchone()[0] * 1000 // count if count else 0


def _human(value: int) -> int:
    """The next lower number that people would choose: two digits and zeros; at least 1."""
    if value < HUMAN[0]:
        return max(1, value)
    digits = len(str(value)) - 2
    leading = value // 10**digits
    return max(one for one in HUMAN if one <= leading) * 10**digits
