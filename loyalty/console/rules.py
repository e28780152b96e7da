"""Earning rules: the list with their states, drafts, trying out, publishing."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.conditions import BadCondition
from accounts.models import ActivityKind, Program
from accounts.periods import start_of
from accounts.roles import staff_required
from loyalty.console.condition_rows import (
    Rows,
    choices,
    condition_of,
    operators,
    posted,
    rows_of,
    segment_codes,
)
from loyalty.console.kinds import EDITORS, READERS
from loyalty.console.rule_form import PublishForm, RuleForm, SampleForm, state_of
from loyalty.console.rule_trial import sample_trial
from loyalty.programs import program_choice
from rewards import publishing
from rewards.models import RuleVersion
from rewards.promises import promise_of
from rewards.trying import try_on_past
from rewards.voice import Voice, voice_of

PAST_DAYS = 90
SHOWN = 20


@require_safe
@staff_required(*READERS)
def rule_list(request: HttpRequest) -> HttpResponse:
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    now, voice = timezone.now(), voice_of(request.tenant, choice.chosen.points_name)
    context = {
        "choice": choice,
        "rules": _rules(choice.chosen, voice, now=now),
        "may_edit": request.staff.role in EDITORS,
        "may_set_pair": request.staff.role == "owner",
        "voice": voice,
    }
    return render(request, "console/rules.html", context)


def _rules(program: Program, voice: Voice, *, now: datetime) -> list[dict[str, Any]]:
    """The versions that matter now: in force or to come, drafts, and the last of what ended."""
    names = dict(ActivityKind.objects.values_list("code", "name"))
    versions = (
        RuleVersion.objects.filter(rule__program=program, discarded_at=None)
        .select_related("rule")
        .order_by("rule__name", "rule__code", "-number")
    )
    shown, seen = [], set()
    for version in versions:
        state = state_of(version, now=now)
        if state[0] == "Ended" and version.rule_id in seen:
            continue
        seen.add(version.rule_id)
        promise = promise_of(version, kinds=names, voice=voice)
        shown.append({"version": version, "state": state, "promise": promise})
    return shown


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_rule(request: HttpRequest) -> HttpResponse:
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    form = RuleForm(request.POST or None, is_new=True)
    rows = posted(request.POST) if request.method == "POST" else Rows("all", ())
    context: dict[str, Any] = {"form": form, "rows": rows, "program": choice.chosen}
    if request.method == "POST" and "more" not in request.POST and form.is_valid():
        named = {name: form.cleaned_data[name] for name in ("code", "name", "exclusive_group")}
        try:
            version = publishing.draft_rule(
                program=choice.chosen,
                **named,
                terms=form.terms() | {"condition": _condition(request, rows)},
                actor=request.staff.actor,
                now=timezone.now(),
            )
            messages.success(request, "The draft is saved. Try it out, then publish it.")
            return redirect("console_rule", version_id=version.pk)
        except publishing.CodeTaken as taken:
            form.add_error("code", str(taken))
        except (BadCondition, ValidationError) as bad:
            _tell(form, context, bad)
    return _editor(request, context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def edit_rule(request: HttpRequest, version_id: UUID) -> HttpResponse:
    version = _version(version_id)
    if version.published_at or version.discarded_at:
        messages.error(request, str(publishing.NotADraft()))
        return redirect("console_rule", version_id=version.pk)
    initial = RuleForm.initial_of(version)
    form = RuleForm(request.POST or None, is_new=False, initial=initial)
    stored = rows_of(version.condition, currency=request.tenant.currency)
    rows = posted(request.POST) if request.method == "POST" else stored
    context: dict[str, Any] = {"form": form, "rows": rows, "version": version}
    if request.method == "POST" and "more" not in request.POST and form.is_valid():
        try:
            publishing.change_draft(
                version=version,
                terms=form.terms() | {"condition": _condition(request, rows)},
                actor=request.staff.actor,
                now=timezone.now(),
            )
            messages.success(request, "The draft is saved.")
            return redirect("console_rule", version_id=version.pk)
        except publishing.NotADraft as late:
            form.add_error(None, str(late))
        except (BadCondition, ValidationError) as bad:
            _tell(form, context, bad)
    return _editor(request, context)


def _condition(request: HttpRequest, rows: Rows) -> dict[str, Any]:
    return condition_of(rows, currency=request.tenant.currency)


def _tell(form: RuleForm, context: dict[str, Any], bad: BadCondition | ValidationError) -> None:
    if isinstance(bad, BadCondition):
        context["problem"] = str(bad)
        return
    for field, problems in bad.message_dict.items():
        form.add_error(field if field in form.fields else None, problems)


def _editor(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    form = context["form"]
    context |= {
        "fields": choices(context["rows"]),
        "operators": operators(),
        "segment_codes": segment_codes(),
    }
    wrong = "more" not in request.POST and (form.errors or "problem" in context)
    return render(request, "console/rule_edit.html", context, status=422 if wrong else 200)


@require_safe
@staff_required(*READERS)
def rule_page(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """One version in words, tried out on a sample and on past facts, and what can be done to it."""
    version = _version(version_id)
    now, program = timezone.now(), version.rule.program
    voice = voice_of(request.tenant, program.points_name)
    names = dict(ActivityKind.objects.values_list("code", "name"))
    is_draft = version.published_at is None and version.discarded_at is None
    sample = SampleForm(request.GET if "account" in request.GET else None)
    replayed = None
    if "past" in request.GET:
        since = now - timedelta(days=PAST_DAYS)
        replayed = try_on_past(version, since=since, until=now)
    context = {
        "version": version,
        "state": state_of(version, now=now),
        "promise": promise_of(version, kinds=names, voice=voice),
        "versions": _others(version, now=now),
        "is_draft": is_draft,
        "may_edit": request.staff.role in EDITORS,
        "sample": sample,
        "trial": sample_trial(version, sample, request.tenant, voice),
        "replayed": replayed,
        "compared": replayed.compared[:SHOWN] if replayed else [],
        "past_days": PAST_DAYS,
        "publish": PublishForm(),
        "needs_other": is_draft
        and request.tenant.two_pairs_of_eyes
        and request.staff.actor in version.authors,
        "voice": voice,
    }
    return render(request, "console/rule.html", context)


def _others(version: RuleVersion, *, now: datetime) -> list[tuple[RuleVersion, tuple]]:
    found = version.rule.versions.filter(discarded_at=None).order_by("-number")
    return [(one, state_of(one, now=now)) for one in found]


@require_POST
@staff_required(*EDITORS)
def publish(request: HttpRequest, version_id: UUID) -> HttpResponse:
    version, form = _version(version_id), PublishForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Write the first day like 2026-03-31.")
        return redirect("console_rule", version_id=version.pk)
    day = form.cleaned_data["valid_from"]
    try:
        publishing.publish_version(
            version=version,
            valid_from=start_of(day, request.tenant.zone) if day else None,
            actor=request.staff.actor,
            now=timezone.now(),
        )
    except (publishing.CannotPublish, publishing.NotADraft, BadCondition) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"“{version.rule.name}”, version {version.number} is published.")
    return redirect("console_rule", version_id=version.pk)


@require_POST
@staff_required(*EDITORS)
def discard(request: HttpRequest, version_id: UUID) -> HttpResponse:
    version = _version(version_id)
    try:
        publishing.discard_draft(version=version, actor=request.staff.actor, now=timezone.now())
    except publishing.NotADraft as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The draft is put away.")
    return redirect("console_rules")


@require_POST
@staff_required(*EDITORS)
def end(request: HttpRequest, version_id: UUID) -> HttpResponse:
    version = _version(version_id)
    try:
        publishing.end_rule(
            rule=version.rule, at=None, actor=request.staff.actor, now=timezone.now()
        )
    except publishing.CannotPublish as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"“{version.rule.name}” has ended.")
    return redirect("console_rule", version_id=version.pk)


@require_POST
@staff_required(*EDITORS)
def next_version(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """A draft of the next version, with the terms of this one."""
    version = _version(version_id)
    terms = {name: getattr(version, name) for name in publishing.TERMS}
    draft = publishing.draft_version(
        rule=version.rule, terms=terms, actor=request.staff.actor, now=timezone.now()
    )
    messages.success(request, f"Version {draft.number} is a draft now: change what you want.")
    return redirect("console_rule_edit", version_id=draft.pk)


@require_POST
@staff_required("owner")
def second_pair(request: HttpRequest) -> HttpResponse:
    needed = request.POST.get("needed") == "1"
    publishing.set_second_pair(needed=needed, actor=request.staff.actor, now=timezone.now())
    said = "Drafts are published by somebody else than who wrote them." if needed else "Saved."
    messages.success(request, said)
    return redirect("console_rules")


def _version(version_id: UUID) -> RuleVersion:
    versions = RuleVersion.objects.select_related("rule__program")
    return get_object_or_404(versions, pk=version_id)
