"""One earning rule: its drafts, trying out, publishing."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.kinds import kind_names
from accounts.periods import start_of
from accounts.roles import staff_required
from loyalty.console.drafts import (
    Editor,
    condition_rows,
    decide,
    is_draft,
    needs_other,
    seen_of,
)
from loyalty.console.kinds import EDITORS, READERS
from loyalty.console.rule_form import PublishForm, RuleForm, SampleForm
from loyalty.console.rule_trial import sample_trial
from loyalty.programs import program_choice
from loyalty.published_words import CALLED_OFF, IN_FORCE, SCHEDULED, Look, look_of_rule
from rewards import publishing
from rewards.conflicts import cautions_for_rule
from rewards.models import RuleVersion
from rewards.promises import promise_of
from rewards.trying import try_on_past
from rewards.voice import voice_of

PAST_DAYS = 90
SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_rule(request: HttpRequest) -> HttpResponse:
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    program, form = choice.chosen, RuleForm(request.POST or None, is_new=True)

    def save(condition: dict[str, Any]) -> RuleVersion:
        named = {name: form.cleaned_data[name] for name in ("code", "name", "exclusive_group")}
        return publishing.draft_rule(
            program=program,
            **named,
            terms=form.terms() | {"condition": condition},
            actor=request.staff.actor,
            now=timezone.now(),
        )

    saved = _editor(request, form).save(save)
    if isinstance(saved, HttpResponse):
        return saved
    messages.success(request, _("The draft is saved. Try it out, then publish it."))
    return redirect("console_rule", version_id=saved.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def edit_rule(request: HttpRequest, version_id: UUID) -> HttpResponse:
    version = _version(version_id)
    if not is_draft(version):
        messages.error(request, str(publishing.NotADraft()))
        return redirect("console_rule", version_id=version.pk)
    form = RuleForm(request.POST or None, is_new=False, initial=RuleForm.initial_of(version))

    def save(condition: dict[str, Any]) -> RuleVersion:
        return publishing.change_draft(
            version=version,
            terms=form.terms() | {"condition": condition},
            actor=request.staff.actor,
            now=timezone.now(),
        )

    saved = _editor(request, form, version).save(save)
    if isinstance(saved, HttpResponse):
        return saved
    messages.success(request, _("The draft is saved."))
    return redirect("console_rule", version_id=saved.pk)


def _editor(request: HttpRequest, form: RuleForm, version: RuleVersion | None = None) -> Editor:
    listed = reverse("console_rules")
    return Editor(
        request=request,
        form=form,
        rows=condition_rows(request, version.condition if version else None),
        heading=version.rule.name if version else _("New rule"),
        crumb=_("%(code)s, version %(number)s")
        % {"code": version.rule.code, "number": version.number}
        if version
        else _("New"),
        note=_("A draft: nothing earns by it until it is published.")
        if version
        else _("It starts as a draft: nothing earns by it until it is published."),
        list_url=listed,
        list_name=_("Rules"),
        back_url=reverse("console_rule", args=[version.pk]) if version else listed,
        shown_as={},
    )


@require_safe
@staff_required(*READERS)
def rule_page(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """One version in words, tried out on a sample and on past facts, and what can be done to it."""
    version = _version(version_id)
    now, program = timezone.now(), version.rule.program
    voice = voice_of(request.tenant, program.points_name)
    names = kind_names()
    local = now.astimezone(request.tenant.zone).replace(tzinfo=None)
    asked = request.GET if "account" in request.GET else None
    sample = SampleForm(asked, initial={"occurred_at": local})
    replayed = None
    if "past" in request.GET:
        since = now - timedelta(days=PAST_DAYS)
        replayed = try_on_past(version, since=since, until=now)
    context = {
        "version": version,
        "look": look_of_rule(version, now=now),
        "is_scheduled": look_of_rule(version, now=now) == SCHEDULED,
        "is_called_off": look_of_rule(version, now=now) == CALLED_OFF,
        "is_published": look_of_rule(version, now=now) == IN_FORCE,
        "promise": promise_of(version, kinds=names, voice=voice),
        "versions": _others(version, now=now),
        "is_draft": is_draft(version),
        "cautions": cautions_for_rule(version, starts=now, voice=voice)
        if is_draft(version)
        else [],
        "may_edit": request.staff.role in EDITORS,
        "sample": sample,
        "trial": sample_trial(version, sample, request.tenant, voice),
        "replayed": replayed,
        "compared": [one for one in replayed.compared if one.would or one.was][:SHOWN]
        if replayed
        else [],
        "past_days": PAST_DAYS,
        "publish": PublishForm(),
        "needs_other": needs_other(request, version),
        "seen": seen_of(version),
        "voice": voice,
    }
    return render(request, "console/rule.html", context)


def _others(version: RuleVersion, *, now: datetime) -> list[tuple[RuleVersion, Look]]:
    found = version.rule.versions.filter(discarded_at=None).order_by("-number")
    return [(one, look_of_rule(one, now=now)) for one in found]


@require_POST
@staff_required(*EDITORS)
def publish(request: HttpRequest, version_id: UUID) -> HttpResponse:
    version, form = _version(version_id), PublishForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write the first day like 2026-03-31."))
        return redirect("console_rule", version_id=version.pk)
    day = form.cleaned_data["valid_from"]
    valid_from = start_of(day, request.tenant.zone) if day else None
    done = _("“%(name)s”, version %(number)s is published.") % {
        "name": version.rule.name,
        "number": version.number,
    }
    about = {"actor": request.staff.actor, "now": timezone.now()}
    seen = request.POST.get("seen")
    decide(
        request,
        lambda: publishing.publish_version(
            version=version, valid_from=valid_from, seen=seen, **about
        ),
        done=done,
    )
    return redirect("console_rule", version_id=version.pk)


@require_POST
@staff_required(*EDITORS)
def discard(request: HttpRequest, version_id: UUID) -> HttpResponse:
    version, about = _version(version_id), {"actor": request.staff.actor, "now": timezone.now()}
    decide(
        request,
        lambda: publishing.discard_draft(version=version, **about),
        done=_("The draft is put away."),
    )
    return redirect("console_rules")


@require_POST
@staff_required(*EDITORS)
def end(request: HttpRequest, version_id: UUID) -> HttpResponse:
    version, about = _version(version_id), {"actor": request.staff.actor, "now": timezone.now()}
    said = {"name": version.rule.name, "number": version.number}
    done = _("“%(name)s” has ended.")
    if look_of_rule(version, now=about["now"]) == SCHEDULED:
        done = _("“%(name)s”, version %(number)s is called off.")
    decide(request, lambda: publishing.end_version(version=version, **about), done=done % said)
    return redirect("console_rule", version_id=version.pk)


@require_POST
@staff_required(*EDITORS)
def next_version(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """A draft of the next version, with the terms of this one; the same as long as it says so."""
    version = _version(version_id)
    terms = {name: getattr(version, name) for name in publishing.TERMS}
    draft = publishing.unchanged_draft(version) or publishing.draft_version(
        rule=version.rule, terms=terms, actor=request.staff.actor, now=timezone.now()
    )
    messages.success(
        request,
        _("Version %(number)s is a draft now: change what you want.") % {"number": draft.number},
    )
    return redirect("console_rule_edit", version_id=draft.pk)


@require_POST
@staff_required("owner")
def second_pair(request: HttpRequest) -> HttpResponse:
    needed = request.POST.get("needed") == "1"
    publishing.set_second_pair(needed=needed, actor=request.staff.actor, now=timezone.now())
    said = (
        _("Drafts are published by somebody else than who wrote them.") if needed else _("Saved.")
    )
    messages.success(request, said)
    return redirect("console_rules")


def _version(version_id: UUID) -> RuleVersion:
    versions = RuleVersion.objects.select_related("rule__program")
    return get_object_or_404(versions, pk=version_id)
