"""Files of a rep's own accounts, but for what proves a person's claim: that is no rep's to see."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.models import File
from accounts.roles import staff_required
from loyalty.field.accounts import CALLERS
from loyalty.file_answer import file_answer
from partners.spiffs.proofs import proves_for_others


@require_safe
@staff_required(*CALLERS)
def file(request: HttpRequest, file_id: UUID) -> HttpResponse:
    own = File.objects.filter(account__rep_id=request.staff.id).exclude(proves_for_others(()))
    return file_answer(get_object_or_404(own, pk=file_id))
