"""Purchases that partners report as missing: the queue, and one with what may be the same."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Claim, ClaimState
from accounts.roles import staff_required
from loyalty.claim_words import claim_words
from loyalty.console.bulk import Outcome, picked, say
from loyalty.console.happenings import actor_names
from loyalty.console.list_page import elsewhere, list_context, paged
from loyalty.listing import with_tidy_address
from loyalty.lists import CLAIMS
from loyalty.lists.listed import asked_in
from rewards import claiming
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
DECIDERS = ("owner", "manager")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def claim_list(request: HttpRequest) -> HttpResponse:
    may_decide = request.staff.role in DECIDERS
    if request.method == "POST" and may_decide:
        return _decide_many(request)
    if other := elsewhere(request, CLAIMS):
        return other
    found = CLAIMS.find(asked_in(request, now=timezone.now()))
    page, state = paged(request, found), request.GET.get("state") or ClaimState.OPEN
    counts = dict(Claim.objects.order_by().values_list("state").annotate(Count("id")))
    context = list_context(request, CLAIMS, found) | {
        "page": page,
        "count": page.paginator.count,
        "claims": claim_words(page.object_list),
        "state": state,
        "states": [(value, label, counts.get(value, 0)) for value, label in ClaimState.choices],
        "may_decide": may_decide and state == ClaimState.OPEN,
        "voice": voice_of(request.tenant),
    }
    status = 403 if request.method == "POST" else 200
    response = render(request, "console/claims.html", context, status=status)
    return with_tidy_address(request, response)


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
            said = _("%(document)s of %(name)s is in, dated when it was bought.") % {
                "document": found.document,
                "name": found.account.name,
            }
        else:
            claiming.reject(reason=request.POST.get("reason", ""), **about)
            said = _("%(document)s is rejected; %(name)s reads why.") % {
                "document": found.document,
                "name": found.member.name,
            }
    except claiming.CannotDecide as refused:
        messages.error(request, str(refused))
        return redirect("console_claim", found.pk)
    messages.success(request, said)
    return redirect("console_claims")


def _decide_many(request: HttpRequest) -> HttpResponse:
    """Each by itself: one that cannot be decided holds up no other. In the order of their accounts,
    as facts are taken in: two who decide at once wait for each other, never in a circle."""
    approves, outcome = request.POST.get("decision") == "approve", Outcome()
    chosen = Claim.objects.filter(pk__in=picked(request)).select_related("account")
    for found in chosen.order_by("account_id", "id"):
        name = f"{found.document}, {found.account.name}"
        about = {"claim_id": found.pk, "staff": request.staff, "now": timezone.now()}
        try:
            if approves:
                claiming.approve(zone=request.tenant.zone, **about)
            else:
                claiming.reject(reason=request.POST.get("note", ""), **about)
        except claiming.CannotDecide as refused:
            outcome.refused.append((name, str(refused)))
        else:
            outcome.done.append(name)
    say(request, outcome, done=_("approved") if approves else _("rejected"))
    return HttpResponseRedirect(request.get_full_path())
