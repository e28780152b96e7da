"""What becomes of leads, step by step: each has an address of its own.

Partners' systems answer and report for their account, which the body names; it must have the lead.
"""

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from loyalty.api.deals import MoneyText, minor_units
from loyalty.api.leads import SHOWN, LeadShape, lead_data, one_account, one_lead
from loyalty.api.shapes import Body
from loyalty.api.steps import Do, Steps
from partners.leads import answering, assigning, reporting
from partners.leads.desk import NotNow
from partners.models import Lead

WRITE, ANSWER = "leads:write", "leads:answer"


class AccountBody(Body):
    account = serializers.CharField(max_length=64, help_text="The number of who says it.")
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class LeadWonBody(Body):
    """`amount` in major units, what the company has ordered for."""

    account = serializers.CharField(max_length=64, help_text="The number of who says it.")
    amount = MoneyText()
    won_on = serializers.DateField()


class LeadNoteBody(Body):
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


SAID = {"account": "D-1", "note": "Spoke to Ms. Weber."}
WON = {"account": "D-1", "amount": "48000.00", "won_on": "2026-06-15"}
NOTE = {"note": "They called us."}


def _by(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "account_id": one_account(given["account"]).pk,
        "actor": request.auth.actor,
        "now": timezone.now(),
    }


def _accept(request: Request, lead_id: UUID, given: dict[str, Any]) -> Lead:
    return answering.accept(lead_id, **_by(request, given))


def _decline(request: Request, lead_id: UUID, given: dict[str, Any]) -> Lead:
    return answering.decline(lead_id, reason=given.get("note", ""), **_by(request, given))


def _report(state: str) -> Do:
    def do(request: Request, lead_id: UUID, given: dict[str, Any]) -> Lead:
        note = given.get("note", "")
        return reporting.report(lead_id, state=state, note=note, **_by(request, given))

    return do


def _win(request: Request, lead_id: UUID, given: dict[str, Any]) -> Lead:
    amount = minor_units(given["amount"], request.tenant.currency)
    return reporting.win(
        lead_id,
        amount=amount,
        won_on=given["won_on"],
        zone=request.tenant.zone,
        **_by(request, given),
    )


def _lose(request: Request, lead_id: UUID, given: dict[str, Any]) -> Lead:
    return reporting.lose(lead_id, reason=given.get("note", ""), **_by(request, given))


def _assign(request: Request, lead_id: UUID, given: dict[str, Any]) -> Lead:
    account, note = one_account(given["account"]), given.get("note", "")
    by, now = request.auth.actor, timezone.now()
    return assigning.assign(lead_id, account=account, note=note, by=by, now=now)


def _close(request: Request, lead_id: UUID, given: dict[str, Any]) -> Lead:
    by, now = request.auth.actor, timezone.now()
    return assigning.close(lead_id, reason=given.get("note", ""), by=by, now=now)


_lead = Steps(
    kind="lead",
    shape=LeadShape,
    shown=SHOWN,
    tell=lambda lead_id, tenant: lead_data(one_lead(lead_id), tenant.currency),
    missing=(Lead.DoesNotExist,),
    refused={NotNow: 409},
    scope=ANSWER,
    body=AccountBody,
    said=SAID,
)

accept = _lead.step(
    "accept", "Accept a lead for the account it is offered to", _accept, state="accepted"
)
decline = _lead.step("decline", "Decline a lead, or give it back", _decline, state="offered")
contact = _lead.step(
    "contact", "Say that they were spoken to", _report("contacted"), state="contacted"
)
qualify = _lead.step(
    "qualify", "Say that they mean to buy", _report("qualified"), state="qualified"
)
win = _lead.step("win", "Win a lead", _win, state="won", body=LeadWonBody, said=WON)
lose = _lead.step("lose", "Lose a lead", _lose, state="lost")
assign = _lead.step(
    "assign", "Offer a lead to an account by hand", _assign, state="offered", scope=WRITE
)
close = _lead.step(
    "close", "Close a lead", _close, state="closed", scope=WRITE, body=LeadNoteBody, said=NOTE
)
