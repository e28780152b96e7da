"""Texts of notices with their values put in, in a language.

The language of texts knows one thing only: `{{ name }}` of a declared placeholder. There are no
tags, filters or look-ups, and a value is never read as text again: nothing that a tenant types or a
partner is called can reach anything but its own place.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal
from django.utils import translation
from django.utils.translation import gettext, ngettext

from accounts.money import money_text
from accounts.notices.kinds import FUND_STEPS, OUTCOMES, STATES, STEPS, Kind, Value

STANDARD = "en"  # the language of the texts in the code
FOLDER = Path(__file__).resolve().parent.parent / "locale"

_BRACES = re.compile(r"\{\{(?P<inside>[^{}]*)\}\}|\{\{|\}\}|\{%|%\}|\{#|#\}")
_NAME = re.compile(r"\s*([a-z_]+)\s*")


class BadText(ValueError):
    """A text that cannot be one for its kind; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    body: str


@cache
def languages() -> dict[str, str]:
    """(code → own name) of each language that texts are there in. Adding one is adding a folder."""
    found = sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir())
    return {code: _own_name(code) for code in (STANDARD, *found)}


def _own_name(code: str) -> str:
    name = Locale.parse(code).get_display_name(code) or code
    return name[:1].upper() + name[1:]


def standard_words(kind: Kind, *, language: str) -> Words:
    """What is said while the tenant has no words of its own."""
    with translation.override(language):
        return Words(gettext(kind.subject), gettext(kind.body))


def check_text(text: str, *, kind: Kind) -> None:
    """Raises BadText for anything in braces that is no placeholder of this kind."""
    known = {one.name for one in kind.placeholders}
    for found in _BRACES.finditer(text):
        name = _NAME.fullmatch(found["inside"] or "")
        if name is None:
            raise BadText(
                gettext(
                    "“%(found)s” does not belong here. Placeholders look like %(example)s, and "
                    "there is nothing else in braces."
                )
                % {"found": found[0], "example": "{{ account }}"}
            )
        if name[1] not in known:
            raise BadText(
                gettext("There is no placeholder “%(name)s” here. There are: %(known)s.")
                % {"name": name[1], "known": ", ".join(sorted(known))}
            )


def said(
    words: Words, *, kind: Kind, details: Mapping[str, Any], language: str, now_called: str = ""
) -> Words:
    """`words` with the values of `details` in the places of their placeholders.

    `now_called` is the reader's name. A value that is not there leaves its place empty.
    """
    values = _written({**details, "name": now_called}, kind=kind, language=language)
    subject, body = (_filled(text, values) for text in (words.subject, words.body))
    # A subject is one line of a letter's head; a value with a line break would begin another.
    return Words(" ".join(subject.split()), body.strip())


def example_of(kind: Kind) -> dict[str, Any]:
    """Details for a preview where nothing real is there yet."""
    return {one.name: one.example for one in kind.placeholders}


def _filled(text: str, values: Mapping[str, str]) -> str:
    def put(found: re.Match[str]) -> str:
        return values.get((found["inside"] or "").strip(), "")

    return _BRACES.sub(put, text)


def _written(details: Mapping[str, Any], *, kind: Kind, language: str) -> dict[str, str]:
    with translation.override(language):
        return {
            one.name: _write(one.value, details[one.name], details, language)
            for one in kind.placeholders
            if details.get(one.name) not in (None, "")
        }


def _write(value: Value, what: Any, details: Mapping[str, Any], language: str) -> str:
    locale = _locale(language)
    match value:
        case Value.POINTS:
            return f"{_number(what, locale)} {_points_name(what, details)}"
        case Value.NUMBER:
            return _number(what, locale)
        case Value.DAY:
            return format_date(date.fromisoformat(what), "long", locale=locale)
        case Value.MINUTE:
            day, minute, zone = what.split(" ", 2)
            at = datetime.fromisoformat(f"{day} {minute}")
            clock = format_time(at, "short", locale=locale)
            return f"{format_date(at, 'long', locale=locale)}, {clock} {zone}"
        case Value.MONTH:
            return format_skeleton("yMMMM", date.fromisoformat(what), locale=locale)
        case Value.MONEY:
            minor, currency = what
            return money_text(minor, currency, locale)
        case Value.STATE:
            return gettext(STATES[what])
        case Value.STEP:
            return gettext(STEPS[what])
        case Value.FUND_STEP:
            return gettext(FUND_STEPS[what])
        case Value.OUTCOME:
            return gettext(OUTCOMES[what])
        case Value.TEXT:
            return str(what)


def _number(what: int, locale: str) -> str:
    return format_decimal(what, locale=locale)


def _locale(language: str) -> str:
    return "en_US" if language == STANDARD else language.replace("-", "_")


def _points_name(count: int, details: Mapping[str, Any]) -> str:
    """The program's own word, whose singular drops the s; the standard word is translated."""
    many = details.get("points_name") or "points"
    if many == "points":
        return ngettext("point", "points", count)
    return many.removesuffix("s") if count == 1 else many
