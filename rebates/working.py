"""What a rebate comes to, and how: a pure function from terms and sales to an amount and its steps.

`rebates.calculating` does the same in SQL for thousands at once; the two agree to the cent.

**Rounding**: everything is exact until the amount of a holder, which is rounded once, to the
nearest smallest unit of the currency, a half upwards. Cap and smallest amount come after it. What
is split (among the accounts of a buying group, and then among product lines) is rounded down, and
the units left over go to the largest remainders, of equals to the first: parts add up to the whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from rebates.terms import (
    ABSOLUTE,
    EXCESS,
    FIXED,
    GROWTH,
    GUARANTEED,
    INCREMENTAL,
    WHOLE,
    Base,
    Terms,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sales:
    """What a holder sold in a period, in the units of `rebates.models.Accrual`."""

    measured: int
    earning: int
    before_returns: int = 0
    base: int | None = None
    multiplier: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the worked calculation. `code` says what it is, `inputs` what went into it, by
    name; `result` is exact, in the unit that the code implies (see STEPS)."""

    code: str
    inputs: Mapping[str, Any]
    formula: str
    result: Fraction


# measured, base, earning: of the measure. position: percent. Everything else: of the currency.
STEPS = (
    "measured",
    "base",
    "position",
    "band",
    "guaranteed",
    "earning",
    "multiplier",
    "rounded",
    "cap",
    "minimum",
)


@dataclass(frozen=True, slots=True)
class Worked:
    """`band` is the number of the highest band reached, from 0; None below the first."""

    amount: int
    band: int | None
    steps: tuple[Step, ...]


def work_out(terms: Terms, sales: Sales) -> Worked:
    """What the holder is owed for the sales, with the steps that lead there."""
    steps: list[Step] = []
    sold = max(sales.measured, 0)
    steps.append(Step("measured", {"measured": sales.measured}, "measured", Fraction(sold)))
    band = band_reached(terms, sales)
    _tell_position(terms, sales, band, steps)
    exact = Fraction(0)
    if band is not None:
        exact, formula, inputs = _of_band(terms, sold, sales.base or 0, band)
        steps.append(Step("band", {"band": band, **inputs}, formula, exact))
    if terms.method == GUARANTEED:
        own = Fraction(sold) * Fraction(terms.guaranteed) / terms.per
        inputs = {"measured": sold, "rate": terms.guaranteed}
        steps.append(Step("guaranteed", inputs, "measured × rate", own))
        exact += own
    exact = _of_earning_lines(terms, sales, sold, exact, steps)
    if sales.multiplier != 1:
        exact *= Fraction(sales.multiplier)
        inputs = {"multiplier": sales.multiplier}
        steps.append(Step("multiplier", inputs, "amount × multiplier", exact))
    return Worked(_bounded(terms, exact, steps), band, tuple(steps))


def starts(terms: Terms, base: int | None) -> list[Fraction]:
    """Where each band begins, in the units of the measure."""
    if terms.position == ABSOLUTE:
        return [Fraction(band.start) for band in terms.bands]
    above = 100 if terms.method == GROWTH else 0
    return [Fraction(base or 0) * (above + Fraction(band.start)) / 100 for band in terms.bands]


def band_reached(terms: Terms, sales: Sales) -> int | None:
    """The highest band reached. Of nothing there are no percent: without a base none is reached.

    Where rates fall with the volume, what comes back does not lead back to a better one.
    """
    if terms.position != ABSOLUTE and not sales.base:
        return None
    sold = sales.before_returns if terms.falling else sales.measured
    reached = [n for n, start in enumerate(starts(terms, sales.base)) if sold > 0 and sold >= start]
    return reached[-1] if reached else None


def base_of(base: Base, history: Sequence[int]) -> int:
    """What 100 % is, from the sales of the earlier periods; rounded like an amount."""
    if base.given is not None:
        return base.given
    mean = Fraction(sum(max(one, 0) for one in history), base.periods)
    found = rounded(mean * (100 + Fraction(base.plus)) / 100)
    if base.ceiling is not None:
        found = min(found, base.ceiling)
    return max(found, base.floor or 0)


