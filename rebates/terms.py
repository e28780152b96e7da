"""How a rebate is calculated, as data: the terms of an agreement's version, checked.

    {"measure": "value", "kinds": ["purchase"], "position": "baseline",
     "base": {"periods": 4, "plus": "10", "floor": 500000, "ceiling": 3000000},
     "method": "whole", "bands": [{"from": "110", "rate": "2"}, {"from": "115", "rate": "3"}]}

A band is reached where the measure's *position* is at least its `from`:

- `absolute`: the measure itself, a whole number of its smallest unit (`accounts.counting`: cents,
  ten-thousandths of a quantity, points);
- `baseline`, `target`: percent of the base. Of the method `growth`: percent above it.

What a band's `rate` is, the measure and the method say: percent of a value; the smallest unit of
the currency for each one of a quantity or each point; of the method `fixed` an amount in itself.
All methods, and the one rule of rounding, are in `rebates.working`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from rebates.term_values import (
    BadTerms,
    is_name,
    number,
    one_of,
    refuse_unknown,
    texts,
    whole,
    yes_or_no,
)

VALUE, QUANTITY, POINTS = "value", "quantity", "points"
MEASURES = (VALUE, QUANTITY, POINTS)
ABSOLUTE, BASELINE, TARGET = "absolute", "baseline", "target"
POSITIONS = (ABSOLUTE, BASELINE, TARGET)
WHOLE, EXCESS, INCREMENTAL, GROWTH, FIXED, GUARANTEED = (
    "whole",
    "excess",
    "incremental",
    "growth",
    "fixed",
    "guaranteed",
)
METHODS = (WHOLE, EXCESS, INCREMENTAL, GROWTH, FIXED, GUARANTEED)
WITH_THE_ORIGINAL, IN_THEIR_MONTH, IGNORED = "with_the_original", "in_their_month", "ignored"
RETURNS = (WITH_THE_ORIGINAL, IN_THEIR_MONTH, IGNORED)
PREVIOUS, YEAR_BEFORE = "previous", "year_before"

MOST_BANDS, MOST_NET_OF = 30, 5
MOST_PERIODS = 12

_KEYS = {
    "measure",
    "kinds",
    "lines",
    "earning_lines",
    "returns",
    "net_of",
    "position",
    "base",
    "method",
    "bands",
    "guaranteed",
    "falling",
    "cap",
    "minimum",
    "tier_multipliers",
}
_BASE_KEYS = {"given", "periods", "of", "plus", "floor", "ceiling"}


@dataclass(frozen=True, slots=True)
class Band:
    start: Decimal
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Base:
    """What 100 % is: `given`, or the mean of `periods` before, plus so many percent, at least
    `floor` and at most `ceiling`. `of` the year before, it is the same periods a year earlier."""

    given: int | None = None
    periods: int = 0
    of: str = PREVIOUS
    plus: Decimal = Decimal(0)
    floor: int | None = None
    ceiling: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms as the calculation reads them. `lines` count for the band and `earning_lines`, if
    any, are those that earn; empty means all. `net_of` are numbers in the facts' attributes, such
    as tax, that are not paid on."""

    measure: str
    method: str
    bands: tuple[Band, ...]
    position: str = ABSOLUTE
    base: Base | None = None
    kinds: tuple[str, ...] = ("purchase",)
    lines: tuple[str, ...] = ()
    earning_lines: tuple[str, ...] = ()
    returns: str = WITH_THE_ORIGINAL
    net_of: tuple[str, ...] = ()
    guaranteed: Decimal = Decimal(0)
    falling: bool = False
    cap: int | None = None
    minimum: int = 0
    tier_multipliers: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def per(self) -> int:
        """By what a measure times a rate is divided to be in the currency's smallest unit."""
        return {VALUE: 100, QUANTITY: 10_000, POINTS: 1}[self.measure]


