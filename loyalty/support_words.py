"""Requests for support as all faces show them: their state, what is left, their steps."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Event
from loyalty.deal_words import Step
from partners.models import SupportRequest, SupportState
from partners.support.entitlement import Allowance

LOOKS = {
    SupportState.ASKED: ("clock", "warn"),
    SupportState.TAKEN: ("user-circle", "brand"),
    SupportState.DONE: ("check-circle", "good"),
    SupportState.DECLINED: ("x-circle", "bad"),
    SupportState.WITHDRAWN: ("arrow-uturn-left", ""),
}
STEPS: dict[str, Promise] = {
    "support.asked": gettext_lazy("Asked for"),
    "support.taken": gettext_lazy("Looked after by"),
    "support.answered": gettext_lazy("Answered"),
    "support.added": gettext_lazy("Added"),
    "support.done": gettext_lazy("Done"),
    "support.declined": gettext_lazy("Declined"),
    "support.withdrawn": gettext_lazy("Withdrawn"),
}


@dataclass(frozen=True, slots=True)
class SupportWords:
    request: SupportRequest
    state: str
    icon: str
    tone: str
    is_late: bool


def support_words(requests: Iterable[SupportRequest], *, today: date) -> list[SupportWords]:
    return [
        SupportWords(
            one,
            one.get_state_display(),
            *LOOKS[SupportState(one.state)],
            bool(one.is_open and one.wanted_on and one.wanted_on < today),
        )
        for one in requests
    ]


def left_text(one: Allowance) -> str:
    """How much is left in the quarter."""
    if one.left is None:
        return _("without limit")
    return ngettext(
        "%(left)d of %(allowed)d left in this quarter",
        "%(left)d of %(allowed)d left in this quarter",
        one.left,
    ) % {"left": one.left, "allowed": one.allowed}


def support_steps(events: Iterable[Event], *, names: dict[str, str]) -> list[Step]:
    """The oldest first; `names` are those that the reader may know."""
    return [
        Step(
            event.occurred_at,
            str(STEPS.get(event.kind, event.kind)),
            event.payload.get("person") or event.payload.get("note", ""),
            names.get(event.actor, ""),
        )
        for event in events
    ]
