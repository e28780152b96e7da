"""Funds and requests as all faces show them: states with their look, what is next, steps, ends."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.attributes import declared
from accounts.models import Event
from loyalty.answer_words import answers_in_words
from loyalty.deal_words import Step
from partners.funds.balances import Part, parts_of
from partners.funds.statements import FundStatement, Movement
from partners.models import Fund, FundRequest, GrantCause, RequestState
from rewards.voice import Voice

LOOKS = {
    RequestState.REQUESTED: ("clock", "warn"),
    RequestState.APPROVED: ("shield-check", "brand"),
    RequestState.REJECTED: ("x-circle", "bad"),
    RequestState.WITHDRAWN: ("arrow-uturn-left", ""),
    RequestState.CLAIMED: ("document-magnifying-glass", "warn"),
    RequestState.INCOMPLETE: ("exclamation-triangle", "warn"),
    RequestState.ACCEPTED: ("check", "good"),
    RequestState.REFUSED: ("x-circle", "bad"),
    RequestState.PAID: ("check-circle", "good"),
    RequestState.LAPSED: ("no-symbol", ""),
}
STEPS: dict[str, Promise] = {
    "fund_request.requested": gettext_lazy("Asked for"),
    "fund_request.approved": gettext_lazy("Approved"),
    "fund_request.rejected": gettext_lazy("Rejected"),
    "fund_request.withdrawn": gettext_lazy("Withdrawn"),
    "fund_request.claimed": gettext_lazy("Claimed"),
    "fund_request.more_wanted": gettext_lazy("More proof wanted"),
    "fund_request.accepted": gettext_lazy("Claim accepted"),
    "fund_request.refused": gettext_lazy("Claim refused"),
    "fund_request.paid": gettext_lazy("Paid"),
    "fund_request.lapsed": gettext_lazy("Not claimed in time"),
    "fund_request.reminded": gettext_lazy("Reminded of the claim"),
}
OF_FUNDS: dict[str, Promise] = {
    "fund.granted": gettext_lazy("%(amount)s of “%(budget)s” allocated"),
    "fund.approved": gettext_lazy("%(amount)s of “%(budget)s” allocated with an approval"),
    "fund.accrued": gettext_lazy("%(amount)s of “%(budget)s” accrued"),
    "fund.taken_back": gettext_lazy("%(amount)s of “%(budget)s” taken back"),
    "fund.expired": gettext_lazy("%(amount)s of “%(budget)s” were not used in time"),
    "fund.expiring": gettext_lazy("Warned: %(amount)s of “%(budget)s” end soon"),
}
_MOVES: dict[str, Promise] = {
    "reserve": gettext_lazy("Committed"),
    "release": gettext_lazy("Released"),
    "spend": gettext_lazy("Paid"),
    "expire": gettext_lazy("Not used in time"),
}


@dataclass(frozen=True, slots=True)
class RequestWords:
    """`next_step` is what happens now, and until when; "" at the end."""

    request: FundRequest
    state: str
    icon: str
    tone: str
    next_step: str


@dataclass(frozen=True, slots=True)
class FundWords:
    """`parts` is what is left of it, the first to end first."""

    fund: Fund
    parts: Sequence[Part]

    @property
    def left(self) -> int:
        return sum(part.amount for part in self.parts)


def request_words(requests: Iterable[FundRequest], *, voice: Voice) -> list[RequestWords]:
    return [
        RequestWords(
            one,
            one.get_state_display(),
            *LOOKS[RequestState(one.state)],
            _next_step(one, voice),
        )
        for one in requests
    ]


def fund_words(funds: Sequence[Fund], *, today: date) -> list[FundWords]:
    """What is over with a day that the clock has not come to yet is left out already."""
    by_fund: dict[Any, list[Part]] = {}
    for part in parts_of([fund.pk for fund in funds]):
        if part.last_day >= today:
            by_fund.setdefault(part.fund_id, []).append(part)
    return [FundWords(fund, by_fund.get(fund.pk, [])) for fund in funds]


def steps(events: Iterable[Event], *, names: dict[str, str]) -> list[Step]:
    """What happened to a request, the oldest first; `names` are those that the reader may know."""
    return [
        Step(
            event.occurred_at,
            str(STEPS.get(event.kind, event.kind)),
            event.payload.get("note", ""),
            names.get(event.actor, ""),
        )
        for event in events
    ]


def answer_words(request: FundRequest, *, voice: Voice) -> list[tuple[str, str]]:
    """The answers with the names of their fields, as people read them."""
    return answers_in_words(request.answers, declared(request.activity.fields), voice=voice)


def told_of_fund(kind: str, payload: dict[str, Any], voice: Voice) -> str:
    said = OF_FUNDS[kind] % {
        "amount": voice.exact_money(payload["amount"]),
        "budget": payload["budget"],
    }
    return f"{said}: {payload['note']}" if payload["note"] else said


def told_of_request(step: Promise, payload: dict[str, Any]) -> str:
    said = f"{payload['title']} ({payload['reference']}): {step}"
    return f"{said}: {payload['note']}" if payload["note"] else said


def statement_lines(
    statement: FundStatement, *, titles: dict[Any, str]
) -> list[tuple[Any, str, str]]:
    """(line, what moved, of what) of a fund's statement; `titles` of requests by their id."""
    return [
        (line, _moved(line.movement), titles.get(line.movement.request_id, line.movement.note))
        for line in statement.lines
    ]


def _moved(one: Movement) -> str:
    if one.kind == "allocate":
        return str(GrantCause(one.cause).label)
    return str(_MOVES[one.kind])


def _next_step(one: FundRequest, voice: Voice) -> str:
    until = voice.day(one.claim_until) if one.claim_until else ""
    said = {
        RequestState.REQUESTED: _("Somebody looks at it."),
        RequestState.APPROVED: _("Claim it with the proof by %s.") % until,
        RequestState.CLAIMED: _("The claim is being checked."),
        RequestState.INCOMPLETE: _("Hand in more proof by %s.") % until,
        RequestState.ACCEPTED: _("It is about to be paid."),
    }
    return said.get(RequestState(one.state), "")
