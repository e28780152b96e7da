"""The first look: how many points, what they buy, what the next tier takes, what is new."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Enrollment, Member
from accounts.roles import member_required
from accounts.visiting import since_last_visit
from loyalty.ladders import criteria_words, progress_now, tiers_in_words
from loyalty.ledger_lines import ledger_lines
from loyalty.portal.agreements import listed_agreements
from loyalty.portal.enrollments import own_enrollment, own_enrollments
from loyalty.portal.news import news_since
from loyalty.portal.rewards import member_at
from loyalty.reward_words import best_of, offered_to
from rewards import queries
from rewards.models import Unit, Wallet
from rewards.promises import campaign_promises, promises
from rewards.voice import Voice, voice_of

LAST_ENTRIES = 10
NEXT_DATES = 3
REBATES = 3


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
    context: dict[str, Any] = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice,
    }
    now = timezone.now()
    member = member_at(request, enrollment)
    context |= _points(enrollment, voice) | _tiers(enrollment, voice, as_of=now)
    context |= _news(member, enrollment, context["points"], voice, now=now)
    offered = offered_to(
        account=enrollment.account,
        member=member,
        program_id=enrollment.program_id,
        tenant=request.tenant,
        as_of=now,
        voice=voice,
    )
    context |= {"best": best_of(offered), "has_rewards": bool(offered)}
    if enrollment.has_rebates:
        context["rebates"] = listed_agreements(enrollment, voice, now=now)[:REBATES]
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
    """Tier and progress, and what the published rules promise."""
    program = enrollment.program
    progress = progress_now([enrollment.id], as_of=as_of).get(enrollment.id, [])
    words = criteria_words(voice=voice, program_id=program.id, at=as_of)
    tier, tracks = tiers_in_words(progress, words=words)
    return {
        "tier": tier,
        "tracks": tracks,
        "promises": promises(program_id=program.id, as_of=as_of, voice=voice),
        "campaigns": campaign_promises(program_id=program.id, as_of=as_of, voice=voice),
    }


def _news(
    member: Member, enrollment: Enrollment, points: Wallet, voice: Voice, *, now: datetime
) -> dict[str, Any]:
    """What changed since the reader's last visit; on the first one everything is new."""
    since = since_last_visit(member, now=now)
    if since is None:
        return {}
    found = news_since(since, enrollment=enrollment, wallet=points, voice=voice)
    return {"news": found, "news_since": since}
