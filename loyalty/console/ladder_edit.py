"""Writing at a draft of a ladder: its policies, and its tiers one by one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.roles import staff_required
from loyalty.console.criteria_rows import (
    LADDER,
    Rows,
    posted,
    rows_of,
    takes,
    windows,
)
from loyalty.console.kinds import EDITORS
from loyalty.console.ladder_forms import PolicyForm, TierForm, rungs_as_sent
from loyalty.console.ladders import version_of
from loyalty.criteria_words import BOUNDS
from loyalty.ladders import criteria_words
from loyalty.measure_words import MeasureWords
from rewards.voice import voice_of
from tiers import publishing
from tiers.criteria import BadCriteria
from tiers.ladders import BadLadder
from tiers.models import SchemeVersion, State

Rung = Mapping[str, Any]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def edit_policies(request: HttpRequest, version_id: UUID) -> HttpResponse:
    version = version_of(version_id)
    if refusal := _refused(request, version):
        return refusal
    voice = voice_of(request.tenant, version.scheme.program.points_name)
    form = PolicyForm(request.POST or None, version=version, voice=voice)
    if request.method == "POST" and form.is_valid():
        try:
            _change(request, version, **form.terms())
        except (publishing.NotADraft, BadLadder, ValidationError) as bad:
            form.add_error(None, _said(bad))
        else:
            return redirect("console_ladder", version_id=version.pk)
    context = {"version": version, "form": form}
    return render(request, "console/ladder_edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def edit_tier(request: HttpRequest, version_id: UUID, rank: int) -> HttpResponse:
    """The tier at a place of the draft; the place after the last one is for a new tier."""
    version = version_of(version_id)
    if rank > len(version.rungs):
        raise Http404
    if refusal := _refused(request, version):
        return refusal
    rung: Rung = version.rungs[rank] if rank < len(version.rungs) else {}
    voice = voice_of(request.tenant, version.scheme.program.points_name)
    words = criteria_words(voice=voice, program_id=version.scheme.program_id, at=timezone.now())
    form = TierForm(
        request.POST or None, is_first=rank == 0, initial=TierForm.initial_of(rung) if rung else {}
    )
    is_sent = request.method == "POST"
    rows = posted(request.POST) if is_sent else _stored(rung, words.measures)
    context: dict[str, Any] = {"version": version, "rank": rank, "rung": rung, "form": form}
    context |= {"rows": rows, "is_first": rank == 0}
    if is_sent and "more" not in request.POST and form.is_valid():
        try:
            about = {"rank": rank, "form": form, "rows": rows, "words": words.measures}
            rungs = rungs_as_sent(version, **about)
            _change(request, version, rungs=rungs)
        except BadCriteria as bad:
            context["problem"] = str(bad)
        except (publishing.NotADraft, BadLadder, ValidationError) as bad:
            form.add_error(None, _said(bad))
        else:
            return redirect("console_ladder", version_id=version.pk)
    return _editor(request, context, words.measures, words.ladders)


def _stored(rung: Rung, words: MeasureWords) -> Rows:
    return rows_of(rung.get("criteria", {}), words=words) if rung else Rows()


def _editor(
    request: HttpRequest, context: dict[str, Any], words: MeasureWords, ladders: Mapping[str, Any]
) -> HttpResponse:
    own = context["version"].scheme.code
    context |= {
        "windows": windows(context["rows"]),
        "takes": takes(),
        "bounds": [(op, said.format(value="").strip()) for op, said in BOUNDS.items()],
        "measures": sorted(words.names.items(), key=lambda one: one[1]),
        "other_ladders": [
            (f"{LADDER}{code}", name, ", ".join(tiers))
            for code, (name, tiers) in ladders.items()
            if code != own
        ],
    }
    wrong = "more" not in request.POST and (context["form"].errors or "problem" in context)
    return render(request, "console/tier_edit.html", context, status=422 if wrong else 200)


@require_POST
@staff_required(*EDITORS)
def remove_tier(request: HttpRequest, version_id: UUID, rank: int) -> HttpResponse:
    version = version_of(version_id)
    if rank >= len(version.rungs):
        raise Http404
    rungs = [rung for place, rung in enumerate(version.rungs) if place != rank]
    try:
        _change(request, version, rungs=rungs)
    except (publishing.NotADraft, BadLadder, ValidationError) as bad:
        messages.error(request, _said(bad))
    return redirect("console_ladder", version_id=version.pk)


def _refused(request: HttpRequest, version: SchemeVersion) -> HttpResponse | None:
    if version.state == State.DRAFT:
        return None
    messages.error(request, str(publishing.NotADraft()))
    return redirect("console_ladder", version_id=version.pk)


def _change(request: HttpRequest, version: SchemeVersion, **changed: Any) -> None:
    terms = {name: getattr(version, name) for name in publishing.CHOSEN}
    publishing.change_draft(
        version=version, terms=terms | changed, actor=request.staff.actor, now=timezone.now()
    )
    messages.success(request, _("The draft is saved."))


def _said(bad: Exception) -> str:
    return " ".join(bad.messages) if isinstance(bad, ValidationError) else str(bad)
