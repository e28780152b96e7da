"""What the API says of SPIFFs, and what it is told of a claimed sale."""

from rest_framework import serializers

from loyalty.api.shapes import Body
from partners.models import SpiffClaimState, SpiffUnit


class SpiffTermsShape(serializers.Serializer):
    version = serializers.IntegerField()
    valid_from = serializers.DateField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    claim_days = serializers.IntegerField()
    items = serializers.DictField(
        child=serializers.CharField(),
        help_text="What a unit gives, by SKU or by “line: name”: points, or money in major units.",
    )
    beneficiary = serializers.CharField()
    needs_proof = serializers.BooleanField()
    needs_serials = serializers.BooleanField()
    needs_consent = serializers.BooleanField()


class SpiffShape(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    program = serializers.CharField()
    unit = serializers.ChoiceField(choices=SpiffUnit.values)
    claimed = serializers.CharField(help_text="What its claims come to.")
    terms = SpiffTermsShape(allow_null=True, help_text="The newest that are published.")


class SpiffProofBody(Body):
    """The invoice, or another file that proves the sale."""

    name = serializers.CharField(max_length=120)
    content = serializers.CharField(help_text="In base64; PDF, picture, Excel, CSV or text.")


class SpiffClaimBody(Body):
    """A sale by a person of an account."""

    spiff = serializers.UUIDField()
    account = serializers.CharField(max_length=64, help_text="The account's number.")
    member = serializers.EmailField(help_text="The e-mail of the person who sold.")
    product = serializers.CharField(max_length=64, help_text="The SKU.")
    quantity = serializers.IntegerField(min_value=1, max_value=10_000)
    sold_on = serializers.DateField()
    document = serializers.CharField(max_length=64, help_text="The number of the invoice.")
    serials = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, max_length=10_000
    )
    customer = serializers.CharField(max_length=200, required=False, allow_blank=True)
    proof = SpiffProofBody(required=False, help_text="Needed where the SPIFF asks for one.")


class SpiffNoteBody(Body):
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class SpiffReturnBody(Body):
    """So many more units came back."""

    units = serializers.IntegerField(min_value=1, max_value=10_000)
    note = serializers.CharField(max_length=300)


class SpiffClaimShape(serializers.Serializer):
    id = serializers.UUIDField()
    reference = serializers.CharField()
    spiff = serializers.UUIDField()
    account = serializers.CharField()
    member = serializers.EmailField()
    product = serializers.CharField()
    quantity = serializers.IntegerField()
    sold_on = serializers.DateField()
    document = serializers.CharField()
    serials = serializers.ListField(child=serializers.CharField())
    unit = serializers.ChoiceField(choices=SpiffUnit.values)
    wanted = serializers.CharField(help_text="What the terms give: points, or major units.")
    granted = serializers.CharField(help_text="What caps left of it.")
    limited_by = serializers.ChoiceField(choices=["", "person", "budget"], allow_blank=True)
    has_proof = serializers.BooleanField()
    flags = serializers.ListField(
        child=serializers.DictField(),
        help_text="What speaks against it: `code`, and what is found.",
    )
    state = serializers.ChoiceField(choices=SpiffClaimState.values)
    reason = serializers.CharField(allow_blank=True)
    returned = serializers.IntegerField(help_text="Units that came back.")
    recalled = serializers.CharField(help_text="What was taken back for them.")
    claimed_at = serializers.DateTimeField()
    claimed_by = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(allow_blank=True)


SPIFF = {
    "id": "0197f7a0-0000-7000-8000-0000000000a1",
    "name": "Router push",
    "program": "partners",
    "unit": "money",
    "claimed": "1250.00",
    "terms": {
        "version": 1,
        "valid_from": "2026-04-01",
        "starts_on": "2026-04-01",
        "ends_on": "2026-06-30",
        "claim_days": 30,
        "items": {"RT-100": "25.00", "line: Switches": "10.00"},
        "beneficiary": "member",
        "needs_proof": False,
        "needs_serials": True,
        "needs_consent": False,
    },
}
SENT = {
    "spiff": SPIFF["id"],
    "account": "D-1",
    "member": "sam@dealer.example",
    "product": "RT-100",
    "quantity": 2,
    "sold_on": "2026-05-18",
    "document": "R-1001",
    "serials": ["SN-1", "SN-2"],
}
PROVED = SENT | {"proof": {"name": "invoice.pdf", "content": "JVBERi0xLjQ="}}
SHOWN = SENT | {
    "id": "0197f7a0-0000-7000-8000-0000000000a2",
    "reference": "S-000000A2",
    "unit": "money",
    "wanted": "50.00",
    "granted": "50.00",
    "limited_by": "",
    "has_proof": False,
    "flags": [],
    "state": "open",
    "reason": "",
    "returned": 0,
    "recalled": "0.00",
    "claimed_at": "2026-05-20T09:00:00Z",
    "claimed_by": "key:0197f7a0-0000-7000-8000-000000000003",
    "decided_at": None,
    "decided_by": "",
}
