"""The shapes of statements of rebates and their settlements, as the API's document tells them."""

from rest_framework import serializers

from loyalty.api.shapes import Body
from rebates.models import (
    LineKind,
    LineState,
    Method,
    SettlementState,
    StatementState,
)


class DisputeBody(Body):
    line = serializers.IntegerField(min_value=1, max_value=10**6, help_text="The line's number.")
    reason = serializers.CharField(max_length=1000)


class DisputedBody(Body):
    line = serializers.IntegerField(min_value=1, max_value=10**6, help_text="The line's number.")


class DisputeAnswerBody(DisputedBody):
    """How a dispute ends: on another amount, or the line stands."""

    answer = serializers.CharField(max_length=1000, help_text="The partner reads it.")
    agreed = serializers.DecimalField(
        max_digits=17,
        decimal_places=4,
        required=False,
        help_text="In major units; without it the line stands. A sale that comes in later still "
        "adds to it.",
    )


class StatementLineShape(serializers.Serializer):
    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=LineKind.values)
    corrects = serializers.DateField(
        allow_null=True, help_text="Of a correction, the first day of the period it corrects."
    )
    product_line = serializers.CharField(allow_blank=True)
    amount = serializers.CharField(help_text="What was calculated.")
    settles = serializers.CharField(help_text="What is settled of it, once a dispute is over.")
    state = serializers.ChoiceField(choices=LineState.values)
    disputed_because = serializers.CharField(allow_blank=True)
    answer = serializers.CharField(allow_blank=True)


class StatementShape(serializers.Serializer):
    id = serializers.UUIDField()
    agreement = serializers.CharField()
    account = serializers.CharField()
    number = serializers.IntegerField()
    since = serializers.DateField()
    upto = serializers.DateField(help_text="The first day after what it covers.")
    total = serializers.CharField()
    currency = serializers.CharField()
    state = serializers.ChoiceField(choices=StatementState.values)
    issued_at = serializers.DateTimeField()
    answer_by = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    approved_at = serializers.DateTimeField(allow_null=True)
    approved_by = serializers.CharField(allow_blank=True)
    lines = StatementLineShape(many=True)


class SettlementShape(serializers.Serializer):
    id = serializers.UUIDField()
    statement = serializers.UUIDField()
    account = serializers.CharField()
    amount = serializers.CharField(help_text="Below zero where more was taken back than earned.")
    set_off = serializers.CharField(
        help_text="How much of it, above zero, is set off against corrections; of a correction, "
        "against settlements. What is left of a correction is carried to the next settlement."
    )
    currency = serializers.CharField()
    method = serializers.ChoiceField(choices=Method.values)
    state = serializers.ChoiceField(choices=SettlementState.values)
    approved_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)


LINE = {
    "number": 1,
    "kind": "earned",
    "corrects": None,
    "product_line": "Bikes",
    "amount": "248.00",
    "settles": "248.00",
    "state": "stated",
    "disputed_because": "",
    "answer": "",
}
SHOWN = {
    "id": "0197f7a0-0000-7000-8000-00000000000d",
    "agreement": "growth-2026",
    "account": "D-1",
    "number": 1,
    "since": "2026-04-01",
    "upto": "2026-07-01",
    "total": "248.00",
    "currency": "USD",
    "state": "open",
    "issued_at": "2026-07-06T12:00:00Z",
    "answer_by": "2026-07-21T04:00:00Z",
    "accepted_at": None,
    "approved_at": None,
    "approved_by": "",
    "lines": [LINE],
}
SETTLED = {
    "id": "0197f7a0-0000-7000-8000-00000000000e",
    "statement": SHOWN["id"],
    "account": "D-1",
    "amount": "248.00",
    "set_off": "0.00",
    "currency": "USD",
    "method": "credit_note",
    "state": "approved",
    "approved_at": "2026-07-10T12:00:00Z",
    "paid_at": None,
}
ANSWER = {"line": 1, "answer": "INV-9 is in it now.", "agreed": "260.00"}
DISPUTE = {"line": 1, "reason": "Invoice INV-9 of June 12 is missing."}
