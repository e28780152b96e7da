"""Where one enrollment stands and why: its history with evidence, pins, and invitations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Enrollment
from accounts.periods import last_instant_of
from accounts.roles import staff_required
from loyalty.console.happenings import actor_names
from loyalty.console.kinds import EDITORS, READERS
from loyalty.ladders import criteria_words, ladders_of, progress_now, tiers_in_words
from loyalty.standing_words import standing_words
from rewards.voice import voice_of
from tiers import pinning
from tiers.ladders import Ladder
from tiers.models import Pin, Scheme, TierInvitation
from tiers.models.standings import PinState
from tiers.queries import standings_of

MOST_SHOWN = 60
MOST_PINS = 20
SPLIT = "/"  # between a ladder's code and a tier's, in a choice


class TierChoice(forms.Form):
    """A tier of one of the program's ladders."""

    tier = forms.ChoiceField(label=gettext_lazy("Tier"))

    def __init__(self, *args: Any, ladders: list[Ladder], invited: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tier"].choices = [
            ("", gettext_lazy("Choose a tier")),
            *(
                (f"{one.scheme}{SPLIT}{rung.code}", f"{rung.name} ({one.name})")
                for one in ladders
                for rung in reversed(one.rungs)
                if rung.by_invitation or not invited
            ),
        ]

    def chosen(self, program_id: UUID) -> dict[str, Any]:
        ladder, _, tier = self.cleaned_data["tier"].partition(SPLIT)
        return {"scheme": Scheme.objects.get(program_id=program_id, code=ladder), "tier_code": tier}


class PinForm(TierChoice):
    """A tier set by hand until the end of a day."""

    until = forms.DateField(
        label=gettext_lazy("Until the end of"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Then the account is evaluated."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=pinning.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The partner reads it, too."),
    )


