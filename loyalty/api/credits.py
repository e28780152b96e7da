"""Credits: settlements that are no transfer, handed over as credit notes, credits or points."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api.accruals import money
from loyalty.api.commands import command
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.payment_shapes import CREDIT, PICKED, CreditShape, CreditsShape, PickBody
from rebates import crediting
from rebates.models import Credit
from rewards.payouts import PayoutsStopped

FILTERS = (
    Text("account", "account__number", "Of the account with this number.", 64),
    Choice("method", "method", "Handed over so.", tuple(crediting.METHODS)),
    Instant("since", "issued_at__gte", "Issued then or later."),
    Instant("until", "issued_at__lt", "Issued before then."),
)


class CreditsView(Edge):
    """What was handed over, and handing over more."""

    scopes = {"GET": "payments:read", "POST": "payments:write"}

    @documented(
        "list_credits",
        "Credits of rebates, the newest first",
        answers={200: CreditShape},
        parameters=parameters(FILTERS),
        examples=[example("A credit note", CREDIT)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        currency = request.tenant.currency
        rows = Credit.objects.select_related("account")
        return page(
            request,
            rows.filter(**narrowed(request, FILTERS)),
            by=("-issued_at", "-id"),
            shape=lambda found: [_credit_data(one, currency) for one in found],
        )

    @documented(
        "issue_credits",
        "Hand settlements over as their agreements say",
        description=(
            "Of the settlements named, those that can be handed over; each once for ever. Where "
            "there is none it is refused (409)."
        ),
        body=PickBody,
        answers={200: CreditsShape},
        examples=[sent("One", PICKED), example("A credit note", {"items": [CREDIT]})],
        is_command=True,
    )
    @command(PickBody, refused={crediting.CannotCredit: 409, PayoutsStopped: 409})
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        made = crediting.issue(
            settlement_ids=set(given["settlements"]),
            tenant=request.tenant,
            actor=request.auth.actor,
            now=timezone.now(),
        )
        return Response({"items": [_credit_data(one, request.tenant.currency) for one in made]})


def _credit_data(one: Credit, currency: str) -> dict[str, Any]:
    return {
        "id": one.pk,
        "settlement": one.settlement_id,
        "account": one.account.number,
        "method": one.method,
        "number": one.number,
        "amount": money(one.amount, currency),
        "points": one.points,
        "issued_by": one.issued_by,
        "issued_at": one.issued_at,
    }
