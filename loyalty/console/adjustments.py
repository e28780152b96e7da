"""Adjustments: drafted from an account, previewed, applied or approved by somebody else."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Enrollment
from accounts.models.people import StaffRole
from accounts.roles import staff_required
from loyalty.adjustment_words import adjustment_words
from loyalty.console.adjustment_forms import ExtendForm, PointsForm, ReinstateForm, TermsForm
from loyalty.console.bulk import Outcome, picked, say
from loyalty.console.list_page import elsewhere, list_context, paged
from loyalty.listing import with_tidy_address
from loyalty.lists import ADJUSTMENTS
from loyalty.lists.listed import asked_in
from loyalty.programs import program_choice
from rewards import adjusting, adjustment_drafts, queries
from rewards.correction_terms import save_terms, terms_of
from rewards.models import Adjustment, AdjustmentState
from rewards.voice import Voice, voice_of

READERS = ("owner", "manager", "finance", "analyst")
ADJUSTERS = ("owner", "manager", "finance")
LAST_EXPIRIES = 12


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*ADJUSTERS)
def adjust(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, about = _about(request, enrollment_id)
    return _draft_page(request, enrollment, PointsForm(request.POST or None, **about), "adjust")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*ADJUSTERS)
def extend(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, about = _about(request, enrollment_id)
    wallet = queries.own_points(enrollment)
    expiring = queries.expiring(wallet, limit=LAST_EXPIRIES) if wallet else []
    form = ExtendForm(request.POST or None, expiring=expiring, **about)
    return _draft_page(request, enrollment, form, "extend", is_empty=not expiring)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*ADJUSTERS)
def reinstate(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, about = _about(request, enrollment_id)
    wallet = queries.own_points(enrollment)
    expired = queries.expired_lately(wallet, limit=LAST_EXPIRIES) if wallet else []
    form = ReinstateForm(request.POST or None, expired=expired, **about)
    return _draft_page(request, enrollment, form, "reinstate", is_empty=not expired)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def adjustment_list(request: HttpRequest) -> HttpResponse:
    may_adjust = request.staff.role in ADJUSTERS
    if request.method == "POST" and may_adjust:
        return _decide_many(request)
    if other := elsewhere(request, ADJUSTMENTS):
        return other
    found = ADJUSTMENTS.find(asked_in(request, now=timezone.now()))
    page, state = paged(request, found), request.GET.get("state", "")
    context = list_context(request, ADJUSTMENTS, found) | {
        "page": page,
        "count": page.paginator.count,
        "told": adjustment_words(list(page.object_list), tenant=request.tenant),
        "waiting": Adjustment.objects.filter(state=AdjustmentState.PENDING).count(),
        "may_decide": may_adjust and state == AdjustmentState.PENDING,
    }
    status = 403 if request.method == "POST" else 200
    response = render(request, "console/adjustments.html", context, status=status)
    return with_tidy_address(request, response)


def _decide_many(request: HttpRequest) -> HttpResponse:
    """Each by itself, in the order of their accounts: two who decide at once wait for each other,
    never in a circle."""
    approves, outcome = request.POST.get("decision") == "approve", Outcome()
    note = request.POST.get("note", "").strip()[:300]
    chosen = Adjustment.objects.select_related("account", "program", "member")
    chosen = chosen.filter(pk__in=picked(request)).order_by("account_id", "id")
    for told in adjustment_words(list(chosen), tenant=request.tenant):
        about = {"adjustment_id": told.adjustment.pk, "now": timezone.now()}
        name = f"{told.does}, {told.holder}"
        try:
            if approves:
                adjusting.approve(actor=request.staff.actor, **about)
            else:
                adjusting.reject(note=note, actor=request.staff.actor, **about)
        except adjustment_drafts.AdjustmentRefused as refusal:
            outcome.refused.append((name, str(refusal)))
        else:
            outcome.done.append(name)
    say(request, outcome, done=_("approved") if approves else _("rejected"))
    return HttpResponseRedirect(request.get_full_path())


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def adjustment(request: HttpRequest, adjustment_id: UUID) -> HttpResponse:
    found = get_object_or_404(
        Adjustment.objects.select_related("account", "program", "member"), pk=adjustment_id
    )
    may_adjust = request.staff.role in ADJUSTERS
    if request.method == "POST" and may_adjust:
        return _decide(request, found)
    [told] = adjustment_words([found], tenant=request.tenant)
    context = _choices(request, found) if may_adjust else {}
    context |= {"told": told, "adjustment": found}
    status = 403 if request.method == "POST" else 200
    return render(request, "console/adjustment.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("owner", "manager")
def terms(request: HttpRequest) -> HttpResponse:
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    form = TermsForm(
        request.POST or None,
        instance=terms_of(choice.chosen.id),
        sets_limit=request.staff.role == StaffRole.OWNER,
    )
    if request.method == "POST" and form.is_valid():
        save_terms(form.save(commit=False), actor=request.staff.actor, now=timezone.now())
        messages.success(
            request,
            _("The terms of corrections in %(name)s are saved.") % {"name": choice.chosen.name},
        )
        return redirect(request.get_full_path())
    context = {"form": form, "choice": choice}
    status = 422 if form.errors else 200
    return render(request, "console/correction_terms.html", context, status=status)


def _about(request: HttpRequest, enrollment_id: UUID) -> tuple[Enrollment, dict[str, Any]]:
    enrollments = Enrollment.objects.select_related("account", "program")
    enrollment = get_object_or_404(enrollments, pk=enrollment_id)
    voice = voice_of(request.tenant, enrollment.program.points_name)
    return enrollment, {"enrollment": enrollment, "voice": voice, "now": timezone.now()}


def _draft_page(
    request: HttpRequest,
    enrollment: Enrollment,
    form: PointsForm | ExtendForm | ReinstateForm,
    what: str,
    *,
    is_empty: bool = False,
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            drafted = adjustment_drafts.draft(
                form.wanted(),
                identity=form.cleaned_data["identity"],
                actor=request.staff.actor,
                now=timezone.now(),
            )
        except adjustment_drafts.AdjustmentRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("console_adjustment", drafted.pk)
    wallet = queries.own_points(enrollment)
    context = {
        "form": form,
        "what": what,
        "is_empty": is_empty,
        "enrollment": enrollment,
        "voice": form.voice,
        "available": wallet.available if wallet else 0,
    }
    status = 422 if form.errors else 200
    return render(request, "console/adjust.html", context, status=status)


def _decide(request: HttpRequest, found: Adjustment) -> HttpResponse:
    now, actor = timezone.now(), request.staff.actor
    decision = request.POST.get("decision", "")
    about = {"adjustment_id": found.pk, "now": now}
    try:
        if decision == "submit":
            made = adjusting.submit(author=request.staff, **about)
        elif decision == "approve":
            made = adjusting.approve(actor=actor, **about)
        elif decision == "reject":
            note = request.POST.get("note", "").strip()[:300]
            made = adjusting.reject(note=note, actor=actor, **about)
        elif decision == "discard":
            made = adjusting.discard(actor=actor, **about)
        else:
            raise adjustment_drafts.AdjustmentRefused(_("Choose what is to become of it."))
    except adjustment_drafts.AdjustmentRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("console_adjustment", found.pk)
    messages.success(request, _said(made, voice_of(request.tenant, found.program.points_name)))
    return redirect("console_adjustment", found.pk)


def _said(made: Adjustment, voice: Voice) -> str:
    points, name = voice.amount(made.amount, "points"), made.account.name
    return {
        AdjustmentState.APPLIED: _("Done: %(points)s, %(name)s.")
        % {"points": points, "name": name},
        AdjustmentState.PENDING: _("Sent for approval: %(points)s, %(name)s.")
        % {"points": points, "name": name},
        AdjustmentState.REJECTED: _("Rejected; nothing was changed for %(name)s.") % {"name": name},
        AdjustmentState.DISCARDED: _("Discarded; nothing was changed for %(name)s.")
        % {"name": name},
    }[AdjustmentState(made.state)]


def _choices(request: HttpRequest, found: Adjustment) -> dict[str, Any]:
    """What this person may do with it, and what would come of it."""
    is_own = adjusting.is_own(found, actor=request.staff.actor)
    is_open = found.state in (AdjustmentState.DRAFT, AdjustmentState.PENDING)
    is_draft = found.state == AdjustmentState.DRAFT
    now = timezone.now()
    return {
        "may_submit": is_draft and found.drafted_by == request.staff.actor,
        "may_decide": found.state == AdjustmentState.PENDING and not is_own,
        "may_discard": is_open and is_own,
        "is_above_limit": is_draft
        and adjusting.needs_approval(found, role=request.staff.role, now=now),
        "preview": adjusting.preview(found, at=now) if is_open else None,
    }