def parse_terms(raw: Any) -> Terms:
    """Raises BadTerms."""
    if not isinstance(raw, Mapping):
        raise BadTerms(_("Terms are an object with a measure, a method and bands."))
    refuse_unknown(raw, _KEYS)
    terms = Terms(
        measure=one_of(raw, "measure", MEASURES, VALUE),
        method=one_of(raw, "method", METHODS, WHOLE),
        position=one_of(raw, "position", POSITIONS, ABSOLUTE),
        bands=_bands(raw.get("bands")),
        base=_base(raw["base"]) if raw.get("base") is not None else None,
        kinds=texts(raw, "kinds", default=("purchase",)),
        lines=texts(raw, "lines"),
        earning_lines=texts(raw, "earning_lines"),
        returns=one_of(raw, "returns", RETURNS, WITH_THE_ORIGINAL),
        net_of=texts(raw, "net_of", most=MOST_NET_OF),
        guaranteed=number(raw.get("guaranteed", "0"), "guaranteed"),
        falling=yes_or_no(raw, "falling"),
        cap=whole(raw["cap"], "cap") if raw.get("cap") is not None else None,
        minimum=whole(raw.get("minimum", 0), "minimum"),
        tier_multipliers=_multipliers(raw.get("tier_multipliers", {})),
    )
    _check_position(terms)
    _check_bands(terms)
    _check_amounts(terms)
    _check_lines(terms)
    return terms


def as_json(terms: Terms) -> dict[str, Any]:
    """The terms in full, as they are stored: nothing is left to a default that may change."""
    base = terms.base
    made: dict[str, Any] = {}
    if base is not None and base.given is not None:
        made = {"given": base.given}
    elif base is not None:
        made = {"periods": base.periods, "of": base.of, "plus": str(base.plus)}
        made |= {"floor": base.floor, "ceiling": base.ceiling}
    return {
        "measure": terms.measure,
        "kinds": list(terms.kinds),
        "lines": list(terms.lines),
        "earning_lines": list(terms.earning_lines),
        "returns": terms.returns,
        "net_of": list(terms.net_of),
        "position": terms.position,
        "base": made or None,
        "method": terms.method,
        "bands": [{"from": str(band.start), "rate": str(band.rate)} for band in terms.bands],
        "guaranteed": str(terms.guaranteed),
        "falling": terms.falling,
        "cap": terms.cap,
        "minimum": terms.minimum,
        "tier_multipliers": {code: str(one) for code, one in terms.tier_multipliers.items()},
    }


def check_kinds(terms: Terms, kinds: Collection[str]) -> None:
    """Raises BadTerms for a kind of activity that the tenant does not have."""
    for kind in terms.kinds:
        if kind not in kinds:
            raise BadTerms(
                _("There is no activity kind “%(kind)s”; add it first, or correct it.")
                % {"kind": kind}
            )


# ── What fits together ───────────────────────────────────────────────────────────────────────────


def _check_position(terms: Terms) -> None:
    if terms.position == ABSOLUTE and terms.base is not None:
        raise BadTerms(_("A base belongs to bands in percent: make them so, or leave it out."))
    if terms.position != ABSOLUTE and terms.base is None:
        raise BadTerms(_("Bands in percent need a base: a number, or earlier sales."))
    if terms.method == GROWTH and terms.position == ABSOLUTE:
        raise BadTerms(_("Growth is counted from a baseline or a target: say which."))


def _check_bands(terms: Terms) -> None:
    starts = [band.start for band in terms.bands]
    if starts != sorted(set(starts)):
        raise BadTerms(_("Bands begin one above the other: no two begin at the same point."))
    if terms.position == ABSOLUTE and any(start != int(start) for start in starts):
        raise BadTerms(_("A band begins at a whole number of the measure's smallest unit."))
    rates = [band.rate for band in terms.bands]
    if terms.method == FIXED and any(rate != int(rate) for rate in rates):
        raise BadTerms(_("A fixed amount is a whole number of the currency's smallest unit."))
    if terms.falling and (terms.method != WHOLE or terms.measure == VALUE):
        raise BadTerms(_("Only amounts per unit, for the whole volume, may fall with the volume."))
    if not terms.falling and rates != sorted(rates):
        raise BadTerms(
            _("A higher band pays at least what the one below it pays: otherwise a return would "
              "raise the rebate.")
        )  # fmt: skip
    if terms.measure == VALUE and terms.method != FIXED and any(rate > 100 for rate in rates):
        raise BadTerms(_("A rate is at most 100 percent."))


