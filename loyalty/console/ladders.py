"""Ladders of tiers: the list with their states, ready-made ones, drafts, publishing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.dates import said_day
from accounts.drafts import digest_of
from accounts.hands import why_not_alone
from accounts.models import Program
from accounts.money import exponent
from accounts.periods import day_of, start_of
from accounts.roles import staff_required
from loyalty.console.kinds import EDITORS, READERS
from loyalty.console.ladder_forms import MOST_DAYS, LadderForm, PublishForm
from loyalty.console.list_page import list_answer
from loyalty.criteria_words import CriteriaWords
from loyalty.ladders import criteria_words
from loyalty.lists import LADDERS
from loyalty.lists.programs import versions_of
from loyalty.programs import program_choice
from loyalty.published_words import DRAFT, SCHEDULED, looks_of_ladder, shown_of
from loyalty.tier_words import LadderRow, ladder_row, policy_words
from rewards.promises import condition_text
from rewards.voice import Voice, voice_of
from tiers import publishing
from tiers.ladders import BadLadder, rungs_of
from tiers.models import Scheme, SchemeVersion, State
from tiers.queries import accounts_by_tier
from tiers.ready_made import READY_MADE, ReadyMade, rungs_as_json, worked
from tiers.starting import missing_from, start_from


@require_safe
@staff_required(*READERS)
def ladder_list(request: HttpRequest) -> HttpResponse:
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    voice = voice_of(request.tenant, choice.chosen.points_name)
    return list_answer(
        request,
        LADDERS,
        "console/ladders.html",
        rows=lambda schemes: _listed(schemes, choice.chosen, voice, now=timezone.now()),
        choice=choice,
        may_edit=request.staff.role in EDITORS,
        voice=voice,
    )


def _listed(
    schemes: Sequence[Scheme], program: Program, voice: Voice, *, now: datetime
) -> list[dict[str, Any]]:
    """Of each the version in force, or the newest one, with those that wait beside it."""
    words = criteria_words(voice=voice, program_id=program.pk, at=now)
    held, by_scheme = accounts_by_tier([one.pk for one in schemes]), versions_of(schemes)
    told = []
    for scheme in schemes:
        versions = by_scheme[scheme.pk]
        looks = looks_of_ladder(versions, now=now)
        shown = shown_of(versions, looks)
        waiting = [one for one in versions if one != shown and looks[one.pk] in (DRAFT, SCHEDULED)]
        told.append(
            {
                "scheme": scheme,
                "version": shown,
                "look": looks[shown.pk] if shown else None,
                "rows": _rows(shown, words, held=held[scheme.pk]) if shown else [],
                "waiting": [(one, looks[one.pk]) for one in waiting],
            }
        )
    return told


def _rows(
    version: SchemeVersion, words: CriteriaWords, *, held: Mapping[str, int]
) -> list[LadderRow]:
    try:
        rungs = rungs_of(version.rungs)
    except BadLadder:
        return []  # a draft that is no ladder yet; its own page says why
    leads = version.scheme.is_leading
    return [
        ladder_row(rung, words=words, leads=leads, accounts=held.get(rung.name, 0))
        for rung in rungs
    ]


@require_safe
@staff_required(*READERS)
def ready_made_list(request: HttpRequest) -> HttpResponse:
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    voice = voice_of(request.tenant, choice.chosen.points_name)
    context = {"choice": choice, "schemes": READY_MADE.values(), "voice": voice}
    return render(request, "console/ready_made_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def ready_made(request: HttpRequest, code: str) -> HttpResponse:
    """A ready-made scheme with its worked example, from which a draft can be started."""
    scheme, choice = READY_MADE.get(code), program_choice(request)
    if scheme is None:
        raise Http404
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    form = LadderForm(request.POST or None, initial={"code": scheme.code, "name": scheme.name})
    if request.method == "POST" and form.is_valid():
        try:
            version = start_from(
                scheme,
                program=choice.chosen,
                **form.cleaned_data,
                places=exponent(request.tenant.currency),
                actor=request.staff.actor,
                now=timezone.now(),
            )
        except publishing.CodeTaken as taken:
            form.add_error("code", str(taken))
        else:
            messages.success(request, _("The draft is saved. See who would move, then publish it."))
            return redirect("console_ladder", version_id=version.pk)
    context = _ready_made(request, scheme, choice.chosen) | {"choice": choice, "form": form}
    return render(request, "console/ready_made.html", context, status=422 if form.errors else 200)


def _ready_made(request: HttpRequest, scheme: ReadyMade, program: Program) -> dict[str, Any]:
    voice = voice_of(request.tenant, program.points_name)
    words = criteria_words(voice=voice, program_id=program.pk, at=timezone.now())
    measures = words.measures.with_own(scheme.measures)
    words = CriteriaWords(measures=measures, ladders=words.ladders)
    rungs = rungs_of(rungs_as_json(scheme, scale=measures.scale))
    missing = missing_from(scheme)
    example = [
        (
            one,
            [
                (measures.name(code), measures.value(code, measures.read(code, text)))
                for code, text in one.case.reached.items()
            ],
        )
        for one in worked(scheme, scale=measures.scale)
    ]
    return {
        "scheme": scheme,
        "rows": [ladder_row(rung, words=words) for rung in rungs],
        "policies": policy_words(SchemeVersion(**scheme.policies)),
        "example": example,
        "new_measures": [name for name, _ in missing.measures.values()],
        "new_kinds": [name for name, _ in missing.kinds.values()],
        "voice": voice,
    }


@require_safe
@staff_required(*READERS)
def ladder_page(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """One version in words, its others, and what can be done to it."""
    version, now = version_of(version_id), timezone.now()
    program = version.scheme.program
    voice = voice_of(request.tenant, program.points_name)
    words = criteria_words(voice=voice, program_id=program.pk, at=now)
    is_draft = version.state == State.DRAFT
    versions = list(version.scheme.versions.order_by("-number"))
    looks = looks_of_ladder(versions, now=now)
    kept = _kept_by_now(version, today=day_of(now, request.tenant.zone), now=now)
    alone = why_not_alone(request.staff.actor, authors=version.authors) if is_draft else ""
    context: dict[str, Any] = {
        "version": version,
        "look": looks[version.pk],
        "policies": policy_words(version),
        "meant": condition_text(version.audience, voice) if version.audience else "",
        "leads": version.scheme.leads.order_by("-starts_at"),
        "is_draft": is_draft,
        "may_edit": request.staff.role in EDITORS,
        "publish": PublishForm(initial={"grace_days": kept.days if kept else 0}),
        "kept": kept,
        "versions": [(one, looks[one.pk]) for one in versions if one.state != State.DISCARDED],
        "needs_other": bool(alone),
        "seen": digest_of(version, publishing.CHOSEN),
        "voice": voice,
    }
    try:
        rungs = rungs_of(version.rungs)
        leads = version.scheme.is_leading or version.takes_lead
        context["rows"] = [ladder_row(rung, words=words, leads=leads) for rung in rungs]
    except BadLadder as bad:
        context["problem"] = str(bad)
    return render(request, "console/ladder.html", context)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What accounts were told by the version in force: whoever does not read of a fall keeps their
    tier until that day, which `days` of grace from now on make true under the draft, too."""

    until: str
    days: int


