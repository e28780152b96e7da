"""The shapes of sales that partners report, as the API's document tells them."""

from rest_framework import serializers

from loyalty.api.shapes import Body
from rebates.models import SaleState

AT_ONCE = 1_000


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
