"""Requests for funds that other systems make for accounts, and what becomes of them by steps."""

import binascii
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.files import CannotKeep
from accounts.models import Account
from accounts.periods import day_of
from loyalty.api.commands import command, created, key_of
from loyalty.api.deal_steps import NoteBody
from loyalty.api.deals import MoneyText, minor_units
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.funds import money
from loyalty.api.pages import page
from loyalty.api.shapes import Body
from partners.funds import claiming, deciding, paying
from partners.funds.requesting import CannotAsk, OtherRequest, Wish, ask
from partners.funds.steps import NotNow
from partners.models import FundActivity, FundBudget, FundRequest, PaidAs, RequestState
from rewards.payouts import PayoutsStopped

WRITE, DECIDE = "funds:write", "funds:decide"
MOST_PROOFS = 10  # of one call
Do = Callable[[Request, UUID, dict[str, Any]], FundRequest]
FILTERS = (
    Text("account", "account__number", "Of the account with this number.", 64),
    Choice("state", "state", "In this state.", tuple(RequestState.values)),
    Instant("since", "requested_at__gte", "Asked for then or later."),
    Instant("until", "requested_at__lt", "Asked for before then."),
)


@dataclass(slots=True)
class Sent:
    """A file out of a body, as `accounts.files` takes uploads."""

    name: str | None
    size: int | None
    file: BinaryIO


class FundRequestBody(Body):
    """Amounts in major units; `budget` and `activity` as their lists name them."""

    account = serializers.CharField(max_length=64)
    budget = serializers.UUIDField()
    activity = serializers.UUIDField()
    title = serializers.CharField(max_length=120)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    total_cost = MoneyText()
    asked = MoneyText()
    answers = serializers.DictField(
        child=serializers.CharField(max_length=400),
        required=False,
        help_text="What the activity asks for.",
    )


class FundProofBody(Body):
    """A file that proves a claim, of one of the kinds that the activity demands."""

    kind = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=120)
    content = serializers.CharField(help_text="In base64; PDF, picture, Excel, CSV or text.")


class FundClaimBody(Body):
    """`cost` in major units."""

    cost = MoneyText()
    proofs = FundProofBody(many=True, required=False)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class FundApprovalBody(NoteBody):
    """`amount` in major units; of the cost `share` percent are paid at most."""

    amount = MoneyText()
    share = serializers.DecimalField(max_digits=5, decimal_places=2)


class FundAcceptanceBody(NoteBody):
    """`amount` in major units: within what was approved, and its share of what it cost."""

    amount = MoneyText()


class FundPaymentBody(Body):
    """How it was paid outside, under which reference of your books."""

    paid_as = serializers.ChoiceField(choices=PaidAs.values)
    reference = serializers.CharField(max_length=80)
    paid_on = serializers.DateField()


class FundRequestShape(serializers.Serializer):
    """Amounts in major units."""

    id = serializers.UUIDField()
    reference = serializers.CharField(help_text="What people call it.")
    state = serializers.ChoiceField(choices=RequestState.values)
    account = serializers.CharField()
    budget = serializers.UUIDField()
    activity = serializers.UUIDField()
    title = serializers.CharField()
    answers = serializers.DictField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    total_cost = serializers.CharField()
    asked = serializers.CharField()
    approved = serializers.CharField(allow_null=True)
    share = serializers.CharField(allow_null=True, help_text="Percent of the cost at most.")
    claim_until = serializers.DateField(allow_null=True)
    cost = serializers.CharField(allow_null=True)
    accepted = serializers.CharField(allow_null=True)
    note = serializers.CharField(allow_blank=True, help_text="Of the latest decision.")
    paid_on = serializers.DateField(allow_null=True)
    paid_as = serializers.CharField(allow_blank=True)
    payment_reference = serializers.CharField(allow_blank=True)
    requested_at = serializers.DateTimeField()
    requested_by = serializers.CharField()


SENT = {
    "account": "D-1",
    "budget": "0197f7a0-0000-7000-8000-0000000000b1",
    "activity": "0197f7a0-0000-7000-8000-0000000000a1",
    "title": "Summer roadshow",
    "starts_on": "2026-07-10",
    "ends_on": "2026-07-12",
    "total_cost": "800.00",
    "asked": "400.00",
    "answers": {"guests": "60"},
}
SHOWN = {
    **SENT,
    "id": "0197f7a0-0000-7000-8000-0000000000e1",
    "reference": "F-000000E1",
    "state": "requested",
    "answers": {"guests": 60},
    "approved": None,
    "share": None,
    "claim_until": None,
    "cost": None,
    "accepted": None,
    "note": "",
    "paid_on": None,
    "paid_as": "",
    "payment_reference": "",
    "requested_at": "2026-06-01T09:00:00Z",
    "requested_by": "key:0197f7a0-0000-7000-8000-000000000003",
}
NOTE = {"note": "Agreed with the regional team."}
CLAIM = {
    "cost": "790.00",
    "proofs": [{"kind": "Invoice", "name": "invoice.pdf", "content": "JVBERi0xLjQKJSVFT0YK"}],
}


