"""The shapes of the API's requests and answers, as its OpenAPI document tells them.

Facts are read by `accounts.facts.parse_fact`, not by these serializers: a batch of 10,000 would
spend most of its time in them.
"""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import serializers


class ReversesShape(serializers.Serializer):
    external_id = serializers.CharField(max_length=120)
    line = serializers.CharField(max_length=64, required=False, default="")


class FactShape(serializers.Serializer):
    """One fact. (source, external_id, line) is its permanent identity."""

    account = serializers.CharField(max_length=64, help_text="The account's number.")
    kind = serializers.CharField(max_length=40, help_text="Such as purchase, return or training.")
    external_id = serializers.CharField(
        max_length=120, help_text="What identifies the fact where it comes from: an order number."
    )
    line = serializers.CharField(max_length=64, required=False, default="")
    occurred_at = serializers.DateTimeField(
        help_text="ISO 8601; without an offset, local time of the tenant."
    )
    amount = serializers.CharField(
        required=False, help_text="In major units as decimal text: “1240.55”. Never negative."
    )
    quantity = serializers.CharField(required=False, help_text="As decimal text, up to 4 places.")
    product = serializers.CharField(max_length=64, required=False, help_text="The SKU.")
    member = serializers.EmailField(
        required=False, help_text="Who did it: the e-mail of a person with access at the account."
    )
    attributes = serializers.DictField(required=False)
    reverses = ReversesShape(
        required=False, help_text="On a return: the identity of what it takes back."
    )


class GrantShape(serializers.Serializer):
    program = serializers.CharField()
    rule = serializers.CharField()
    rule_version = serializers.IntegerField()
    unit = serializers.CharField()
    desired = serializers.IntegerField(help_text="What the rule wanted before its cap.")
    granted = serializers.IntegerField()
    multiplier = serializers.CharField(allow_null=True)
    tier = serializers.CharField(allow_null=True)
    why = serializers.CharField()


class OutcomeShape(serializers.Serializer):
    status = serializers.ChoiceField(choices=["accepted", "known", "conflict", "rejected"])
    reason = serializers.CharField(help_text="Why nothing moved, and how to mend it; or empty.")
    activity = serializers.UUIDField(allow_null=True)
    grants = GrantShape(many=True)


class BatchShape(serializers.Serializer):
    accepted = serializers.IntegerField()
    known = serializers.IntegerField()
    conflict = serializers.IntegerField()
    rejected = serializers.IntegerField()
    items = OutcomeShape(many=True, help_text="One per fact, in the order in which they were sent.")


class ProblemShape(serializers.Serializer):
    """Problem details, RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()


class StepShape(serializers.Serializer):
    name = serializers.CharField()
    threshold = serializers.IntegerField()
    missing = serializers.IntegerField()
    percent = serializers.IntegerField()
    by = serializers.DateTimeField()


class ProgramShape(serializers.Serializer):
    program = serializers.CharField()
    tier = serializers.CharField(allow_null=True)
    tier_since = serializers.DateTimeField(allow_null=True)
    points_available = serializers.IntegerField()
    points_pending = serializers.IntegerField()
    status_credits = serializers.IntegerField()
    next_tier = StepShape(allow_null=True)


class AccountShape(serializers.Serializer):
    number = serializers.CharField()
    name = serializers.CharField()
    programs = ProgramShape(many=True)


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "loyalty.api.keys.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "A key made in Console, Keys."}
