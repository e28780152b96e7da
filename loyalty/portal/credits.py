"""What a partner was credited: credit notes to save, account credits and points to know of."""

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.models import Enrollment
from accounts.roles import member_required
from loyalty.credit_paper import credit_note_answer
from loyalty.portal.enrollments import own_enrollment
from rebates.models import Credit, Method
from rewards.voice import voice_of

PER_PAGE = 20


@require_safe
@member_required()
def credit_list(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    found = _own(enrollment).order_by("-issued_at", "-id")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice_of(request.tenant, enrollment.program.points_name),
        "page": page,
        "credits": page.object_list,
    }
    return render(request, "portal/credits.html", context)


@require_safe
@member_required()
def credit_note(request: HttpRequest, enrollment_id: UUID, credit_id: UUID) -> HttpResponse:
    enrollment, _ = own_enrollment(request, enrollment_id)
    found = get_object_or_404(_own(enrollment), pk=credit_id, method=Method.CREDIT_NOTE)
    return credit_note_answer(found, tenant=request.tenant, voice=voice_of(request.tenant))


def _own(enrollment: Enrollment) -> QuerySet[Credit]:
    """Of the account and the program, as everything else beneath an enrollment."""
    return Credit.objects.filter(
        account_id=enrollment.account_id,
        settlement__statement__agreement__program_id=enrollment.program_id,
    ).select_related("account", "settlement__statement__agreement")
