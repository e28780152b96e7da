"""What partner and tenant do together: questions, support, plans; each leads to its page."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models.people import PortalRole
from accounts.periods import day_of
from accounts.roles import member_required
from loyalty.plan_words import plan_words
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from loyalty.support_words import support_words
from loyalty.survey_words import answer_text, ends_of
from partners.models import Plan, Scale, SupportRequest, SupportType, SurveyAsked
from partners.surveys.answering import LONGEST_COMMENT, RANGES, CannotAnswer, answer
from partners.surveys.results import open_for
from rewards.voice import voice_of

MOST = 20
ACTORS = (PortalRole.ADMIN, PortalRole.MEMBER)


class AnswerForm(forms.Form):
    value = forms.TypedChoiceField(
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a number.")},
    )
    comment = forms.CharField(
        max_length=LONGEST_COMMENT, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, asked: SurveyAsked, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        least, most = RANGES[Scale(asked.scale)]
        lowest, highest = ends_of(asked.scale)
        said = {least: f"{least} – {lowest}", most: f"{most} – {highest}"}
        self.fields["value"].choices = [
            (number, said.get(number, str(number))) for number in range(least, most + 1)
        ]
        self.fields["value"].label = asked.survey.question
        self.fields["comment"].label = asked.survey.follow_up or _("Anything to add?")


@require_safe
@member_required()
def together(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    context = about(request, enrollment_id)
    account_id = context["enrollment"].account_id
    asked = SupportRequest.objects.filter(account_id=account_id).select_related("type", "assigned")
    today = day_of(context["now"], request.tenant.zone)
    context["requests"] = support_words(asked.order_by("-asked_at", "-id")[:MOST], today=today)
    context["offers_support"] = SupportType.objects.filter(is_active=True).exists()
    context["may_ask"] = context["member"].portal_role in ACTORS
    plans = Plan.objects.filter(account_id=account_id).prefetch_related("versions")
    context["plans"] = [
        plan_words(one, list(one.versions.all()), (), today=today)
        for one in plans.order_by("-starts_on", "-id")[:MOST]
    ]
    context["surveys"] = open_for([context["member"]], now=context["now"])[:MOST]
    return render(request, "portal/together.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def survey(request: HttpRequest, enrollment_id: UUID, asked_id: UUID) -> HttpResponse:
    """One's own only: of what colleagues are asked nobody sees anything."""
    context = about(request, enrollment_id)
    mine = SurveyAsked.objects.filter(member=context["member"]).select_related("survey")
    found = get_object_or_404(mine, pk=asked_id)
    form = AnswerForm(request.POST or None, asked=found)
    if request.method == "POST" and form.is_valid():
        try:
            answer(
                found.pk,
                member=context["member"],
                value=form.cleaned_data["value"],
                comment=form.cleaned_data["comment"],
                zone=request.tenant.zone,
                now=context["now"],
            )
        except CannotAnswer as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Thank you. %s reads it.") % request.tenant.name)
            return redirect("portal_together", enrollment_id)
    context |= {
        "asked": found,
        "form": form,
        "is_open": found.answered_at is None and found.closes_at > context["now"],
        "answered": answer_text(found) if found.answered_at else "",
    }
    status = 422 if form.errors else 200
    return render(request, "portal/survey.html", context, status=status)


def about(request: HttpRequest, enrollment_id: UUID) -> dict[str, Any]:
    """What every page here begins with: whose it is, and who reads."""
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    return {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "member": member_at(request, enrollment),
        "voice": voice_of(request.tenant, enrollment.program.points_name),
        "now": timezone.now(),
    }
