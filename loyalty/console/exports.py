"""Exports: exactly the rows that a list shows, at once or by a job whose file waits a week."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import exports
from accounts.models import Export, ExportState
from accounts.roles import staff_required
from loyalty.console.views_of_lists import list_for, list_url
from loyalty.file_answer import download
from loyalty.lists import LISTS
from loyalty.lists.exporting import AT_ONCE, at_once
from loyalty.lists.listed import READERS, Asked, Listed, state_of
from loyalty.tasks import build_export
from rewards.voice import voice_of

PER_PAGE = 50
LOOKS = {
    ExportState.WAITING: ("", "clock"),
    ExportState.RUNNING: ("brand", "arrow-path"),
    ExportState.DONE: ("good", "check-circle"),
    ExportState.FAILED: ("bad", "x-circle"),
    ExportState.EXPIRED: ("", "archive-box-x-mark"),
}


@require_safe
@staff_required(*READERS)
def export_list(request: HttpRequest) -> HttpResponse:
    """One's own; htmx asks for the same page while one of them is under way."""
    found = Export.objects.filter(staff=request.staff.pk).order_by("-asked_at", "-id")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [_row(export) for export in page.object_list],
        "is_polled": any(export.state in exports.OPEN for export in page.object_list),
        "voice": voice_of(request.tenant),
    }
    return render(request, "console/exports.html", context)


@require_POST
@staff_required(*READERS)
def export(request: HttpRequest, list_code: str) -> HttpResponse:
    """The rows of the list in the state that the address carries."""
    return _export(request, list_for(request, list_code), request.GET)


@require_POST
@staff_required(*READERS)
def again(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """The same question, answered anew."""
    earlier = _own(request, export_id)
    return _export(request, list_for(request, earlier.list), QueryDict(earlier.query))


@require_safe
@staff_required(*READERS)
def export_file(request: HttpRequest, export_id: UUID) -> Any:
    """Saved and never shown by a browser; to who asked for it, while they may read the list."""
    found = _own(request, export_id)
    listed = list_for(request, found.list)
    if found.state != ExportState.DONE:
        raise Http404
    try:
        file = default_storage.open(found.stored_as, "rb")
    except FileNotFoundError:
        raise Http404 from None
    day = found.asked_at.astimezone(request.tenant.zone).date()
    return download(file, name=_file_name(listed, day.isoformat()))


def _export(request: HttpRequest, listed: Listed, query: QueryDict) -> HttpResponse:
    asked = Asked(request.tenant, query, timezone.now())
    state = state_of(query)
    rows = listed.find(asked).count()
    about = {"staff": request.staff, "list_code": listed.code, "query": state, "rows": rows}
    if rows > AT_ONCE:
        try:
            begun = exports.ask_for(**about, now=asked.now)
        except exports.TooManyOpen as refusal:
            messages.error(request, str(refusal))
            return redirect(list_url(listed, query))
        message = {"tenant_id": str(request.tenant.pk), "export_id": str(begun.pk)}
        build_export.delay_on_commit(**message)  # pyrefly: ignore[not-callable]
        messages.info(request, _("The file is being written; it waits here once it is ready."))
        return redirect("console_exports")
    exports.note_export(**about, now=asked.now)
    day = asked.now.astimezone(request.tenant.zone).date().isoformat()
    return download(at_once(listed, asked), name=_file_name(listed, day))


def _file_name(listed: Listed, day: str) -> str:
    return f"{slugify(listed.code)}-{day}.csv"


def _row(export: Export) -> dict[str, Any]:
    tone, icon = LOOKS[ExportState(export.state)]
    listed = LISTS.get(export.list)
    return {
        "export": export,
        "name": listed.name if listed else export.list,
        "url": list_url(listed, QueryDict(export.query)) if listed else "",
        "tone": tone,
        "icon": icon,
        "is_open": export.state in exports.OPEN,
        "is_ready": export.state == ExportState.DONE,
        "filters": " · ".join(f"{key}: {value}" for key, value in QueryDict(export.query).items()),
    }


def _own(request: HttpRequest, export_id: UUID) -> Export:
    return get_object_or_404(Export, pk=export_id, staff=request.staff.pk)
