"""Many of a list decided at once: which rows were picked, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.ids import read_uuid

MOST = 200  # more than a page holds
NAMED = 5


@dataclass(slots=True)
class Outcome:
    """What was done, and what was left as it was with the reason, each by its name; "" is the name
    of what cannot be found any more."""

    done: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def picked(request: HttpRequest) -> list[UUID]:
    """The rows whose box was ticked; what is no identifier of ours names none."""
    found = [read_uuid(text) for text in request.POST.getlist("pick")[:MOST]]
    return [key for key in found if key is not None]


def say(request: HttpRequest, outcome: Outcome, *, done: str) -> None:
    """One sentence for what was done, one for each reason why some was not. `done` is a word:
    “approved”."""
    count = len(outcome.done)
    if count:
        text = ngettext("%(name)s is %(done)s.", "%(count)s are %(done)s: %(name)s.", count)
        about = {"count": count, "name": _in_short(outcome.done), "done": done}
        messages.success(request, text % about)
    for text in unchanged(outcome):
        messages.warning(request, text)
    if not count and not outcome.refused:
        messages.error(request, _("Pick at least one row first."))


def unchanged(outcome: Outcome) -> list[str]:
    """What was left as it was, said once for each reason: a page of them often has one."""
    by_reason: dict[str, list[str]] = {}
    for name, why in outcome.refused:
        by_reason.setdefault(why, []).append(name)
    return [_unchanged(names, why) for why, names in by_reason.items()]


def _unchanged(names: Sequence[str], why: str) -> str:
    known = [name for name in names if name]
    if known:
        text = ngettext(
            "%(name)s was left as before: %(why)s",
            "%(count)s were left as before (%(name)s): %(why)s",
            len(names),
        )
    else:
        text = ngettext(
            "One of them was left as before: %(why)s",
            "%(count)s of them were left as before: %(why)s",
            len(names),
        )
    return text % {"count": len(names), "name": _in_short(known), "why": why}


def _in_short(names: Sequence[str]) -> str:
    """Names have commas of their own."""
    shown, more = "; ".join(names[:NAMED]), len(names) - NAMED
    if more <= 0:
        return shown
    return _("%(names)s; and %(count)s more") % {"names": shown, "count": more}
