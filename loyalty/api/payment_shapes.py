"""The shapes of bank details, payment runs and credits, as the API's document tells them."""

from rest_framework import serializers

from loyalty.api.shapes import Body
from rebates.models import Method, PaymentState, RunState
from rebates.paying import LONGEST_REASON, MOST


class BankBody(Body):
    account = serializers.CharField(max_length=64, help_text="Whose they are: its number.")
    holder = serializers.CharField(max_length=70, help_text="As the bank knows them.")
    iban = serializers.CharField(max_length=50, help_text="Kept sealed, and never told again.")
    bic = serializers.CharField(max_length=15, required=False, allow_blank=True)


class BankShape(serializers.Serializer):
    id = serializers.UUIDField()
    account = serializers.CharField()
    holder = serializers.CharField()
    iban = serializers.CharField(help_text="Masked: its country and last four characters.")
    bic = serializers.CharField(allow_blank=True)
    entered_by = serializers.CharField()
    entered_at = serializers.DateTimeField()
    usable_from = serializers.DateTimeField(help_text="Nothing is paid to them before.")


class PickBody(Body):
    settlements = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MOST, help_text="Their ids."
    )


class RunBody(PickBody):
    execute_on = serializers.DateField()


class ReturnBody(Body):
    reason = serializers.CharField(max_length=LONGEST_REASON)


class PaymentShape(serializers.Serializer):
    id = serializers.UUIDField()
    settlement = serializers.UUIDField()
    account = serializers.CharField()
    iban = serializers.CharField(help_text="Masked.")
    amount = serializers.CharField()
    reference = serializers.CharField(help_text="Its end-to-end identification in the file.")
    state = serializers.ChoiceField(choices=PaymentState.values)
    reason = serializers.CharField(allow_blank=True, help_text="Why the bank returned it.")
    returned_at = serializers.DateTimeField(allow_null=True)


class RunShape(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.IntegerField(help_text="From 1, without a gap.")
    state = serializers.ChoiceField(choices=RunState.values)
    execute_on = serializers.DateField()
    payments = serializers.IntegerField()
    total = serializers.CharField()
    currency = serializers.CharField()
    prepared_by = serializers.CharField()
    prepared_at = serializers.DateTimeField()
    decided_by = serializers.CharField(allow_blank=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    executed_at = serializers.DateTimeField(allow_null=True)
    digest = serializers.CharField(allow_blank=True, help_text="SHA-256 of the file.")


class WholeRunShape(RunShape):
    transfers = PaymentShape(many=True)


class FileShape(serializers.Serializer):
    name = serializers.CharField()
    digest = serializers.CharField()
    content = serializers.CharField(help_text="pain.001.001.09, with account numbers in the clear.")


class CreditShape(serializers.Serializer):
    id = serializers.UUIDField()
    settlement = serializers.UUIDField()
    account = serializers.CharField()
    method = serializers.ChoiceField(choices=Method.values)
    number = serializers.IntegerField(allow_null=True, help_text="Of a credit note.")
    amount = serializers.CharField()
    points = serializers.IntegerField(allow_null=True)
    issued_by = serializers.CharField()
    issued_at = serializers.DateTimeField()


class CreditsShape(serializers.Serializer):
    items = CreditShape(many=True)


WHO, OTHER = (f"key:0197f7a0-0000-7000-8000-00000000000{n}" for n in (3, 4))
BANK_SENT = {
    "account": "D-1",
    "holder": "Harbor Bikes GmbH",
    "iban": "DE89 3704 0044 0532 0130 00",
    "bic": "",
}
BANK = {
    "id": "0197f7a0-0000-7000-8000-00000000001a",
    "account": "D-1",
    "holder": "Harbor Bikes GmbH",
    "iban": "DE•• … 3000",
    "bic": "",
    "entered_by": WHO,
    "entered_at": "2026-07-01T12:00:00Z",
    "usable_from": "2026-07-08T12:00:00Z",
}
SETTLEMENT = "0197f7a0-0000-7000-8000-00000000000e"
PICKED = {"settlements": [SETTLEMENT]}
RUN_SENT = PICKED | {"execute_on": "2026-07-15"}
TRANSFER = {
    "id": "0197f7a0-0000-7000-8000-00000000001c",
    "settlement": SETTLEMENT,
    "account": "D-1",
    "iban": "DE•• … 3000",
    "amount": "248.00",
    "reference": "0197f7a0000070008000000000000001",
    "state": "prepared",
    "reason": "",
    "returned_at": None,
}
RUN = {
    "id": "0197f7a0-0000-7000-8000-00000000001b",
    "number": 1,
    "state": "prepared",
    "execute_on": "2026-07-15",
    "payments": 1,
    "total": "248.00",
    "currency": "EUR",
    "prepared_by": WHO,
    "prepared_at": "2026-07-14T12:00:00Z",
    "decided_by": "",
    "decided_at": None,
    "executed_at": None,
    "digest": "",
}
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
APPROVED = RUN | {
    "state": "approved",
    "decided_by": OTHER,
    "decided_at": "2026-07-14T13:00:00Z",
    "digest": DIGEST,
}
FILE = {"name": "payments-000001.xml", "digest": DIGEST, "content": "<?xml version='1.0' …"}
CREDIT = {
    "id": "0197f7a0-0000-7000-8000-00000000001d",
    "settlement": SETTLEMENT,
    "account": "D-1",
    "method": "credit_note",
    "number": 7,
    "amount": "248.00",
    "points": None,
    "issued_by": WHO,
    "issued_at": "2026-07-14T12:00:00Z",
}
