"""Purchases that partners report as missing: the queue, and one with what may be the same."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Claim, ClaimState
from accounts.roles import staff_required
from loyalty.claim_words import claim_words
from loyalty.console.happenings import actor_names
from rewards import claiming
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
DECIDERS = ("owner", "manager")
PER_PAGE = 50


@require_safe
@staff_required(*READERS)
def claim_list(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", ClaimState.OPEN)
    if state not in ClaimState:
        raise Http404
    found = Claim.objects.filter(state=state).select_related("account", "member")
    order = ("reported_at", "id") if state == ClaimState.OPEN else ("-reported_at", "-id")
    page = Paginator(found.order_by(*order), PER_PAGE).get_page(request.GET.get("page"))
    counts = dict(Claim.objects.order_by().values_list("state").annotate(Count("id")))
    context = {
        "page": page,
        "claims": claim_words(page.object_list),
        "state": state,
        "states": [(value, label, counts.get(value, 0)) for value, label in ClaimState.choices],
        "voice": voice_of(request.tenant),
    }
    return render(request, "console/claims.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def claim(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    claims = Claim.objects.select_related("account", "member", "proof")
    found = get_object_or_404(claims, pk=claim_id)
    may_decide = request.staff.role in DECIDERS
    if request.method == "POST" and may_decide:
        return _decide(request, found)
    [words] = claim_words([found])
    is_open = found.state == ClaimState.OPEN
    context = {
        "claim": found,
        "words": words,
        "like_it": claiming.like_it(found, zone=request.tenant.zone) if is_open else [],
        "may_decide": is_open and may_decide and not claiming.is_own(found, request.staff),
        "decided_by": actor_names([found.decided_by]).get(found.decided_by, ""),
        "voice": voice_of(request.tenant),
    }
    status = 403 if request.method == "POST" else 200
    return render(request, "console/claim.html", context, status=status)


def _decide(request: HttpRequest, found: Claim) -> HttpResponse:
    about = {"claim_id": found.pk, "staff": request.staff, "now": timezone.now()}
    try:
        if request.POST.get("decision") == "approve":
            claiming.approve(zone=request.tenant.zone, **about)
            said = f"{found.document} of {found.account.name} is in, dated when it was bought."
        else:
            claiming.reject(reason=request.POST.get("reason", ""), **about)
            said = f"{found.document} is rejected; {found.member.name} reads why."
    except claiming.CannotDecide as refused:
        messages.error(request, str(refused))
        return redirect("console_claim", found.pk)
    messages.success(request, said)
    return redirect("console_claims")
