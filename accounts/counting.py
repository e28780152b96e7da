"""What a measure counts, as data: its terms, checked, and the measures that every tenant has.

Values of measures are whole numbers, whatever they count:

- an `amount` in the smallest unit of the tenant's currency (of `status_credits`, credits),
- a `quantity` in ten-thousandths, as finely as facts state it,
- `facts`, `people`, `points` and what is `valid_now` as counts,
- an `average` in hundredths, and a `ratio` in hundredths of a percent, both rounded down; where
  there is nothing to divide by, they are 0.

`SCALE` says how many of a stored value's units make one as people write it: 4.5 is stored as 450,
70 % as 7000.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

AMOUNT, QUANTITY, FACTS, POINTS = "amount", "quantity", "facts", "points"
PEOPLE, AVERAGE, RATIO, VALID_NOW = "people", "average", "ratio", "valid_now"

SCALE = {QUANTITY: 10_000, AVERAGE: 100, RATIO: 100, FACTS: 1, POINTS: 1, PEOPLE: 1, VALID_NOW: 1}

# What a return does to a measure. Usually it lowers the month in which it comes, as it lowers the
# books. How many of those once acquired are still there is asked of the month of the original; and
# how many were ever acquired does not mind returns at all.
IN_THEIR_MONTH, WITH_THE_ORIGINAL, IGNORED = "in_their_month", "with_the_original", "ignored"


@dataclass(frozen=True, slots=True)
class Counting:
    """A measure's terms. `kinds` and `lines` filter, where they are not empty.

    `attribute` is what an average is of; `per_person` how many certificates count for each person
    (0 = all, also those that name nobody); `of` and `to` are the measures of a ratio. `returns`
    is meant for amounts, quantities and facts.
    """

    counts: str
    kinds: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    returns: str = IN_THEIR_MONTH
    attribute: str = ""
    per_person: int = 0
    of: str = ""
    to: str = ""

    @property
    def scale(self) -> int | None:
        """Stored units per one as written; None for money, which its currency scales."""
        return SCALE.get(self.counts)


Catalogue = Mapping[str, Counting]


@dataclass(frozen=True, slots=True)
class Starting:
    name: str
    counting: Counting


_SOLD = ("purchase",)
STARTING_MEASURES: dict[str, Starting] = {
    "revenue": Starting("Revenue", Counting(AMOUNT, _SOLD)),
    "units": Starting("Units bought", Counting(QUANTITY, _SOLD)),
    "orders": Starting("Purchases", Counting(FACTS, _SOLD)),
    "status_credits": Starting("Status credits", Counting(AMOUNT, ("status_credits",))),
}


def starting_catalogue() -> Catalogue:
    """The starting measures by their codes."""
    return {code: one.counting for code, one in STARTING_MEASURES.items()}


def counting_of(stored: Mapping[str, Any]) -> Counting:
    """The terms in a DeclaredMeasure's JSON, which was checked when it was stored."""
    said: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
    }
    return Counting(**said)