class RequestsView(Edge):
    """Requests for funds, and asking for some."""

    scopes = {"GET": "funds:read", "POST": WRITE}

    @documented(
        "list_fund_requests",
        "Requests for funds, the newest first",
        answers={200: FundRequestShape},
        parameters=parameters(FILTERS),
        examples=[example("Waiting", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        currency = request.tenant.currency
        return page(
            request,
            _rows().filter(**narrowed(request, FILTERS)),
            by=("-requested_at", "-id"),
            shape=lambda found: [_data(one, currency) for one in found],
        )

    @documented(
        "request_funds",
        "Ask for funds for an account",
        body=FundRequestBody,
        answers={201: FundRequestShape},
        problems=(404,),
        examples=[sent("A roadshow", SENT), example("Waiting", SHOWN, status=201)],
        is_command=True,
    )
    @command(FundRequestBody, refused={OtherRequest: 409})
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        now, tenant = timezone.now(), request.tenant
        try:
            made = ask(_wish(request, given), today=day_of(now, tenant.zone), now=now)
        except CannotAsk as refused:
            name = refused.field if refused.field in FundRequestBody().fields else "answers"
            raise serializers.ValidationError(
                {name if refused.field else "account": [str(refused)]}
            ) from None
        shown = _data(_one(made.pk), tenant.currency)
        return created(shown, "api_fund_request", made.pk)


class RequestView(Edge):
    """One request for funds."""

    scopes = {"GET": "funds:read"}

    @documented(
        "read_fund_request",
        "One request for funds",
        answers={200: FundRequestShape},
        problems=(400, 404),
        examples=[example("Waiting", SHOWN)],
    )
    def get(self, request: Request, request_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        return Response(_data(_one(request_id), request.tenant.currency))


def _wish(request: Request, given: dict[str, Any]) -> Wish:
    currency = request.tenant.currency
    plain = ("title", "starts_on", "ends_on")
    return Wish(
        account=get_object_or_404(Account, number=given["account"]),
        budget=get_object_or_404(FundBudget, pk=given["budget"]),
        activity=get_object_or_404(
            FundActivity.objects.select_related("segment"), pk=given["activity"]
        ),
        **{name: given[name] for name in plain},
        total_cost=minor_units(given["total_cost"], currency, "total_cost"),
        asked=minor_units(given["asked"], currency, "asked"),
        answers=given.get("answers", {}),
        key=key_of(request),
        actor=request.auth.actor,
    )


def _rows() -> Any:
    return FundRequest.objects.select_related("account")


def _one(request_id: UUID) -> FundRequest:
    return get_object_or_404(_rows(), pk=request_id)


def _data(one: FundRequest, currency: str) -> dict[str, Any]:
    plain = ("reference", "state", "title", "answers", "starts_on", "ends_on", "claim_until")
    more = ("note", "paid_on", "paid_as", "requested_at", "requested_by")
    amounts = ("total_cost", "asked", "approved", "cost", "accepted")
    said = {name: getattr(one, name) for name in (*plain, *more)}
    return (
        said
        | {name: money(getattr(one, name), currency) for name in amounts}
        | {
            "id": one.pk,
            "account": one.account.number,
            "budget": one.budget_id,
            "activity": one.activity_id,
            "share": None if one.share is None else str(one.share),
            "payment_reference": one.reference_paid,
        }
    )


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
    try:
        content = b64decode(said["content"], validate=True)
    except (binascii.Error, ValueError):
        raise serializers.ValidationError({"proofs": ["A content is no base64."]}) from None
    return claiming.Proof(said["kind"], Sent(said["name"], len(content), BytesIO(content)))


def _step(
    name: str,
    summary: str,
    do: Do,
    *,
    scope: str,
    state: str,
    body: type[Body] = NoteBody,
    said: dict[str, Any] = NOTE,
) -> Callable[..., Any]:
    class StepView(Edge):
        scopes = {"POST": scope}

        @documented(
            f"{name}_fund_request",
            summary,
            body=body,
            answers={200: FundRequestShape},
            problems=(404,),
            examples=[sent("As it is said", said), example("Now", SHOWN | {"state": state})],
            is_command=True,
        )
        @command(body, refused={NotNow: 409, CannotKeep: 422, PayoutsStopped: 409})
        def post(self, request: Request, given: dict[str, Any], request_id: UUID) -> Response:
            narrowed(request, (), pages=False)
            try:
                do(request, request_id, given)
            except FundRequest.DoesNotExist:
                raise Http404 from None
            return Response(_data(_one(request_id), request.tenant.currency))

    StepView.__doc__ = summary
    StepView.__name__ = StepView.__qualname__ = f"{name.title().replace('_', '')}FundRequestView"
    return StepView.as_view()


approve = _step(
    "approve",
    "Approve a request for funds: its amount is committed",
    _approve,
    scope=DECIDE,
    state="approved",
    body=FundApprovalBody,
    said={"amount": "400.00", "share": "50.00"},
)
reject = _step("reject", "Reject a request for funds", _reject, scope=DECIDE, state="rejected")
withdraw = _step(
    "withdraw", "Withdraw a request for funds", _withdraw, scope=WRITE, state="withdrawn"
)
claim = _step(
    "claim",
    "Claim what an activity cost, with its proof",
    _claim,
    scope=WRITE,
    state="claimed",
    body=FundClaimBody,
    said=CLAIM,
)
accept = _step(
    "accept",
    "Accept a claim: what is not needed is released",
    _accept,
    scope=DECIDE,
    state="accepted",
    body=FundAcceptanceBody,
    said={"amount": "395.00"},
)
ask_for_more = _step(
    "ask_for_more", "Ask for more proof", _ask_for_more, scope=DECIDE, state="incomplete"
)
refuse = _step("refuse", "Refuse a claim", _refuse, scope=DECIDE, state="refused")
pay = _step(
    "pay",
    "Say that a claim was paid",
    _pay,
    scope=DECIDE,
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
