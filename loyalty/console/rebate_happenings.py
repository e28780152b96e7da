"""What events of rebates have to tell: agreements, statements, sales, and the money paid."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext, gettext_noop, ngettext
from django.utils.translation import gettext as _

from rebates.models import Posting
from rewards.voice import Voice

Tell = Callable[[dict[str, Any], Voice], str]


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
    # What reached the partner, which may be less than what was approved; events from before it was
    # told have the latter alone.
    paid = payload.get("paid", payload["amount"])
    said = {"name": payload["name"], "amount": voice.exact_money(paid)}
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


TOLD_OF_REBATES: dict[str, Tell] = {
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
}
