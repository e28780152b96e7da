"""Marketing funds as other systems read them, and allocations that they make."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from accounts.money import to_major
from accounts.periods import day_of
from loyalty.api.commands import command, key_of
from loyalty.api.deals import MoneyText, minor_units
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.shapes import Body
from loyalty.fund_words import fund_words
from partners.funds.granting import OtherGrant, grant
from partners.funds.steps import NotNow
from partners.models import BudgetKind, Fund, FundActivity, FundBudget

BUDGETS = (Choice("kind", "kind", "Of this kind.", tuple(BudgetKind.values)),)
FUNDS = (Text("account", "account__number", "Of the account with this number.", 64),)


class FundBudgetShape(serializers.Serializer):
    """Amounts in major units; days are the tenant's, `ends_on` included."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    program = serializers.CharField()
    kind = serializers.ChoiceField(choices=BudgetKind.values)
    amount = serializers.CharField()
    allocated = serializers.CharField()
    free = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    on_request = serializers.BooleanField()
    share = serializers.CharField(allow_null=True, help_text="Percent of purchases.")


class FundPartShape(serializers.Serializer):
    amount = serializers.CharField()
    last_day = serializers.DateField()


class FundShape(serializers.Serializer):
    """What an account has of a budget, in major units; `parts` is what is left, by its last day."""

    id = serializers.UUIDField()
    account = serializers.CharField()
    budget = serializers.UUIDField()
    name = serializers.CharField()
    granted = serializers.CharField()
    committed = serializers.CharField()
    paid = serializers.CharField()
    expired = serializers.CharField()
    parts = FundPartShape(many=True)


