"""Reported sales as partners and staff read them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.kinds import kind_names
from rebates.models import ReportedSale, SalesReport, SaleState
from rewards.voice import Voice

LOOKS = {
    SaleState.OPEN: ("clock", "warn"),
    SaleState.APPROVED: ("check-circle", "good"),
    SaleState.REJECTED: ("x-circle", "bad"),
}

Flag = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SaleWords:
    """`flags` are sentences for staff: they may name another partner, who is none of the reader's
    business in the portal."""

    sale: ReportedSale
    quantity: str  # as it is typed where another is granted
    granted: str  # where that is less than was reported
    state: str
    icon: str
    tone: str
    flags: list[str]


@dataclass(frozen=True, slots=True)
class ReportWords:
    report: SalesReport
    state: str
    icon: str
    tone: str


def sale_words(sales: Iterable[ReportedSale], *, voice: Voice) -> list[SaleWords]:
    told = list(sales)
    names_kinds = any("kind" in flag for sale in told for flag in sale.flags)
    kinds = kind_names() if names_kinds else {}
    return [
        SaleWords(
            sale,
            f"{sale.quantity.normalize():f}",
            _granted(sale, voice),
            sale.get_state_display(),
            *LOOKS[SaleState(sale.state)],
            [_FLAGS[flag["code"]](_in_words(flag, kinds), voice) for flag in sale.flags],
        )
        for sale in told
    ]


def report_words(reports: Iterable[SalesReport]) -> list[ReportWords]:
    return [
        ReportWords(report, _("Decided"), "check-circle", "good")
        if report.decided_at
        else ReportWords(report, str(SaleState.OPEN.label), *LOOKS[SaleState.OPEN])
        for report in reports
    ]


def _in_words(flag: Flag, kinds: Mapping[str, str]) -> Flag:
    """With the name of the kind that it speaks of."""
    return {**flag, "kind": kinds.get(flag["kind"], flag["kind"])} if "kind" in flag else flag


def _granted(sale: ReportedSale, voice: Voice) -> str:
    if sale.granted_quantity is None or sale.granted_quantity == sale.quantity:
        return ""
    return voice.number(sale.granted_quantity)


def _day(flag: Flag, voice: Voice) -> str:
    return voice.day(date.fromisoformat(flag["day"]))


def _number(flag: Flag, name: str, voice: Voice) -> str:
    return voice.number(Decimal(flag[name]))


def _same_document(flag: Flag, voice: Voice) -> str:
    return _("A document with this number is in already, as %(kind)s of %(day)s.") % {
        "kind": flag["kind"],
        "day": _day(flag, voice),
    }


def _alike_in_facts(flag: Flag, voice: Voice) -> str:
    said = {"document": flag["document"], "day": _day(flag, voice)}
    return _("We know %(document)s of %(day)s with the same product and quantity.") % said


def _alike_reported(flag: Flag, voice: Voice) -> str:
    return _("Reported as %s too: same product, quantity, day and customer.") % flag["document"]


def _reported_by_another(flag: Flag, voice: Voice) -> str:
    said = {"account": flag["account"], "document": flag["document"]}
    return (
        _("%(account)s reports it as well, as %(document)s: same customer, day, quantity.") % said
    )


def _unusual_quantity(flag: Flag, voice: Voice) -> str:
    said = {"usual": _number(flag, "usual", voice), "of": flag["of"]}
    return _("Unusually many: otherwise about %(usual)s of it (%(of)s earlier dealings).") % said


def _more_than_bought(flag: Flag, voice: Voice) -> str:
    said = {"sold": _number(flag, "sold", voice), "bought": _number(flag, "bought", voice)}
    return _("More than they bought: %(sold)s sold in all, %(bought)s bought from us.") % said


def _long_ago(flag: Flag, voice: Voice) -> str:
    return _("Reported late: %s days after the sale.") % flag["days"]


# As `rebates.suspicions` has them.
_FLAGS: Mapping[str, Callable[[Flag, Voice], str]] = {
    "same_document": _same_document,
    "alike_in_facts": _alike_in_facts,
    "alike_reported": _alike_reported,
    "reported_by_another": _reported_by_another,
    "unusual_quantity": _unusual_quantity,
    "more_than_bought": _more_than_bought,
    "long_ago": _long_ago,
}
