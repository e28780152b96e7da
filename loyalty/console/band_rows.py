"""Bands as people write them: rows of where one begins and what it pays, in the units they use.

Works without a script: two rows are always empty, and a button gives more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.money import exponent
from loyalty.rebate_terms import QUANTITY_PLACES
from rebates.terms import ABSOLUTE, FIXED, QUANTITY, VALUE, Terms

EMPTY_ROWS = 2
MOST_ROWS = 30


class BadNumber(ValueError):
    """What was typed is no number; the text says where."""


@dataclass(frozen=True, slots=True)
class Row:
    """As typed."""

    start: str = ""
    rate: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    rows: tuple[Row, ...] = ()

    @property
    def shown(self) -> tuple[Row, ...]:
        return (*self.rows, *[Row()] * EMPTY_ROWS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """In what the bands of some terms are written."""

    measure: str
    position: str
    method: str
    currency: str

    @property
    def start_places(self) -> int:
        """By how many places a start as typed is moved to be in the measure's smallest unit."""
        if self.position != ABSOLUTE:
            return 0
        return {VALUE: exponent(self.currency), QUANTITY: QUANTITY_PLACES}.get(self.measure, 0)

    @property
    def rate_places(self) -> int:
        """The same of a rate: percent stay as they are, amounts are cents."""
        is_percent = self.measure == VALUE and self.method != FIXED
        return 0 if is_percent else exponent(self.currency)


def posted(data: QueryDict) -> Rows:
    """The rows as they were sent; empty ones drop out."""
    pairs = zip(data.getlist("start")[:MOST_ROWS], data.getlist("rate"), strict=False)
    rows = (Row(start.strip(), rate.strip()) for start, rate in pairs)
    return Rows(tuple(row for row in rows if row.start or row.rate))


def rows_of(terms: Terms, *, currency: str) -> Rows:
    """Stored bands as people write them."""
    units = units_of(terms, currency=currency)
    return Rows(
        tuple(
            Row(
                typed(band.start, places=units.start_places),
                typed(band.rate, places=units.rate_places),
            )
            for band in terms.bands
        )
    )


def units_of(terms: Terms, *, currency: str) -> Units:
    return Units(
        measure=terms.measure, position=terms.position, method=terms.method, currency=currency
    )


def bands_of(rows: Iterable[Row], *, units: Units) -> list[dict[str, Any]]:
    """Bands as terms have them. Raises BadNumber with the row that is wrong."""
    return [
        {
            "from": _read(row.start or "0", units.start_places, place, _("where it begins")),
            "rate": _read(row.rate, units.rate_places, place, _("what it pays")),
        }
        for place, row in enumerate(rows, start=1)
    ]


def typed(number: Decimal | int, *, places: int) -> str:
    """A stored number as somebody would have typed it."""
    return f"{Decimal(number).scaleb(-places).normalize():f}"


def number_of(text: str, *, places: int) -> Decimal:
    """Raises BadNumber. Thousands may be told apart by commas."""
    try:
        number = Decimal(text.replace(",", "").replace(" ", ""))
    except InvalidOperation:
        raise BadNumber(
            _("“%(text)s” is no number; write it like 1240.55.") % {"text": text[:40]}
        ) from None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise BadNumber(_("“%(text)s” is no number; write it like 1240.55.") % {"text": text[:40]})
    return number.scaleb(places)


def _read(text: str, places: int, place: int, what: str) -> str:
    try:
        return f"{number_of(text, places=places).normalize():f}"
    except BadNumber as problem:
        where: Mapping[str, Any] = {"row": place, "what": what, "problem": problem}
        raise BadNumber(_("Band %(row)s, %(what)s: %(problem)s") % where) from None
