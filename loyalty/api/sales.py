"""Sales that partners report: sent by their own systems, read, and decided."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from accounts.money import to_major
from loyalty.api.commands import command, created
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.sale_shapes import (
    AT_ONCE,
    RULING,
    SALE,
    SENT,
    SHOWN,
    NewSalesReportShape,
    ReportedSaleShape,
    RuledShape,
    RulingsBody,
    SalesReportBody,
    SalesReportShape,
)
from rebates.models import ReportedSale, SalesReport, SaleState
from rebates.reporting import report_rows
from rebates.sale_rulings import CannotDecide, Ruled, Ruling, decide
from rebates.sales_counts import with_counts

FILTERS = (
    Text("account", "account__number", "Of the account with this number.", 64),
    Instant("since", "reported_at__gte", "Reported then or later."),
    Instant("until", "reported_at__lt", "Reported before then."),
)
SALE_FILTERS = (Choice("state", "state", "In this state.", tuple(SaleState.values)),)


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