def rounded(exact: Fraction) -> int:
    """To the nearest, a half upwards; of what is not below zero."""
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def split(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in parts by weight that add up to it. Weights below zero count as zero; where none is
    above it, the first part has all."""
    heavy = [max(weight, 0) for weight in weights]
    whole = sum(heavy)
    if not whole:
        return [total if place == 0 else 0 for place in range(len(heavy))]
    parts = [divmod(total * weight, whole) for weight in heavy]
    left = total - sum(part for part, _ in parts)
    by_remainder = sorted(range(len(parts)), key=lambda place: (-parts[place][1], place))
    lucky = set(by_remainder[:left])
    return [part + (place in lucky) for place, (part, _) in enumerate(parts)]


def _tell_position(terms: Terms, sales: Sales, band: int | None, steps: list[Step]) -> None:
    if terms.position == ABSOLUTE:
        return
    base = sales.base or 0
    steps.append(Step("base", {"base": base}, "base", Fraction(base)))
    if base:
        sold = max(sales.measured, 0)
        above = base if terms.method == GROWTH else 0
        formula = "(measured − base) ÷ base" if above else "measured ÷ base"
        position = Fraction(100 * (sold - above), base)
        inputs = {"measured": sold, "base": base, "band": band}
        steps.append(Step("position", inputs, formula, position))


def _of_band(terms: Terms, sold: int, base: int, band: int) -> tuple[Fraction, str, dict[str, Any]]:
    """What the band reached pays on all that was sold, exactly; how, and from what."""
    rate = Fraction(terms.bands[band].rate)
    inputs: dict[str, Any] = {"rate": terms.bands[band].rate}
    if terms.method == FIXED:
        return rate, "amount of the band", inputs
    begins = starts(terms, base)
    if terms.method in (WHOLE, GUARANTEED):
        return sold * rate / terms.per, "measured × rate", inputs | {"measured": sold}
    if terms.method in (EXCESS, GROWTH):
        over = Fraction(base) if terms.position != ABSOLUTE else begins[0]
        inputs |= {"measured": sold, "over": over}
        return max(sold - over, Fraction(0)) * rate / terms.per, "(measured − over) × rate", inputs
    if terms.method != INCREMENTAL:
        raise AssertionError(f"no method {terms.method}")  # parse_terms has refused it
    ends = [*begins[1:], Fraction(sold)][: band + 1]
    parts = [
        (min(Fraction(sold), end) - start) * Fraction(one.rate) / terms.per
        for start, end, one in zip(begins, ends, terms.bands, strict=False)
    ]
    inputs |= {"measured": sold, "parts": parts}
    return sum(parts, Fraction(0)), "sum of (part in the band × its rate)", inputs


def _of_earning_lines(
    terms: Terms, sales: Sales, sold: int, exact: Fraction, steps: list[Step]
) -> Fraction:
    """The part of the lines that earn; a fixed amount is not of lines."""
    earning = max(sales.earning, 0)
    if terms.method == FIXED or not sold or earning == sold:
        return exact
    own = exact * earning / sold
    inputs = {"earning": earning, "measured": sold}
    steps.append(Step("earning", inputs, "amount × earning ÷ measured", own))
    return own


def _bounded(terms: Terms, exact: Fraction, steps: list[Step]) -> int:
    amount = rounded(exact)
    if amount != exact:
        steps.append(Step("rounded", {"amount": exact}, "rounded", Fraction(amount)))
    if terms.cap is not None and amount > terms.cap:
        amount = terms.cap
        steps.append(Step("cap", {"cap": terms.cap}, "at most", Fraction(amount)))
    if amount < terms.minimum:
        steps.append(Step("minimum", {"minimum": terms.minimum}, "below it nothing", Fraction(0)))
        return 0
    return amount
