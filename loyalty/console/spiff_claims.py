"""Claimed sales: the queue, many decided at once, and one with what speaks against it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.events import events_about
from accounts.roles import staff_required
from loyalty.console.bulk import Outcome, picked, say
from loyalty.console.happenings import actor_names
from loyalty.console.list_page import elsewhere, list_context, paged
from loyalty.listing import with_tidy_address
from loyalty.lists import SPIFF_CLAIMS
from loyalty.lists.listed import asked_in
from loyalty.spiff_words import STEPS, claim_words
from partners.models import SpiffClaim, SpiffClaimState
from partners.spiffs import deciding
from partners.spiffs.checks import examine
from partners.spiffs.deciding import NotNow
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
DECIDERS = ("owner", "manager")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def claim_list(request: HttpRequest) -> HttpResponse:
    may_decide = request.staff.role in DECIDERS
    if request.method == "POST" and may_decide:
        return _decide_many(request)
    if other := elsewhere(request, SPIFF_CLAIMS):
        return other
    found = SPIFF_CLAIMS.find(asked_in(request, now=timezone.now()))
    page, state = paged(request, found), request.GET.get("state") or SpiffClaimState.OPEN
    counts = dict(SpiffClaim.objects.order_by().values_list("state").annotate(Count("id")))
    voice = voice_of(request.tenant)
    context = list_context(request, SPIFF_CLAIMS, found) | {
        "page": page,
        "count": page.paginator.count,
        "claims": claim_words(page.object_list, voice=voice),
        "state": state,
        "states": [(one, label, counts.get(one, 0)) for one, label in SpiffClaimState.choices],
        "may_decide": may_decide and state == SpiffClaimState.OPEN,
        "voice": voice,
    }
    status = 403 if request.method == "POST" else 200
    response = render(request, "console/spiff_claims.html", context, status=status)
    return with_tidy_address(request, response)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def claim(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    rows = SpiffClaim.objects.select_related("spiff__program", "account", "member", "product")
    found = get_object_or_404(rows.select_related("proof", "version"), pk=claim_id)
    may_decide = request.staff.role in DECIDERS
    context: dict[str, Any] = {"reason": ""}
    if request.method == "POST" and may_decide:
        context["reason"] = request.POST.get("reason", "")
        try:
            said = _act(request, found, reason=context["reason"])
        except NotNow as refused:
            context["refused"] = str(refused)
        else:
            messages.success(request, said)
            return redirect("console_spiff_claim", claim_id)
    voice = voice_of(request.tenant, found.spiff.program.points_name)
    serials = list(found.serials.order_by("serial").values_list("serial", flat=True))
    if found.state == SpiffClaimState.OPEN:  # facts may have come in since it was claimed
        found.flags = examine(found, serials)[1]
    [context["words"]] = claim_words([found], voice=voice)
    context |= {
        "claim": found,
        "serials": serials,
        "steps": _steps(found),
        "may_decide": may_decide,
        "is_own": may_decide and deciding.is_own(found, request.staff.actor),
        "left": found.quantity - found.returned,
        "voice": voice,
    }
    status = 422 if "refused" in context else 403 if request.method == "POST" else 200
    return render(request, "console/spiff_claim.html", context, status=status)


def _steps(found: SpiffClaim) -> list[dict[str, Any]]:
    events = list(events_about(f"spiff_claim:{found.pk}"))
    names = actor_names({one.actor for one in events})
    return [
        {
            "at": one.occurred_at,
            "said": STEPS[one.kind],
            "note": one.payload["note"],
            "actor": names.get(one.actor, ""),
        }
        for one in events
    ]


def _act(request: HttpRequest, found: SpiffClaim, *, reason: str) -> str:
    """Do what the button says. Raises NotNow."""
    by, now = request.staff.actor, timezone.now()
    doing: dict[str, tuple[Callable[[], SpiffClaim], str]] = {
        "approve": (lambda: deciding.approve(found.pk, by=by, now=now), _("%s is approved.")),
        "reject": (
            lambda: deciding.reject(found.pk, by=by, reason=reason, now=now),
            _("%s is rejected; who claimed reads why."),
        ),
        "take_back": (
            lambda: deciding.take_back(
                found.pk,
                units=_number(request, "units"),
                seen=_number(request, "seen"),
                reason=reason,
                actor=by,
                now=now,
            ),
            _("Of %s was taken back what came back."),
        ),
    }
    if request.POST.get("action") not in doing:
        raise Http404
    do, said = doing[request.POST["action"]]
    do()
    return said % found.reference


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _decide_many(request: HttpRequest) -> HttpResponse:
    """Each by itself: one that cannot be decided holds up no other. In the order of their accounts,
    after their SPIFFs: two who decide at once wait for each other, never in a circle."""
    approves, outcome = request.POST.get("decision") == "approve", Outcome()
    by, now = request.staff.actor, timezone.now()
    chosen = SpiffClaim.objects.filter(pk__in=picked(request)).select_related("member")
    chosen = chosen.order_by("account_id", "id")
    list(deciding.spiffs_to_lock(chosen).values_list("pk"))
    for found in chosen:
        name = f"{found.reference}, {found.member.name}"
        try:
            if approves:
                deciding.approve(found.pk, by=by, now=now)
            else:
                deciding.reject(found.pk, by=by, reason=request.POST.get("note", ""), now=now)
        except NotNow as refused:
            outcome.refused.append((name, str(refused)))
        else:
            outcome.done.append(name)
    say(request, outcome, done=_("approved") if approves else _("rejected"))
    return HttpResponseRedirect(request.get_full_path())
