"""SPIFFs for who sells: what is open, claiming a sale, one's own claims, and one's year.

What a person is given is their own business: colleagues do not see it.
"""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.events import events_about
from accounts.files import CannotKeep
from accounts.models.people import PortalRole
from accounts.periods import day_of, start_of
from accounts.roles import member_required
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from loyalty.spiff_form import ClaimForm
from loyalty.spiff_words import STEPS, claim_words, open_words
from partners.models import AwardPayment, SpiffClaim, SpiffClaimState
from partners.paying.owing import owed
from partners.spiffs.claiming import CannotClaim, OtherClaim, Sale, claim
from partners.spiffs.consents import has_consent
from partners.spiffs.deciding import NotNow, withdraw
from partners.spiffs.terms import open_on
from rewards.voice import voice_of

CLAIMERS = (PortalRole.ADMIN, PortalRole.MEMBER)
PER_PAGE = 20
MOST_PAYMENTS = 12


@require_safe
@member_required()
def spiffs(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    context = _about(request, enrollment_id)
    found = open_on(context["enrollment"].program_id, context["today"])
    page = Paginator(_own(context).order_by("-claimed_at", "-id"), PER_PAGE)
    context["page"] = page.get_page(request.GET.get("page"))
    context |= {
        "open": open_words(found, voice=context["voice"]),
        "claims": claim_words(context["page"].object_list, voice=context["voice"]),
        "year": context["today"].year,
        "given": _given(context),
        "owed": _owed(context),
        "payments": _payments(context),
    }
    return render(request, "portal/spiffs.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def spiff(request: HttpRequest, enrollment_id: UUID, spiff_id: UUID) -> HttpResponse:
    """What it pays, and the form to claim a sale."""
    context = _about(request, enrollment_id)
    pairs = open_on(context["enrollment"].program_id, context["today"])
    found = [pair for pair in pairs if pair[0].pk == spiff_id]
    if not found:
        raise Http404
    [context["words"]] = open_words(found, voice=context["voice"])
    version = found[0][1]
    lacks_consent = version.needs_consent and not has_consent(context["member"].pk)
    context["lacks_consent"] = lacks_consent
    if not context["may_act"] or (lacks_consent and request.method != "POST"):
        status = 403 if request.method == "POST" else 200
        return render(request, "portal/spiff.html", context, status=status)
    form = ClaimForm(request.POST or None, request.FILES or None, version=version)
    if request.method == "POST" and form.is_valid():
        made = _claim(form, context, spiff_id)
        if made is not None:
            said = _("%s is claimed. Somebody looks at it; you see here what comes of it.")
            messages.success(request, said % made.reference)
            return redirect("portal_spiff_claim", enrollment_id, made.pk)
    status = 422 if form.errors else 200
    return render(request, "portal/spiff.html", context | {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def spiff_claim(request: HttpRequest, enrollment_id: UUID, claim_id: UUID) -> HttpResponse:
    context = _about(request, enrollment_id)
    found = get_object_or_404(_own(context), pk=claim_id)
    if request.method == "POST" and context["may_act"]:
        try:
            withdraw(found.pk, by=context["member"].actor, now=context["now"])
        except NotNow as refused:
            context["refused"] = str(refused)
        else:
            messages.success(request, _("%s is withdrawn.") % found.reference)
            return redirect("portal_spiffs", enrollment_id)
    events = events_about(f"spiff_claim:{found.pk}")
    [context["words"]] = claim_words([found], voice=context["voice"])
    context |= {
        "claim": found,
        "serials": list(found.serials.order_by("serial").values_list("serial", flat=True)),
        "events": [
            {"at": one.occurred_at, "said": STEPS[one.kind], "note": one.payload["note"]}
            for one in events
        ],
        "may_withdraw": context["may_act"] and found.state == SpiffClaimState.OPEN,
    }
    status = 422 if "refused" in context else 403 if request.method == "POST" else 200
    return render(request, "portal/spiff_claim.html", context, status=status)


def _about(request: HttpRequest, enrollment_id: UUID) -> dict[str, Any]:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    member = member_at(request, enrollment)
    now = timezone.now()
    return {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "member": member,
        "may_act": member.portal_role in CLAIMERS,
        "voice": voice_of(request.tenant, enrollment.program.points_name),
        "now": now,
        "today": day_of(now, request.tenant.zone),
        "zone": request.tenant.zone,
    }


def _own(context: dict[str, Any]) -> QuerySet[SpiffClaim]:
    rows = SpiffClaim.objects.select_related("spiff", "account", "member", "product", "proof")
    program_id = context["enrollment"].program_id
    return rows.filter(member=context["member"], spiff__program_id=program_id)


def _given(context: dict[str, Any]) -> list[str]:
    """What the person was given this year, in each unit."""
    since = start_of(date(context["today"].year, 1, 1), context["zone"])
    rows = _own(context).filter(
        state=SpiffClaimState.APPROVED, version__beneficiary="member", decided_at__gte=since
    )
    sums = (
        rows.order_by().values_list("spiff__unit").annotate(sum=Sum(F("granted") - F("recalled")))
    )
    return [context["voice"].amount(amount, unit) for unit, amount in sorted(sums) if amount]


def _owed(context: dict[str, Any]) -> int:
    """Money of the person that is still to be paid to them; what is held back is not, yet."""
    rows = owed(now=context["now"]).filter(member=context["member"])
    rows = rows.filter(program_id=context["enrollment"].program_id)
    return rows.values_list("owed", flat=True).first() or 0


def _payments(context: dict[str, Any]) -> list[AwardPayment]:
    """What was paid to the person, or to their company, the latest first."""
    enrollment = context["enrollment"]
    whose = {"account_id": enrollment.account_id, "program_id": enrollment.program_id}
    rows = AwardPayment.objects.filter(Q(member=context["member"]) | Q(member=None), **whose)
    return list(rows.order_by("-paid_at", "-id")[:MOST_PAYMENTS])


def _claim(form: ClaimForm, context: dict[str, Any], spiff_id: UUID) -> SpiffClaim | None:
    member = context["member"]
    sale = Sale(spiff_id=spiff_id, member=member, actor=member.actor, **form.said())
    try:
        return claim(sale, zone=context["zone"], now=context["now"])
    except CannotClaim as refused:
        form.refuse(str(refused), refused.field)
    except CannotKeep as refused:
        form.refuse(str(refused), "proof")
    except OtherClaim as refused:
        form.add_error(None, str(refused))
    return None
