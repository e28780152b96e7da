"""Imports: hand a file in, see how far it is, take the rejects back for mending."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from accounts import imports
from accounts.csvfiles import FileUnreadable
from accounts.facts import FactRefused
from accounts.imports import OptionsWrong
from accounts.mappings import MappingWrong
from accounts.models import Account, ImportRun
from accounts.models.imports import ImportState, ImportTarget
from accounts.roles import staff_required
from loyalty.console.import_check import Check, check_file
from loyalty.console.import_form import FORMS, ImportForm
from loyalty.console.list_page import elsewhere, list_context, paged
from loyalty.console.mapping_text import TEMPLATES, as_toml
from loyalty.file_answer import download
from loyalty.listing import with_tidy_address
from loyalty.lists import IMPORTS
from loyalty.lists.listed import asked_in
from rewards.tasks import run_import
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
IMPORTERS = ("owner", "manager")
OPEN = (ImportState.WAITING, ImportState.RUNNING)


@require_safe
@staff_required(*READERS)
def import_list(request: HttpRequest) -> HttpResponse:
    if other := elsewhere(request, IMPORTS):
        return other
    found = IMPORTS.find(asked_in(request, now=timezone.now()))
    page = paged(request, found)
    context = list_context(request, IMPORTS, found) | {
        "page": page,
        "count": page.paginator.count,
        "runs": page.object_list,
        "is_polled": any(run.state in OPEN for run in page.object_list),
        "may_import": request.staff.role in IMPORTERS,
        "voice": voice_of(request.tenant),
    }
    return with_tidy_address(request, render(request, "console/imports.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*IMPORTERS)
def new_import(request: HttpRequest) -> HttpResponse:
    target = request.GET.get("target") or _offered_target(request)
    if target not in FORMS:
        raise Http404
    now = timezone.now()
    form = _form(request, target, now=now)
    check = None
    if request.method == "POST" and form.is_valid():
        if "check" not in request.POST:
            return redirect("console_import", import_id=_begin(request, form, at=now).id)
        check = _check(request, form, at=now)
    context = {
        "form": form,
        "check": check,
        "target": target,
        "targets": ImportTarget.choices,
        "example": f"loyalty/examples/{target}.csv",
        "earlier": ImportRun.objects.filter(target=target).order_by("-created_at")[:5],
        "voice": voice_of(request.tenant),
    }
    return render(request, "console/import_new.html", context)


def _offered_target(request: HttpRequest) -> ImportTarget:
    """What most people come to import: activities, once there are accounts for them. What is sent
    never depends on that: the form says what it is."""
    if request.method == "POST" or Account.objects.exists():
        return ImportTarget.ACTIVITIES
    return ImportTarget.ACCOUNTS


def _form(request: HttpRequest, target: str, *, now: datetime) -> ImportForm:
    """Empty, it offers the template's mapping or (?like=<id>) that of an earlier import."""
    today = now.astimezone(request.tenant.zone).date()
    if request.method == "POST":
        return FORMS[target](request.POST, request.FILES, today=today)
    mapping = TEMPLATES[target]
    if like := request.GET.get("like"):
        mapping = as_toml(_run(like, target=target).mapping)
    return FORMS[target](initial={"mapping": mapping}, today=today)


def _run(identifier: str, **fields: Any) -> ImportRun:
    try:
        return get_object_or_404(ImportRun, id=UUID(identifier), **fields)
    except ValueError:
        raise Http404 from None


def _begin(request: HttpRequest, form: ImportForm, *, at: datetime) -> ImportRun:
    upload = form.cleaned_data["file"]
    run = imports.begin(
        target=form.target,
        file_name=upload.name,
        size=upload.size,
        mapping=form.cleaned_data["parsed"],
        options=form.cleaned_data["options"] | {"language": get_language()},
        started_by=request.staff.actor,
        at=at,
        upload=upload,
    )
    message = {"tenant_id": str(request.tenant.id), "run_id": str(run.id)}
    run_import.delay_on_commit(**message)  # pyrefly: ignore[not-callable]
    return run


def _check(request: HttpRequest, form: ImportForm, *, at: datetime) -> Check | None:
    """A dry run; what keeps the file from being read at all becomes an error of the form."""
    run = ImportRun(
        target=form.target,
        mapping=form.cleaned_data["parsed"],
        options=form.cleaned_data["options"],
        started_by=request.staff.actor,
        created_at=at,
    )
    try:
        return check_file(run, form.cleaned_data["file"].file, tenant=request.tenant)
    except (MappingWrong, OptionsWrong, FileUnreadable, FactRefused) as problem:
        field = "mapping" if isinstance(problem, MappingWrong) else "file"
        form.add_error(None if isinstance(problem, OptionsWrong) else field, str(problem))
        return None


@require_safe
@staff_required(*READERS)
def import_page(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """With its progress; htmx asks for the same page again and takes that part out of it."""
    run = get_object_or_404(ImportRun, id=import_id)
    context = {
        "run": run,
        "is_polled": run.state in OPEN,
        "percent": run.progress / 10,
        "mapping": as_toml(run.mapping),
        "may_import": request.staff.role in IMPORTERS,
        "voice": voice_of(request.tenant),
    }
    return render(request, "console/import.html", context)


@require_safe
@staff_required(*READERS)
def rejects(request: HttpRequest, import_id: UUID) -> Any:
    """The rejected rows with their reasons, never shown by a browser but saved; once the run is
    over, because the file of a running one may end within a row."""
    run = get_object_or_404(ImportRun, id=import_id)
    if run.state in OPEN or not run.rejected or not run.rejects_as:
        raise Http404
    name = f"{run.file_name.rpartition('.')[0] or run.file_name}-rejects.csv"
    try:
        file = default_storage.open(run.rejects_as, "rb")
    except FileNotFoundError:
        raise Http404 from None
    return download(file, name=name)
