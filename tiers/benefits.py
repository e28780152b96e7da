"""What a tier gives besides points: entitlements that other systems read and keep to.

{"discount_percent": "7.5", "funds_share_percent": "2", "support_level": "gold",
 "directory_place": 1, "early_access": true, "entitlements": {"demo-units": 3}}
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext

PERCENTAGES = ("discount_percent", "funds_share_percent")
LONGEST = 80
MOST_ENTITLEMENTS = 40

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Benefits",
    "type": "object",
    "properties": {
        **{name: {"type": "string", "pattern": r"^\d{1,3}(\.\d{1,2})?$"} for name in PERCENTAGES},
        "support_level": {"type": "string", "minLength": 1, "maxLength": LONGEST},
        "directory_place": {"type": "integer", "minimum": 1},
        "early_access": {"type": "boolean"},
        "entitlements": {
            "type": "object",
            "maxProperties": MOST_ENTITLEMENTS,
            "additionalProperties": {
                "anyOf": [
                    {"type": "string", "maxLength": LONGEST},
                    {"type": "integer"},
                    {"type": "boolean"},
                ]
            },
        },
    },
    "additionalProperties": False,
}


class BadBenefits(ValueError):
    """The JSON is no benefits; the text says which and why."""


def check_benefits(raw: Any) -> None:
    """Raises BadBenefits for what SCHEMA does not allow."""
    if not isinstance(raw, Mapping):
        raise BadBenefits(gettext("Benefits are an object, not %(raw)s.") % {"raw": repr(raw)})
    for name, value in raw.items():
        if name not in SCHEMA["properties"]:
            raise BadBenefits(gettext("There is no benefit “%(name)s”.") % {"name": name})
        if name in PERCENTAGES:
            _check_percentage(name, value)
        elif name == "support_level":
            if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
                raise BadBenefits(
                    gettext("“%(name)s” is a text of at most %(longest)s characters.")
                    % {"name": name, "longest": LONGEST}
                )
        elif name == "directory_place":
            if type(value) is not int or value < 1:
                raise BadBenefits(gettext("“%(name)s” is a place: 1 comes first.") % {"name": name})
        elif name == "early_access":
            if not isinstance(value, bool):
                raise BadBenefits(gettext("“%(name)s” is true or false.") % {"name": name})
        else:
            _check_entitlements(value)


def _check_percentage(name: str, value: Any) -> None:
    try:
        percent = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        percent = None
    if percent is None or not 0 <= percent <= 100 or percent != round(percent, 2):
        raise BadBenefits(
            gettext("“%(name)s” is a percentage as text, such as “7.5”, of at most 100.")
            % {"name": name}
        )


def _check_entitlements(value: Any) -> None:
    if not isinstance(value, Mapping) or len(value) > MOST_ENTITLEMENTS:
        raise BadBenefits(
            gettext("“entitlements” are an object of at most %(most)s values.")
            % {"most": MOST_ENTITLEMENTS}
        )
    for code, one in value.items():
        plain = isinstance(one, bool | int) or (isinstance(one, str) and len(one) <= LONGEST)
        if not isinstance(code, str) or not code or not plain:
            raise BadBenefits(
                gettext("The entitlement “%(code)s” is a text, a whole number, true or false.")
                % {"code": code}
            )