@require_safe
@staff_required(*READERS)
def enrollment_tiers(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    return _page(request, _enrollment(enrollment_id))


def _page(request: HttpRequest, enrollment: Enrollment, **forms_: TierChoice) -> HttpResponse:
    now = timezone.now()
    voice = voice_of(request.tenant, enrollment.program.points_name)
    words = criteria_words(voice=voice, program_id=enrollment.program_id, at=now)
    progress = progress_now([enrollment.pk], as_of=now).get(enrollment.pk, [])
    leading, tracks = tiers_in_words(progress, words=words)
    standings = standings_of([enrollment.pk])[enrollment.pk][:MOST_SHOWN]
    ladders = ladders_of(enrollment.program_id, at=now)
    invitational = any(rung.by_invitation for one in ladders for rung in one.rungs)
    pins = Pin.objects.filter(enrollment=enrollment).select_related("scheme")
    pins = pins.order_by("-asked_at")[:MOST_PINS]
    names = actor_names(who for one in pins for who in (one.asked_by, one.decided_by))
    invitations = TierInvitation.objects.filter(enrollment=enrollment, withdrawn_at=None)
    context = {
        "enrollment": enrollment,
        "voice": voice,
        "tiers": [one for one in (leading, *tracks) if one],
        "standings": standing_words(standings, words=words),
        "pins": [_pin(one, ladders, names, request, now=now) for one in pins],
        "invitations": [
            (one, _tier_name(one.scheme.code, one.tier_code, ladders))
            for one in invitations.select_related("scheme").order_by("-invited_at")
        ],
        "may_edit": request.staff.role in EDITORS,
        "needs_other": request.tenant.two_pairs_of_eyes,
        "pin_form": forms_.get("pin_form") or PinForm(ladders=ladders, invited=False),
        "invite_form": forms_.get("invite_form")
        or (TierChoice(ladders=ladders, invited=True) if invitational else None),
    }
    wrong = any(form.errors for form in forms_.values())
    return render(request, "console/enrollment_tiers.html", context, status=422 if wrong else 200)


def _pin(
    pin: Pin, ladders: list[Ladder], names: dict[str, str], request: HttpRequest, *, now: datetime
) -> dict[str, Any]:
    is_over = pin.state == PinState.HELD and pin.ends_at <= now
    return {
        "pin": pin,
        "tier": _tier_name(pin.scheme.code, pin.tier_code, ladders),
        "state": _("Over") if is_over else pin.get_state_display(),
        "is_held": pin.state == PinState.HELD and not is_over,
        "is_waiting": pin.state == PinState.PROPOSED,
        "is_own": pin.asked_by == request.staff.actor,
        "asked_by": names.get(pin.asked_by),
        "decided_by": names.get(pin.decided_by) if pin.decided_by != pin.asked_by else None,
    }


def _tier_name(ladder: str, code: str, ladders: list[Ladder]) -> str:
    found = next((one.rung(code) for one in ladders if one.scheme == ladder), None)
    return found.name if found else code


@require_http_methods(["POST"])
@staff_required(*EDITORS)
def pin(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment = _enrollment(enrollment_id)
    ladders = ladders_of(enrollment.program_id, at=timezone.now())
    form = PinForm(request.POST, ladders=ladders, invited=False)
    if not form.is_valid():
        return _page(request, enrollment, pin_form=form)
    try:
        asked = pinning.ask_for_pin(
            enrollment=enrollment,
            **form.chosen(enrollment.program_id),
            reason=form.cleaned_data["reason"],
            ends_at=last_instant_of(form.cleaned_data["until"], request.tenant.zone),
            actor=request.staff.actor,
            now=timezone.now(),
        )
    except pinning.CannotPin as refusal:
        form.add_error(None, str(refusal))
        return _page(request, enrollment, pin_form=form)
    waits = asked.state == PinState.PROPOSED
    said = _("Somebody else has to approve it now.") if waits else _("The tier is set.")
    messages.success(request, said)
    return redirect("console_enrollment_tiers", enrollment_id=enrollment.pk)


DECISIONS = {
    "approve": (pinning.approve_pin, gettext_lazy("The tier is set.")),
    "reject": (pinning.reject_pin, gettext_lazy("It is rejected; nothing moved.")),
    "lift": (pinning.lift_pin, gettext_lazy("It has ended, and the account was evaluated.")),
}


@require_POST
@staff_required(*EDITORS)
def decide_pin(request: HttpRequest, pin_id: UUID) -> HttpResponse:
    found = get_object_or_404(Pin.objects.select_related("enrollment", "scheme"), pk=pin_id)
    decide, done = DECISIONS.get(request.POST.get("decision", ""), DECISIONS["reject"])
    try:
        decide(pin=found, actor=request.staff.actor, now=timezone.now())
    except pinning.CannotPin as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("console_enrollment_tiers", enrollment_id=found.enrollment_id)


@require_POST
@staff_required(*EDITORS)
def invite(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment = _enrollment(enrollment_id)
    ladders = ladders_of(enrollment.program_id, at=timezone.now())
    form = TierChoice(request.POST, ladders=ladders, invited=True)
    if not form.is_valid():
        return _page(request, enrollment, invite_form=form)
    try:
        pinning.invite(
            enrollment=enrollment,
            **form.chosen(enrollment.program_id),
            actor=request.staff.actor,
            now=timezone.now(),
        )
    except (pinning.CannotInvite, pinning.CannotPin) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(name)s is invited.") % {"name": enrollment.account.name})
    return redirect("console_enrollment_tiers", enrollment_id=enrollment.pk)


@require_POST
@staff_required(*EDITORS)
def withdraw(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    invitations = TierInvitation.objects.select_related("enrollment__account", "scheme")
    found = get_object_or_404(invitations, pk=invitation_id)
    try:
        pinning.withdraw_invitation(invitation=found, actor=request.staff.actor, now=timezone.now())
    except pinning.CannotInvite as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The invitation is withdrawn."))
    return redirect("console_enrollment_tiers", enrollment_id=found.enrollment_id)


def _enrollment(enrollment_id: UUID) -> Enrollment:
    enrollments = Enrollment.objects.select_related("account", "program")
    return get_object_or_404(enrollments, pk=enrollment_id)
