"""The jobs of the schedule: what each does, how its last run went, when the next one comes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import clock, progress
from accounts.ids import uuid7
from accounts.models import JobRun
from accounts.models.people import StaffRole
from accounts.postgres.statements import ask
from accounts.roles import staff_required
from loyalty import nightly, timetable
from loyalty.console.happenings import actor_names
from loyalty.console.job_words import RUNNING, WAITING, RunWords, run_words
from loyalty.timetable import JOBS, Job
from rewards import payouts
from rewards.voice import Voice, voice_of

READERS = ("owner", "manager", "finance", "analyst")
EDITORS = ("owner", "manager")
PER_PAGE = 50


class RunForm(forms.Form):
    identity = forms.UUIDField(label=gettext_lazy("Identity"), widget=forms.HiddenInput)


class LiftForm(forms.Form):
    reason = forms.CharField(
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("Why payouts may go on"),
        help_text=gettext_lazy("It is kept for good, with your name."),
    )


@require_safe
@staff_required(*READERS)
def job_list(request: HttpRequest) -> HttpResponse:
    now, voice = timezone.now(), voice_of(request.tenant)
    last = _last_runs(now=now, voice=voice)
    ((reached, holder),) = ask(clock.state())
    context = {
        "voice": voice,
        "rows": [_row(job, last, now=now, voice=voice) for job in JOBS.values()],
        "reached": reached,
        "is_held": bool(holder),
        "may_run": request.staff.role in EDITORS,
    }
    return render(request, "console/jobs.html", context)


@require_safe
@staff_required(*READERS)
def job(request: HttpRequest, code: str) -> HttpResponse:
    """One of them with its history; htmx asks for the same page while a run is at work."""
    found = _one(code)
    now, voice = timezone.now(), voice_of(request.tenant)
    runs = JobRun.objects.filter(job__in=_codes([found])).order_by("-started_at", "-id")
    page = Paginator(runs, PER_PAGE).get_page(request.GET.get("page"))
    names = {found.code: found.name} | {part.code: part.name for part in found.parts}
    rows = [(names[words.run.job], words) for words in _told(page, now=now, voice=voice)]
    context = {
        "job": found,
        "often": timetable.often(found),
        "next": timetable.next_run(found, after=now, zone=voice.zone),
        "page": page,
        "rows": rows,
        "is_polled": any(words.look in (WAITING, RUNNING) for _name, words in rows),
        "identity": uuid7(),
        "may_run": request.staff.role in EDITORS,
        "voice": voice,
    }
    return render(request, "console/job.html", context)


@require_POST
@staff_required(*EDITORS)
def run_again(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for a run now. Whatever is done already is not done again."""
    found, form = _one(code), RunForm(request.POST)
    if not form.is_valid():
        raise Http404
    asked: UUID = form.cleaned_data["identity"]
    is_new = progress.ask_for(
        found.code, identity=asked, actor=request.staff.actor, now=timezone.now()
    )
    if is_new:
        about = {"tenant_id": str(request.tenant.pk), "asked": str(asked)}
        # A broker that is away loses nothing: the sweep sends the message later.
        transaction.on_commit(lambda: timetable.send(found.code, **about), robust=True)
        messages.success(
            request, _("“%(name)s” runs as soon as a worker is free.") % {"name": found.name}
        )
    else:
        messages.info(request, _("“%(name)s” was asked for already.") % {"name": found.name})
    return redirect("console_job", code=found.code)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def stopped_payouts(request: HttpRequest) -> HttpResponse:
    """Whether anything is handed out, why not, and (POST, by an owner) that it goes on."""
    form, status = LiftForm(request.POST or None), 200
    if request.method == "POST":
        if request.staff.role != StaffRole.OWNER:
            raise PermissionDenied
        status = 422
        if form.is_valid():
            try:
                payouts.lift(actor=request.staff, now=timezone.now(), **form.cleaned_data)
            except (payouts.NotStopped, payouts.NoReason) as refusal:
                form.add_error(None, str(refusal))
                status = 409
            else:
                messages.success(request, _("Payouts go on. The next check looks again."))
                return redirect("console_payouts")
    last = nightly.last_check()
    context = {
        "form": form,
        "since": request.tenant.payouts_stopped_at,
        "last": last,
        "violations": last.outcome["violations"] if last else [],
        "may_lift": request.staff.role == StaffRole.OWNER,
        "voice": voice_of(request.tenant),
    }
    return render(request, "console/payouts.html", context, status=status)


def _one(code: str) -> Job:
    if code not in JOBS:
        raise Http404
    return JOBS[code]


def _codes(jobs: Iterable[Job]) -> list[str]:
    return [code for job in jobs for code in (job.code, *(part.code for part in job.parts))]


def _last_runs(*, now: datetime, voice: Voice) -> dict[str, RunWords]:
    """Of each job and each part, the last run."""
    runs = JobRun.objects.filter(job__in=_codes(JOBS.values()))
    last = runs.order_by("job", "-started_at", "-id").distinct("job")
    return {words.run.job: words for words in _told(last, now=now, voice=voice)}


def _told(runs: Iterable[JobRun], *, now: datetime, voice: Voice) -> list[RunWords]:
    found = list(runs)
    names = actor_names({run.outcome.get("asked_by", "") for run in found})
    return [run_words(run, voice=voice, now=now, names=names) for run in found]


def _row(job: Job, last: dict[str, RunWords], *, now: datetime, voice: Voice) -> dict[str, Any]:
    return {
        "job": job,
        "often": timetable.often(job),
        "last": last.get(job.code),
        "next": timetable.next_run(job, after=now, zone=voice.zone),
        "identity": uuid7(),
        "parts": [
            {
                "part": part,
                "last": last.get(part.code),
                "next": timetable.next_of_part(job, part, after=now, zone=voice.zone),
            }
            for part in job.parts
        ],
    }
