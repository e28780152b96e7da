"""What rules and campaigns have in common on their way: listed, written as drafts, looked at with
all that speaks against them, published, discarded and ended."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from accounts.conditions import BadCondition
from accounts.drafts import digest_of
from accounts.hands import why_not_alone
from loyalty.console.bulk import Outcome, say
from loyalty.console.condition_rows import (
    Rows,
    choices,
    condition_of,
    known_values,
    operators,
    posted,
    rows_of,
)
from loyalty.published_words import Look
from rewards import campaigning, publishing
from rewards.models import Campaign, RuleVersion
from rewards.promises import Promise
from rewards.publishing import CannotPublish, CodeTaken, NotADraft

Draft = RuleVersion | Campaign
Act = Callable[[Any], object]

# What can be done to many at once: the button, and what is said of each afterwards.
AT_ONCE = {
    "publish": (_("Publish picked"), _("published")),
    "end": (_("End picked"), _("ended")),
    "discard": (_("Discard picked drafts"), _("put away")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One of a list: a rule's version, or a campaign; of a draft the digest of what is `seen`."""

    key: UUID
    url: str
    name: str
    note: str
    promise: Promise
    starts_at: datetime | None
    ends_at: datetime | None
    look: Look
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """A draft being written: its form and the rows of its condition, as sent or as stored."""

    request: HttpRequest
    form: forms.Form
    rows: Rows
    heading: str
    crumb: str
    note: str
    list_url: str
    list_name: str
    back_url: str
    shown_as: Mapping[str, str]  # field of the model -> field of the form

    def save(self, save: Callable[[dict[str, Any]], Draft]) -> Draft | HttpResponse:
        """What `save` made of the condition; or the page again, with what is wrong."""
        request, problem = self.request, ""
        if request.method == "POST" and "more" not in request.POST and self.form.is_valid():
            try:
                return save(condition_of(self.rows, currency=request.tenant.currency))
            except CodeTaken as taken:
                self.form.add_error("code", str(taken))
            except NotADraft as late:
                self.form.add_error(None, str(late))
            except BadCondition as bad:
                problem = str(bad)
            except ValidationError as bad:
                show_on(self.form, bad, shown_as=self.shown_as)
        wrong = "more" not in request.POST and (self.form.errors or problem)
        context = {
            "editor": self,
            "form": self.form,
            "rows": self.rows,
            "problem": problem,
            "fields": choices(self.rows),
            "operators": operators(),
            "known": known_values(),
        }
        return render(request, "console/draft_edit.html", context, status=422 if wrong else 200)


def condition_rows(request: HttpRequest, stored: Mapping[str, Any] | None = None) -> Rows:
    """The condition as it was sent, else as it is stored."""
    if request.method == "POST":
        return posted(request.POST)
    return rows_of(stored, currency=request.tenant.currency) if stored else Rows("all", ())


def show_on(
    form: forms.Form, bad: ValidationError, *, shown_as: Mapping[str, str] | None = None
) -> None:
    """What a rule says of a model's fields, beside the form's fields that they come from."""
    for name, problems in bad.message_dict.items():
        field = (shown_as or {}).get(name, name)
        form.add_error(field if field in form.fields else None, problems)


def is_draft(one: Draft) -> bool:
    return one.published_at is None and one.discarded_at is None


def seen_of(one: Draft) -> str:
    """The digest of what a page shows of a draft; "" of what is none."""
    terms = campaigning.TERMS if isinstance(one, Campaign) else publishing.TERMS
    return digest_of(one, terms) if is_draft(one) else ""


def seen_in_list(request: HttpRequest, one: Draft) -> str | None:
    """What whoever picked it in a list has seen of it."""
    return request.POST.get(f"seen-{one.pk}")


def needs_other(request: HttpRequest, one: Draft) -> bool:
    """Whether somebody else has to publish it."""
    return is_draft(one) and bool(why_not_alone(request.staff.actor, authors=one.authors))


def decide(request: HttpRequest, act: Callable[[], object], *, done: str) -> None:
    """Publish, discard or end, and say what came of it."""
    try:
        act()
    except (CannotPublish, NotADraft, BadCondition) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)


def actions(may_edit: bool) -> list[tuple[str, Any]]:
    """The buttons above a list of them."""
    return [(name, label) for name, (label, _said) in AT_ONCE.items()] if may_edit else []


def decide_many(
    request: HttpRequest, chosen: Sequence[tuple[str, Draft]], acts: Mapping[str, Act]
) -> None:
    """The action that was sent, of each by itself: one that cannot be decided holds up no other.
    `chosen` are the picked ones with the names that people know them by."""
    action, outcome = request.POST.get("action", ""), Outcome()
    if action not in acts:
        return
    for name, one in chosen:
        try:
            acts[action](one)
        except (CannotPublish, NotADraft, BadCondition) as refusal:
            outcome.refused.append((name, str(refusal)))
        else:
            outcome.done.append(name)
    say(request, outcome, done=str(AT_ONCE[action][1]))
