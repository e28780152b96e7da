"""Events in words: what happened to an account, by whom."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from babel.dates import format_skeleton
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import ApiKey, Event, Member, Program, Staff
from loyalty.deal_words import STEPS
from loyalty.lead_words import STEPS as LEAD_STEPS
from rebates.models import Posting
from rewards.voice import Voice


@dataclass(frozen=True, slots=True)
class Happening:
    at: datetime
    said: str
    actor: str


def happenings(events: Iterable[Event], *, voice: Voice) -> list[Happening]:
    """A constant number of queries for any number of events."""
    programs = dict(Program.objects.values_list("slug", "name"))
    told = list(events)
    names = actor_names({event.actor for event in told})
    return [
        Happening(
            event.occurred_at, _said(event, voice, programs), names.get(event.actor, "the system")
        )
        for event in told
    ]


def _said(event: Event, voice: Voice, programs: Mapping[str, str]) -> str:
    tell = TOLD.get(event.kind)
    if tell is None:
        return event.kind.replace(".", " ").replace("_", " ").capitalize()
    program = event.payload.get("program")
    named = {"program": programs.get(program, program)} if program else {}
    return tell(event.payload | named, voice)


def _tier_changed(payload: dict[str, Any], voice: Voice) -> str:
    why = {"reached": "reached", "evaluated": "at the quarter's end"}.get(payload["cause"], "")
    said = f"{payload['from']} → {payload['to']}"
    return f"{said}, {why}" if why else said


def _points_moved(payload: dict[str, Any], voice: Voice) -> str:
    points = payload["points"]
    verb = "Earned" if points > 0 else "Returns took back"
    return f"{verb} {voice.amount(abs(points), 'points')}"


ADJUSTED = {
    "credit": "Added",
    "debit": "Took off",
    "extend": "Extended",
    "reinstate": "Reinstated",
}


def _adjusted(payload: dict[str, Any], voice: Voice) -> str:
    points = voice.amount(payload["points"], "points")
    return f"{ADJUSTED[payload['action']]} {points} by hand: {payload['reason']}"


def _asked(payload: dict[str, Any], voice: Voice) -> str:
    points = voice.amount(payload["points"], "points")
    return f"An adjustment of {points} waits for approval: {payload['reason']}"


def _rejected(payload: dict[str, Any], voice: Voice) -> str:
    points = voice.amount(payload["points"], "points")
    note = f": {payload['note']}" if payload["note"] else ""
    return f"An adjustment of {points} was rejected{note}"


def _transferred(payload: dict[str, Any], voice: Voice) -> str:
    return f"Passed {voice.amount(payload['points'], 'points')} on within the account"


def _enrolled(payload: dict[str, Any], voice: Voice) -> str:
    return f"Joined the program “{payload['program']}”"


def _member_changed(payload: dict[str, Any], voice: Voice) -> str:
    after = payload["after"]
    return (
        "A person's access was ended"
        if not after["is_active"]
        else (f"A person's portal role is now {after['role']}")
    )


def _redeeming(verb: str) -> Callable[[dict[str, Any], Voice], str]:
    def tell(payload: dict[str, Any], voice: Voice) -> str:
        points = voice.amount(payload["points"], "points")
        said = f"{verb} “{payload['reward']}” for {points} ({payload['reference']})"
        return f"{said}: {payload['note']}" if payload["note"] else said

    return tell


def _dealing(step: Promise) -> Callable[[dict[str, Any], Voice], str]:
    def tell(payload: dict[str, Any], voice: Voice) -> str:
        said = f"{payload['customer']} ({payload['reference']}): {step}"
        return f"{said}: {payload['note']}" if payload["note"] else said

    return tell


def _leading(step: Promise) -> Callable[[dict[str, Any], Voice], str]:
    def tell(payload: dict[str, Any], voice: Voice) -> str:
        said = f"{payload['company']} ({payload['reference']}): {step}"
        return f"{said}: {payload['note']}" if payload["note"] else said

    return tell


def _expiring(payload: dict[str, Any], voice: Voice) -> str:
    points, day = voice.amount(payload["points"], "points"), date.fromisoformat(payload["day"])
    return f"Warned: {points} expire after {voice.day(day)}"


def _month_told(payload: dict[str, Any], voice: Voice) -> str:
    first = date.fromisoformat(payload["month"])
    month = format_skeleton("yMMMM", first, locale=voice.locale)
    return f"Told how {month} went: {voice.amount(payload['available'], 'points')} at its end"


def _sales_reported(payload: dict[str, Any], voice: Voice) -> str:
    said = ngettext(
        "Reported %(count)s sale: “%(name)s”",
        "Reported %(count)s sales: “%(name)s”",
        payload["sales"],
    )
    return said % {"count": voice.number(payload["sales"]), "name": payload["name"]}


def _sales_decided(payload: dict[str, Any], voice: Voice) -> str:
    return _("Of “%(name)s” approved %(approved)s and rejected %(rejected)s") % {
        "name": payload["name"],
        "approved": voice.number(payload["approved"]),
        "rejected": voice.number(payload["rejected"]),
    }


def _payment_returned(payload: dict[str, Any], voice: Voice) -> str:
    said = {"amount": voice.money(payload["amount"]), "reason": payload["reason"]}
    return _("The bank returned %(amount)s: %(reason)s") % said


def _viewed(payload: dict[str, Any], voice: Voice) -> str:
    whom = payload["person"] or "somebody of the account"
    return f"Looked at the portal as {whom}: {payload['reason']}"


def _stated(payload: dict[str, Any], voice: Voice) -> str:
    said = {"number": payload["number"], "amount": voice.exact_money(payload["total"])}
    return _("Statement %(number)s issued: %(amount)s") % said


def _disputed(payload: dict[str, Any], voice: Voice) -> str:
    said = {"line": payload["product_line"], "amount": voice.exact_money(payload["amount"])}
    return _("Disputed the line %(line)s of %(amount)s") % said


def _resolved(payload: dict[str, Any], voice: Voice) -> str:
    if payload["agreed"] is None:
        return _("The dispute over %(line)s is over: the line stands") % {
            "line": payload["product_line"]
        }
    said = {"line": payload["product_line"], "amount": voice.exact_money(payload["agreed"])}
    return _("The dispute over %(line)s ended on %(amount)s") % said


def _settled(payload: dict[str, Any], voice: Voice) -> str:
    return _("Approved %(amount)s of “%(name)s”") % {
        "amount": voice.exact_money(payload["amount"]),
        "name": payload["name"],
    }


def _trued_up(payload: dict[str, Any], voice: Voice) -> str:
    return _("“%(name)s”, period from %(day)s: corrected by %(amount)s") % {
        "name": payload["name"],
        "day": voice.day(date.fromisoformat(payload["period"])),
        "amount": voice.exact_money(payload["amount"]),
    }


TOLD: dict[str, Callable[[dict[str, Any], Voice], str]] = {
    "tier.changed": _tier_changed,
    "points.earned": _points_moved,
    "points.reversed": _points_moved,
    "points.adjusted": _adjusted,
    "points.expiring": _expiring,
    "status.monthly": _month_told,
    "milestone.reached": lambda payload, voice: f"Reached “{payload['name']}”",
    "points.transferred": _transferred,
    "adjustment.requested": _asked,
    "adjustment.rejected": _rejected,
    "account.enrolled": _enrolled,
    "account.viewed_as": _viewed,
    "member.changed": _member_changed,
    "redemption.requested": _redeeming("Asked for"),
    "redemption.approved": _redeeming("Approved"),
    "redemption.rejected": _redeeming("Rejected"),
    "redemption.canceled": _redeeming("Canceled"),
    "redemption.fulfilled": _redeeming("Done:"),
    "redemption.refunded": _redeeming("Refunded"),
    "file.kept": lambda payload, voice: _("Handed in the file “%s”") % payload["name"],
    "bank_details.entered": lambda payload, voice: _("Entered bank details %s") % payload["masked"],
    "posting_accounts.changed": lambda payload, voice: (
        _("Changed the general-ledger accounts of “%s”") % Posting(payload["posting"]).label
    ),
    "journal_batch.made": lambda payload, voice: _("Made journal batch %(number)d") % payload,
    "payment.returned": _payment_returned,
    "sales.reported": _sales_reported,
    "sales.decided": _sales_decided,
    **{kind: _dealing(said) for kind, said in STEPS.items()},
    **{kind: _leading(said) for kind, said in LEAD_STEPS.items()},
    "agreement.drafted": lambda payload, voice: _("Version %(version)s drafted") % payload,
    "agreement.draft_changed": lambda payload, voice: _("Draft %(version)s changed") % payload,
    "agreement.offered": lambda payload, voice: _("Version %(version)s offered") % payload,
    "agreement.accepted": lambda payload, voice: _("Version %(version)s accepted") % payload,
    "agreement.begun": lambda payload, voice: _("“%(name)s” began to run") % payload,
    "agreement.closed": lambda payload, voice: _("“%(name)s” is closed") % payload,
    "rebate.statement_issued": _stated,
    "rebate.statement_accepted": lambda payload, voice: _("Accepted the statement"),
    "rebate.line_disputed": _disputed,
    "rebate.dispute_withdrawn": lambda payload, voice: _("Withdrew the dispute"),
    "rebate.dispute_resolved": _resolved,
    "rebate.approved": _settled,
    "rebate.trued_up": _trued_up,
    "redemption.code_shown": lambda payload, voice: f"Saw the code {payload['code']}",
}


def actor_names(actors: Iterable[str]) -> dict[str, str]:
    """“staff:<id>” and its like as people's names."""
    ids: dict[str, list[str]] = {"staff": [], "member": [], "key": []}
    for actor in actors:
        kind, _colon, identifier = actor.partition(":")
        if kind in ids and identifier:
            ids[kind].append(identifier)
    names = {}
    for kind, model in (("staff", Staff), ("member", Member), ("key", ApiKey)):
        for found in model.objects.filter(id__in=ids[kind]).only("id", "name"):
            names[f"{kind}:{found.id}"] = found.name
    return names
