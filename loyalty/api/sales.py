"""Sales that partners report: sent by their own systems, read, and decided."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from accounts.money import to_major
from loyalty.api.commands import command, created
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.shapes import Body
from rebates.models import ReportedSale, SalesReport, SaleState
from rebates.reporting import report_rows
from rebates.sale_rulings import CannotDecide, Ruled, Ruling, decide
from rebates.sales_counts import with_counts

AT_ONCE = 1_000
FILTERS = (
    Text("account", "account__number", "Of the account with this number.", 64),
    Instant("since", "reported_at__gte", "Reported then or later."),
    Instant("until", "reported_at__lt", "Reported before then."),
)
SALE_FILTERS = (Choice("state", "state", "In this state.", tuple(SaleState.values)),)


class SaleBody(Body):
    document = serializers.CharField(help_text="The number of the partner's own invoice.")
    line = serializers.CharField(required=False, help_text="Its line, if it has several.")
    sold_on = serializers.CharField(help_text="The day of the sale, such as 2026-03-31.")
    product = serializers.CharField(help_text="Our number of the product.")
    quantity = serializers.CharField(help_text="Decimal text, above zero.")
    amount = serializers.CharField(required=False, help_text="Net, as decimal text.")
    customer = serializers.CharField(required=False, help_text="To whom it was sold.")


class SalesReportBody(Body):
    """Rows that cannot be taken in are told in `refused`; the others are reported all the same."""

    account = serializers.CharField(max_length=64, help_text="The number of the account.")
    name = serializers.CharField(max_length=120, help_text="What people call the report.")
    sales = SaleBody(many=True, min_length=1, max_length=AT_ONCE)


class RefusedRowShape(serializers.Serializer):
    row = serializers.IntegerField(help_text="The place in what was sent, from 1.")
    reason = serializers.CharField()


class SalesReportShape(serializers.Serializer):
    id = serializers.UUIDField()
    account = serializers.CharField()
    name = serializers.CharField()
    sales = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="How many of them nobody has decided yet.")
    rejected_rows = serializers.IntegerField(help_text="Rows that could not be taken in.")
    reported_by = serializers.CharField()
    reported_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class NewSalesReportShape(SalesReportShape):
    refused = RefusedRowShape(many=True)


class ReportedSaleShape(serializers.Serializer):
    id = serializers.UUIDField()
    row = serializers.IntegerField()
    document = serializers.CharField()
    line = serializers.CharField(allow_blank=True)
    sold_on = serializers.DateField()
    product = serializers.CharField()
    quantity = serializers.CharField()
    amount = serializers.CharField()
    customer = serializers.CharField(allow_blank=True)
    flags = serializers.ListField(
        child=serializers.DictField(),
        help_text="What speaks against it: `code`, and what was found.",
    )
    state = serializers.ChoiceField(choices=SaleState.values)
    granted_quantity = serializers.CharField(allow_null=True)
    granted_amount = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    activity = serializers.UUIDField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(allow_blank=True)


class SaleRulingBody(Body):
    sale = serializers.UUIDField()
    approve = serializers.BooleanField()
    quantity = serializers.DecimalField(
        max_digits=16,
        decimal_places=4,
        required=False,
        help_text="Of an approval: how much of it, where that is less than was reported.",
    )
    reason = serializers.CharField(
        max_length=300, required=False, help_text="Needed to reject, or to approve less."
    )


class RulingsBody(Body):
    rulings = SaleRulingBody(many=True, min_length=1, max_length=AT_ONCE)


class LeftShape(serializers.Serializer):
    sale = serializers.UUIDField()
    reason = serializers.CharField()


class RuledShape(serializers.Serializer):
    decided = ReportedSaleShape(many=True)
    left = LeftShape(many=True, help_text="Sales that stay as they were, and why.")


SENT = {
    "account": "D-1",
    "name": "Sales of May",
    "sales": [
        {
            "document": "R-1001",
            "sold_on": "2026-05-09",
            "product": "BIKE-17",
            "quantity": "4",
            "amount": "5200.00",
            "customer": "City of Boston",
        }
    ],
}
SHOWN = {
    "id": "0197f7a0-0000-7000-8000-00000000000b",
    "account": "D-1",
    "name": "Sales of May",
    "sales": 1,
    "waiting": 1,
    "rejected_rows": 0,
    "reported_by": "key:0197f7a0-0000-7000-8000-000000000003",
    "reported_at": "2026-06-01T09:00:00Z",
    "decided_at": None,
}
SALE = SENT["sales"][0] | {
    "id": "0197f7a0-0000-7000-8000-00000000000c",
    "row": 1,
    "line": "",
    "flags": [{"code": "long_ago", "days": 190}],
    "state": "approved",
    "granted_quantity": "3",
    "granted_amount": "3900.00",
    "reason": "One came back.",
    "activity": "0197f7a0-0000-7000-8000-000000000001",
    "decided_at": "2026-06-02T09:00:00Z",
    "decided_by": "staff:0197f7a0-0000-7000-8000-000000000002",
}
RULING = {"sale": SALE["id"], "approve": True, "quantity": "3", "reason": "One came back."}


class SalesReportsView(Edge):
    """Reports of sales, and sending one."""

    scopes = {"GET": "sales:read", "POST": "sales:write"}

    @documented(
        "list_sales_reports",
        "Sales that partners reported, the newest first",
        answers={200: SalesReportShape},
        parameters=parameters(FILTERS),
        examples=[example("Waiting", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        return page(
            request,
            _rows().filter(**narrowed(request, FILTERS)),
            by=("-reported_at", "-id"),
            shape=lambda found: [report_data(one) for one in found],
        )

    @documented(
        "report_sales",
        "Report what an account sold on",
        description=(
            f"Up to {AT_ONCE:,} sales. Each is held against what is known of the account and waits "
            "until somebody else than who reported it decides; approved, it is a fact of the kind "
            "`sell_through`. Document and line of an account come once."
        ),
        body=SalesReportBody,
        answers={201: NewSalesReportShape},
        problems=(404,),
        examples=[
            sent("One sale", SENT),
            example("Reported", SHOWN | {"refused": []}, status=201),
        ],
        is_command=True,
    )
    @command(SalesReportBody)
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        made, rejects = report_rows(
            given["sales"],
            account=get_object_or_404(Account, number=given["account"]),
            name=given["name"],
            tenant=request.tenant,
            actor=request.auth.actor,
            now=timezone.now(),
        )
        refused = [{"row": one.line, "reason": one.reason} for one in rejects]
        told = report_data(_one(made.pk)) | {"refused": refused}
        return created(told, "api_sales_report", made.pk)


class SalesReportView(Edge):
    """One report of sales."""

    scopes = {"GET": "sales:read"}

    @documented(
        "read_sales_report",
        "One report of sales",
        answers={200: SalesReportShape},
        problems=(400, 404),
        examples=[example("Waiting", SHOWN)],
    )
    def get(self, request: Request, report_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        return Response(report_data(_one(report_id)))


class ReportedSalesView(Edge):
    """The sales of a report."""

    scopes = {"GET": "sales:read"}

    @documented(
        "list_reported_sales",
        "The sales of a report, in its order",
        answers={200: ReportedSaleShape},
        parameters=parameters(SALE_FILTERS),
        problems=(404,),
        examples=[example("Approved in part", SALE)],
        is_page=True,
    )
    def get(self, request: Request, report_id: UUID) -> Response:
        lookups = narrowed(request, SALE_FILTERS)
        found = _one(report_id).sales.filter(**lookups).select_related("product")
        currency = request.tenant.currency
        return page(
            request,
            found,
            by=("row", "id"),
            shape=lambda sales: [sale_data(one, currency=currency) for one in sales],
        )


class DecideView(Edge):
    """Deciding sales of a report."""

    scopes = {"POST": "sales:decide"}

    @documented(
        "decide_reported_sales",
        "Approve or reject sales of a report",
        description=(
            "Each by itself: what cannot be decided is told in `left`, and the others are decided "
            "all the same. Nobody decides what they reported, with whichever key."
        ),
        body=RulingsBody,
        answers={200: RuledShape},
        problems=(404,),
        examples=[
            sent("In part", {"rulings": [RULING]}),
            example("Decided", {"decided": [SALE], "left": []}),
        ],
        is_command=True,
    )
    @command(RulingsBody, refused={CannotDecide: 409})
    def post(self, request: Request, given: dict[str, Any], report_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        ruled = decide(
            [_ruling(one) for one in given["rulings"]],
            report_id=_one(report_id).pk,
            actor=request.auth.actor,
            zone=request.tenant.zone,
            now=timezone.now(),
        )
        return Response(_ruled_data(ruled, currency=request.tenant.currency))


def report_data(one: Any) -> dict[str, Any]:
    return {
        "id": one.pk,
        "account": one.account.number,
        "name": one.name,
        "sales": one.count,
        "waiting": one.waiting,
        "rejected_rows": one.rejected_rows,
        "reported_by": one.reported_by,
        "reported_at": one.reported_at,
        "decided_at": one.decided_at,
    }


def sale_data(one: ReportedSale, *, currency: str) -> dict[str, Any]:
    granted, amount = one.granted_quantity, one.granted_amount
    return {
        "id": one.pk,
        "row": one.row,
        "document": one.document,
        "line": one.line,
        "sold_on": one.sold_on,
        "product": one.product.sku,
        "quantity": f"{one.quantity.normalize():f}",
        "amount": str(to_major(one.amount, currency)),
        "customer": one.customer,
        "flags": one.flags,
        "state": one.state,
        "granted_quantity": None if granted is None else f"{granted.normalize():f}",
        "granted_amount": None if amount is None else str(to_major(amount, currency)),
        "reason": one.reason,
        "activity": one.activity_id,
        "decided_at": one.decided_at,
        "decided_by": one.decided_by,
    }


def _ruled_data(ruled: Ruled, *, currency: str) -> dict[str, Any]:
    return {
        "decided": [sale_data(one, currency=currency) for one in ruled.done],
        "left": [{"sale": one, "reason": why} for one, why in ruled.refused.items()],
    }


def _ruling(given: dict[str, Any]) -> Ruling:
    return Ruling(
        given["sale"],
        approve=given["approve"],
        quantity=given.get("quantity"),
        reason=given.get("reason", ""),
    )


def _rows() -> Any:
    return with_counts(SalesReport.objects.all()).select_related("account")


def _one(report_id: UUID) -> Any:
    return get_object_or_404(_rows(), pk=report_id)
