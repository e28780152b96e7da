"""Requests for funds that other systems make for accounts, and read."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from accounts.periods import day_of
from loyalty.api.commands import command, created, key_of
from loyalty.api.deals import minor_units
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.fund_shapes import (
    SENT,
    SHOWN,
    FundRequestBody,
    FundRequestShape,
)
from loyalty.api.funds import money
from loyalty.api.pages import page
from partners.funds.requesting import CannotAsk, OtherRequest, Wish, ask
from partners.models import FundActivity, FundBudget, FundRequest, RequestState

WRITE = "funds:write"
FILTERS = (
    Text("account", "account__number", "Of the account with this number.", 64),
    Choice("state", "state", "In this state.", tuple(RequestState.values)),
    Instant("since", "requested_at__gte", "Asked for then or later."),
    Instant("until", "requested_at__lt", "Asked for before then."),
)


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
            request_rows().filter(**narrowed(request, FILTERS)),
            by=("-requested_at", "-id"),
            shape=lambda found: [request_data(one, currency) for one in found],
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
        shown = request_data(one_request(made.pk), tenant.currency)
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
        return Response(request_data(one_request(request_id), request.tenant.currency))


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


def request_rows() -> Any:
    return FundRequest.objects.select_related("account")


def one_request(request_id: UUID) -> FundRequest:
    return get_object_or_404(request_rows(), pk=request_id)


def request_data(one: FundRequest, currency: str) -> dict[str, Any]:
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
