"""What was settled of statements of rebates, and whether it has reached the partner."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api.accruals import money
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.rebate_shapes import SETTLED, SettlementShape
from rebates.models import Settlement, SettlementState

FILTERS = (
    Text("account", "account__number", "Of the account with this number.", 64),
    Choice("state", "state", "In this state.", tuple(SettlementState.values)),
    Instant("since", "approved_at__gte", "Approved then or later."),
    Instant("until", "approved_at__lt", "Approved before then."),
)


class SettlementsView(Edge):
    """What was settled."""

    scopes = {"GET": "rebates:read"}

    @documented(
        "list_settlements",
        "Settlements of rebates, the newest first",
        answers={200: SettlementShape},
        parameters=parameters(FILTERS),
        examples=[example("To be paid", SETTLED)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        return page(
            request,
            _rows().filter(**narrowed(request, FILTERS)),
            by=("-approved_at", "-id"),
            shape=lambda found: [_data(one) for one in found],
        )


class SettlementView(Edge):
    """One settlement."""

    scopes = {"GET": "rebates:read"}

    @documented(
        "read_settlement",
        "One settlement",
        answers={200: SettlementShape},
        problems=(400, 404),
        examples=[example("To be paid", SETTLED)],
    )
    def get(self, request: Request, settlement_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        return Response(_data(get_object_or_404(_rows(), pk=settlement_id)))


def _data(one: Settlement) -> dict[str, Any]:
    currency = one.statement.agreement.currency
    return {
        "id": one.pk,
        "statement": one.statement_id,
        "account": one.account.number,
        "amount": money(one.amount, currency),
        "set_off": money(one.set_off, currency),
        "currency": currency,
        "method": one.method,
        "state": one.state,
        "approved_at": one.approved_at,
        "paid_at": one.paid_at,
    }


def _rows() -> Any:
    return Settlement.objects.select_related("statement__agreement", "account")
