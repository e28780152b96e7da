"""Typed attributes of activity kinds: what a fact may say of itself, and in which form.

A declared attribute is checked and kept in its type, so that "9" out of a file and 9 out of an API
count alike; one that is not declared is kept as it came.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

TYPES = {
    "text": _("text"),
    "number": _("a number"),
    "whole": _("a whole number"),
    "yes_no": _("yes or no"),
    "date": _("a date"),
    "choice": _("one of a list"),
}
MUST_BE = {
    "text": _("text"),
    "number": _("a number such as 8.5"),
    "whole": _("a whole number such as 3"),
    "yes_no": _("true or false"),
    "date": _("a date such as 2026-03-31"),
}
LARGEST = 2**53  # what every JSON reader holds exactly
MOST = 30
MOST_CHOICES = 100
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Attribute:
    """`choices` are what a choice may be; a `required` one must be on every fact of its kind."""

    name: str
    type: str = "text"
    choices: tuple[str, ...] = ()
    required: bool = False

    @property
    def type_name(self) -> str:
        return gettext(TYPES[self.type])

    def as_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {"name": self.name, "type": self.type}
        if self.choices:
            said["choices"] = list(self.choices)
        return said | ({"required": True} if self.required else {})


Declared = Mapping[str, Attribute]


class BadAttribute(ValueError):
    """No declaration that makes sense, or a value that does not fit; the text says how to mend."""


def declared(stored: Sequence[Mapping[str, Any]]) -> dict[str, Attribute]:
    """The attributes in an ActivityKind's JSON, by name."""
    return {
        one["name"]: Attribute(
            one["name"],
            one["type"],
            tuple(one.get("choices", ())),
            bool(one.get("required", False)),
        )
        for one in stored
    }


def check_declaration(attributes: Sequence[Attribute]) -> None:
    """Raises BadAttribute, with the name of the attribute at fault."""
    if len(attributes) > MOST:
        raise BadAttribute(gettext("A kind has at most %(most)s attributes.") % {"most": MOST})
    seen = set()
    for attribute in attributes:
        if not NAME.fullmatch(attribute.name):
            raise BadAttribute(
                gettext(
                    "“%(name)s” is no name: use up to 40 small letters, digits and "
                    "underscores, starting with a letter."
                )
                % {"name": attribute.name}
            )
        if attribute.name in seen:
            raise BadAttribute(gettext("“%(name)s” is there twice.") % {"name": attribute.name})
        seen.add(attribute.name)
        _check_choices(attribute)


def _check_choices(attribute: Attribute) -> None:
    if attribute.type not in TYPES:
        raise BadAttribute(
            gettext("“%(name)s” has no type; use one of %(types)s.")
            % {"name": attribute.name, "types": ", ".join(TYPES)}
        )
    if attribute.type == "choice" and not attribute.choices:
        raise BadAttribute(
            gettext("“%(name)s” is one of a list: say of which.") % {"name": attribute.name}
        )
    if attribute.type != "choice" and attribute.choices:
        raise BadAttribute(
            gettext("“%(name)s” has a list of values, but is no choice.") % {"name": attribute.name}
        )
    if len(attribute.choices) > MOST_CHOICES or any(len(one) > 80 for one in attribute.choices):
        raise BadAttribute(
            gettext("“%(name)s”: up to %(most_choices)s values of 80 characters fit.")
            % {"name": attribute.name, "most_choices": MOST_CHOICES}
        )


def misfit(attributes: Mapping[str, Any] | None, wanted: Declared) -> str:
    """Why a fact's attributes do not fit its kind, in words that help; "" where they do."""
    have = attributes or {}
    for name, attribute in wanted.items():
        value = have.get(name)
        if value is None or value == "":
            if attribute.required:
                return gettext("attributes.%(name)s is missing; give %(attribute)s.") % {
                    "name": name,
                    "attribute": _must_be(attribute),
                }
            continue
        try:
            read(value, attribute)
        except BadAttribute as bad:
            return str(bad)
    return ""


def typed(attributes: dict | None, wanted: Declared) -> dict | None:
    """The attributes as they are kept: those that are declared in their types. They fit."""
    if not attributes or not wanted:
        return attributes
    return {
        name: read(value, wanted[name]) if name in wanted and value not in (None, "") else value
        for name, value in attributes.items()
    }


def read(value: Any, attribute: Attribute) -> str | int | float | bool:
    """`value` in the attribute's type. Raises BadAttribute for one that does not fit."""
    found = _READERS[attribute.type](value, attribute)
    if found is None:
        shown = str(value)[:40]
        raise BadAttribute(
            gettext(
                "attributes.%(name)s “%(shown)s” must be %(attribute)s; correct it where it "
                "comes from."
            )
            % {"name": attribute.name, "shown": shown, "attribute": _must_be(attribute)}
        )
    return found


def _must_be(attribute: Attribute) -> str:
    if attribute.type == "choice":
        return gettext("one of %(choices)s") % {"choices": ", ".join(attribute.choices)}
    return gettext(MUST_BE[attribute.type])


def _text(value: Any, attribute: Attribute) -> str | None:
    if isinstance(value, bool):
        return None
    return value if isinstance(value, str) else str(value)


def _number(value: Any, attribute: Attribute) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            return None
        value = float(text) if "." in text else int(text)
    if not abs(value) <= LARGEST:
        return None
    return int(value) if value == int(value) else value


def _whole(value: Any, attribute: Attribute) -> int | None:
    number = _number(value, attribute)
    return number if isinstance(number, int) else None


def _yes_no(value: Any, attribute: Attribute) -> bool | None:
    if isinstance(value, bool):
        return value
    return _YES_NO.get(str(value).strip().lower())


def _date(value: Any, attribute: Attribute) -> str | None:
    try:
        return date.fromisoformat(value.strip()).isoformat() if isinstance(value, str) else None
    except ValueError:
        return None


def _choice(value: Any, attribute: Attribute) -> str | None:
    text = str(value).strip()
    return text if text in attribute.choices and not isinstance(value, bool) else None


_READERS = {
    "text": _text,
    "number": _number,
    "whole": _whole,
    "yes_no": _yes_no,
    "date": _date,
    "choice": _choice,
}
