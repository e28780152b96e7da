"""Terms as people fill them in and as they are stored: money, units and percent, exactly."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from accounts.money import exponent
from loyalty.console.band_rows import BadNumber, Units, number_of, typed, units_of
from loyalty.rebate_terms import QUANTITY_PLACES
from rebates.models import Agreement, AgreementVersion
from rebates.terms import QUANTITY, VALUE, Base, Terms, parse_terms

GIVEN = "given"
OF_VERSION = (
    "settles",
    "method",
    "points_rate",
    "grace_days",
    "answer_days",
    "silence_accepts",
    "needs_acceptance",
)


def terms_of(
    said: Mapping[str, Any], bands: list[dict[str, Any]], *, currency: str
) -> dict[str, Any]:
    """As `rebates.terms` reads them, from a form's cleaned data. Raises BadNumber."""
    net_of = [part.strip() for part in said["net_of"].split(",")]
    money = exponent(currency)
    units = Units(
        measure=said["measure"], position=said["position"], method=said["pays"], currency=currency
    )
    return {
        "measure": said["measure"],
        "kinds": said["kinds"],
        "lines": said["lines"],
        "earning_lines": said["earning_lines"],
        "returns": said["returns"],
        "net_of": [part for part in net_of if part],
        "position": said["position"],
        "base": _base(said, currency=currency),
        "method": said["pays"],
        "bands": bands,
        "guaranteed": _text(said["guaranteed"], units.rate_places, _("Guaranteed rate")) or "0",
        "falling": said["falling"],
        "cap": _whole(said["cap"], money, _("Pay at most")),
        "minimum": _whole(said["minimum"], money, _("Pay nothing below")) or 0,
        "tier_multipliers": _multipliers(said["multipliers"]),
    }


def initial_of(version: AgreementVersion, *, currency: str) -> dict[str, Any]:
    """A stored version as the form shows it."""
    agreement, terms = version.agreement, parse_terms(version.terms)
    money, units = exponent(currency), units_of(terms, currency=currency)
    return {
        **{name: getattr(version, name) for name in OF_VERSION},
        **_of_agreement(agreement),
        **_of_base(terms.base, places=_measure_places(terms.measure, currency)),
        "measure": terms.measure,
        "kinds": list(terms.kinds),
        "lines": list(terms.lines),
        "earning_lines": list(terms.earning_lines),
        "returns": terms.returns,
        "net_of": ", ".join(terms.net_of),
        "position": terms.position,
        "pays": terms.method,
        "guaranteed": typed(terms.guaranteed, places=units.rate_places) if terms.guaranteed else "",
        "falling": terms.falling,
        "cap": "" if terms.cap is None else typed(terms.cap, places=money),
        "minimum": typed(terms.minimum, places=money) if terms.minimum else "",
        "multipliers": _lines(terms),
    }


def _base(said: Mapping[str, Any], *, currency: str) -> dict[str, Any] | None:
    kind, places = said["base"], _measure_places(said["measure"], currency)
    if not kind:
        return None
    if kind == GIVEN:
        given = _whole(said["base_given"], places, _("The number given"))
        return {"given": given}
    return {
        "of": kind,
        "periods": said["base_periods"] or 1,
        "plus": f"{said['base_plus'] or 0:f}",
        "floor": _whole(said["base_floor"], places, _("At least")),
        "ceiling": _whole(said["base_ceiling"], places, _("At most")),
    }


def _measure_places(measure: str, currency: str) -> int:
    return {VALUE: exponent(currency), QUANTITY: QUANTITY_PLACES}.get(measure, 0)


def _text(text: str, places: int, label: str) -> str:
    """ "" for what was left empty."""
    if not text.strip():
        return ""
    try:
        return f"{number_of(text, places=places).normalize():f}"
    except BadNumber as problem:
        raise BadNumber(f"{label}: {problem}") from None


def _whole(text: str, places: int, label: str) -> int | None:
    written = _text(text, places, label)
    if not written:
        return None
    if "." in written:
        raise BadNumber(_("%(label)s: it has too many decimals.") % {"label": label})
    return int(written)


def _multipliers(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        code, colon, value = (part.strip() for part in line.partition(":"))
        if not line.strip():
            continue
        if not (code and colon and value):
            raise BadNumber(_("“%(line)s” is not like “gold: 1.5”.") % {"line": line.strip()[:40]})
        found[code] = f"{number_of(value, places=0).normalize():f}"
    return found


def _of_agreement(agreement: Agreement) -> dict[str, Any]:
    ends_on = agreement.ends_on - timedelta(days=1) if agreement.ends_on else None
    return {
        "name": agreement.name,
        "party": agreement.party,
        "account": agreement.account.number if agreement.account else "",
        "segment": agreement.segment_id,
        "tier_code": agreement.tier_code,
        "paid_to": agreement.paid_to,
        "owner": agreement.owner_id,
        "period": agreement.period,
        "starts_on": agreement.starts_on,
        "ends_on": ends_on,
    }


def _of_base(base: Base | None, *, places: int) -> dict[str, Any]:
    if base is None:
        return {"base": ""}
    if base.given is not None:
        return {"base": GIVEN, "base_given": typed(base.given, places=places)}
    return {
        "base": base.of,
        "base_periods": base.periods,
        "base_plus": base.plus.normalize(),
        "base_floor": "" if base.floor is None else typed(base.floor, places=places),
        "base_ceiling": "" if base.ceiling is None else typed(base.ceiling, places=places),
    }


def _lines(terms: Terms) -> str:
    return "\n".join(f"{code}: {one.normalize():f}" for code, one in terms.tier_multipliers.items())
