"""What the API's requests for funds say, and are answered."""

from rest_framework import serializers

from loyalty.api.deal_steps import NoteBody
from loyalty.api.deals import MoneyText
from loyalty.api.shapes import Body
from partners.models import PaidAs, RequestState


class FundRequestBody(Body):
    """Amounts in major units; `budget` and `activity` as their lists name them."""

    account = serializers.CharField(max_length=64)
    budget = serializers.UUIDField()
    activity = serializers.UUIDField()
    title = serializers.CharField(max_length=120)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    total_cost = MoneyText()
    asked = MoneyText()
    answers = serializers.DictField(
        child=serializers.CharField(max_length=400),
        required=False,
        help_text="What the activity asks for.",
    )


class FundProofBody(Body):
    """A file that proves a claim, of one of the kinds that the activity demands."""

    kind = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=120)
    content = serializers.CharField(help_text="In base64; PDF, picture, Excel, CSV or text.")


class FundClaimBody(Body):
    """`cost` in major units."""

    cost = MoneyText()
    proofs = FundProofBody(many=True, required=False)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class FundApprovalBody(NoteBody):
    """`amount` in major units; of the cost `share` percent are paid at most."""

    amount = MoneyText()
    share = serializers.DecimalField(max_digits=5, decimal_places=2)


class FundAcceptanceBody(NoteBody):
    """`amount` in major units: within what was approved, and its share of what it cost."""

    amount = MoneyText()


class FundPaymentBody(Body):
    """How it was paid outside, under which reference of your books."""

    paid_as = serializers.ChoiceField(choices=PaidAs.values)
    reference = serializers.CharField(max_length=80)
    paid_on = serializers.DateField()


class FundRequestShape(serializers.Serializer):
    """Amounts in major units."""

    id = serializers.UUIDField()
    reference = serializers.CharField(help_text="What people call it.")
    state = serializers.ChoiceField(choices=RequestState.values)
    account = serializers.CharField()
    budget = serializers.UUIDField()
    activity = serializers.UUIDField()
    title = serializers.CharField()
    answers = serializers.DictField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    total_cost = serializers.CharField()
    asked = serializers.CharField()
    approved = serializers.CharField(allow_null=True)
    share = serializers.CharField(allow_null=True, help_text="Percent of the cost at most.")
    claim_until = serializers.DateField(allow_null=True)
    cost = serializers.CharField(allow_null=True)
    accepted = serializers.CharField(allow_null=True)
    note = serializers.CharField(allow_blank=True, help_text="Of the latest decision.")
    paid_on = serializers.DateField(allow_null=True)
    paid_as = serializers.CharField(allow_blank=True)
    payment_reference = serializers.CharField(allow_blank=True)
    requested_at = serializers.DateTimeField()
    requested_by = serializers.CharField()


SENT = {
    "account": "D-1",
    "budget": "0197f7a0-0000-7000-8000-0000000000b1",
    "activity": "0197f7a0-0000-7000-8000-0000000000a1",
    "title": "Summer roadshow",
    "starts_on": "2026-07-10",
    "ends_on": "2026-07-12",
    "total_cost": "800.00",
    "asked": "400.00",
    "answers": {"guests": "60"},
}
SHOWN = {
    **SENT,
    "id": "0197f7a0-0000-7000-8000-0000000000e1",
    "reference": "F-000000E1",
    "state": "requested",
    "answers": {"guests": 60},
    "approved": None,
    "share": None,
    "claim_until": None,
    "cost": None,
    "accepted": None,
    "note": "",
    "paid_on": None,
    "paid_as": "",
    "payment_reference": "",
    "requested_at": "2026-06-01T09:00:00Z",
    "requested_by": "key:0197f7a0-0000-7000-8000-000000000003",
}
NOTE = {"note": "Agreed with the regional team."}
CLAIM = {
    "cost": "790.00",
    "proofs": [{"kind": "Invoice", "name": "invoice.pdf", "content": "JVBERi0xLjQKJSVFT0YK"}],
}
