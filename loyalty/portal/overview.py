"""The first look: how many points, what the next tier takes, how more is earned."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Enrollment
from accounts.roles import member_required
from loyalty.ledger_lines import ledger_lines
from loyalty.portal.enrollments import own_enrollment, own_enrollments
from loyalty.tier_words import ladder_rows, ladder_text, progress_words
from rewards import queries
from rewards.models import Unit, Wallet
from rewards.promises import campaign_promises, expiry_text, promises
from rewards.voice import Voice, voice_of
from tiers.progress import progress_of
from tiers.queries import ladder_of

LAST_ENTRIES = 10
NEXT_DATES = 3


@require_safe
@member_required()
def first(request: HttpRequest) -> HttpResponse:
    """To the first of the reader's enrollments, or a word on why there is none yet."""
    enrollment = own_enrollments(request).first()
    if enrollment is None:
        return render(request, "portal/not_enrolled.html")
    return redirect("portal_overview", enrollment_id=enrollment.id)


@require_safe
@member_required()
def overview(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    voice = voice_of(request.tenant, enrollment.program.points_name)
    context = {"enrollment": enrollment, "enrollments": enrollments, "voice": voice}
    context |= _points(enrollment, voice) | _tiers(enrollment, voice, as_of=timezone.now())
    return render(request, "portal/overview.html", context)


def _points(enrollment: Enrollment, voice: Voice) -> dict[str, Any]:
    """What the account has, what clears and expires when, and the last movements."""
    wallets = queries.account_wallets(
        program_id=enrollment.program_id, account_id=enrollment.account_id
    )
    points = wallets.get(Unit.POINTS) or Wallet(unit=Unit.POINTS)
    entries = queries.last_entries([points] if points.pk else [], limit=LAST_ENTRIES)
    return {
        "points": points,
        "to_use": max(0, points.available),
        "debt": max(0, -points.available),
        "clearing": queries.clearing(points, limit=NEXT_DATES),
        "expiring": queries.expiring(points, limit=NEXT_DATES),
        "lines": ledger_lines(entries, voice=voice),
    }


def _tiers(enrollment: Enrollment, voice: Voice, *, as_of: datetime) -> dict[str, Any]:
    """Tier and progress, the ladder, and what the published rules promise."""
    program = enrollment.program
    ladder = ladder_of(program_id=program.id, as_of=as_of)
    progress = progress_of(enrollment.id, as_of=as_of, zone=voice.zone)
    return {
        "tier": progress_words(progress, voice=voice) if progress else None,
        "ladder": ladder_rows(ladder, progress, voice=voice) if ladder else [],
        "ladder_text": ladder_text(ladder) if ladder else "",
        "promises": promises(program_id=program.id, as_of=as_of, voice=voice),
        "campaigns": campaign_promises(program_id=program.id, as_of=as_of, voice=voice),
        "expiry_text": expiry_text(program.points_expiry, voice=voice),
    }
