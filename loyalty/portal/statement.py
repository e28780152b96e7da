"""The month's statement of the reader's account, with their own points beside it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.roles import member_required
from loyalty.portal.enrollments import own_enrollment
from loyalty.statement_paper import MOST_LINES, paper_answer
from loyalty.statement_sheet import chosen_month, is_running, sheets
from rewards.voice import voice_of


@require_safe
@member_required()
def statement(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    now = timezone.now()
    voice = voice_of(request.tenant, enrollment.program.points_name)
    month, months = chosen_month(request, enrollment, now=now, voice=voice)
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice,
        "month": month,
        "months": months,
        "is_running": is_running(month, now=now, zone=voice.zone),
        "sheets": sheets(enrollment, month, voice=voice, members=_own(request)),
        "file_url": reverse("portal_statement_file", args=[enrollment.pk]),
    }
    return render(request, "portal/statement.html", context)


@require_safe
@member_required()
def statement_file(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    """The same as a PDF."""
    enrollment, _ = own_enrollment(request, enrollment_id)
    now = timezone.now()
    voice = voice_of(request.tenant, enrollment.program.points_name)
    month, _ = chosen_month(request, enrollment, now=now, voice=voice)
    told = sheets(enrollment, month, voice=voice, members=_own(request), most=MOST_LINES)
    return paper_answer(enrollment, month, told, tenant=request.tenant, voice=voice, now=now)


def _own(request: HttpRequest) -> set[UUID]:
    """Who the reader is: colleagues' own points are their business."""
    return {member.pk for member in request.members}