class FundActivityShape(serializers.Serializer):
    """What funds are for, and on which terms; `most` in major units."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    share = serializers.CharField(help_text="Percent of the cost at most.")
    most = serializers.CharField(allow_null=True)
    proofs = serializers.ListField(child=serializers.CharField())
    claim_days = serializers.IntegerField()
    asks = serializers.ListField(child=serializers.DictField())


class FundAllocationBody(Body):
    """The same `amount`, in major units, for each account; all of them, or none."""

    accounts = serializers.ListField(
        child=serializers.CharField(max_length=64), min_length=1, max_length=2000
    )
    amount = MoneyText()
    last_day = serializers.DateField(help_text="The last day on which it can be committed.")
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


BUDGET = {
    "id": "0197f7a0-0000-7000-8000-0000000000b1",
    "name": "MDF 2026",
    "program": "rewards",
    "kind": "discretionary",
    "amount": "50000.00",
    "allocated": "12000.00",
    "free": "38000.00",
    "starts_on": "2026-01-01",
    "ends_on": "2026-12-31",
    "on_request": False,
    "share": None,
}
FUND = {
    "id": "0197f7a0-0000-7000-8000-0000000000f1",
    "account": "D-1",
    "budget": BUDGET["id"],
    "name": "MDF 2026",
    "granted": "1500.00",
    "committed": "300.00",
    "paid": "0.00",
    "expired": "0.00",
    "parts": [{"amount": "1200.00", "last_day": "2026-12-31"}],
}
ACTIVITY = {
    "id": "0197f7a0-0000-7000-8000-0000000000a1",
    "name": "Local event",
    "description": "A fair, a day of open doors.",
    "share": "50.00",
    "most": "2500.00",
    "proofs": ["Invoice", "Photo"],
    "claim_days": 45,
    "asks": [{"name": "guests", "type": "whole", "required": True}],
}
ALLOCATION = {"accounts": ["D-1"], "amount": "1500.00", "last_day": "2026-12-31"}


class BudgetsView(Edge):
    """Budgets of marketing funds."""

    scopes = {"GET": "funds:read"}

    @documented(
        "list_fund_budgets",
        "Budgets of marketing funds, those that end last first",
        answers={200: FundBudgetShape},
        parameters=parameters(BUDGETS),
        examples=[example("A budget", BUDGET)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        found = FundBudget.objects.select_related("program").filter(**narrowed(request, BUDGETS))
        currency = request.tenant.currency
        return page(
            request,
            found,
            by=("-ends_on", "-id"),
            shape=lambda rows: [_budget_data(one, currency) for one in rows],
        )


class AllocationsView(Edge):
    """Parts of a budget for accounts."""

    scopes = {"POST": "funds:decide"}

    @documented(
        "allocate_funds",
        "Allocate a part of a budget to accounts",
        body=FundAllocationBody,
        answers={200: FundShape(many=True)},
        problems=(404,),
        examples=[sent("For one account", ALLOCATION), example("Allocated", [FUND])],
        is_command=True,
    )
    @command(FundAllocationBody, refused={NotNow: 409, OtherGrant: 409})
    def post(self, request: Request, given: dict[str, Any], budget_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        budget = get_object_or_404(FundBudget, pk=budget_id)
        accounts = [
            get_object_or_404(Account, number=one) for one in dict.fromkeys(given["accounts"])
        ]
        now, tenant = timezone.now(), request.tenant
        amount = minor_units(given["amount"], tenant.currency)
        today = day_of(now, tenant.zone)
        funds = grant(
            budget_id=budget.pk,
            amounts={account.pk: amount for account in accounts},
            last_day=given["last_day"],
            note=given.get("note", ""),
            key=key_of(request),
            by=request.auth.actor,
            today=today,
            zone=tenant.zone,
            now=now,
        )
        return Response([fund_data(one, tenant.currency) for one in fund_words(funds, today=today)])


class FundsView(Edge):
    """What accounts have of budgets."""

    scopes = {"GET": "funds:read"}

    @documented(
        "list_funds",
        "What accounts have of budgets, and until when",
        answers={200: FundShape},
        parameters=parameters(FUNDS),
        examples=[example("A fund", FUND)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        rows = Fund.objects.select_related("account", "budget")
        today = day_of(timezone.now(), request.tenant.zone)
        currency = request.tenant.currency
        return page(
            request,
            rows.filter(**narrowed(request, FUNDS)),
            by=("-id",),
            shape=lambda found: [
                fund_data(one, currency) for one in fund_words(list(found), today=today)
            ],
        )


class FundActivitiesView(Edge):
    """What funds are for."""

    scopes = {"GET": "funds:read"}

    @documented(
        "list_fund_activities",
        "Kinds of activities that funds are for",
        answers={200: FundActivityShape},
        examples=[example("An activity", ACTIVITY)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        narrowed(request, ())
        currency = request.tenant.currency
        return page(
            request,
            FundActivity.objects.filter(is_active=True),
            by=("name", "id"),
            shape=lambda found: [_activity_data(one, currency) for one in found],
        )


def money(minor: int | None, currency: str) -> str | None:
    return None if minor is None else f"{to_major(minor, currency):f}"


def fund_data(words: Any, currency: str) -> dict[str, Any]:
    fund = words.fund
    amounts = ("granted", "committed", "paid", "expired")
    return {name: money(getattr(fund, name), currency) for name in amounts} | {
        "id": fund.pk,
        "account": fund.account.number,
        "budget": fund.budget_id,
        "name": fund.budget.name,
        "parts": [
            {"amount": money(part.amount, currency), "last_day": part.last_day}
            for part in words.parts
        ],
    }


def _budget_data(one: FundBudget, currency: str) -> dict[str, Any]:
    amounts = {
        name: money(getattr(one, name), currency) for name in ("amount", "allocated", "free")
    }
    plain = ("name", "kind", "starts_on", "ends_on", "on_request")
    return (
        amounts
        | {name: getattr(one, name) for name in plain}
        | {
            "id": one.pk,
            "program": one.program.slug,
            "share": None if one.share is None else str(one.share),
        }
    )


def _activity_data(one: FundActivity, currency: str) -> dict[str, Any]:
    plain = ("name", "description", "proofs", "claim_days")
    return {name: getattr(one, name) for name in plain} | {
        "asks": one.fields,
        "id": one.pk,
        "share": str(one.share),
        "most": money(one.most, currency),
    }
