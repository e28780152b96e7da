"""What becomes of deals, step by step: each has an address, and needs a scope, of its own."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from accounts.periods import day_of
from loyalty.api.deals import SHOWN, DealShape, MoneyText, deal_data, minor_units, one_deal
from loyalty.api.shapes import Body
from loyalty.api.steps import Steps
from partners.deals import closing, deciding
from partners.deals.steps import NotNow
from partners.models import Deal

WRITE, DECIDE = "deals:write", "deals:decide"


class NoteBody(Body):
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class WonBody(Body):
    """`amount` in major units, what the customer has ordered for."""

    amount = MoneyText()
    won_on = serializers.DateField()


NOTE = {"note": "Agreed with the regional team."}
WON = {"amount": "48000.00", "won_on": "2026-09-15"}


def _approve(request: Request, deal_id: UUID, given: dict[str, Any]) -> Deal:
    now = timezone.now()
    today = day_of(now, request.tenant.zone)
    note, by = given.get("note", ""), request.auth.actor
    return deciding.approve(deal_id, by=by, note=note, today=today, now=now)


def _reject(request: Request, deal_id: UUID, given: dict[str, Any]) -> Deal:
    by, now = request.auth.actor, timezone.now()
    return deciding.reject(deal_id, by=by, reason=given.get("note", ""), now=now)


def _appeal(request: Request, deal_id: UUID, given: dict[str, Any]) -> Deal:
    actor, now = request.auth.actor, timezone.now()
    return deciding.appeal(deal_id, text=given.get("note", ""), actor=actor, now=now)


def _ask_extension(request: Request, deal_id: UUID, given: dict[str, Any]) -> Deal:
    now = timezone.now()
    today = day_of(now, request.tenant.zone)
    reason, actor = given.get("note", ""), request.auth.actor
    return deciding.ask_extension(deal_id, reason=reason, actor=actor, today=today, now=now)


def _extend(request: Request, deal_id: UUID, given: dict[str, Any]) -> Deal:
    now = timezone.now()
    today = day_of(now, request.tenant.zone)
    return deciding.extend(deal_id, by=request.auth.actor, today=today, now=now)


def _refuse_extension(request: Request, deal_id: UUID, given: dict[str, Any]) -> Deal:
    now = timezone.now()
    today = day_of(now, request.tenant.zone)
    reason, by = given.get("note", ""), request.auth.actor
    return deciding.refuse_extension(deal_id, by=by, reason=reason, today=today, now=now)


def _withdraw(request: Request, deal_id: UUID, given: dict[str, Any]) -> Deal:
    actor, now = request.auth.actor, timezone.now()
    return closing.withdraw(deal_id, note=given.get("note", ""), actor=actor, now=now)


def _win(request: Request, deal_id: UUID, given: dict[str, Any]) -> Deal:
    now, tenant = timezone.now(), request.tenant
    return closing.win(
        deal_id,
        amount=minor_units(given["amount"], tenant.currency),
        won_on=given["won_on"],
        actor=request.auth.actor,
        today=day_of(now, tenant.zone),
        zone=tenant.zone,
        now=now,
    )


def _lose(request: Request, deal_id: UUID, given: dict[str, Any]) -> Deal:
    actor, now = request.auth.actor, timezone.now()
    note = given.get("note", "")
    return closing.lose(deal_id, note=note, actor=actor, now=now, may_undo=True)


_deal = Steps(
    kind="deal",
    shape=DealShape,
    shown=SHOWN,
    tell=lambda deal_id, tenant: deal_data(one_deal(deal_id), tenant.currency),
    missing=(Deal.DoesNotExist,),
    refused={NotNow: 409},
    scope=DECIDE,
    body=NoteBody,
    said=NOTE,
)

approve = _deal.step("approve", "Approve a deal", _approve, state="approved")
reject = _deal.step("reject", "Reject a deal", _reject, state="rejected")
extend = _deal.step("extend", "Grant the days asked for", _extend, state="approved")
refuse_extension = _deal.step(
    "refuse_extension",
    "Refuse the days asked for",
    _refuse_extension,
    state="approved",
)
appeal = _deal.step(
    "appeal", "Ask for a second look at a rejected deal", _appeal, scope=WRITE, state="registered"
)
ask_extension = _deal.step(
    "ask_extension", "Ask for more days", _ask_extension, scope=WRITE, state="approved"
)
withdraw = _deal.step("withdraw", "Withdraw a deal", _withdraw, scope=WRITE, state="withdrawn")
win = _deal.step(
    "win",
    "Say that a deal is won: it counts as an activity",
    _win,
    scope=WRITE,
    state="won",
    body=WonBody,
    said=WON,
)
lose = _deal.step(
    "lose",
    "Say that a deal is lost, or was canceled after it was won",
    _lose,
    scope=WRITE,
    state="lost",
)
