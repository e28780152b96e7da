"""When points expire: the program's policy, as a pure function of what happened and when.

A policy is the JSON of `Program.points_expiry`:

- `{"policy": "never"}`
- `{"policy": "quarter_end" | "half_end" | "year_end", "plus": n}`: with the n-th period after the
  one it counts from; calendar periods, or with `"fiscal": true` those of the tenant's fiscal year
- `{"policy": "months", "months": n}`: with the local month n months later, or with
  `"round_up": false` with the same day of that month
- `{"policy": "dates", "dates": ["06-30", "12-31"]}`: with the next of these days of any year, or
  with `"plus": n` the n-th after it
- `{"policy": "inactivity", "months": n}`: n months after the holder's last earning or spending; see
  `rewards.ledger.prolonging`

Each counts from the day the fact occurred, or with `"from": "activation"` from the day on which the
points could be used. The last day named is good as a whole: what expires "with June 30" expires at
the local midnight after it.
"""

import calendar
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.periods import add_months, day_of, start_of

SPANS = {"quarter_end": 3, "half_end": 6, "year_end": 12}
POLICIES = ("never", *SPANS, "months", "dates", "inactivity")
MOST_MONTHS = 600
MOST_PERIODS = 200
_DAY_OF_A_YEAR = re.compile(r"[0-9]{2}-[0-9]{2}")


class UnknownPolicy(ValueError):
    """The program's `points_expiry` is none of the policies."""


def expires_at(
    policy: Mapping[str, Any],
    *,
    occurred_at: datetime,
    zone: ZoneInfo,
    activates_at: datetime | None = None,
    fiscal_year_starts: int = 1,
) -> datetime | None:
    """The instant (UTC) from which a credit is expired; None when it never expires.

    `fiscal_year_starts` is the tenant's first month of the fiscal year. Raises UnknownPolicy.
    """
    name = policy.get("policy", "never")
    if name == "never":
        return None
    from_activation = policy.get("from") == "activation" and activates_at is not None
    day = day_of(activates_at if from_activation and activates_at else occurred_at, zone)
    if name in SPANS:
        first_month = fiscal_year_starts if policy.get("fiscal") else 1
        last = _end_of_period(day, SPANS[name], policy.get("plus", 0), first_month)
    elif name == "months":
        last = _months_later(day, policy["months"])
        if policy.get("round_up", True):
            last = _end_of_month(last)
    elif name == "dates":
        last = _next_of(policy["dates"], day, policy.get("plus", 0))
    elif name == "inactivity":
        return end_of_inactivity(policy["months"], since=occurred_at, zone=zone)
    else:
        raise UnknownPolicy(f"There is no expiry policy {name!r}.")
    return start_of(last + timedelta(days=1), zone)


def end_of_inactivity(months: int, *, since: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) from which points are expired if nothing more is earned or spent."""
    last = _months_later(day_of(since, zone), months)
    return start_of(last + timedelta(days=1), zone)


def is_by_inactivity(policy: Mapping[str, Any]) -> bool:
    return policy.get("policy") == "inactivity"


def check_policy(policy: Mapping[str, Any]) -> None:
    """Raises UnknownPolicy, in words for whoever wrote it, unless `expires_at` can follow it."""
    name = policy.get("policy", "never")
    if name not in POLICIES:
        raise UnknownPolicy(f"There is no expiry policy {name!r}; use one of {POLICIES}.")
    if name in ("months", "inactivity") and not _is_count(policy.get("months"), 1, MOST_MONTHS):
        raise UnknownPolicy(f"Say how many months, from 1 to {MOST_MONTHS}.")
    if not _is_count(policy.get("plus", 0), 0, MOST_PERIODS):
        raise UnknownPolicy(f"“plus” is a whole number from 0 to {MOST_PERIODS}.")
    if policy.get("from", "occurred") not in ("occurred", "activation"):
        raise UnknownPolicy("“from” is “occurred” or “activation”.")
    if name == "dates" and not (policy.get("dates") and all(map(_is_day, policy["dates"]))):
        raise UnknownPolicy("“dates” are days of a year such as “06-30”, at least one.")


def _is_count(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _is_day(text: object) -> bool:
    if not isinstance(text, str) or not _DAY_OF_A_YEAR.fullmatch(text):
        return False
    month, day = map(int, text.split("-"))
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(2024, month)[1]


def _end_of_period(day: date, months: int, plus: int, first_month: int) -> date:
    """The last day of the `plus`-th period of `months` after the one around `day`."""
    into_period = (day.month - first_month) % 12 % months
    first = add_months(day.replace(day=1), -into_period)
    return add_months(first, months * (plus + 1)) - timedelta(days=1)


def _months_later(day: date, months: int) -> date:
    """The same day `months` later, or the last of a shorter month."""
    month = add_months(day.replace(day=1), months)
    return month.replace(day=min(day.day, _end_of_month(month).day))


def _end_of_month(day: date) -> date:
    return add_months(day.replace(day=1), 1) - timedelta(days=1)


def _next_of(dates: list[str], day: date, plus: int) -> date:
    """The `plus`-th after the first of `dates` that is not before `day`; February 29 is the last of
    February."""
    wanted = sorted({tuple(map(int, text.split("-"))) for text in dates})
    years = plus // len(wanted) + 2
    days = [
        date(year, month, min(number, calendar.monthrange(year, month)[1]))
        for year in range(day.year, day.year + years)
        for month, number in wanted
    ]
    return [one for one in days if one >= day][plus]
