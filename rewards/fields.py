"""What conditions of rules may ask for: each field with its name for people and its type."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.conditions import SEGMENT, BadCondition, comparisons

# field -> (name for people, text or number or money)
FIELDS = {
    "line": (_("product line"), "text"),
    "product": (_("product"), "text"),
    "amount": (_("amount"), "money"),
    "quantity": (_("quantity"), "number"),
    "tier": (_("tier"), "text"),
    SEGMENT: (_("segment"), "text"),
    "region": (_("region"), "text"),
    "country": (_("country"), "text"),
    "vertical": (_("industry"), "text"),
    "partner_type": (_("partner type"), "text"),
    "member_role": (_("member's role"), "text"),
    "occurred_on": (_("date"), "text"),
    "kind": (_("kind of activity"), "text"),
}
INSIDE = ("attributes", "account")
ACCOUNT_FIELDS = ("number", "name", "region", "country", "vertical", "partner_type", SEGMENT)


def check_fields(condition: Mapping[str, Any]) -> None:
    """Raises BadCondition for a field that no fact has: such a condition would never hold."""
    for part in comparisons(condition):
        prefix, dot, name = part["field"].partition(".")
        if part["field"] not in FIELDS and not (dot and prefix in INSIDE and name):
            raise BadCondition(
                gettext(
                    "There is no field “%(field)s”; use one of %(fields)s, attributes.… or "
                    "account.…"
                )
                % {"field": part["field"], "fields": ", ".join(FIELDS)}
            )


def field_name(field: str) -> str:
    """For people: "product line", and "color" for attributes.color."""
    if field in FIELDS:
        return str(FIELDS[field][0])
    prefix, _, name = field.rpartition(".")
    words = name.replace("_", " ")
    return gettext("account's {field}").format(field=words) if prefix == "account" else words
