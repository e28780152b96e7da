"""Deals as all faces show them: states with their look, clocks, steps, and why two look alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from accounts.attributes import declared
from accounts.models import Event
from loyalty.answer_words import answers_in_words
from loyalty.countries import country_name
from partners.models import Deal, DealState
from partners.resemblance.comparing import CONFLICT
from rewards.voice import Voice

LOOKS = {
    DealState.REGISTERED: ("clock", "warn"),
    DealState.APPROVED: ("shield-check", "brand"),
    DealState.REJECTED: ("x-circle", "bad"),
    DealState.WON: ("check-circle", "good"),
    DealState.LOST: ("x-mark", ""),
    DealState.WITHDRAWN: ("arrow-uturn-left", ""),
    DealState.EXPIRED: ("no-symbol", ""),
}
REASONS: dict[str, Promise] = {
    "tax": gettext_lazy("Same tax number"),
    "tax_near": gettext_lazy("Nearly the same tax number"),
    "site": gettext_lazy("Same web domain"),
    "site_label": gettext_lazy("Same domain name under another ending"),
    "name": gettext_lazy("Same company name"),
    "name_near": gettext_lazy("Nearly the same company name"),
    "name_part": gettext_lazy("Part of the company name"),
    "other_tax": gettext_lazy("Another tax number"),
    "other_site": gettext_lazy("Another web domain"),
    "other_country": gettext_lazy("Another country"),
    "other_products": gettext_lazy("Other products"),
}
STEPS: dict[str, Promise] = {
    "deal.registered": gettext_lazy("Registered"),
    "deal.approved": gettext_lazy("Approved"),
    "deal.rejected": gettext_lazy("Rejected"),
    "deal.appealed": gettext_lazy("Asked for a second look"),
    "deal.extension_asked": gettext_lazy("Asked for more days"),
    "deal.extended": gettext_lazy("Extended"),
    "deal.extension_refused": gettext_lazy("Not extended"),
    "deal.reminded": gettext_lazy("Reminded of the end of the exclusivity"),
    "deal.document_added": gettext_lazy("Document added"),
    "deal.withdrawn": gettext_lazy("Withdrawn"),
    "deal.won": gettext_lazy("Won"),
    "deal.lost": gettext_lazy("Lost"),
    "deal.expired": pgettext_lazy("deal", "Expired"),
}


@dataclass(frozen=True, slots=True)
class DealWords:
    """`clock` is how long the exclusivity lasts; "" where there is none to run."""

    deal: Deal
    state: str
    icon: str
    tone: str
    clock: str
    is_examined: bool


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    said: str
    note: str
    actor: str


def deal_words(deals: Iterable[Deal], *, today: date) -> list[DealWords]:
    return [
        DealWords(
            deal,
            deal.get_state_display(),
            *LOOKS[DealState(deal.state)],
            clock_words(deal, today=today),
            deal.state == DealState.REGISTERED and deal.conflict_score >= CONFLICT,
        )
        for deal in deals
    ]


def clock_words(deal: Deal, *, today: date) -> str:
    if deal.state != DealState.APPROVED or deal.exclusive_until is None:
        return ""
    days = (deal.exclusive_until - today).days
    if deal.extension_asked_at:
        return _("More days were asked for")
    if days <= 0:
        return _("Ends today")
    return ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}


def steps(events: Iterable[Event], *, names: dict[str, str]) -> list[Step]:
    """What happened to a deal, the oldest first; `names` are those that the reader may know."""
    return [
        Step(
            event.occurred_at,
            str(STEPS.get(event.kind, event.kind)),
            event.payload.get("note", ""),
            names.get(event.actor, ""),
        )
        for event in events
    ]


def side_by_side(one: Deal, other: Deal, *, voice: Voice) -> list[tuple[str, str, str]]:
    """(what, of the one, of the other), as whoever decides compares them."""
    told = (
        (_("Company"), lambda deal: deal.customer),
        (_("Web address"), lambda deal: deal.website),
        (_("Tax number"), lambda deal: deal.tax_number),
        (_("Country"), lambda deal: country_name(deal.country)),
        (_("Partner"), lambda deal: deal.account.name),
        (_("State"), lambda deal: deal.get_state_display()),
        (_("Registered"), lambda deal: voice.minute(deal.registered_at)),
        (_("Exclusive until"), lambda deal: _day(deal.exclusive_until, voice)),
        (_("Amount"), lambda deal: voice.exact_money(deal.amount)),
    )
    return [(what, read(one), read(other)) for what, read in told]


def _day(day: date | None, voice: Voice) -> str:
    return voice.day(day) if day else ""


def answer_words(deal: Deal, *, voice: Voice) -> list[tuple[str, str]]:
    """The answers with the names of their fields, as people read them."""
    return answers_in_words(deal.answers, declared(deal.form.fields), voice=voice)
