"""The month's statement of an account in a program, its people's own points among it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Enrollment
from accounts.roles import staff_required
from loyalty.statement_paper import MOST_LINES, paper_answer
from loyalty.statement_sheet import chosen_month, is_running, sheets
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")


@require_safe
@staff_required(*READERS)
def statement(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment = _enrollment(enrollment_id)
    now = timezone.now()
    voice = voice_of(request.tenant, enrollment.program.points_name)
    month, months = chosen_month(request, enrollment, now=now, voice=voice)
    context = {
        "enrollment": enrollment,
        "voice": voice,
        "month": month,
        "months": months,
        "is_running": is_running(month, now=now, zone=voice.zone),
        "sheets": sheets(enrollment, month, voice=voice, members=None),
        "file_url": reverse("console_statement_file", args=[enrollment.pk]),
    }
    return render(request, "console/statement.html", context)


@require_safe
@staff_required(*READERS)
def statement_file(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    """The same as a PDF."""
    enrollment = _enrollment(enrollment_id)
    now = timezone.now()
    voice = voice_of(request.tenant, enrollment.program.points_name)
    month, _ = chosen_month(request, enrollment, now=now, voice=voice)
    told = sheets(enrollment, month, voice=voice, members=None, most=MOST_LINES)
    return paper_answer(enrollment, month, told, tenant=request.tenant, voice=voice, now=now)


def _enrollment(enrollment_id: UUID) -> Enrollment:
    return get_object_or_404(
        Enrollment.objects.select_related("account", "program"), pk=enrollment_id
    )
