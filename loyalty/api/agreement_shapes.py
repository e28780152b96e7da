"""The shapes of agreements on money back, as the API's document tells them."""

from rest_framework import serializers

from loyalty.api.shapes import Body
from rebates.models import AgreementState, Method, Party, Period


class PaperShape(serializers.Serializer):
    name = serializers.CharField()
    digest = serializers.CharField(help_text="SHA-256 of its bytes, under the version’s digest.")


class AgreementVersionShape(serializers.Serializer):
    number = serializers.IntegerField()
    valid_from = serializers.DateField(help_text="First day of the first period it holds for.")
    valid_to = serializers.DateField(allow_null=True)
    terms = serializers.DictField(
        help_text="How the rebate is calculated; amounts in smallest units."
    )
    method = serializers.ChoiceField(choices=Method.values)
    needs_acceptance = serializers.BooleanField()
    papers = PaperShape(many=True, help_text="What was offered with the terms.")
    offered_at = serializers.DateTimeField()
    digest = serializers.CharField(help_text="SHA-256 of what it promises; an acceptance names it.")


class AgreementShape(serializers.Serializer):
    """Drafts are nobody's business yet: only offered versions are told."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    program = serializers.CharField()
    party = serializers.ChoiceField(choices=Party.values)
    account = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    period = serializers.ChoiceField(choices=Period.values)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True, help_text="The first day after its last one.")
    state = serializers.ChoiceField(choices=AgreementState.values)
    versions = AgreementVersionShape(many=True)


class AcceptanceBody(Body):
    account = serializers.CharField(max_length=64, help_text="Who accepts: its number.")
    version = serializers.IntegerField(min_value=1, max_value=10**6)
    digest = serializers.CharField(
        max_length=64, help_text="Of the version as it was read: other terms are refused."
    )


class AcceptanceShape(serializers.Serializer):
    agreement = serializers.CharField()
    version = serializers.IntegerField()
    account = serializers.CharField()
    accepted_by = serializers.CharField()
    accepted_at = serializers.DateTimeField()
    digest = serializers.CharField()


DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SENT = {"account": "D-1", "version": 1, "digest": DIGEST}
ACCEPTED = SENT | {
    "agreement": "growth-2026",
    "accepted_by": "key:0197f7a0-0000-7000-8000-000000000003",
    "accepted_at": "2026-03-25T15:00:00Z",
}
SHOWN = {
    "id": "0197f7a0-0000-7000-8000-00000000000b",
    "code": "growth-2026",
    "name": "Growth 2026",
    "program": "rewards",
    "party": "account",
    "account": "D-1",
    "currency": "USD",
    "period": "quarter",
    "starts_on": "2026-04-01",
    "ends_on": None,
    "state": "offered",
    "versions": [
        {
            "number": 1,
            "valid_from": "2026-04-01",
            "valid_to": None,
            "terms": {
                "measure": "value",
                "method": "whole",
                "bands": [{"from": "1000000", "rate": "2"}],
            },
            "method": "credit_note",
            "needs_acceptance": True,
            "papers": [{"name": "contract.pdf", "digest": DIGEST}],
            "offered_at": "2026-03-20T15:00:00Z",
            "digest": DIGEST,
        }
    ],
}
