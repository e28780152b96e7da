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


@dataclass(slots=True)
class Outcome:
    """What was done, and what was left as it was with the reason, each by its name."""

    done: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def picked(request: HttpRequest) -> list[UUID]:
    """The rows whose box was ticked; what is no identifier of ours names none."""
    found = [read_uuid(text) for text in request.POST.getlist("pick")[:MOST]]
    return [key for key in found if key is not None]


def say(request: HttpRequest, outcome: Outcome, *, done: str) -> None:
    """One sentence for what was done, one for each that was not. `done` is a word: “approved”."""
    count = len(outcome.done)
    if count:
        text = ngettext("%(name)s is %(done)s.", "%(count)s are %(done)s: %(name)s.", count)
        about = {"count": count, "name": _in_short(outcome.done), "done": done}
        messages.success(request, text % about)
    for name, why in outcome.refused:
        messages.warning(
            request, _("%(name)s was left as before: %(why)s") % {"name": name, "why": why}
        )
    if not count and not outcome.refused:
        messages.error(request, _("Pick at least one row first."))


def _in_short(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown}, …" if len(names) > 5 else shown
