"""How the program works: made from what is published and so always true; read in a minute."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Program
from accounts.roles import member_required
from loyalty.ladders import criteria_words, ladders_in_words, progress_now
from loyalty.portal.enrollments import own_enrollment
from rewards.correction_terms import terms_of
from rewards.models import Reward, RewardState
from rewards.promises import campaign_promises, expiry_text, promises
from rewards.voice import voice_of


@require_safe
@member_required()
def how_it_works(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    program, now = enrollment.program, timezone.now()
    voice = voice_of(request.tenant, program.points_name)
    said = {"program_id": program.id, "as_of": now, "voice": voice}
    words = criteria_words(voice=voice, program_id=program.id, at=now)
    progress = progress_now([enrollment.id], as_of=now).get(enrollment.id, [])
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice,
        "promises": promises(**said),
        "campaigns": campaign_promises(**said),
        "ladders": ladders_in_words(progress, program_id=program.id, words=words, at=now),
        "expiry_text": expiry_text(program.points_expiry, voice=voice),
        "transfers": terms_of(program.id).transfers,
        "as_of": now,
    }
    return render(request, "portal/how_it_works.html", context | _catalogue(program, now))


def _catalogue(program: Program, now: datetime) -> dict[str, Any]:
    """How many rewards there are today, and from how many points to how many."""
    there = Reward.objects.filter(
        Q(starts_at=None) | Q(starts_at__lte=now),
        Q(ends_at=None) | Q(ends_at__gt=now),
        program=program,
        state=RewardState.PUBLISHED,
    )
    return there.aggregate(offered=Count("id"), least=Min("points"), most=Max("points"))
