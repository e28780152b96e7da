"""Up to where each role adjusts points alone: seen by all who read, set by owners and finance."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Event, Program
from accounts.models.people import StaffRole
from accounts.roles import staff_required
from loyalty.console.adjustment_forms import MOST
from loyalty.console.adjustments import ADJUSTERS, READERS
from loyalty.console.happenings import actor_names
from loyalty.programs import program_choice
from rewards.correction_terms import limits_of, save_limits, terms_of
from rewards.models.corrections import ANY_KEY, LIMITED
from rewards.voice import Voice, voice_of

SETTERS = (StaffRole.OWNER, StaffRole.FINANCE)
LABELS = dict(LIMITED)
HISTORY = 20


class LimitsForm(forms.Form):
    """A field for each role that adjusts; left empty, the program's limit holds for it."""

    prefix = None

    def __init__(self, data: Any, *, limits: dict[str, int], usual: str) -> None:
        super().__init__(data)
        for role in (*ADJUSTERS, ANY_KEY):
            self.fields[f"role_{role}"] = forms.IntegerField(
                label=LABELS[role],
                required=False,
                min_value=0,
                max_value=MOST,
                initial=limits.get(role),
                help_text=_(
                    "Left empty: %(usual)s, as the program says. 0 asks for approval always."
                )
                % {"usual": usual},
            )

    @property
    def limits(self) -> dict[str, int | None]:
        return {name.removeprefix("role_"): most for name, most in self.cleaned_data.items()}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def limits(request: HttpRequest) -> HttpResponse:
    may_set = request.staff.role in SETTERS
    if request.method == "POST" and not may_set:
        raise PermissionDenied
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    program, voice = choice.chosen, voice_of(request.tenant, choice.chosen.points_name)
    usual = voice.amount(terms_of(program.pk).approval_above, "points")
    form = LimitsForm(request.POST or None, limits=limits_of(program.pk), usual=usual)
    if request.method == "POST" and form.is_valid():
        has_changed = save_limits(
            program_id=program.pk,
            limits=form.limits,
            actor=request.staff.actor,
            now=timezone.now(),
        )
        said = _("The limits are saved.") if has_changed else _("The limits are as they were.")
        messages.success(request, said)
        return redirect(request.get_full_path())
    context = {
        "form": form,
        "choice": choice,
        "voice": voice,
        "usual": usual,
        "may_set": may_set,
        "own": _told(limits_of(program.pk), voice),
        "history": _history(program, voice),
    }
    status = 422 if form.errors else 200
    return render(request, "console/adjustment_limits.html", context, status=status)


def _told(limits: dict[str, int], voice: Voice) -> list[tuple[str, str]]:
    """(role, limit) in words, in the order of the roles."""
    return [
        (str(label), voice.amount(limits[role], "points"))
        for role, label in LIMITED
        if role in limits
    ]


def _history(program: Program, voice: Voice) -> list[dict[str, Any]]:
    """Who set what when, the newest first."""
    events = list(
        Event.objects.filter(
            kind="program.limits_changed", subject=f"program:{program.pk}"
        ).order_by("-occurred_at", "-id")[:HISTORY]
    )
    names = actor_names({event.actor for event in events})
    return [
        {
            "at": event.occurred_at,
            "by": names.get(event.actor, _("the system")),
            "changes": _changes(event.payload["before"], event.payload["after"], voice),
        }
        for event in events
    ]


def _changes(before: dict[str, int], after: dict[str, int], voice: Voice) -> list[str]:
    def said(limits: dict[str, int], role: str) -> str:
        return voice.number(limits[role]) if role in limits else _("as the program says")

    return [
        f"{label}: {said(before, role)} → {said(after, role)}"
        for role, label in LIMITED
        if before.get(role) != after.get(role)
    ]
