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

from collections.abc import Container, Mapping
from dataclasses import dataclass, fields
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

AMOUNT, QUANTITY, FACTS, POINTS = "amount", "quantity", "facts", "points"
PEOPLE, AVERAGE, RATIO, VALID_NOW = "people", "average", "ratio", "valid_now"
COUNTS = {
    AMOUNT: _("Sum of amounts"),
    QUANTITY: _("Sum of quantities"),
    FACTS: _("How many facts"),
    PEOPLE: _("How many different people"),
    POINTS: _("Points earned"),
    AVERAGE: _("Average of an attribute"),
    RATIO: _("One measure as a share of another"),
    VALID_NOW: _("How many are valid now"),
}
STATUS_CREDITS = "status_credits"  # the kind under which the ledger adds status credits

SCALE = {QUANTITY: 10_000, AVERAGE: 100, RATIO: 100, FACTS: 1, POINTS: 1, PEOPLE: 1, VALID_NOW: 1}

# What a return does to a measure. Usually it lowers the month in which it comes, as it lowers the
# books. How many of those once acquired are still there is asked of the month of the original; and
# how many were ever acquired does not mind returns at all.
IN_THEIR_MONTH, WITH_THE_ORIGINAL, IGNORED = "in_their_month", "with_the_original", "ignored"
RETURNS = {
    IN_THEIR_MONTH: _("Taken off in the month of the return"),
    WITH_THE_ORIGINAL: _("Taken off in the month of what is returned"),
    IGNORED: _("Not taken off"),
}
MAY_IGNORE_RETURNS = (AMOUNT, QUANTITY, FACTS)
MOST_PER_PERSON = 20
MOST_LISTED = 100
LONGEST_LINE, LONGEST_ATTRIBUTE = 80, 60


class BadCounting(ValueError):
    """No measure can be counted like this; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Counting:
    """A measure's terms. `kinds` and `lines` filter, where they are not empty.

    `attribute` is what an average is of; `per_person` how many certificates count for each person
    (0 = all, also those that name nobody); `of` and `to` are the measures of a ratio. `returns` is
    for amounts, quantities and facts: what is taken off of others is taken off where it was.
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
    def is_money(self) -> bool:
        return self.counts == AMOUNT and STATUS_CREDITS not in self.kinds

    @property
    def scale(self) -> int | None:
        """Stored units per one as written; None for money, which its currency scales."""
        return None if self.is_money else SCALE.get(self.counts, 1)

    def as_json(self) -> dict[str, Any]:
        """What differs from the defaults."""
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in said.items()
            if value != getattr(_PLAIN, name) or name == "counts"
        }


_PLAIN = Counting("")
Catalogue = Mapping[str, Counting]


def counting_of(stored: Mapping[str, Any]) -> Counting:
    """The terms in a DeclaredMeasure's JSON, which was checked when it was stored."""
    said: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
    }
    return Counting(**said)


def check_counting(counting: Counting, *, kinds: Container[str], catalogue: Catalogue) -> None:
    """Raises BadCounting. `kinds` are those of the tenant, `catalogue` its other measures."""
    if counting.counts not in COUNTS:
        raise BadCounting(
            gettext("A measure counts one of %(counts)s.") % {"counts": ", ".join(COUNTS)}
        )
    _check_filters(counting, kinds)
    for name, counts in (("attribute", AVERAGE), ("of", RATIO), ("to", RATIO)):
        if bool(getattr(counting, name)) != (counting.counts == counts):
            raise BadCounting(
                gettext("“%(name)s” belongs to “%(counts)s”: give it there, and only there.")
                % {"name": name, "counts": counts}
            )
    if counting.returns not in RETURNS:
        raise BadCounting(
            gettext("What returns do is one of %(returns)s.") % {"returns": ", ".join(RETURNS)}
        )
    if counting.returns != IN_THEIR_MONTH and counting.counts not in MAY_IGNORE_RETURNS:
        raise BadCounting(
            gettext("Only %(may_ignore_returns)s can treat returns otherwise.")
            % {"may_ignore_returns": ", ".join(MAY_IGNORE_RETURNS)}
        )
    if not 0 <= counting.per_person <= MOST_PER_PERSON:
        raise BadCounting(
            gettext("Per person count 1 to %(most_per_person)s, or 0 for all.")
            % {"most_per_person": MOST_PER_PERSON}
        )
    if counting.per_person and counting.counts != VALID_NOW:
        raise BadCounting(
            gettext("Only what is valid now can be counted at most so often per person.")
        )
    if counting.counts == RATIO:
        _check_ratio(counting, catalogue)


def _check_filters(counting: Counting, kinds: Container[str]) -> None:
    if counting.counts == RATIO and (counting.kinds or counting.lines):
        raise BadCounting(gettext("A ratio takes its kinds and lines from its two measures."))
    if len(counting.kinds) > MOST_LISTED or len(counting.lines) > MOST_LISTED:
        raise BadCounting(
            gettext("Up to %(most_listed)s kinds and %(most_listed)s product lines fit.")
            % {"most_listed": MOST_LISTED}
        )
    if STATUS_CREDITS in counting.kinds:
        plain = Counting(AMOUNT, (STATUS_CREDITS,), counting.lines)
        if counting != plain:
            raise BadCounting(
                gettext("Status credits are summed as amounts, apart from other kinds.")
            )
    for kind in counting.kinds:
        if kind != STATUS_CREDITS and kind not in kinds:
            raise BadCounting(
                gettext("There is no activity kind “%(kind)s”; add it first, or correct it.")
                % {"kind": kind}
            )
    if any(not 0 < len(line) <= LONGEST_LINE for line in counting.lines):
        raise BadCounting(
            gettext("A product line has 1 to %(longest_line)s characters.")
            % {"longest_line": LONGEST_LINE}
        )
    if len(counting.attribute) > LONGEST_ATTRIBUTE:
        raise BadCounting(
            gettext("An attribute's name has at most %(longest_attribute)s characters.")
            % {"longest_attribute": LONGEST_ATTRIBUTE}
        )


def _check_ratio(counting: Counting, catalogue: Catalogue) -> None:
    for code in (counting.of, counting.to):
        if code not in catalogue:
            raise BadCounting(
                gettext("There is no measure “%(code)s”; declare it first.") % {"code": code}
            )
        if catalogue[code].counts == RATIO:
            raise BadCounting(
                gettext("“%(code)s” is a ratio itself; a ratio is of two plain measures.")
                % {"code": code}
            )
    if (catalogue[counting.of].counts == VALID_NOW) != (catalogue[counting.to].counts == VALID_NOW):
        raise BadCounting(gettext("What is valid now can be a share only of what is valid now."))
