"""A worked calculation for people, each step with its numbers; and the way to the next band."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from babel.numbers import format_currency, format_decimal
from django.utils.translation import gettext as _

from accounts.money import exponent
from loyalty.rebate_terms import Wording
from loyalty.stairs import Step as Stair
from loyalty.stairs import stairs
from rebates.nearness import NextBand
from rebates.terms import ABSOLUTE, FIXED, GROWTH
from rebates.working import Sales, Step, Worked, starts

EXACT_PLACES = 4  # of the currency's smallest unit: what is shown of a fraction before rounding


@dataclass(frozen=True, slots=True)
class WorkedLine:
    """`how` is the formula with its numbers, "" where the result speaks for itself."""

    label: str
    how: str
    result: str
    is_sum: bool = False


def worked_lines(worked: Worked, said: Wording, *, share: int | None = None) -> list[WorkedLine]:
    """From what was sold to the amount; `share` is what of it one account of a group gets."""
    lines = [_line(step, said) for step in worked.steps]
    amount = said.voice.exact_money(worked.amount)
    lines.append(WorkedLine(_("Rebate"), "", amount, is_sum=share is None))
    if share is not None:
        own = said.voice.exact_money(share)
        lines.append(WorkedLine(_("Your share of it, by what you sold"), "", own, is_sum=True))
    return lines


def _line(step: Step, said: Wording) -> WorkedLine:
    label, how = _TOLD[step.code](step.inputs, said)
    return WorkedLine(label, how, _result(step, said))


def _result(step: Step, said: Wording) -> str:
    if step.code in ("measured", "base"):
        return said.sold(step.result)
    if step.code == "position":
        return _("{number}%").format(number=_decimal(step.result, 2, said))
    return exact_money(step.result, said)


def exact_money(amount: Fraction, said: Wording) -> str:
    """A fraction of smallest units as money: exactly, or up to EXACT_PLACES and an ellipsis."""
    if amount.denominator == 1:
        return said.voice.exact_money(int(amount))
    places = exponent(said.voice.currency) + EXACT_PLACES
    major = amount / 10 ** exponent(said.voice.currency)
    cut = Decimal(int(major * 10**places)).scaleb(-places).normalize()
    text = format_currency(
        cut,
        said.voice.currency,
        locale=said.voice.locale,
        currency_digits=False,
        decimal_quantization=False,
    )
    return text if Fraction(cut) == major else f"{text}…"


def _decimal(number: Fraction, places: int, said: Wording) -> str:
    """Cut, never rounded up: 119.99 % of the way is not there yet."""
    cut = Decimal(int(number * 10**places)).scaleb(-places)
    text = format_decimal(cut, format=f"#,##0.{'#' * places}", locale=said.voice.locale)
    return text if Fraction(cut) == number else f"{text}…"


def _measured(inputs: Mapping[str, Any], said: Wording) -> tuple[str, str]:
    if inputs["measured"] < 0:
        return _("Sold, less what came back; below zero counts as nothing"), ""
    return _("Sold in the period, less what came back"), ""


def _base(inputs: Mapping[str, Any], said: Wording) -> tuple[str, str]:
    return said.base_name.capitalize(), ""


def _position(inputs: Mapping[str, Any], said: Wording) -> tuple[str, str]:
    sold, base = said.sold(inputs["measured"]), said.sold(inputs["base"])
    if said.terms.method == GROWTH:
        return _("Growth"), f"({sold} − {base}) ÷ {base}"
    return _("Reached of the %(base)s") % {"base": said.base_name}, f"{sold} ÷ {base}"


def _band(inputs: Mapping[str, Any], said: Wording) -> tuple[str, str]:
    band = said.terms.bands[inputs["band"]]
    rate = said.rate(band.rate)
    label = _("Band %(begins)s: %(rate)s") % {"begins": said.start(band.start), "rate": rate}
    if said.terms.method == FIXED:
        return label, ""
    sold = said.sold(inputs["measured"])
    if "over" in inputs:
        return label, f"({sold} − {said.sold(inputs['over'])}) × {rate}"
    if "parts" in inputs:
        parts = " + ".join(exact_money(part, said) for part in inputs["parts"])
        return _("Part in each band times its rate"), parts
    return label, f"{sold} × {rate}"


def _guaranteed(inputs: Mapping[str, Any], said: Wording) -> tuple[str, str]:
    sold, rate = said.sold(inputs["measured"]), said.rate(inputs["rate"])
    return _("Guaranteed on everything"), f"{sold} × {rate}"


def _earning(inputs: Mapping[str, Any], said: Wording) -> tuple[str, str]:
    earning, sold = said.sold(inputs["earning"]), said.sold(inputs["measured"])
    return _("Of it, the lines that earn"), f"{earning} ÷ {sold}"


def _multiplier(inputs: Mapping[str, Any], said: Wording) -> tuple[str, str]:
    return _("Times for the tier"), f"× {said.voice.number(inputs['multiplier'])}"


def _rounded(inputs: Mapping[str, Any], said: Wording) -> tuple[str, str]:
    return _("Rounded"), ""


def _cap(inputs: Mapping[str, Any], said: Wording) -> tuple[str, str]:
    return _("At most, by the agreement"), ""


def _minimum(inputs: Mapping[str, Any], said: Wording) -> tuple[str, str]:
    least = said.voice.money(inputs["minimum"])
    return _("Less than %(money)s is not paid") % {"money": least}, ""


_TOLD = {
    "measured": _measured,
    "base": _base,
    "position": _position,
    "band": _band,
    "guaranteed": _guaranteed,
    "earning": _earning,
    "multiplier": _multiplier,
    "rounded": _rounded,
    "cap": _cap,
    "minimum": _minimum,
}


def band_stairs(sales: Sales, said: Wording) -> list[Stair]:
    """The bands as steps, with where the sales have come; none while there is no base."""
    terms = said.terms
    if terms.position != ABSOLUTE and not sales.base:
        return []
    edges = [int(start) for start in starts(terms, sales.base)]
    bands = [
        (edge, said.start(band.start), said.rate(band.rate))
        for edge, band in zip(edges, terms.bands, strict=True)
    ]
    if bands and bands[0][0] <= 0:
        bands[0] = (1, *bands[0][1:])
    before = (_("below the first band"), said.rate(terms.guaranteed) if terms.guaranteed else "—")
    return stairs(bands, ground=before, reached=max(sales.measured, 0))


def next_text(found: NextBand | None, said: Wording) -> str:
    """“$12,400.00 more by Dec 31, 2026 adds $3,100.00”; "" where no band above pays more."""
    if found is None or found.worth <= 0:
        return ""
    return _("%(more)s more by %(day)s adds %(money)s") % {
        "more": said.sold(found.missing),
        "day": said.voice.day(found.until - timedelta(days=1)),
        "money": said.voice.exact_money(found.worth),
    }
