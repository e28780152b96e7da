"""Where the account stands: each ladder with what the next tier takes, what keeps this one, what it
gives, and how it came."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.roles import member_required
from loyalty.ladders import criteria_words, ladders_in_words, progress_now, tiers_in_words
from loyalty.portal.enrollments import own_enrollment
from loyalty.standing_words import standing_words
from rewards.voice import voice_of
from tiers.queries import standings_of

MOST_SHOWN = 40


@require_safe
@member_required()
def tiers(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    voice = voice_of(request.tenant, enrollment.program.points_name)
    now = timezone.now()
    progress = progress_now([enrollment.pk], as_of=now).get(enrollment.pk, [])
    program_id = enrollment.program_id
    words = criteria_words(voice=voice, program_id=program_id, at=now)
    leading, tracks = tiers_in_words(progress, words=words)
    standings = standings_of([enrollment.pk])[enrollment.pk][:MOST_SHOWN]
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice,
        "tiers": [one for one in (leading, *tracks) if one],
        "ladders": ladders_in_words(progress, program_id=program_id, words=words, at=now),
        "standings": standing_words(standings, words=words),
    }
    return render(request, "portal/tiers.html", context)
