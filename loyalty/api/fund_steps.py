"""What becomes of requests for funds, step by step."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from accounts.files import CannotKeep
from accounts.periods import day_of
from loyalty.api.deal_steps import NoteBody
from loyalty.api.deals import minor_units
from loyalty.api.fund_requests import WRITE, one_request, request_data
from loyalty.api.fund_shapes import (
    CLAIM,
    NOTE,
    SHOWN,
    FundAcceptanceBody,
    FundApprovalBody,
    FundClaimBody,
    FundPaymentBody,
    FundRequestShape,
)
from loyalty.api.sent_files import sent_file
from loyalty.api.steps import Steps
from partners.funds import claiming, deciding, paying
from partners.funds.steps import NotNow
from partners.models import FundRequest
from rewards.payouts import PayoutsStopped

DECIDE = "funds:decide"
MOST_PROOFS = 10  # of one call


def _approve(request: Request, request_id: UUID, given: dict[str, Any]) -> FundRequest:
    now, tenant = timezone.now(), request.tenant
    return deciding.approve(
        request_id,
        amount=minor_units(given["amount"], tenant.currency),
        share=given["share"],
        note=given.get("note", ""),
        by=request.auth.actor,
        today=day_of(now, tenant.zone),
        zone=tenant.zone,
        now=now,
    )


def _reject(request: Request, request_id: UUID, given: dict[str, Any]) -> FundRequest:
    by, now = request.auth.actor, timezone.now()
    return deciding.reject(request_id, reason=given.get("note", ""), by=by, now=now)


def _withdraw(request: Request, request_id: UUID, given: dict[str, Any]) -> FundRequest:
    actor, now = request.auth.actor, timezone.now()
    return deciding.withdraw(request_id, note=given.get("note", ""), actor=actor, now=now)


def _claim(request: Request, request_id: UUID, given: dict[str, Any]) -> FundRequest:
    now, tenant = timezone.now(), request.tenant
    return claiming.claim(
        request_id,
        cost=minor_units(given["cost"], tenant.currency, "cost"),
        proofs=[_proof(one) for one in _some(given.get("proofs", ()))],
        note=given.get("note", ""),
        actor=request.auth.actor,
        today=day_of(now, tenant.zone),
        now=now,
    )


def _accept(request: Request, request_id: UUID, given: dict[str, Any]) -> FundRequest:
    by, now = request.auth.actor, timezone.now()
    amount = minor_units(given["amount"], request.tenant.currency)
    return claiming.accept(request_id, amount=amount, note=given.get("note", ""), by=by, now=now)


def _ask_for_more(request: Request, request_id: UUID, given: dict[str, Any]) -> FundRequest:
    by, now = request.auth.actor, timezone.now()
    today = day_of(now, request.tenant.zone)
    note = given.get("note", "")
    return claiming.ask_for_more(request_id, note=note, by=by, today=today, now=now)


def _refuse(request: Request, request_id: UUID, given: dict[str, Any]) -> FundRequest:
    by, now = request.auth.actor, timezone.now()
    return claiming.refuse(request_id, reason=given.get("note", ""), by=by, now=now)


def _pay(request: Request, request_id: UUID, given: dict[str, Any]) -> FundRequest:
    by, now = request.auth.actor, timezone.now()
    today = day_of(now, request.tenant.zone)
    return paying.pay(request_id, **given, by=by, today=today, now=now)


def _some(proofs: Any) -> Any:
    if len(proofs) > MOST_PROOFS:
        raise serializers.ValidationError({"proofs": [f"At most {MOST_PROOFS} at once."]})
    return proofs


def _proof(said: dict[str, Any]) -> claiming.Proof:
    return claiming.Proof(said["kind"], sent_file(said["name"], said["content"], field="proofs"))


_request = Steps(
    kind="fund_request",
    shape=FundRequestShape,
    shown=SHOWN,
    tell=lambda request_id, tenant: request_data(one_request(request_id), tenant.currency),
    missing=(FundRequest.DoesNotExist,),
    refused={NotNow: 409, CannotKeep: 422, PayoutsStopped: 409},
    scope=DECIDE,
    body=NoteBody,
    said=NOTE,
)

approve = _request.step(
    "approve",
    "Approve a request for funds: its amount is committed",
    _approve,
    state="approved",
    body=FundApprovalBody,
    said={"amount": "400.00", "share": "50.00"},
)
reject = _request.step("reject", "Reject a request for funds", _reject, state="rejected")
withdraw = _request.step(
    "withdraw", "Withdraw a request for funds", _withdraw, scope=WRITE, state="withdrawn"
)
claim = _request.step(
    "claim",
    "Claim what an activity cost, with its proof",
    _claim,
    scope=WRITE,
    state="claimed",
    body=FundClaimBody,
    said=CLAIM,
)
accept = _request.step(
    "accept",
    "Accept a claim: what is not needed is released",
    _accept,
    state="accepted",
    body=FundAcceptanceBody,
    said={"amount": "395.00"},
)
ask_for_more = _request.step(
    "ask_for_more", "Ask for more proof", _ask_for_more, state="incomplete"
)
refuse = _request.step("refuse", "Refuse a claim", _refuse, state="refused")
pay = _request.step(
    "pay",
    "Say that a claim was paid",
    _pay,
    state="paid",
    body=FundPaymentBody,
    said={"paid_as": "transfer", "reference": "SEPA 4711", "paid_on": "2026-08-01"},
)
STEPS = {
    "approve": approve,
    "reject": reject,
    "withdraw": withdraw,
    "claim": claim,
    "accept": accept,
    "ask_for_more": ask_for_more,
    "refuse": refuse,
    "pay": pay,
}
