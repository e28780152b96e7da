"""How far it is to the next band, and what reaching it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

from rebates.models import Accrual
from rebates.terms import VALUE, Terms, parse_terms
from rebates.working import Sales, Worked, starts, work_out


@dataclass(frozen=True, slots=True)
class NextBand:
    """`missing` more of the measure, sold by the last day before `until`, reaches the band
    `number`; the holder is then owed `worth` more than now."""

    number: int
    missing: int
    worth: int
    until: date


def terms_of(accrual: Accrual) -> Terms:
    """The terms it is worked out under; its version is to be loaded along."""
    return parse_terms(accrual.version.terms)


def sales_of(accrual: Accrual) -> Sales:
    """What the holder sold, as the accrual keeps it."""
    return Sales(
        measured=accrual.measured,
        earning=accrual.earning,
        before_returns=accrual.before_returns,
        base=accrual.base,
        multiplier=accrual.multiplier,
    )


def worked(accrual: Accrual) -> Worked:
    """The worked calculation of the holder's amount, step by step."""
    return work_out(terms_of(accrual), sales_of(accrual))


def next_band(accrual: Accrual) -> NextBand | None:
    """The band above the one reached; None at the top, and without a base.

    What is missing is taken to be of lines that earn.
    """
    terms, sales = terms_of(accrual), sales_of(accrual)
    now = work_out(terms, sales)
    number = 0 if now.band is None else now.band + 1
    if number >= len(terms.bands) or (terms.base is not None and not sales.base):
        return None
    so_far = sales.before_returns if terms.falling else sales.measured
    # A band that begins at nothing is reached by the first of it.
    missing = max(ceil(starts(terms, sales.base)[number]), 1) - so_far
    then = Sales(
        measured=sales.measured + missing,
        earning=sales.earning + missing,
        before_returns=sales.before_returns + missing,
        base=sales.base,
        multiplier=sales.multiplier,
    )
    return NextBand(number, missing, work_out(terms, then).amount - now.amount, accrual.until)


def nearest(accruals: Sequence[Accrual], *, percent: int) -> list[tuple[Accrual, NextBand]]:
    """Accruals whose next band is at most `percent` of its beginning away and pays more, those
    worth most first; of values only, which can be compared."""
    found = []
    for accrual in accruals:
        terms = terms_of(accrual)
        step = next_band(accrual)
        if step is None or terms.measure != VALUE or step.worth <= 0:
            continue
        begins = starts(terms, accrual.base)[step.number]
        if step.missing * 100 <= begins * percent:
            found.append((accrual, step))
    return sorted(found, key=lambda one: (-one[1].worth, one[1].missing))
