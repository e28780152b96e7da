"""What conditions of rules may ask for: each field with its name for people and its type."""

from collections.abc import Mapping
from typing import Any

from accounts.conditions import SEGMENT, BadCondition, comparisons

# field -> (name for people, text or number or money)
FIELDS = {
    "line": ("product line", "text"),
    "product": ("product", "text"),
    "amount": ("amount", "money"),
    "quantity": ("quantity", "number"),
    "tier": ("tier", "text"),
    SEGMENT: ("segment", "text"),
    "region": ("region", "text"),
    "country": ("country", "text"),
    "vertical": ("industry", "text"),
    "partner_type": ("partner type", "text"),
    "member_role": ("member's role", "text"),
    "occurred_on": ("date", "text"),
    "kind": ("kind of activity", "text"),
}
INSIDE = ("attributes", "account")
ACCOUNT_FIELDS = ("number", "name", "region", "country", "vertical", "partner_type", SEGMENT)


def check_fields(condition: Mapping[str, Any]) -> None:
    """Raises BadCondition for a field that no fact has: such a condition would never hold."""
    for part in comparisons(condition):
        prefix, dot, name = part["field"].partition(".")
        if part["field"] not in FIELDS and not (dot and prefix in INSIDE and name):
            raise BadCondition(
                f"There is no field “{part['field']}”; use one of {', '.join(FIELDS)}, "
                "attributes.… or account.…"
            )


def field_name(field: str) -> str:
    """For people: "product line", and "color" for attributes.color."""
    if field in FIELDS:
        return FIELDS[field][0]
    prefix, _, name = field.rpartition(".")
    words = name.replace("_", " ")
    return f"account's {words}" if prefix == "account" else words
