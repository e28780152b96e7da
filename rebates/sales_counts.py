"""How many sales of a report there are, wait, or were decided."""

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from rebates.models import ReportedSale, SalesReport, SaleState


def with_counts(reports: QuerySet[SalesReport]) -> QuerySet[SalesReport]:
    """The reports with `count`, `waiting`, `flagged` (of those that wait), `approved` and
    `rejected`."""
    waiting = Q(state=SaleState.OPEN)
    return reports.annotate(
        count=_counted(Q()),
        waiting=_counted(waiting),
        flagged=_counted(waiting & ~Q(flags=[])),
        approved=_counted(Q(state=SaleState.APPROVED)),
        rejected=_counted(Q(state=SaleState.REJECTED)),
    )


def _counted(of: Q) -> Coalesce:
    """Looked up for the rows that are shown: a join would have to be grouped by all columns."""
    sales = ReportedSale.objects.filter(of, report=OuterRef("pk")).order_by()
    return Coalesce(Subquery(sales.values("report").annotate(n=Count("pk")).values("n")), 0)
