"""Everybody's own choices: language, quiet hours; of each kind, where they hear and how often."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.choices import time_zones
from accounts.models import NoticeManners, Tenant
from accounts.models.notice import Frequency
from accounts.notices.kinds import Kind
from accounts.notices.manners import Choice, change_choices, change_manners, choices_of, terms
from accounts.notices.wording import languages
from accounts.roles import place_required
from loyalty.notices.reader import actor_of, frame_of, is_rep, own_kinds, reader_of


class MannersForm(forms.Form):
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        help_text=_("Without a choice, pages are in the language of your browser."),
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)
    quiet_from = forms.TimeField(
        label=_("Quiet from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("No emails from then on, by your own clock."),
    )
    quiet_until = forms.TimeField(
        label=_("Quiet until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("Then you get what has come up meanwhile."),
    )

    single_keys = forms.BooleanField(
        label=_("Keys without Ctrl or Alt are shortcuts"),
        required=False,
        initial=True,
        help_text=_("Turn them off where you speak to your computer, or press keys by accident."),
    )

    def __init__(self, *args, tenant: Tenant, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        usual = languages()[terms().language]
        self.fields["language"].choices = [
            (
                "",
                gettext("As {company} writes ({language})").format(
                    company=tenant.name, language=usual
                ),
            ),
            *languages().items(),
        ]
        said = gettext("That of {company} ({zone})")
        own_zone = said.format(company=tenant.name, zone=tenant.time_zone)
        zones = [("", own_zone), *time_zones()]
        self.fields["time_zone"].choices = zones

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "quiet_from" in said and "quiet_until" in said:
            if (said["quiet_from"] is None) != (said["quiet_until"] is None):
                missing = "quiet_from" if said["quiet_from"] is None else "quiet_until"
                self.add_error(missing, gettext("Quiet hours have a beginning and an end."))
            elif said["quiet_from"] and said["quiet_from"] == said["quiet_until"]:
                self.add_error(
                    "quiet_until", gettext("They would be over at once: choose another end.")
                )
        return said


@dataclass(frozen=True, slots=True)
class Row:
    kind: Kind
    in_inbox: BoundField | None
    by_letter: BoundField


class ChoicesForm(forms.Form):
    """Two fields for each kind: `inbox_<kind>`, unless it is always there, and `letter_<kind>`."""

    def __init__(self, *args, kinds: list[Kind], chosen: Mapping[str, Choice], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = kinds
        for kind in kinds:
            now = chosen[kind.code]
            if kind.may_unsubscribe:
                self.fields[f"inbox_{kind.code}"] = forms.BooleanField(
                    label=gettext("{kind} in your inbox").format(kind=gettext(kind.name)),
                    required=False,
                    initial=now.in_inbox,
                )
            self.fields[f"letter_{kind.code}"] = forms.ChoiceField(
                label=gettext("Emails: {kind}").format(kind=gettext(kind.name)),
                choices=[(one, Frequency(one).label) for one in kind.may_choose],
                initial=now.by_letter,
                widget=forms.Select(attrs={"class": "input"}),
            )

    def rows(self) -> Iterator[Row]:
        for kind in self.kinds:
            inbox = self[f"inbox_{kind.code}"] if kind.may_unsubscribe else None
            yield Row(kind, inbox, self[f"letter_{kind.code}"])

    def choices(self) -> dict[str, Choice]:
        said = self.cleaned_data
        return {
            kind.code: Choice(
                in_inbox=said.get(f"inbox_{kind.code}", True),
                by_letter=Frequency(said[f"letter_{kind.code}"]),
            )
            for kind in self.kinds
        }


@require_http_methods(["GET", "HEAD", "POST"])
@place_required()
def choices(request: HttpRequest) -> HttpResponse:
    kinds = own_kinds(request)
    as_rep = is_rep(request) and not request.members
    reader = reader_of(request)
    chosen = choices_of(reader, kinds=kinds, is_rep=as_rep)
    posted = request.POST or None
    manners = MannersForm(posted, tenant=request.tenant, initial=_now_is(request))
    each = ChoicesForm(posted, kinds=kinds, chosen=chosen)
    if request.method == "POST" and manners.is_valid() and each.is_valid():
        change_manners(user=reader, **manners.cleaned_data)
        if kinds:
            actor, now = actor_of(request), timezone.now()
            change_choices(user=reader, choices=each.choices(), actor=actor, now=now)
        with override(manners.cleaned_data["language"] or get_language()):
            messages.success(request, gettext("Saved: it holds from now on."))
        return redirect("notice_choices")
    context = {"frame": frame_of(request), "manners": manners, "each": each, "kinds": kinds}
    status = 422 if manners.errors or each.errors else 200
    return render(request, "notices/choices.html", context, status=status)


def _now_is(request: HttpRequest) -> dict[str, Any]:
    found = NoticeManners.objects.filter(user=reader_of(request)).first()
    fields = ("language", "time_zone", "quiet_from", "quiet_until", "single_keys")
    return {field: getattr(found, field) for field in fields} if found else {}
