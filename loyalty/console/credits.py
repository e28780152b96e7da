"""Credit notes, account credits and points: settlements to be handed over, and those that were."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import staff_required
from loyalty.credit_paper import credit_note_answer
from rebates import crediting
from rebates.crediting import CannotCredit
from rebates.models import Credit, Method
from rewards.payouts import PayoutsStopped
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
TREASURERS = ("owner", "finance")
PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def credit_list(request: HttpRequest) -> HttpResponse:
    may_issue = request.staff.role in TREASURERS
    if request.method == "POST" and may_issue:
        return _issue(request)
    issued = Credit.objects.select_related("account", "settlement__statement__agreement")
    page = Paginator(issued.order_by("-issued_at", "-id"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "due": crediting.creditable(tenant=request.tenant, actor=request.staff.actor),
        "page": page,
        "credits": page.object_list,
        "may_issue": may_issue,
        "voice": voice_of(request.tenant),
    }
    status = 403 if request.method == "POST" else 200
    return render(request, "console/credits.html", context, status=status)


@require_safe
@staff_required(*READERS)
def credit_note(request: HttpRequest, credit_id: UUID) -> HttpResponse:
    notes = Credit.objects.filter(method=Method.CREDIT_NOTE)
    found = get_object_or_404(
        notes.select_related("account", "settlement__statement__agreement"), pk=credit_id
    )
    return credit_note_answer(found, tenant=request.tenant, voice=voice_of(request.tenant))


def _issue(request: HttpRequest) -> HttpResponse:
    picked = {UUID(one) for one in request.POST.getlist("pick") if _is_uuid(one)}
    try:
        issued = crediting.issue(
            settlement_ids=picked,
            tenant=request.tenant,
            actor=request.staff.actor,
            now=timezone.now(),
        )
    except (CannotCredit, PayoutsStopped) as refused:
        messages.error(request, str(refused))
    else:
        said = ngettext(
            "%d settlement is handed over.", "%d settlements are handed over.", len(issued)
        )
        messages.success(request, said % len(issued))
    return redirect("console_credits")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
