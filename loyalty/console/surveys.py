"""Satisfaction: surveys, what came of each, who said what; added, changed, and sent by hand."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.ids import uuid7
from accounts.models import Segment
from accounts.roles import staff_required
from loyalty.form_sections import SectionedForm
from loyalty.programs import program_choice
from loyalty.survey_words import answer_text, group_names, score_name, trend_of
from partners.models import Occasion, Scale, Survey
from partners.surveys import results
from partners.surveys.asking import CannotAsk, send_by_hand
from partners.surveys.drafting import BadSurvey, Terms, add_survey, change_survey
from rewards.voice import voice_of
from tiers.queries import ladder_of

READERS = ("owner", "manager", "finance", "analyst")
EDITORS = ("owner", "manager")
PER_PAGE = 20
TERMS = tuple(Terms.__dataclass_fields__)
LONGEST_KEY = 60


class SurveyForm(SectionedForm):
    SECTIONS = (
        (gettext_lazy("What is asked"), ("name", "scale", "question", "follow_up")),
        (gettext_lazy("When, and whom"), ("occasion", "segment", "is_active")),
        (gettext_lazy("How long"), ("open_days", "remind_days")),
    )

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    scale = forms.ChoiceField(label=gettext_lazy("Scale"), choices=Scale.choices)
    question = forms.CharField(label=gettext_lazy("Question"), max_length=300)
    follow_up = forms.CharField(
        label=gettext_lazy("Question for a free text"), max_length=300, required=False
    )
    occasion = forms.ChoiceField(label=gettext_lazy("Sent"), choices=Occasion.choices)
    segment = forms.ModelChoiceField(
        label=gettext_lazy("Only to accounts in"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("All that take part"),
    )
    is_active = forms.BooleanField(
        label=gettext_lazy("It is sent when its time comes"), required=False, initial=True
    )
    open_days = forms.IntegerField(label=gettext_lazy("Days to answer"), min_value=1, max_value=90)
    remind_days = forms.IntegerField(
        label=gettext_lazy("Remind after so many days"),
        min_value=0,
        max_value=89,
        help_text=gettext_lazy("Once, those who have not answered; 0 is never."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["segment"].queryset = Segment.objects.order_by("name")

    def terms(self) -> Terms:
        return Terms(**{name: self.cleaned_data[name] for name in TERMS})


@require_safe
@staff_required(*READERS)
def survey_list(request: HttpRequest) -> HttpResponse:
    found = Survey.objects.select_related("segment").order_by("-is_active", "name")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    surveys = list(page.object_list)
    came = results.results_of(surveys)
    context = {
        "page": page,
        "rows": [(one, came[one.pk], score_name(one.scale)) for one in surveys],
        "may_edit": request.staff.role in EDITORS,
        "voice": voice_of(request.tenant),
    }
    return render(request, "console/surveys.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_survey(request: HttpRequest) -> HttpResponse:
    initial = {"open_days": 21, "remind_days": 7, "scale": Scale.NPS, "occasion": Occasion.HAND}
    form = SurveyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = add_survey(form.terms(), actor=request.staff.actor, now=timezone.now())
        except BadSurvey as bad:
            form.add_error(bad.field or None, str(bad))
        else:
            messages.success(request, _("“%s” is there.") % made.name)
            return redirect("console_survey", made.pk)
    status = 422 if form.errors else 200
    return render(request, "console/survey_edit.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def edit_survey(request: HttpRequest, survey_id: UUID) -> HttpResponse:
    found = get_object_or_404(Survey, pk=survey_id)
    initial = {name: getattr(found, name) for name in TERMS}
    form = SurveyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_survey(found, form.terms(), actor=request.staff.actor, now=timezone.now())
        except BadSurvey as bad:
            form.add_error(bad.field or None, str(bad))
        else:
            messages.success(request, _("“%s” is changed.") % form.cleaned_data["name"])
            return redirect("console_survey", found.pk)
    context = {"form": form, "survey": found}
    status = 422 if form.errors else 200
    return render(request, "console/survey_edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def survey(request: HttpRequest, survey_id: UUID) -> HttpResponse:
    """What came of it (GET); send it now (POST, with the permanent `key` of the sending)."""
    found = get_object_or_404(Survey.objects.select_related("segment"), pk=survey_id)
    may_edit = request.staff.role in EDITORS
    if request.method == "POST" and may_edit:
        return _send(request, found)
    now, voice = timezone.now(), voice_of(request.tenant)
    program = program_choice(request).chosen
    ladder = ladder_of(program_id=program.id, as_of=now) if program else None
    page = Paginator(results.comments_of(found), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "survey": found,
        "came": results.result_of(found),
        "score_name": score_name(found.scale),
        "group_names": group_names(found.scale),
        "regions": results.by_region(found),
        "tiers": (
            results.by_tier(found, program_id=program.id, ladder=ladder)
            if program and ladder
            else []
        ),
        "trend": trend_of(found, voice=voice, now=now),
        "page": page,
        "comments": [(one, answer_text(one)) for one in page.object_list],
        "may_edit": may_edit,
        "key": uuid7(),
        "voice": voice,
    }
    status = 403 if request.method == "POST" else 200
    return render(request, "console/survey.html", context, status=status)


def _send(request: HttpRequest, found: Survey) -> HttpResponse:
    key = request.POST.get("key", "").replace("\x00", "")[:LONGEST_KEY] or str(uuid7())
    try:
        count = send_by_hand(
            found.pk,
            key=key,
            actor=request.staff.actor,
            zone=request.tenant.zone,
            now=timezone.now(),
        )
    except CannotAsk as refused:
        messages.error(request, str(refused))
    else:
        said = ngettext("%d person is asked.", "%d people are asked.", count)
        messages.success(request, said % count)
    return redirect("console_survey", found.pk)
