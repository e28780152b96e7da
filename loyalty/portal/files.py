"""Files of the reader's own accounts."""

from uuid import UUID

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.models import File
from accounts.roles import member_required
from loyalty.file_answer import file_answer
from partners.models import SpiffClaim


@require_safe
@member_required()
def file(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """What a person claims for themselves is their own business, and so is its proof: to colleagues
    it is not there, whatever they are at the account."""
    own = File.objects.filter(account_id__in=[one.account_id for one in request.members])
    theirs = SpiffClaim.objects.filter(account=OuterRef("account"), proof=OuterRef("pk"))
    theirs = theirs.exclude(member__in=[one.pk for one in request.members])
    return file_answer(get_object_or_404(own.exclude(Exists(theirs)), pk=file_id))