def _check_amounts(terms: Terms) -> None:
    if bool(terms.guaranteed) != (terms.method == GUARANTEED):
        raise BadTerms(_("A guaranteed rate belongs to the method “guaranteed”, and only to it."))
    if terms.measure == VALUE and terms.guaranteed > 100:
        raise BadTerms(_("A rate is at most 100 percent."))
    if terms.cap is not None and terms.cap < max(terms.minimum, 1):
        raise BadTerms(_("The cap is above zero, and not below the smallest amount paid."))
    if terms.net_of and terms.measure != VALUE:
        raise BadTerms(_("Only a value can be net of tax or freight."))
    if terms.net_of and terms.returns != WITH_THE_ORIGINAL:
        # What came back in full takes its tax along, where it was bought.
        raise BadTerms(_("Net of tax or freight, returns are taken off where they were bought."))
    if terms.measure == POINTS and terms.returns != IN_THEIR_MONTH:
        raise BadTerms(_("Of points, returns are taken off in their month."))


def _check_lines(terms: Terms) -> None:
    if terms.lines and not set(terms.earning_lines) <= set(terms.lines):
        raise BadTerms(_("What earns has to count for the band as well: add its lines there."))


# ── Part by part ─────────────────────────────────────────────────────────────────────────────────


def _bands(raw: Any) -> tuple[Band, ...]:
    if not isinstance(raw, list) or not 0 < len(raw) <= MOST_BANDS:
        raise BadTerms(_("Terms have 1 to %(most)s bands.") % {"most": MOST_BANDS})
    if any(not isinstance(band, Mapping) or set(band) != {"from", "rate"} for band in raw):
        raise BadTerms(_("A band has “from” and “rate”."))
    return tuple(Band(number(band["from"], "from"), number(band["rate"], "rate")) for band in raw)


def _base(raw: Any) -> Base:
    if not isinstance(raw, Mapping):
        raise BadTerms(_("A base is an object."))
    refuse_unknown(raw, _BASE_KEYS)
    if ("given" in raw) == ("periods" in raw):
        raise BadTerms(_("A base is given, or made from earlier periods: one of the two."))
    if "given" in raw:
        if raw.keys() != {"given"}:
            raise BadTerms(_("A base that is given needs nothing else."))
        return Base(given=whole(raw["given"], "given", least=1))
    floor, ceiling = (
        whole(raw[name], name) if raw.get(name) is not None else None
        for name in ("floor", "ceiling")
    )
    if floor is not None and ceiling is not None and ceiling < floor:
        raise BadTerms(_("The highest base is not below the lowest."))
    return Base(
        periods=whole(raw["periods"], "periods", least=1, most=MOST_PERIODS),
        of=one_of(raw, "of", (PREVIOUS, YEAR_BEFORE), PREVIOUS),
        plus=number(raw.get("plus", "0"), "plus"),
        floor=floor,
        ceiling=ceiling,
    )


def _multipliers(raw: Any) -> dict[str, Decimal]:
    if not isinstance(raw, Mapping) or len(raw) > MOST_BANDS:
        raise BadTerms(_("Multipliers are an object from a tier's code to a number."))
    if not all(map(is_name, raw)):
        raise BadTerms(_("“%(name)s” are by the codes of tiers.") % {"name": "tier_multipliers"})
    found = {code: number(value, "tier_multipliers") for code, value in raw.items()}
    if any(not 0 < one <= 100 or one != round(one, 3) for one in found.values()):
        raise BadTerms(_("A multiplier is above 0, at most 100, with up to three decimals."))
    return found
