"""The shapes of the API's requests and answers, as its OpenAPI document tells them.

Facts are read by `accounts.facts.parse_fact`, not by these serializers: a batch of 10,000 would
spend most of its time in them.
"""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
)
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.facts import MAX_AMOUNT, MAX_QUANTITY, TEXTS


class Body(serializers.Serializer):
    """What a command is sent: exactly the fields it knows, each of the JSON type it says.

    DRF by itself ignores a misspelled field and takes "12", 12.0 and true for numbers and texts;
    where points are moved, nobody should have to guess what was meant.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            errors = {
                name: ["This field is unknown; known are " + ", ".join(self.fields) + "."]
                for name in data.keys() - self.fields.keys()
            }
            for name, field in self.fields.items():
                if data.get(name) is not None and not _is_of_its_type(field, data[name]):
                    errors[name] = ["This has the wrong JSON type."]
            if errors:
                raise serializers.ValidationError(errors)
        return super().to_internal_value(data)


def _is_of_its_type(field: serializers.Field, value: Any) -> bool:
    if isinstance(field, serializers.BooleanField):
        return isinstance(value, bool)
    if isinstance(field, serializers.IntegerField):
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(field, serializers.BaseSerializer | serializers.DictField):
        return True  # they look for themselves
    if isinstance(field, serializers.ListField):
        return isinstance(value, list)
    return isinstance(value, str)


def _word(longest: int) -> dict[str, Any]:
    """Text; a whole number is read as its digits, since many systems number their accounts."""
    return {
        "anyOf": [
            {"type": "string", "maxLength": longest},
            {"type": "integer", "minimum": 1 - MAX_AMOUNT, "maximum": MAX_AMOUNT - 1},
        ]
    }


def _number(most: int) -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*$"},
            {"type": "number", "minimum": 0, "maximum": most},
        ],
        "nullable": True,
    }


def read_as(schema: dict[str, Any], help_text: str, *, required: bool = True) -> serializers.Field:
    """A field whose document is written by hand."""
    field = extend_schema_field(schema)(type("HandWritten", (serializers.JSONField,), {}))
    return field(required=required, help_text=help_text)


class ReversesShape(serializers.Serializer):
    external_id = read_as(_word(TEXTS["external_id"]), "The number of the original.")
    line = read_as(_word(TEXTS["line"]) | {"nullable": True}, "Its line.", required=False)


class FactShape(serializers.Serializer):
    """One fact. (source, external_id, line) is its permanent identity."""

    account = read_as(_word(TEXTS["account"]), "The account's number.")
    kind = read_as(_word(TEXTS["kind"]), "Such as purchase, return or training.")
    external_id = read_as(
        _word(TEXTS["external_id"]),
        "What identifies the fact where it comes from: an order number.",
    )
    line = read_as(
        _word(TEXTS["line"]) | {"nullable": True}, "The line of the order.", required=False
    )
    occurred_at = read_as(
        {"anyOf": [{"type": "string", "format": form} for form in ("date-time", "date")]},
        "ISO 8601; without an offset, local time of the tenant.",
    )
    amount = read_as(
        _number(MAX_AMOUNT),
        "In major units, best as decimal text: “1240.55”. Never negative.",
        required=False,
    )
    quantity = read_as(
        _number(MAX_QUANTITY), "As decimal text, up to 4 decimal places.", required=False
    )
    product = read_as(_word(TEXTS["product"]) | {"nullable": True}, "The SKU.", required=False)
    attributes = serializers.DictField(required=False, allow_null=True)
    reverses = ReversesShape(
        required=False, allow_null=True, help_text="On a return: what it takes back."
    )


class FactsShape(serializers.Serializer):
    """Facts, one by one: what cannot be read is rejected by itself and leaves the others alone."""


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


class ErrorShape(serializers.Serializer):
    pointer = serializers.CharField(help_text="Where, as a JSON pointer into the body.")
    detail = serializers.CharField()


class ProblemShape(serializers.Serializer):
    """Problem details, RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is wrong and how to mend it, for people.")
    code = serializers.CharField(
        required=False, help_text="What is wrong, for programs, where the status says too little."
    )
    errors = ErrorShape(many=True, required=False, help_text="What does not fit, field by field.")


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "loyalty.api.keys.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "A key made in Console, Keys."}


class _Closed(OpenApiSerializerExtension):
    """Shapes whose unknown fields are refused say so."""

    match_subclasses = True

    def map_serializer(self, auto_schema, direction):
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return schema | {"additionalProperties": False}


class ClosedBody(_Closed):
    target_class = "loyalty.api.shapes.Body"


class ClosedFact(_Closed):
    target_class = "loyalty.api.shapes.FactShape"


class ClosedReverses(_Closed):
    target_class = "loyalty.api.shapes.ReversesShape"


class Facts(OpenApiSerializerExtension):
    target_class = "loyalty.api.shapes.FactsShape"

    def map_serializer(self, auto_schema, direction):
        fact = auto_schema.resolve_serializer(FactShape, direction).ref
        return {
            "type": "array",
            "description": FactsShape.__doc__,
            "minItems": 1,
            "maxItems": 10_000,
            "items": {"anyOf": [fact, {}]},
        }
