"""The language of `accounts.conditions` as a JSON Schema, for editors and integrators."""

from typing import Any

from accounts.conditions import LARGEST, LONGEST, MOST_VALUES, ORDERS

_PLAIN: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "maxLength": LONGEST},
        {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
        {"type": "boolean"},
        {"type": "null"},
    ]
}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Condition",
    "$ref": "#/$defs/condition",
    "$defs": {
        "condition": {
            "anyOf": [
                {"type": "object", "maxProperties": 0},
                {"$ref": "#/$defs/all"},
                {"$ref": "#/$defs/any"},
                {"$ref": "#/$defs/not"},
                {"$ref": "#/$defs/comparison"},
                {"$ref": "#/$defs/listed"},
            ]
        },
        **{
            word: {
                "type": "object",
                "properties": {word: {"type": "array", "items": {"$ref": "#/$defs/condition"}}},
                "required": [word],
                "additionalProperties": False,
            }
            for word in ("all", "any")
        },
        "not": {
            "type": "object",
            "properties": {"not": {"$ref": "#/$defs/condition"}},
            "required": ["not"],
            "additionalProperties": False,
        },
        "comparison": {
            "type": "object",
            "properties": {
                "field": {"type": "string", "minLength": 1},
                "op": {"enum": ["eq", "ne", *ORDERS]},
                "value": _PLAIN,
            },
            "required": ["field", "op", "value"],
            "additionalProperties": False,
        },
        "listed": {
            "type": "object",
            "properties": {
                "field": {"type": "string", "minLength": 1},
                "op": {"enum": ["in", "not_in"]},
                "value": {"type": "array", "maxItems": MOST_VALUES, "items": _PLAIN},
            },
            "required": ["field", "op", "value"],
            "additionalProperties": False,
        },
    },
}