def _kept_by_now(version: SchemeVersion, *, today: date, now: datetime) -> Kept | None:
    until = publishing.told_until(version.scheme, now=now)
    if version.state != State.DRAFT or until is None:
        return None
    return Kept(until=said_day(until), days=min((until - today).days, MOST_DAYS))


@require_POST
@staff_required(*EDITORS)
def publish(request: HttpRequest, version_id: UUID) -> HttpResponse:
    version, form = version_of(version_id), PublishForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write the first day like 2026-03-31, and the grace in days."))
        return redirect("console_ladder", version_id=version.pk)
    day = form.cleaned_data["valid_from"]
    try:
        publishing.publish(
            version=version,
            valid_from=start_of(day, request.tenant.zone) if day else None,
            grace_days=form.cleaned_data["grace_days"],
            seen=request.POST.get("seen"),
            actor=request.staff.actor,
            now=timezone.now(),
        )
    except (publishing.CannotPublish, publishing.NotADraft, BadLadder) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request,
            _("“%(name)s”, version %(number)s is published.")
            % {"name": version.scheme.name, "number": version.number},
        )
    return redirect("console_ladder", version_id=version.pk)


@require_POST
@staff_required(*EDITORS)
def discard(request: HttpRequest, version_id: UUID) -> HttpResponse:
    version = version_of(version_id)
    try:
        publishing.discard_draft(version=version, actor=request.staff.actor, now=timezone.now())
    except publishing.NotADraft as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The draft is put away."))
    return redirect("console_ladders")


@require_POST
@staff_required(*EDITORS)
def next_version(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """A draft of the next version, with the terms of this one; the same as long as it says so."""
    version = version_of(version_id)
    draft = publishing.unchanged_draft(version) or publishing.draft_version(
        scheme=version.scheme,
        terms={name: getattr(version, name) for name in publishing.TERMS},
        actor=request.staff.actor,
        now=timezone.now(),
    )
    return redirect("console_ladder", version_id=draft.pk)


def version_of(version_id: UUID) -> SchemeVersion:
    versions = SchemeVersion.objects.select_related("scheme__program")
    return get_object_or_404(versions, pk=version_id)
