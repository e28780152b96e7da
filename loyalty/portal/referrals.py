"""Referrals of an account: a form, one's own link, and what became of who was referred."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models.people import PortalRole
from accounts.periods import day_of
from accounts.roles import member_required
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from loyalty.referral_form import ReferralForm
from loyalty.referral_words import referral_words, terms_words
from partners.models import Referral, ReferralLink, ReferralState
from partners.referrals.referring import CannotRefer, OtherReferral, Referred, refer
from partners.referrals.terms import link_of, terms_of
from rewards.voice import voice_of

REFERRERS = (PortalRole.ADMIN, PortalRole.MEMBER)
PER_PAGE = 20


@require_safe
@member_required()
def referrals(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    context = _about(request, enrollment_id)
    page = Paginator(_own(context).order_by("-referred_at", "-id"), PER_PAGE)
    context["page"] = page.get_page(request.GET.get("page"))
    context["referrals"] = referral_words(context["page"].object_list, voice=context["voice"])
    terms = context["terms"]
    if terms is not None:
        context["gives"] = terms_words(terms, voice=context["voice"])
    if terms is not None and context["may_act"] and (link := _link(request, context)):
        landing = reverse("referral_landing", args=[link.token])
        context["link"] = request.build_absolute_uri(landing)
    return render(request, "portal/referrals.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def new_referral(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    context = _about(request, enrollment_id)
    if context["terms"] is None:
        raise Http404
    if not context["may_act"]:
        return render(request, "portal/referral_new.html", context, status=403)
    form = ReferralForm(request.POST or None, terms=context["terms"])
    if request.method == "POST" and form.is_valid():
        made = _refer(form, context)
        if made is not None:
            _say(request, made, context)
            return redirect("portal_referrals", enrollment_id)
    status = 422 if form.errors else 200
    return render(request, "portal/referral_new.html", context | {"form": form}, status=status)


def _about(request: HttpRequest, enrollment_id: UUID) -> dict[str, Any]:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    member = member_at(request, enrollment)
    now = timezone.now()
    return {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "member": member,
        "may_act": member.portal_role in REFERRERS,
        "terms": terms_of(enrollment.program_id),
        "voice": voice_of(request.tenant, enrollment.program.points_name),
        "now": now,
        "today": day_of(now, request.tenant.zone),
    }


def _own(context: dict[str, Any]) -> QuerySet[Referral]:
    enrollment = context["enrollment"]
    rows = Referral.objects.select_related("terms", "member")
    return rows.filter(account_id=enrollment.account_id, program_id=enrollment.program_id)


def _link(request: HttpRequest, context: dict[str, Any]) -> ReferralLink | None:
    """Made when its person first looks. Staff who view as them see the one that is there: what they
    would make is undone, and led nowhere."""
    about = {"member": context["member"], "program_id": context["enrollment"].program_id}
    if request.viewing is not None:
        return ReferralLink.objects.filter(**about).first()
    return link_of(**about, now=context["now"])


def _refer(form: ReferralForm, context: dict[str, Any]) -> Referral | None:
    enrollment, member = context["enrollment"], context["member"]
    about = {"program": enrollment.program, "account": enrollment.account, "member": member}
    wanted = Referred(**about, actor=member.actor, **form.said())
    try:
        return refer(wanted, today=context["today"], now=context["now"])
    except CannotRefer as refused:
        form.refuse(str(refused), refused.field)
    except OtherReferral as refused:
        form.add_error(None, str(refused))
    return None


def _say(request: HttpRequest, made: Referral, context: dict[str, Any]) -> None:
    [words] = referral_words([made], voice=context["voice"])
    if made.state == ReferralState.REJECTED:
        said = _("%(customer)s does not qualify: %(reason)s.")
        messages.warning(request, said % {"customer": made.customer, "reason": words.reason})
    else:
        said = _("%s is referred. You see here what comes of it.")
        messages.success(request, said % made.customer)
