"""Files of the reader's own accounts, but for what proves a colleague's claim."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.models import File
from accounts.roles import member_required
from loyalty.file_answer import file_answer
from partners.spiffs.proofs import proves_for_others


@require_safe
@member_required()
def file(request: HttpRequest, file_id: UUID) -> HttpResponse:
    own = File.objects.filter(account_id__in=[one.account_id for one in request.members])
    own = own.exclude(proves_for_others([one.pk for one in request.members]))
    return file_answer(get_object_or_404(own, pk=file_id))
