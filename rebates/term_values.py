"""Single values of terms (see `rebates.terms`): read, or refused with what to change."""

from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

LARGEST = 10**15
MOST_LISTED = 100
LONGEST_NAME = 80
_PLACES = 4


class BadTerms(ValueError):
    """No rebate can be calculated like this; the text says what to change."""


def refuse_unknown(raw: Mapping[str, Any], known: Collection[str]) -> None:
    if not raw.keys() <= set(known):
        extra = ", ".join(sorted(map(str, raw.keys() - set(known))))
        raise BadTerms(_("Terms have no “%(extra)s”.") % {"extra": extra})


def one_of(raw: Mapping[str, Any], name: str, choices: Collection[str], default: str) -> str:
    value = raw.get(name, default)
    if value not in choices:
        raise BadTerms(
            _("“%(name)s” is one of %(choices)s.") % {"name": name, "choices": ", ".join(choices)}
        )
    return value


def texts(
    raw: Mapping[str, Any], name: str, *, default: tuple[str, ...] = (), most: int = MOST_LISTED
) -> tuple[str, ...]:
    value = raw.get(name, list(default))
    fits = isinstance(value, list) and len(value) <= most
    if not fits or not all(map(is_name, value)):
        raise BadTerms(
            _("“%(name)s” is a list of up to %(most)s names.") % {"name": name, "most": most}
        )
    if default and not value:
        raise BadTerms(_("“%(name)s” names at least one.") % {"name": name})
    return tuple(dict.fromkeys(value))


def is_name(one: Any) -> bool:
    return isinstance(one, str) and 0 < len(one) <= LONGEST_NAME and one.isprintable()


def yes_or_no(raw: Mapping[str, Any], name: str) -> bool:
    value = raw.get(name, False)
    if not isinstance(value, bool):
        raise BadTerms(_("“%(name)s” is true or false.") % {"name": name})
    return value


def whole(value: Any, name: str, *, least: int = 0, most: int = LARGEST) -> int:
    if type(value) is not int or not least <= value <= most:
        raise BadTerms(
            _("“%(name)s” is a whole number from %(least)s to %(most)s.")
            % {"name": name, "least": least, "most": most}
        )
    return value


def number(value: Any, name: str) -> Decimal:
    """From text, as Decimal writes it, or a whole number: a float is never exact."""
    try:
        found = Decimal(value) if isinstance(value, str) or type(value) is int else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or not 0 <= found <= LARGEST:
        raise BadTerms(_("“%(name)s” is a number, not below zero.") % {"name": name})
    if found != round(found, _PLACES):
        raise BadTerms(
            _("“%(name)s” has at most %(places)s decimals.") % {"name": name, "places": _PLACES}
        )
    return found
