"""Events in words: what happened to an account, by whom."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from babel.dates import format_skeleton
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ids import read_uuid
from accounts.models import ApiKey, Event, Member, Program, Staff
from loyalty import fund_words
from loyalty.console.rebate_happenings import TOLD_OF_REBATES, Tell
from loyalty.deal_words import STEPS
from loyalty.event_words import words_of
from loyalty.lead_words import STEPS as LEAD_STEPS
from loyalty.plan_words import STEPS as PLAN_STEPS
from loyalty.referral_words import STEPS as REFERRAL_STEPS
from loyalty.referral_words import note_words
from loyalty.spiff_words import STEPS as SPIFF_STEPS
from loyalty.support_words import STEPS as SUPPORT_STEPS
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
            event.occurred_at,
            _said(event, voice, programs),
            names.get(event.actor, _("the system")),
        )
        for event in told
    ]


def _said(event: Event, voice: Voice, programs: Mapping[str, str]) -> str:
    tell = TOLD.get(event.kind)
    if tell is None:
        return words_of(event.kind, event.payload)
    program = event.payload.get("program")
    named = {"program": programs.get(program, program)} if program else {}
    return tell(event.payload | named, voice)


def _tier_changed(payload: dict[str, Any], voice: Voice) -> str:
    causes = {"reached": _("reached"), "evaluated": _("at the end of the period")}
    why = causes.get(payload["cause"], "")
    said = f"{payload['from']} → {payload['to']}"
    return f"{said}, {why}" if why else said


def _points_moved(payload: dict[str, Any], voice: Voice) -> str:
    points = payload["points"]
    told = _("Earned %(points)s") if points > 0 else _("Returns took back %(points)s")
    return told % {"points": voice.amount(abs(points), "points")}


ADJUSTED = {
    "credit": gettext_lazy("Added %(points)s by hand: %(reason)s"),
    "debit": gettext_lazy("Took off %(points)s by hand: %(reason)s"),
    "extend": gettext_lazy("Extended %(points)s by hand: %(reason)s"),
    "reinstate": gettext_lazy("Reinstated %(points)s by hand: %(reason)s"),
}


def _adjusted(payload: dict[str, Any], voice: Voice) -> str:
    points = voice.amount(payload["points"], "points")
    return str(ADJUSTED[payload["action"]]) % {"points": points, "reason": payload["reason"]}


def _asked(payload: dict[str, Any], voice: Voice) -> str:
    points = voice.amount(payload["points"], "points")
    return _("An adjustment of %(points)s waits for approval: %(reason)s") % {
        "points": points,
        "reason": payload["reason"],
    }


def _rejected(payload: dict[str, Any], voice: Voice) -> str:
    points = voice.amount(payload["points"], "points")
    note = f": {payload['note']}" if payload["note"] else ""
    return _("An adjustment of %(points)s was rejected") % {"points": points} + note


def _transferred(payload: dict[str, Any], voice: Voice) -> str:
    return _("Passed %(points)s on within the account") % {
        "points": voice.amount(payload["points"], "points")
    }


def _enrolled(payload: dict[str, Any], voice: Voice) -> str:
    return _("Joined the program “%(program)s”") % {"program": payload["program"]}


def _member_changed(payload: dict[str, Any], voice: Voice) -> str:
    after = payload["after"]
    if not after["is_active"]:
        return _("A person’s access was ended")
    return _("A person’s portal role is now %(role)s") % {"role": after["role"]}


def _redeeming(step: Promise) -> Tell:
    def tell(payload: dict[str, Any], voice: Voice) -> str:
        points = voice.amount(payload["points"], "points")
        said = _("%(step)s: “%(reward)s” for %(points)s (%(reference)s)") % {
            "step": step,
            "reward": payload["reward"],
            "points": points,
            "reference": payload["reference"],
        }
        return f"{said}: {payload['note']}" if payload["note"] else said

    return tell


def _dealing(step: Promise) -> Tell:
    def tell(payload: dict[str, Any], voice: Voice) -> str:
        said = f"{payload['customer']} ({payload['reference']}): {step}"
        return f"{said}: {payload['note']}" if payload["note"] else said

    return tell


def _about(name: str, step: Promise) -> Callable[[dict[str, Any], Voice], str]:
    """Of what has a `name` in the payload: a request for support, a joint plan."""

    def tell(payload: dict[str, Any], voice: Voice) -> str:
        said = f"{payload[name]}: {step}"
        return f"{said}: {payload['note']}" if payload["note"] else said

    return tell


def _leading(step: Promise) -> Callable[[dict[str, Any], Voice], str]:
    def tell(payload: dict[str, Any], voice: Voice) -> str:
        said = f"{payload['company']} ({payload['reference']}): {step}"
        return f"{said}: {payload['note']}" if payload["note"] else said

    return tell


def _claiming(step: Promise) -> Callable[[dict[str, Any], Voice], str]:
    def tell(payload: dict[str, Any], voice: Voice) -> str:
        amount = voice.amount(payload["amount"], payload["unit"])
        said = f"{payload['spiff']}, {payload['person']} ({payload['reference']}, {amount}): {step}"
        return f"{said}: {payload['note']}" if payload["note"] else said

    return tell


def _funding(kind: str) -> Callable[[dict[str, Any], Voice], str]:
    return lambda payload, voice: fund_words.told_of_fund(kind, payload, voice)


def _asking(step: Promise) -> Callable[[dict[str, Any], Voice], str]:
    return lambda payload, voice: fund_words.told_of_request(step, payload)


def _referring(step: Promise) -> Callable[[dict[str, Any], Voice], str]:
    def tell(payload: dict[str, Any], voice: Voice) -> str:
        said = f"{payload['customer']} ({payload['reference']}): {step}"
        return f"{said}: {note_words(payload['note'])}" if payload["note"] else said

    return tell


def _expiring(payload: dict[str, Any], voice: Voice) -> str:
    points, day = voice.amount(payload["points"], "points"), date.fromisoformat(payload["day"])
    return _("Warned: %(points)s expire after %(day)s") % {"points": points, "day": voice.day(day)}


def _month_told(payload: dict[str, Any], voice: Voice) -> str:
    first = date.fromisoformat(payload["month"])
    month = format_skeleton("yMMMM", first, locale=voice.locale)
    return _("Told how %(month)s went: %(points)s at its end") % {
        "month": month,
        "points": voice.amount(payload["available"], "points"),
    }


def _viewed(payload: dict[str, Any], voice: Voice) -> str:
    whom = payload["person"] or _("somebody of the account")
    return _("Looked at the portal as %(person)s: %(reason)s") % {
        "person": whom,
        "reason": payload["reason"],
    }


TOLD: dict[str, Tell] = {
    **TOLD_OF_REBATES,
    "tier.changed": _tier_changed,
    "points.earned": _points_moved,
    "points.reversed": _points_moved,
    "points.adjusted": _adjusted,
    "points.expiring": _expiring,
    "status.monthly": _month_told,
    "milestone.reached": lambda payload, voice: _("Reached “%(name)s”") % payload,
    "points.transferred": _transferred,
    "adjustment.requested": _asked,
    "adjustment.rejected": _rejected,
    "account.enrolled": _enrolled,
    "account.viewed_as": _viewed,
    "member.changed": _member_changed,
    "redemption.requested": _redeeming(gettext_lazy("Redemption asked for")),
    "redemption.approved": _redeeming(gettext_lazy("Redemption approved")),
    "redemption.rejected": _redeeming(gettext_lazy("Redemption rejected")),
    "redemption.canceled": _redeeming(gettext_lazy("Redemption canceled")),
    "redemption.fulfilled": _redeeming(gettext_lazy("Redemption done")),
    "redemption.refunded": _redeeming(gettext_lazy("Redemption refunded")),
    "file.kept": lambda payload, voice: _("Handed in the file “%s”") % payload["name"],
    **{kind: _dealing(said) for kind, said in STEPS.items()},
    **{kind: _about("subject", said) for kind, said in SUPPORT_STEPS.items()},
    **{kind: _about("name", said) for kind, said in PLAN_STEPS.items()},
    "survey.asked": lambda payload, voice: _("Asked: %(survey)s") % payload,
    "survey.answered": lambda payload, voice: _("Answered: %(survey)s") % payload,
    **{kind: _funding(kind) for kind in fund_words.OF_FUNDS},
    **{kind: _asking(said) for kind, said in fund_words.STEPS.items()},
    **{kind: _referring(said) for kind, said in REFERRAL_STEPS.items()},
    **{kind: _claiming(said) for kind, said in SPIFF_STEPS.items()},
    "spiff_consent.given": lambda payload, voice: (
        _("%(given_by)s agreed to SPIFFs for %(person)s") % payload
    ),
    "spiff_consent.withdrawn": lambda payload, voice: (
        _("The consent to SPIFFs for %(person)s was withdrawn") % payload
    ),
    **{kind: _leading(said) for kind, said in LEAD_STEPS.items()},
    "redemption.code_shown": lambda payload, voice: _("Saw the code %(code)s") % payload,
}


def actor_names(actors: Iterable[str]) -> dict[str, str]:
    """“staff:<id>” and its like as people's names."""
    ids: dict[str, list[str]] = {"staff": [], "member": [], "key": []}
    for actor in actors:
        kind, _colon, identifier = actor.partition(":")
        if kind in ids and read_uuid(identifier) is not None:
            ids[kind].append(identifier)
    names = {}
    for kind, model in (("staff", Staff), ("member", Member), ("key", ApiKey)):
        for found in model.objects.filter(id__in=ids[kind]).only("id", "name"):
            names[f"{kind}:{found.id}"] = found.name
    return names
