"""Campaigns, budgets and milestones: drafted, published, ended."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.conditions import BadCondition
from accounts.models import ActivityKind
from accounts.roles import staff_required
from accounts.tenancy import current_tenant_id
from loyalty.console.campaign_form import BudgetForm, CampaignForm, MilestoneForm
from loyalty.console.condition_rows import (
    Rows,
    choices,
    condition_of,
    operators,
    posted,
    rows_of,
    segment_codes,
)
from loyalty.console.kinds import EDITORS, READERS
from loyalty.programs import program_choice
from rewards import budgets, campaigning
from rewards.models import Boost, Budget, BudgetUse, Campaign, Milestone
from rewards.promises import campaign_promise
from rewards.publishing import CannotPublish, CodeTaken, NotADraft
from rewards.voice import voice_of


def _state(campaign: Campaign, *, now: Any) -> tuple[str, str, str]:
    if campaign.discarded_at:
        return "Discarded", "", "trash"
    if campaign.published_at is None:
        return "Draft", "warn", "pencil"
    if campaign.ends_at and campaign.ends_at <= now:
        return "Ended", "", "stop"
    if campaign.starts_at > now:
        return "Scheduled", "brand", "clock"
    return "Running", "good", "check-circle"


@require_safe
@staff_required(*READERS)
def campaign_list(request: HttpRequest) -> HttpResponse:
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    program, now = choice.chosen, timezone.now()
    voice = voice_of(request.tenant, program.points_name)
    names = dict(ActivityKind.objects.values_list("code", "name"))
    campaigns = Campaign.objects.filter(program=program, discarded_at=None).select_related("rule")
    mine = BudgetUse.objects.filter(tenant_id=current_tenant_id())
    used = dict(mine.values_list("budget_id", "used"))
    limits = Budget.objects.filter(program=program).order_by("-starts_at", "id")
    context = {
        "choice": choice,
        "campaigns": [
            {
                "campaign": one,
                "state": _state(one, now=now),
                "promise": campaign_promise(one, kinds=names, voice=voice),
            }
            for one in campaigns.order_by("-starts_at", "code")
        ],
        "budgets": [(one, used.get(one.id, 0)) for one in limits],
        "milestones": [
            (one, names.get(one.kind, one.kind))
            for one in Milestone.objects.filter(program=program).order_by("name", "code")
        ],
        "may_edit": request.staff.role in EDITORS,
        "voice": voice,
    }
    return render(request, "console/campaigns.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_campaign(request: HttpRequest) -> HttpResponse:
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    tenant, program = request.tenant, choice.chosen
    about = {"program": program, "currency": tenant.currency, "zone": tenant.zone}
    form = CampaignForm(request.POST or None, **about, is_new=True)
    rows = posted(request.POST) if request.method == "POST" else Rows("all", ())
    context: dict[str, Any] = {"form": form, "rows": rows, "program": program}
    if request.method == "POST" and "more" not in request.POST and form.is_valid():
        try:
            campaign = campaigning.draft_campaign(
                program=program,
                code=form.cleaned_data["code"],
                terms=form.terms() | {"condition": condition_of(rows, currency=tenant.currency)},
                actor=request.staff.actor,
                now=timezone.now(),
            )
            messages.success(request, "The draft is saved; publish it when it is right.")
            return redirect("console_campaign", campaign_id=campaign.pk)
        except CodeTaken as taken:
            form.add_error("code", str(taken))
        except (BadCondition, ValidationError) as bad:
            _tell(form, context, bad)
    return _editor(request, context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def edit_campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    campaign, tenant = _campaign(campaign_id), request.tenant
    if campaign.published_at or campaign.discarded_at:
        messages.error(request, str(NotADraft()))
        return redirect("console_campaign", campaign_id=campaign.pk)
    about = {"currency": tenant.currency, "zone": tenant.zone}
    initial = CampaignForm.initial_of(campaign, **about)
    form = CampaignForm(
        request.POST or None, program=campaign.program, **about, is_new=False, initial=initial
    )
    stored = rows_of(campaign.condition, currency=tenant.currency)
    rows = posted(request.POST) if request.method == "POST" else stored
    context: dict[str, Any] = {"form": form, "rows": rows, "campaign": campaign}
    if request.method == "POST" and "more" not in request.POST and form.is_valid():
        try:
            campaigning.change_campaign(
                campaign=campaign,
                terms=form.terms() | {"condition": condition_of(rows, currency=tenant.currency)},
                actor=request.staff.actor,
                now=timezone.now(),
            )
            messages.success(request, "The draft is saved.")
            return redirect("console_campaign", campaign_id=campaign.pk)
        except NotADraft as late:
            form.add_error(None, str(late))
        except (BadCondition, ValidationError) as bad:
            _tell(form, context, bad)
    return _editor(request, context)


_SHOWN_AS = {"starts_at": "starts_on", "ends_at": "ends_on"}


def _tell(form: forms.Form, context: dict[str, Any], bad: BadCondition | ValidationError) -> None:
    if isinstance(bad, BadCondition):
        context["problem"] = str(bad)
        return
    for name, problems in bad.message_dict.items():
        field = _SHOWN_AS.get(name, name)
        form.add_error(field if field in form.fields else None, problems)


def _editor(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    context |= {
        "fields": choices(context["rows"]),
        "operators": operators(),
        "segment_codes": segment_codes(),
    }
    wrong = "more" not in request.POST and (context["form"].errors or "problem" in context)
    return render(request, "console/campaign_edit.html", context, status=422 if wrong else 200)


@require_safe
@staff_required(*READERS)
def campaign_page(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    campaign, now = _campaign(campaign_id), timezone.now()
    voice = voice_of(request.tenant, campaign.program.points_name)
    names = dict(ActivityKind.objects.values_list("code", "name"))
    is_draft = campaign.published_at is None and campaign.discarded_at is None
    context = {
        "campaign": campaign,
        "state": _state(campaign, now=now),
        "promise": campaign_promise(campaign, kinds=names, voice=voice),
        "boosts": Boost.objects.filter(campaign=campaign).count(),
        "is_draft": is_draft,
        "may_edit": request.staff.role in EDITORS,
        "needs_other": is_draft
        and request.tenant.two_pairs_of_eyes
        and request.staff.actor in campaign.authors,
        "voice": voice,
    }
    return render(request, "console/campaign.html", context)


@require_POST
@staff_required(*EDITORS)
def publish(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    campaign = _campaign(campaign_id)
    try:
        campaigning.publish_campaign(
            campaign=campaign, actor=request.staff.actor, now=timezone.now()
        )
    except (CannotPublish, NotADraft, BadCondition) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"“{campaign.name}” is published.")
    return redirect("console_campaign", campaign_id=campaign.pk)


@require_POST
@staff_required(*EDITORS)
def discard(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    campaign = _campaign(campaign_id)
    try:
        campaigning.discard_campaign(
            campaign=campaign, actor=request.staff.actor, now=timezone.now()
        )
    except NotADraft as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The draft is put away.")
    return redirect("console_campaigns")


@require_POST
@staff_required(*EDITORS)
def end(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    campaign = _campaign(campaign_id)
    try:
        campaigning.end_campaign(campaign=campaign, actor=request.staff.actor, now=timezone.now())
    except CannotPublish as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"“{campaign.name}” has ended.")
    return redirect("console_campaign", campaign_id=campaign.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_budget(request: HttpRequest) -> HttpResponse:
    choice, now = program_choice(request), timezone.now()
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    form = BudgetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            budgets.set_budget(
                program=choice.chosen,
                **form.terms(tenant=request.tenant, now=now),
                actor=request.staff.actor,
                now=now,
            )
        except budgets.BudgetMakesNoSense as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "The budget is set.")
            return redirect("console_campaigns")
    context = {"form": form, "title": "New budget", "button": "Set the budget"}
    note = "What the program's rules may give to all accounts together. It stays as you set it."
    status = 422 if form.errors else 200
    return render(request, "console/simple_form.html", context | {"note": note}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_milestone(request: HttpRequest) -> HttpResponse:
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    form = MilestoneForm(request.POST or None, currency=request.tenant.currency)
    if request.method == "POST" and form.is_valid():
        try:
            campaigning.add_milestone(
                program=choice.chosen,
                **form.cleaned_data,
                actor=request.staff.actor,
                now=timezone.now(),
            )
        except CodeTaken as taken:
            form.add_error("code", str(taken))
        except (BadCondition, ValidationError) as bad:
            _tell(form, {}, bad)
        else:
            messages.success(request, "The milestone is set; a rule for “Milestone” rewards it.")
            return redirect("console_campaigns")
    context = {"form": form, "title": "New milestone", "button": "Add the milestone"}
    note = "Something an account reaches once, ever. It stays as you set it."
    status = 422 if form.errors else 200
    return render(request, "console/simple_form.html", context | {"note": note}, status=status)


def _campaign(campaign_id: UUID) -> Campaign:
    campaigns = Campaign.objects.select_related("program", "rule")
    return get_object_or_404(campaigns, pk=campaign_id)
