"""Files of every account, and of the company itself."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.models import File
from accounts.roles import staff_required
from loyalty.file_answer import file_answer

READERS = ("owner", "manager", "finance", "analyst")


@require_safe
@staff_required(*READERS)
def file(request: HttpRequest, file_id: UUID) -> HttpResponse:
    return file_answer(get_object_or_404(File, pk=file_id))
