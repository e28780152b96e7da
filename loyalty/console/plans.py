"""Joint plans with accounts: drawn up, agreed on, kept; and a file of how all of them go."""

import csv
from io import StringIO
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.csvfiles import unexecuted
from accounts.models import Account
from accounts.periods import day_of
from accounts.roles import staff_required
from loyalty.console.happenings import actor_names
from loyalty.file_answer import download
from loyalty.measure_words import measure_words
from loyalty.plan_goals import NoteForm
from loyalty.plan_page import act, goal_forms, plan_context
from loyalty.plan_words import plan_words, progress_words
from partners.models import Plan, Side
from partners.plans.agreeing import MOST_MONTHS, NotNow, draw_up, propose
from partners.plans.progress import starts
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
PLANNERS = ("owner", "manager")
PER_PAGE = 20
MOST_IN_FILE = 1000  # plans; each is a few lines


class PlanForm(forms.Form):
    account = forms.CharField(
        label=gettext_lazy("Account"),
        max_length=64,
        help_text=gettext_lazy("Its number."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    starts_on = forms.TypedChoiceField(label=gettext_lazy("Begins on"))
    months = forms.TypedChoiceField(
        label=gettext_lazy("Lasts for"),
        coerce=int,
        choices=[
            (6, gettext_lazy("Half a year")),
            (12, gettext_lazy("A year")),
            (3, gettext_lazy("A quarter")),
            (MOST_MONTHS, gettext_lazy("Two years")),
        ],
    )
    note = forms.CharField(
        label=gettext_lazy("A word to the partner"), max_length=300, required=False
    )

    def __init__(self, *args: Any, today: Any, voice: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        firsts = {first.isoformat(): first for first in starts(today=today)}
        self.fields["starts_on"].choices = [(key, voice.day(day)) for key, day in firsts.items()]
        self.fields["starts_on"].coerce = lambda key: firsts[key]

    def clean_account(self) -> Account:
        found = Account.objects.filter(number=self.cleaned_data["account"]).first()
        if found is None:
            raise forms.ValidationError(_("There is no account of this number."))
        return found


@require_safe
@staff_required(*READERS)
def plan_list(request: HttpRequest) -> HttpResponse:
    now, voice = timezone.now(), voice_of(request.tenant)
    found = Plan.objects.select_related("account").prefetch_related("versions")
    page = Paginator(found.order_by("-starts_on", "-id"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    today = day_of(now, request.tenant.zone)
    context = {
        "page": page,
        "rows": [plan_words(one, list(one.versions.all()), (), today=today) for one in page],
        "may_edit": request.staff.role in PLANNERS,
        "voice": voice,
    }
    return render(request, "console/plans.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*PLANNERS)
def new_plan(request: HttpRequest) -> HttpResponse:
    now, voice = timezone.now(), voice_of(request.tenant)
    today = day_of(now, request.tenant.zone)
    initial = {
        "account": request.GET.get("account", "")[:64],
        "starts_on": today.replace(day=1).isoformat(),
        "months": 12,
    }
    form = PlanForm(request.POST or None, initial=initial, today=today, voice=voice)
    goals = goal_forms(None, request.POST or None, voice=voice)
    # both are looked at, so that all that is wrong is said at once
    if request.method == "POST" and all([form.is_valid(), goals.are_valid()]):
        said = dict(form.cleaned_data)
        try:
            made = draw_up(
                said.pop("account"), goals=goals.goals(), by=request.staff.actor, now=now, **said
            )
        except NotNow as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("“%s” is proposed to the partner.") % made.name)
            return redirect("console_plan", made.pk)
    context = {"form": form, "goals": goals, "voice": voice}
    status = 422 if request.method == "POST" else 200
    return render(request, "console/plan_edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def plan(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    found = get_object_or_404(Plan.objects.select_related("account"), pk=plan_id)
    now, voice = timezone.now(), voice_of(request.tenant)
    may_act = request.staff.role in PLANNERS
    by, context = request.staff.actor, {}
    if request.method == "POST" and may_act:
        try:
            said = act(found, request.POST, side=Side.COMPANY, by=by, now=now)
        except NotNow as refused:
            context = {"refused": str(refused), "typed": request.POST.get("note", "")}
        else:
            messages.success(request, said)
            return redirect("console_plan", plan_id)
    context |= plan_context(
        found,
        tenant=request.tenant,
        voice=voice,
        side=Side.COMPANY,
        by=by,
        may_act=may_act,
        now=now,
    )
    context |= {"voice": voice, "people": actor_names({one.noted_by for one in context["notes"]})}
    status = 422 if "refused" in context else 403 if request.method == "POST" else 200
    return render(request, "console/plan.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*PLANNERS)
def next_version(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    found = get_object_or_404(Plan.objects.select_related("account"), pk=plan_id)
    voice = voice_of(request.tenant)
    form = NoteForm(request.POST or None)
    goals = goal_forms(found, request.POST or None, voice=voice)
    if request.method == "POST" and all([form.is_valid(), goals.are_valid()]):
        try:
            propose(
                found.pk,
                goals=goals.goals(),
                note=form.cleaned_data["note"],
                side=Side.COMPANY,
                by=request.staff.actor,
                now=timezone.now(),
            )
        except NotNow as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The change of “%s” is proposed.") % found.name)
            return redirect("console_plan", plan_id)
    context = {"form": form, "goals": goals, "plan": found, "voice": voice}
    status = 422 if request.method == "POST" else 200
    return render(request, "console/plan_edit.html", context, status=status)


@require_safe
@staff_required(*READERS)
def plan_file(request: HttpRequest) -> HttpResponse:
    """How all goals of all plans go, a line for each; the latest plans first."""
    now, voice = timezone.now(), voice_of(request.tenant)
    words = measure_words(voice)
    text = StringIO()
    rows = csv.writer(text)
    rows.writerow(
        ["account", "plan", "starts_on", "ends_on", "goal", "side", "due_on", "wanted", "reached",
         "percent"]
    )  # fmt: skip
    found = Plan.objects.select_related("account").order_by("-starts_on", "-id")
    plans = list(found[:MOST_IN_FILE])
    told = progress_words(plans, words=words, zone=request.tenant.zone, now=now)
    for one in plans:
        for goal in told[one.pk]:
            cells = [one.account.number, one.name, one.starts_on, one.ends_on, goal.goal.title,
                     goal.goal.side, goal.goal.due_on or "", goal.wanted, goal.reached,
                     goal.percent]  # fmt: skip
            rows.writerow([unexecuted(str(cell)) for cell in cells])
    return download(text.getvalue().encode("utf-8-sig"), name="plans.csv")
