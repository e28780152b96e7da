"""The month's statement of the reader's account, with their own points beside it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.roles import member_required
from loyalty.portal.enrollments import own_enrollment
from loyalty.statement_sheet import chosen_month, is_running, sheets
from rewards.voice import voice_of


@require_safe
@member_required()
def statement(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    now = timezone.now()
    voice = voice_of(request.tenant, enrollment.program.points_name)
    month, months = chosen_month(request, enrollment, now=now, voice=voice)
    own = {member.pk for member in request.members}
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice,
        "month": month,
        "months": months,
        "is_running": is_running(month, now=now, zone=voice.zone),
        "sheets": sheets(enrollment, month, voice=voice, members=own),
    }
    return render(request, "portal/statement.html", context)
