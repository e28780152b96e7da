"""Where accounts are paid: entered by their systems, told masked; nobody reads a number back."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from loyalty.api.commands import command
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.payment_shapes import BANK, BANK_SENT, BankBody, BankShape
from rebates import banking
from rebates.ibans import WrongNumber
from rebates.models import BankDetails

FILTERS = (Text("account", "account__number", "Of the account with this number.", 64),)


class BankDetailsView(Edge):
    """The ones in use, and new ones in their place."""

    scopes = {"GET": "payments:read", "POST": "bank:write"}

    @documented(
        "list_bank_details",
        "Bank details in use, the newest first",
        answers={200: BankShape},
        parameters=parameters(FILTERS),
        examples=[example("They rest", BANK)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        rows = BankDetails.objects.filter(account__isnull=False, ended_at=None)
        return page(
            request,
            rows.select_related("account").filter(**narrowed(request, FILTERS)),
            by=("-entered_at", "-id"),
            shape=lambda found: [_bank_data(one) for one in found],
        )

    @documented(
        "enter_bank_details",
        "Enter an account's bank details, in place of those before",
        description=(
            "They rest before anything is paid to them, and whoever entered them, by whichever "
            "hand, neither prepares nor approves a payment to them. The account's admins are told."
        ),
        body=BankBody,
        answers={200: BankShape},
        problems=(404,),
        examples=[sent("A German account", BANK_SENT), example("They rest", BANK)],
        is_command=True,
    )
    @command(BankBody, is_secret=True)
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        account = get_object_or_404(Account, number=given.pop("account"))
        try:
            made = banking.enter(
                account_id=account.pk,
                holder=given["holder"],
                iban=given["iban"],
                bic=given.get("bic", ""),
                actor=request.auth.actor,
                now=timezone.now(),
            )
        except WrongNumber as wrong:
            raise serializers.ValidationError({wrong.field: [str(wrong)]}) from None
        except banking.CannotEnter as refused:
            raise serializers.ValidationError({"holder": [str(refused)]}) from None
        made.account = account
        return Response(_bank_data(made))


def _bank_data(one: BankDetails) -> dict[str, Any]:
    return {
        "id": one.pk,
        "account": one.account.number if one.account else "",
        "holder": one.holder,
        "iban": one.masked,
        "bic": one.bic,
        "entered_by": one.entered_by,
        "entered_at": one.entered_at,
        "usable_from": one.usable_from,
    }
