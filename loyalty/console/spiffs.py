"""SPIFFs and their terms: drafted, published, and from then on as they are."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.hands import why_not_alone
from accounts.models import Program
from accounts.periods import day_of
from accounts.roles import staff_required
from loyalty.spiff_form import TermsForm, initial_of
from loyalty.spiff_words import item_words, needs_words
from partners.models import Spiff, SpiffVersion
from partners.spiffs import terms as spiff_terms
from partners.spiffs.terms import BadTerms, add_spiff, draft, newest
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
EDITORS = ("owner", "manager")
PER_PAGE = 50


@require_safe
@staff_required(*READERS)
def spiff_list(request: HttpRequest) -> HttpResponse:
    kept = Spiff.objects.filter(discarded_at=None).select_related("program")
    found = kept.order_by("-created_at", "-id")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    voice = voice_of(request.tenant)
    context = {
        "page": page,
        "spiffs": [_row(one, voice) for one in page.object_list],
        "may_edit": request.staff.role in EDITORS,
        "voice": voice,
    }
    return render(request, "console/spiffs.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_spiff(request: HttpRequest) -> HttpResponse:
    today = day_of(timezone.now(), request.tenant.zone)
    initial: dict[str, Any] = {"starts_on": today, "claim_days": 30, "needs_proof": True}
    initial["program"] = Program.objects.order_by("name", "id").first()
    form = TermsForm(request.POST or None, currency=request.tenant.currency, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        about = {name: data[name] for name in ("program", "name", "unit")}
        try:
            made = add_spiff(
                **about, terms=form.terms(), actor=request.staff.actor, now=timezone.now()
            )
        except BadTerms as bad:
            form.refuse(str(bad), bad.field)
        else:
            messages.success(
                request, _("“%s” is drafted. Look at it, and publish it.") % made.spiff
            )
            return redirect("console_spiff", made.spiff_id)
    status = 422 if form.errors else 200
    return render(request, "console/spiff_edit.html", {"form": form}, status=status)


@require_safe
@staff_required(*READERS)
def spiff(request: HttpRequest, spiff_id: UUID) -> HttpResponse:
    return render(request, "console/spiff.html", _shown(request, _one(spiff_id)))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def edit_spiff(request: HttpRequest, spiff_id: UUID) -> HttpResponse:
    """The draft of the next version; it begins as the newest terms are."""
    found = _one(spiff_id)
    last = _kept(found).select_related("spiff").order_by("-number").first()
    if last is None:
        messages.error(request, str(spiff_terms.Discarded()))
        return redirect("console_spiff", found.pk)
    currency, today = request.tenant.currency, day_of(timezone.now(), request.tenant.zone)
    initial = initial_of(last, currency=currency)
    if last.published_at is not None:
        initial["valid_from"] = max(today, last.valid_from)
    form = TermsForm(request.POST or None, currency=currency, unit=found.unit, initial=initial)
    if request.method == "POST" and form.is_valid():
        by = {"actor": request.staff.actor, "now": timezone.now()}
        try:
            draft(spiff_id=found.pk, terms=form.terms(), **by)
        except BadTerms as bad:
            form.refuse(str(bad), bad.field)
        else:
            messages.success(request, _("“%s” is drafted. Look at it, and publish it.") % found)
            return redirect("console_spiff", found.pk)
    status = 422 if form.errors else 200
    context = {"form": form, "spiff": found}
    return render(request, "console/spiff_edit.html", context, status=status)


@require_POST
@staff_required(*EDITORS)
def publish_spiff(request: HttpRequest, spiff_id: UUID) -> HttpResponse:
    """What was read, and nothing that was written at it since."""
    try:
        seen = datetime.fromisoformat(request.POST.get("seen", ""))
    except ValueError:
        seen = None
    today = day_of(timezone.now(), request.tenant.zone)

    def act(version_id: UUID, **by: Any) -> object:
        return spiff_terms.publish(version_id, seen=seen, today=today, **by)

    done = _("Version %d is published; it stays as it is.")
    return _decide(request, _one(spiff_id), act, done=done)


@require_POST
@staff_required(*EDITORS)
def discard_spiff(request: HttpRequest, spiff_id: UUID) -> HttpResponse:
    """Put its draft away; with the first one the SPIFF is gone from the list."""
    found = _one(spiff_id)
    answer = _decide(request, found, spiff_terms.discard, done=_("Draft %d is put away."))
    found.refresh_from_db()
    return redirect("console_spiffs") if found.discarded_at else answer


def _decide(
    request: HttpRequest, found: Spiff, act: Callable[..., object], *, done: str
) -> HttpResponse:
    """Of its draft."""
    version = _kept(found).filter(published_at=None).first()
    if version is None:
        raise Http404
    try:
        act(version.pk, actor=request.staff.actor, now=timezone.now())
    except BadTerms as bad:
        context = _shown(request, found) | {"refused": str(bad)}
        return render(request, "console/spiff.html", context, status=422)
    messages.success(request, done % version.number)
    return redirect("console_spiff", found.pk)


def _kept(spiff: Spiff) -> QuerySet[SpiffVersion]:
    """Its versions, but for drafts that were put away."""
    return spiff.versions.filter(discarded_at=None)


def _one(spiff_id: UUID) -> Spiff:
    return get_object_or_404(Spiff.objects.select_related("program"), pk=spiff_id)


def _shown(request: HttpRequest, found: Spiff) -> dict[str, Any]:
    voice = voice_of(request.tenant, found.program.points_name)
    versions = list(_kept(found).order_by("-number"))
    draft = next((one for one in versions if one.published_at is None), None)
    authors = [draft.drafted_by] if draft is not None else []
    return {
        "spiff": found,
        "row": _row(found, voice),
        "versions": [_version(one, found, voice) for one in versions],
        "draft": draft,
        "needs_other": bool(why_not_alone(request.staff.actor, authors=authors)),
        "may_edit": request.staff.role in EDITORS and found.discarded_at is None,
        "voice": voice,
    }


def _row(one: Spiff, voice: Any) -> dict[str, Any]:
    version = newest(one)
    budget = version.budget if version else None
    return {
        "spiff": one,
        "version": version,
        "claimed": voice.amount(one.claimed, one.unit),
        "budget": voice.amount(budget, one.unit) if budget else "",
    }


def _version(version: SpiffVersion, spiff: Spiff, voice: Any) -> dict[str, Any]:
    limits = ((_("Most per person and year"), version.cap_person), (_("Budget"), version.budget))
    return {
        "version": version,
        "items": item_words(version, unit=spiff.unit, voice=voice),
        "limits": [(label, voice.amount(most, spiff.unit)) for label, most in limits if most],
        "needs": needs_words(version),
    }
