"""The program manager's first look: what waits, what moved and is out, where accounts stand."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Account, Enrollment, ImportRun, Program
from accounts.models.imports import ImportState
from accounts.roles import staff_required
from loyalty.console.figures import figures_of
from loyalty.console.first_steps import Guide, guide_of
from loyalty.console.needs import needs
from loyalty.programs import program_choice
from rewards import queries
from rewards.models import Unit
from rewards.voice import voice_of
from tiers.ladders import Ladder
from tiers.queries import accounts_by_tier, ladder_of

READERS = ("owner", "manager", "finance", "analyst")
IMPORTERS = ("owner", "manager")
LAST_IMPORTS = 5


@require_safe
@staff_required(*READERS)
def home(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    choice = program_choice(request)
    ladder = ladder_of(program_id=choice.chosen.id, as_of=now) if choice.chosen else None
    voice = voice_of(request.tenant, choice.chosen.points_name if choice.chosen else "points")
    runs = ImportRun.objects.order_by("-created_at", "-id")
    guide = _guide(request, now=now)
    is_new = guide is not None and not guide.is_live
    context = {
        "choice": choice,
        "voice": voice,
        "needs": needs(
            tenant=request.tenant,
            role=request.staff.role,
            ladder=ladder,
            voice=voice,
            now=now,
        ),
        "runs": runs[:LAST_IMPORTS],
        "at_work": runs.filter(state__in=(ImportState.WAITING, ImportState.RUNNING)).count(),
        "may_import": request.staff.role in IMPORTERS,
        "guide": guide,
        "is_new": is_new,
        "is_shown": True,
    }
    if choice.chosen:
        context |= _program(choice.chosen, ladder)
    if choice.chosen and not is_new:
        context |= {"told": figures_of(program_id=choice.chosen.id, voice=voice, now=now)}
    return render(request, "console/home.html", context)


def _guide(request: HttpRequest, *, now: datetime) -> Guide | None:
    """For those who can do the steps, until they close it or nothing is left of it."""
    if request.staff.role not in IMPORTERS or request.tenant.guide_closed_at is not None:
        return None
    guide = guide_of(request.tenant, now=now)
    return guide if guide.next else None


def _program(program: Program, ladder: Ladder | None) -> dict[str, Any]:
    return {
        "accounts": Account.objects.count(),
        "enrolled": Enrollment.objects.filter(program=program).count(),
        "outstanding": queries.outstanding(program_id=program.id, unit=Unit.POINTS),
        "tiers": _tiers(ladder) if ladder else [],
    }


def _tiers(ladder: Ladder) -> list[dict[str, Any]]:
    """Each tier of the ladder with how many accounts hold it, highest first."""
    held = accounts_by_tier([ladder.scheme_id])[ladder.scheme_id]
    most = max(held.values(), default=0) or 1
    return [
        {"name": tier.name, "accounts": held.get(tier.name, 0), "most": most}
        for tier in reversed(ladder.rungs)
    ]
