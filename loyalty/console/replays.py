"""Replays: a stretch of history under drafts, beside what happened."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import JobRun, Program
from accounts.models.job import JobState
from accounts.periods import add_months, day_of
from accounts.roles import staff_required
from loyalty.console.kinds import EDITORS, READERS
from loyalty.console.list_page import list_answer
from loyalty.file_answer import download
from loyalty.lists import REPLAYS
from loyalty.programs import program_choice
from rewards.models import RuleVersion
from rewards.promises import expiry_text
from rewards.replay import Draft, jobs
from rewards.replay.scratch import MOST_ACCOUNTS, MOST_FACTS
from rewards.tasks import run_replay
from rewards.voice import Voice, voice_of
from tiers.models import SchemeVersion, State

LABELS = {
    "opening": gettext_lazy("Outstanding before"),
    "earned": gettext_lazy("Earned"),
    "taken_back": gettext_lazy("Taken back by returns"),
    "expired": gettext_lazy("Expired"),
    "spent": gettext_lazy("Spent"),
    "corrected": gettext_lazy("Corrected by hand"),
    "closing": gettext_lazy("Outstanding at the end"),
}
EXPIRIES = {
    "": gettext_lazy("As it is"),
    "never": gettext_lazy("Never"),
    "quarter": gettext_lazy("End of the quarter"),
    "year": gettext_lazy("End of the year"),
    "months": gettext_lazy("A number of months"),
}


class ReplayForm(forms.Form):
    """What to try, on which days, and what a point costs."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("To know it again by.")
    )
    since = forms.DateField(
        label=gettext_lazy("From"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("The first day."),
    )
    until = forms.DateField(
        label=gettext_lazy("Before"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("The day after the last one."),
    )
    rules = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label=gettext_lazy("Drafts of rules")
    )
    tiers = forms.ChoiceField(required=False, label=gettext_lazy("Draft of tiers"))
    expiry = forms.ChoiceField(
        required=False,
        choices=EXPIRIES.items(),
        label=gettext_lazy("Points expire"),
        help_text=gettext_lazy("From that day."),
    )
    expiry_number = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=120,
        label=gettext_lazy("Periods more, or months"),
        help_text=gettext_lazy("How many periods after that end, or how many months."),
    )
    point_cost = forms.DecimalField(
        label=gettext_lazy("Point cost"),
        min_value=0,
        max_digits=10,
        decimal_places=6,
        initial=Decimal("0.01"),
    )

    def __init__(self, *args: Any, program: Program, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = RuleVersion.objects.filter(
            rule__program=program, published_at=None, discarded_at=None
        ).select_related("rule")
        self.fields["rules"].choices = [
            (
                str(one.pk),
                _("%(name)s, version %(number)s") % {"name": one.rule.name, "number": one.number},
            )
            for one in rules.order_by("rule__name", "number")
        ]
        tiers = SchemeVersion.objects.filter(scheme__program=program, state=State.DRAFT)
        self.fields["tiers"].choices = [
            ("", _("None")),
            *(
                (
                    str(one.pk),
                    _("%(name)s, version %(number)s")
                    % {"name": one.scheme.name, "number": one.number},
                )
                for one in tiers.select_related("scheme").order_by("scheme__name", "number")
            ),
        ]
        self.fields["point_cost"].label = _("What a point costs, in %(currency)s") % {
            "currency": currency
        }

    def draft(self) -> Draft:
        said = self.cleaned_data
        return Draft(
            rules=tuple(UUID(one) for one in said["rules"]),
            tiers=UUID(said["tiers"]) if said["tiers"] else None,
            expiry=self._expiry(),
        )

    def _expiry(self) -> dict[str, Any] | None:
        said, number = self.cleaned_data["expiry"], self.cleaned_data["expiry_number"]
        if not said:
            return None
        if said == "months":
            return {"policy": "months", "months": number or 12}
        if said == "never":
            return {"policy": "never"}
        return {"policy": f"{said}_end", "plus": number or 0}


@require_safe
@staff_required(*READERS)
def replay_list(request: HttpRequest) -> HttpResponse:
    may_edit = request.staff.role in EDITORS
    return list_answer(
        request, REPLAYS, "console/replays.html", rows=lambda runs: runs, may_edit=may_edit
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_replay(request: HttpRequest) -> HttpResponse:
    choice, now = program_choice(request), timezone.now()
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    today = day_of(now, request.tenant.zone)
    form = ReplayForm(
        request.POST or None,
        program=choice.chosen,
        currency=request.tenant.currency,
        initial=_last_quarter(today) | {"tiers": request.GET.get("tiers", "")},
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            run = jobs.ask_for(
                program=choice.chosen,
                name=said["name"],
                draft=form.draft(),
                since=said["since"],
                until=said["until"],
                point_cost=said["point_cost"],
                actor=request.staff.actor,
                today=today,
                now=now,
            )
        except jobs.CannotReplay as refusal:
            form.add_error(None, str(refusal))
        else:
            message = {"tenant_id": str(request.tenant.id), "run_id": str(run.pk)}
            run_replay.delay_on_commit(**message)  # pyrefly: ignore[not-callable]
            return redirect("console_replay", run_id=run.pk)
    context = {
        "form": form,
        "choice": choice,
        "most_accounts": MOST_ACCOUNTS,
        "most_facts": MOST_FACTS,
        "longest_days": jobs.LONGEST_DAYS,
        "voice": voice_of(request.tenant),
    }
    return render(request, "console/replay_new.html", context, status=422 if form.errors else 200)


def _last_quarter(today: date) -> dict[str, Any]:
    """The three whole months before this one."""
    until = today.replace(day=1)
    return {"since": add_months(until, -3), "until": until, "name": _("The last three months")}


@require_safe
@staff_required(*READERS)
def replay(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """With its progress; htmx asks for the same page again and takes that part out of it."""
    run = get_object_or_404(JobRun, pk=run_id, job=jobs.JOB)
    program = get_object_or_404(Program, pk=run.outcome["program"])
    voice = voice_of(request.tenant, program.points_name)
    is_open = run.state == JobState.RUNNING
    context = {
        "run": run,
        "program": program,
        "is_polled": is_open,
        "percent": jobs.progress_of(run) // 10 if is_open else 100,
        "since": date.fromisoformat(run.outcome["since"]),
        "until": date.fromisoformat(run.outcome["until"]),
        "tried": _tried(run, voice),
        "voice": voice,
    }
    if run.state == JobState.DONE:
        context |= _result(run, voice)
    return render(request, "console/replay.html", context)


def _tried(run: JobRun, voice: Voice) -> list[str]:
    """What was different in it."""
    rules = RuleVersion.objects.filter(pk__in=run.outcome["rules"]).select_related("rule")
    said = [
        _("%(name)s, version %(number)s") % {"name": one.rule.name, "number": one.number}
        for one in rules.order_by("rule__name")
    ]
    if run.outcome["tiers"]:
        version = SchemeVersion.objects.select_related("scheme").get(pk=run.outcome["tiers"])
        said.append(
            _("%(name)s, version %(number)s")
            % {"name": version.scheme.name, "number": version.number}
        )
    if run.outcome["expiry"] is not None:
        said.append(expiry_text(run.outcome["expiry"], voice=voice))
    return said


def _result(run: JobRun, voice: Voice) -> dict[str, Any]:
    was, would = run.outcome["was"], run.outcome["would"]
    cost = {"point_cost": Decimal(run.outcome["point_cost"]), "currency": voice.currency}
    rows = [
        (label, was[name], would[name], would[name] - was[name]) for name, label in LABELS.items()
    ]
    money = [
        (label, *(jobs.cost_of(side[name], **cost) for side in (was, would)))
        for name, label in (
            ("earned", _("Cost of what was earned")),
            ("closing", _("Liability at the end")),
        )
    ]
    names = sorted({*run.outcome["tiers_was"], *run.outcome["tiers_would"]})
    return {
        "rows": rows,
        "money": [(label, one, other, other - one) for label, one, other in money],
        "tiers": [
            (
                name or _("None"),
                run.outcome["tiers_was"].get(name, 0),
                run.outcome["tiers_would"].get(name, 0),
            )
            for name in names
        ],
        "most": run.outcome["most"],
        "refused": sorted(run.outcome.get("refused", {}).items()),
    }


@require_safe
@staff_required(*READERS)
def replay_file(request: HttpRequest, run_id: UUID) -> Any:
    """Every account with both sides, never shown by a browser but saved."""
    run = get_object_or_404(JobRun, pk=run_id, job=jobs.JOB, state=JobState.DONE)
    try:
        file = default_storage.open(run.outcome["file"], "rb")
    except FileNotFoundError:
        raise Http404 from None
    return download(file, name="replay.csv")
