"""The whole ledger: every movement, with the balance after it and its reason; the account's, or
the reader's own."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.roles import member_required
from loyalty.ledger_lines import ledger_lines
from loyalty.listing import tidy_redirect
from loyalty.periods_form import PeriodForm, presets
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from rewards import queries
from rewards.correction_terms import terms_of
from rewards.models import EARNED, Unit, Wallet
from rewards.transferring import purses_of
from rewards.voice import Voice, voice_of

PAGE_SIZE = 50
LONGEST = 100  # characters of what is looked for
ACCOUNT, OWN = "account", "own"


@require_safe
@member_required()
def entries(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    if tidy := tidy_redirect(request):
        return tidy
    member = member_at(request, enrollment)
    program_id = enrollment.program_id
    found = queries.wallets_for(program_id=program_id, member=member)
    whose = _chosen_holder(request)
    wallets = found[member.pk if whose == OWN else None]
    unit = _chosen_unit(request)
    voice = voice_of(request.tenant, enrollment.program.points_name)
    context = {
        "whose": whose,
        "has_own": bool(found[member.pk]) or whose == OWN,
        "may_transfer": terms_of(program_id).transfers and bool(purses_of(member)),
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice,
        "unit": unit,
        "unit_name": voice.unit_name(unit),
        "has_credits": Unit.CREDITS in wallets,
        "wallet": wallets.get(unit),
    }
    context |= _page(request, wallets.get(unit), voice)
    return render(request, "portal/entries.html", context)


def _chosen_holder(request: HttpRequest) -> str:
    chosen = request.GET.get("whose", ACCOUNT)
    if chosen not in (ACCOUNT, OWN):
        raise Http404
    return chosen


def _chosen_unit(request: HttpRequest) -> Unit:
    chosen = request.GET.get("unit", Unit.POINTS)
    if chosen not in dict(EARNED):
        raise Http404
    return Unit(chosen)


def _page(request: HttpRequest, wallet: Wallet | None, voice: Voice) -> dict[str, Any]:
    zone = request.tenant.zone
    form = PeriodForm(request.GET or None)
    since, until = form.bounds(zone)
    today: date = timezone.now().astimezone(zone).date()
    words = request.GET.get("q", "").strip()[:LONGEST].replace("\0", "")
    context = {
        "form": form,
        "presets": presets(request, today=today),
        "words": words,
        "is_filtered": bool(since or until or words),
        "lines": [],
    }
    if wallet is None:
        return context
    page = _ledger_page(request, wallet, since=since, until=until, words=words)
    lines = ledger_lines(
        [entry for entry, _ in page.lines],
        voice=voice,
        balances=[balance for _, balance in page.lines],
    )
    return context | {"lines": lines, "older": page.older, "newer": page.newer}


def _ledger_page(request: HttpRequest, wallet: Wallet, **wanted: Any) -> queries.LedgerPage:
    try:
        return queries.ledger_page(
            wallet,
            older_than=_entry_id(request, "older"),
            newer_than=_entry_id(request, "newer"),
            size=PAGE_SIZE,
            **wanted,
        )
    except queries.NoSuchEntry:
        raise Http404 from None


def _entry_id(request: HttpRequest, parameter: str) -> UUID | None:
    try:
        return UUID(request.GET[parameter]) if parameter in request.GET else None
    except ValueError:
        raise Http404 from None
