"""Events in words: what happened to an account, by whom."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_skeleton
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, gettext_noop, ngettext
from django.utils.translation import gettext as _

from accounts.ids import read_uuid
from accounts.models import ApiKey, Event, Member, Program, Staff
from loyalty import fund_words
from loyalty.deal_words import STEPS
from loyalty.event_words import words_of
from loyalty.lead_words import STEPS as LEAD_STEPS
from loyalty.plan_words import STEPS as PLAN_STEPS
from loyalty.referral_words import STEPS as REFERRAL_STEPS
from loyalty.referral_words import note_words
from loyalty.spiff_words import STEPS as SPIFF_STEPS
from loyalty.support_words import STEPS as SUPPORT_STEPS
from rebates.models import Posting
from rewards.voice import Voice

Tell = Callable[[dict[str, Any], Voice], str]


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


def _ran(said: str) -> Tell:
    def tell(payload: dict[str, Any], voice: Voice) -> str:
        total = voice.exact_money(payload["total"])
        return gettext(said) % {"number": payload["number"], "total": total}

    return tell


def _credited(payload: dict[str, Any], voice: Voice) -> str:
    amount = voice.exact_money(payload["amount"])
    said = {"name": payload.get("name", payload["agreement"]), "amount": amount}
    return _("Handed over %(amount)s of “%(name)s”") % said


def _paid(payload: dict[str, Any], voice: Voice) -> str:
    said = {"name": payload["name"], "amount": voice.exact_money(payload["amount"])}
    return _("Paid the settlement of %(amount)s of “%(name)s”") % said


def _award_paid(payload: dict[str, Any], voice: Voice) -> str:
    said = {"amount": voice.exact_money(payload["amount"]), "reference": payload["reference"]}
    said["who"] = payload["person"] or payload["account"]
    return _("Paid %(amount)s to %(who)s (%(reference)s)") % said


def _unpaid(payload: dict[str, Any], voice: Voice) -> str:
    said = {"name": payload["name"], "amount": voice.exact_money(payload["amount"])}
    return _("The settlement of %(amount)s of “%(name)s” is to be paid once more") % said


def _ended(payload: dict[str, Any], voice: Voice) -> str:
    day = voice.day(date.fromisoformat(payload["ends_on"]) - timedelta(days=1))
    return _("“%(name)s” ends with %(day)s") % {"name": payload["name"], "day": day}


def _forecast(payload: dict[str, Any], voice: Voice) -> str:
    day = voice.day(date.fromisoformat(payload["period"]))
    said = {"number": payload["number"], "day": day}
    return _("Forecast no. %(number)d of the period from %(day)s") % said


def _viewed(payload: dict[str, Any], voice: Voice) -> str:
    whom = payload["person"] or _("somebody of the account")
    return _("Looked at the portal as %(person)s: %(reason)s") % {
        "person": whom,
        "reason": payload["reason"],
    }


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


def _set_off(payload: dict[str, Any], voice: Voice) -> str:
    correction = payload["correction"]
    return _("Set %(amount)s of “%(name)s” off against “%(other)s”, no. %(number)s") % {
        "amount": voice.exact_money(payload["amount"]),
        "name": payload["name"],
        "other": correction["name"],
        "number": correction["number"],
    }


def _trued_up(payload: dict[str, Any], voice: Voice) -> str:
    return _("“%(name)s”, period from %(day)s: corrected by %(amount)s") % {
        "name": payload["name"],
        "day": voice.day(date.fromisoformat(payload["period"])),
        "amount": voice.exact_money(payload["amount"]),
    }


TOLD: dict[str, Tell] = {
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
    "bank_details.entered": lambda payload, voice: _("Entered bank details %s") % payload["masked"],
    "posting_accounts.changed": lambda payload, voice: (
        _("Changed the general-ledger accounts of “%s”") % Posting(payload["posting"]).label
    ),
    "journal_batch.made": lambda payload, voice: _("Made journal batch %(number)d") % payload,
    "payment.returned": _payment_returned,
    "payment_run.prepared": _ran(gettext_noop("Prepared payment run %(number)s of %(total)s")),
    "payment_run.approved": _ran(gettext_noop("Approved payment run %(number)s of %(total)s")),
    "payment_run.canceled": _ran(gettext_noop("Canceled payment run %(number)s of %(total)s")),
    "payment_run.executed": _ran(
        gettext_noop("The bank carried out payment run %(number)s of %(total)s")
    ),
    "payment_run.file_taken": lambda payload, voice: (
        _("Took the bank's file of payment run %(number)d") % payload
    ),
    "payment_terms.changed": lambda payload, voice: (
        _("Bank details rest %(cooling_days)d days now, not %(before)d") % payload
    ),
    "agreement.ended": _ended,
    "rebate.forecast": _forecast,
    "rebate.credited": _credited,
    "rebate.paid": _paid,
    "award.paid": _award_paid,
    "rebate.returned": _unpaid,
    "sales.reported": _sales_reported,
    "sales.decided": _sales_decided,
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
    "rebate.set_off": _set_off,
    "rebate.trued_up": _trued_up,
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
