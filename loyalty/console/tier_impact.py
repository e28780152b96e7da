"""Who would move by a tier as it is being written: asked with every change, and nothing is kept."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.readings import BadReading
from accounts.roles import staff_required
from loyalty.console.criteria_rows import posted
from loyalty.console.kinds import EDITORS
from loyalty.console.ladder_forms import TierForm, rungs_as_sent
from loyalty.console.ladders import version_of
from loyalty.ladders import criteria_words
from rewards import impact
from rewards.terms import current_terms
from rewards.voice import Voice, voice_of
from tiers.criteria import BadCriteria
from tiers.ladders import BadLadder, Ladder, as_ladder
from tiers.models import SchemeVersion, State
from tiers.preview import Preview, movers

NAMES = 5  # of each way; the draft's own page names them all


@require_POST
@staff_required(*EDITORS)
def tier_impact(request: HttpRequest, version_id: UUID, rank: int) -> HttpResponse:
    """A part of the tier's page; what cannot be read yet is said in a sentence."""
    version = version_of(version_id)
    if rank > len(version.rungs) or version.state != State.DRAFT:
        raise Http404
    voice = voice_of(request.tenant, version.scheme.program.points_name)
    context = {"version": version, "voice": voice, "limit": NAMES}
    if impact.is_large(version.scheme.program):
        return render(request, "console/tier_impact.html", context | {"is_large": True})
    try:
        draft = _as_sent(request, version, rank, voice)
    except (BadCriteria, BadLadder, BadReading, ValidationError) as bad:
        said = " ".join(bad.messages) if isinstance(bad, ValidationError) else str(bad)
        return render(request, "console/tier_impact.html", context | {"problem": said})
    if draft is not None:
        context |= _told(draft)
    return render(request, "console/tier_impact.html", context)


def _as_sent(
    request: HttpRequest, version: SchemeVersion, rank: int, voice: Voice
) -> Ladder | None:
    """The draft as the form would leave it; None while the form's own fields say what is wrong."""
    form = TierForm(request.POST, is_first=rank == 0)
    if not form.is_valid():
        return None
    words = criteria_words(voice=voice, program_id=version.scheme.program_id, at=timezone.now())
    version.rungs = rungs_as_sent(
        version, rank=rank, form=form, rows=posted(request.POST), words=words.measures
    )
    return as_ladder(version)


def _told(draft: Ladder) -> dict[str, Any]:
    found, named = impact.impact_of(
        draft,
        at=timezone.now(),
        setting=current_terms().setting,
        name=lambda preview: _ways(draft, preview),
    )
    return {"preview": found.preview, "points": found.points, "ways": named}


def _ways(draft: Ladder, preview: Preview) -> list[dict[str, Any]]:
    """Each way that somebody would go, with the first names."""
    return [
        {
            "change": change,
            "names": movers(
                draft,
                from_tier=change.from_tier,
                to_rank=change.to_rank,
                offset=0,
                limit=NAMES,
            ),
        }
        for change in preview.changes
        if change.moves != "stays"
    ]
