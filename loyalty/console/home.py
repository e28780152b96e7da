"""The program manager's first look: where accounts stand, what points are out, how imports went."""

from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Account, Enrollment, ImportRun, Program
from accounts.models.imports import ImportState
from accounts.periods import quarter_of, start_of
from accounts.roles import staff_required
from loyalty.console.first_steps import first_steps
from loyalty.programs import program_choice
from rewards import queries
from rewards.models import Unit
from rewards.voice import voice_of
from tiers.queries import accounts_by_tier, ladder_of

READERS = ("owner", "manager", "finance", "analyst")
IMPORTERS = ("owner", "manager")
LAST_IMPORTS = 5
MOVED_KEPT = 60  # seconds


@require_safe
@staff_required(*READERS)
def home(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    choice = program_choice(request)
    runs = ImportRun.objects.order_by("-created_at", "-id")
    context = {
        "choice": choice,
        "voice": voice_of(request.tenant),
        "runs": runs[:LAST_IMPORTS],
        "at_work": runs.filter(state__in=(ImportState.WAITING, ImportState.RUNNING)).count(),
        "may_import": request.staff.role in IMPORTERS,
        "steps": first_steps() if request.staff.role in IMPORTERS else [],
    }
    if choice.chosen:
        context |= _program(request, choice.chosen, now=now)
    return render(request, "console/home.html", context)


def _program(request: HttpRequest, program: Program, *, now: datetime) -> dict[str, Any]:
    voice = voice_of(request.tenant, program.points_name)
    quarter = start_of(quarter_of(now, voice.zone), voice.zone)
    return {
        "voice": voice,
        "accounts": Account.objects.count(),
        "enrolled": Enrollment.objects.filter(program=program).count(),
        "outstanding": queries.outstanding(program_id=program.id, unit=Unit.POINTS),
        "moved": _moved(program, since=quarter, until=now),
        "quarter": quarter,
        "tiers": _tiers(program, now=now),
    }


def _moved(program: Program, *, since: datetime, until: datetime) -> dict[str, Any]:
    """Points earned, taken back and expired this quarter; adds up many entries, so that the sum is
    kept for a minute, with the instant as of which it holds."""

    def add_up() -> dict[str, Any]:
        sums = queries.issued_and_gone(
            program_id=program.id, unit=Unit.POINTS, since=since, until=until
        )
        return sums | {"as_of": until}

    found = cache.get_or_set(f"moved:{program.id}:{since:%Y%m%d}", add_up, MOVED_KEPT)
    return found or add_up()


def _tiers(program: Program, *, now: datetime) -> list[dict[str, Any]]:
    """Each tier of the ladder with how many accounts hold it, highest first."""
    ladder = ladder_of(program_id=program.id, as_of=now)
    if ladder is None:
        return []
    held = accounts_by_tier([ladder.scheme_id])[ladder.scheme_id]
    most = max(held.values(), default=0) or 1
    return [
        {"name": tier.name, "accounts": held.get(tier.name, 0), "most": most}
        for tier in reversed(ladder.rungs)
    ]
