"""My redemptions: where each is, calling it off, and seeing a code once."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Enrollment, Member
from accounts.models.people import PortalRole
from accounts.roles import member_required
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from loyalty.reward_words import redemption_words
from rewards import deciding
from rewards.codes import NoCodeToShow, show_code
from rewards.models import Redemption, RedemptionState
from rewards.payouts import PayoutsStopped
from rewards.voice import voice_of

PER_PAGE = 25


@require_safe
@member_required()
def redemptions(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    member = member_at(request, enrollment)
    voice = voice_of(request.tenant, enrollment.program.points_name)
    found = _of(enrollment, member).order_by("-requested_at", "-id")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice,
        "page": page,
        "rows": redemption_words(page.object_list, voice=voice),
    }
    return render(request, "portal/redemptions.html", context)


@require_safe
@member_required()
def redemption(request: HttpRequest, enrollment_id: UUID, redemption_id: UUID) -> HttpResponse:
    return _page(request, enrollment_id, redemption_id)


@require_POST
@member_required()
def cancel(request: HttpRequest, enrollment_id: UUID, redemption_id: UUID) -> HttpResponse:
    enrollment, _ = own_enrollment(request, enrollment_id)
    member = member_at(request, enrollment)
    found = _one(enrollment, member, redemption_id)
    if not _may_cancel(found, member):
        raise Http404
    decided = deciding.cancel([found.pk], actor=member.actor, now=timezone.now())
    if decided.done:
        messages.success(request, gettext("It is canceled, and its points are yours again."))
    else:
        messages.error(
            request, gettext("It was decided meanwhile and cannot be canceled any more.")
        )
    return redirect("portal_redemption", enrollment.pk, found.pk)


@require_POST
@member_required()
@never_cache
def code(request: HttpRequest, enrollment_id: UUID, redemption_id: UUID) -> HttpResponse:
    """Shown in this very answer and never again, so there is no redirect to another page."""
    enrollment, _ = own_enrollment(request, enrollment_id)
    member = member_at(request, enrollment)
    found = _one(enrollment, member, redemption_id)
    try:
        text = show_code(found, member=member, now=timezone.now())
    except PayoutsStopped as stopped:
        messages.error(request, str(stopped))
        return redirect("portal_redemption", enrollment.pk, found.pk)
    except NoCodeToShow:
        messages.error(request, gettext("The code was shown before; from then on it stays hidden."))
        return redirect("portal_redemption", enrollment.pk, found.pk)
    return _page(request, enrollment_id, redemption_id, code_text=text)


def _page(
    request: HttpRequest, enrollment_id: UUID, redemption_id: UUID, *, code_text: str = ""
) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    member = member_at(request, enrollment)
    found = _one(enrollment, member, redemption_id)
    voice = voice_of(request.tenant, enrollment.program.points_name)
    [words] = redemption_words([found], voice=voice)
    codes = list(found.codes.all()) if found.fulfilled_at else []
    held = codes[0] if codes and found.state == RedemptionState.FULFILLED else None
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice,
        "words": words,
        "redemption": found,
        "may_cancel": _may_cancel(found, member),
        "code": held,
        "code_text": code_text,
        "may_see_code": bool(held and not held.shown_at and found.member_id == member.pk),
        "instructions": found.reward.details.get("instructions", ""),
    }
    return render(request, "portal/redemption.html", context)


def _of(enrollment: Enrollment, member: Member) -> QuerySet[Redemption]:
    """What the account asked for, and what the reader paid from their own points: what colleagues
    pay from theirs is their own business."""
    own = Q(wallet__member=None) | Q(wallet__member=member)
    return (
        Redemption.objects.filter(
            own, account=enrollment.account, reward__program_id=enrollment.program_id
        )
        .select_related("reward", "member", "account", "wallet")
        .prefetch_related("slots", "codes")
    )


def _one(enrollment: Enrollment, member: Member, redemption_id: UUID) -> Redemption:
    found = _of(enrollment, member).filter(pk=redemption_id).first()
    if found is None:
        raise Http404
    return found


def _may_cancel(found: Redemption, member: Member) -> bool:
    """Whoever asked, and the account's portal admins, until somebody has decided."""
    is_theirs = found.member_id == member.pk or (
        member.portal_role == PortalRole.ADMIN and found.wallet.member_id is None
    )
    return found.state == RedemptionState.REQUESTED and is_theirs
