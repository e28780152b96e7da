"""Values of typed attributes as people read them: answers to forms, and what facts say."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.attributes import Declared
from rewards.voice import Voice


def label_of(name: str) -> str:
    """“number_of_seats” is “Number of seats”."""
    return name.replace("_", " ").capitalize()


def answers_in_words(
    values: Mapping[str, Any], fields: Declared, *, voice: Voice
) -> list[tuple[str, str]]:
    """(label, value) of each; a value of no declared type stays as it came."""
    return [
        (label_of(name), _in_words(value, fields[name].type if name in fields else "", voice))
        for name, value in values.items()
    ]


def _in_words(value: Any, kind: str, voice: Voice) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if kind in ("number", "whole") and isinstance(value, int | float):
        return voice.number(Decimal(str(value)))
    if kind == "date":
        try:
            return voice.day(date.fromisoformat(str(value)))
        except ValueError:
            return str(value)  # it came in before its kind declared dates
    return str(value)
