"""When points expire: the program's policy, counted from the day the fact occurred."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts.periods import add_months, day_of, next_quarter, quarter_of, start_of


class UnknownPolicy(ValueError):
    """The program's `points_expiry` is none of the policies."""


def expires_at(
    policy: Mapping[str, Any], *, occurred_at: datetime, zone: ZoneInfo
) -> datetime | None:
    """The instant (UTC) from which a credit is expired; None when it never expires.

    `{"policy": "never"}`; `{"policy": "quarter_end", "plus": n}` ends with the n-th quarter after
    the one in which the fact occurred; `{"policy": "months", "months": n}` ends with the local
    month n months after it.
    """
    name = policy.get("policy", "never")
    if name == "never":
        return None
    if name == "quarter_end":
        first = next_quarter(quarter_of(occurred_at, zone))
        for _ in range(policy.get("plus", 0)):
            first = next_quarter(first)
        return start_of(first, zone)
    if name == "months":
        month = day_of(occurred_at, zone).replace(day=1)
        return start_of(add_months(month, policy["months"] + 1), zone)
    raise UnknownPolicy(f"There is no expiry policy {name!r}.")
