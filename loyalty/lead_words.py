"""Leads as all faces show them: states with their look, clocks, steps, and why this partner."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Event
from loyalty.deal_words import Step
from partners.models import Lead, LeadState, Method, OfferState

LOOKS = {
    LeadState.OPEN: ("inbox", "warn"),
    LeadState.OFFERED: ("clock", "warn"),
    LeadState.ACCEPTED: ("hand-raised", "brand"),
    LeadState.CONTACTED: ("phone", "brand"),
    LeadState.QUALIFIED: ("star", "brand"),
    LeadState.WON: ("check-circle", "good"),
    LeadState.LOST: ("x-mark", ""),
    LeadState.CLOSED: ("no-symbol", ""),
}
STEPS: dict[str, Promise] = {
    "lead.received": gettext_lazy("Arrived"),
    "lead.offered": gettext_lazy("Offered"),
    "lead.accepted": gettext_lazy("Accepted"),
    "lead.declined": gettext_lazy("Declined"),
    "lead.returned": gettext_lazy("Given back"),
    "lead.expired": gettext_lazy("Not answered in time"),
    "lead.withdrawn": gettext_lazy("Taken back"),
    "lead.left_over": gettext_lazy("Nobody is left to ask"),
    "lead.contacted": gettext_lazy("Contacted"),
    "lead.qualified": gettext_lazy("Qualified"),
    "lead.won": gettext_lazy("Won"),
    "lead.lost": gettext_lazy("Lost"),
    "lead.closed": gettext_lazy("Closed"),
    "lead.registered": gettext_lazy("Registered as a deal"),
    "lead.silent": gettext_lazy("Reminded: no news"),
    "lead.contact_read": gettext_lazy("Contact data read"),
    "lead.person_erased": gettext_lazy("Person erased"),
}
MISFITS: dict[str, Promise] = {
    "country": gettext_lazy("Not for this country."),
    "region": gettext_lazy("Not for this region."),
    "postcode": gettext_lazy("Not for this postcode."),
    "lines": gettext_lazy("Not for these product lines."),
}
ENDS: dict[str, Promise] = {
    OfferState.EXPIRED: gettext_lazy("Nobody answered in time, so it went on."),
    OfferState.DECLINED: gettext_lazy("Your company declined it."),
    OfferState.RETURNED: gettext_lazy("Your company gave it back."),
    OfferState.WITHDRAWN: gettext_lazy("It was taken back."),
}


@dataclass(frozen=True, slots=True)
class LeadWords:
    """`clock` is how long its holder has to answer; "" where nothing runs."""

    lead: Lead
    state: str
    icon: str
    tone: str
    clock: str


def lead_words(leads: Iterable[Lead], *, now: datetime) -> list[LeadWords]:
    return [
        LeadWords(
            lead,
            lead.get_state_display(),
            *LOOKS[LeadState(lead.state)],
            clock_words(lead, now=now),
        )
        for lead in leads
    ]


def clock_words(lead: Lead, *, now: datetime) -> str:
    if lead.answer_by is None:
        return ""
    minutes = int((lead.answer_by - now).total_seconds() // 60)
    if minutes < 0:
        return _("The time is over")
    if minutes < 60:
        return ngettext("%(count)d minute left", "%(count)d minutes left", minutes) % {
            "count": minutes
        }
    hours = minutes // 60
    return ngettext("%(count)d hour left", "%(count)d hours left", hours) % {"count": hours}


def steps(events: Iterable[Event], *, names: Mapping[str, str], accounts: Mapping) -> list[Step]:
    """What happened to a lead, the oldest first, for staff: they read of every partner."""
    found = []
    for event in events:
        about = accounts.get(event.account_id, "")
        said = str(STEPS.get(event.kind, event.kind))
        found.append(
            Step(
                event.occurred_at,
                f"{said} · {about}" if about else said,
                event.payload.get("note", ""),
                names.get(event.actor, ""),
            )
        )
    return found


def why_words(why: Mapping[str, Any]) -> str:
    """Why it was this partner, in one sentence; any partner may read its own."""
    method = why.get("method")
    if method == Method.ROUND_ROBIN:
        return _("It was this partner’s turn by the rule “%s”.") % why["rule"]
    if method == Method.BEST_FIT:
        return _("It fits best by the rule “%(rule)s”: %(score)d of 100 points.") % {
            "rule": why["rule"],
            "score": why["score"],
        }
    if method == "wished":
        return _("The customer asked for this partner.")
    return _("It was chosen by hand.")


def point_words(points: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(what, how many of how many points, and why) of a score."""
    return [
        (_POINTS[one["code"]](one), f"{one['points']} / {one['most']}")
        for one in points
        if one["code"] in _POINTS
    ]


def _lines(one: Mapping[str, Any]) -> str:
    if not one["known"]:
        return _("No certificate in the product lines asked for")
    return _("Certificates in %s") % ", ".join(one["known"])


def _territory(one: Mapping[str, Any]) -> str:
    where = {"region": _("In the same region"), "country": _("In the same country")}
    return where.get(one["where"], _("In another territory"))


def _tier(one: Mapping[str, Any]) -> str:
    return _("Tier %s") % one["tier"] if one["tier"] else _("No tier")


def _capacity(one: Mapping[str, Any]) -> str:
    return _("%(open)d of %(limit)d open leads") % one


def _record(one: Mapping[str, Any]) -> str:
    if not one["ended"]:
        return _("No lead has ended yet")
    return _("%(won)d of %(ended)d leads won") % one


_POINTS = {
    "lines": _lines,
    "territory": _territory,
    "tier": _tier,
    "capacity": _capacity,
    "record": _record,
}


def against_words(reason: Mapping[str, Any]) -> str:
    """Why it was not this partner."""
    return str(_AGAINST[reason["code"]]) % reason if reason["code"] in _AGAINST else ""


_AGAINST: dict[str, Promise] = {
    "asked": gettext_lazy("Had this lead before."),
    "nobody": gettext_lazy("Has nobody in the portal who could answer."),
    "tier": gettext_lazy("Needs the tier %(wanted)s; has %(has)s."),
    "entitlement": gettext_lazy("Its tier does not give “%(wanted)s”."),
    "certificates": gettext_lazy("Needs %(wanted)d valid certificates, has %(has)d. %(line)s"),
    "attribute": gettext_lazy("Lacks “%(wanted)s”."),
    "none_wanted": gettext_lazy("Takes no leads."),
    "full": gettext_lazy("Has %(open)d open leads of at most %(limit)d."),
    "turn": gettext_lazy("Its turn comes later."),
    "score": gettext_lazy("Fits less well: %(score)d of 100 points."),
}
