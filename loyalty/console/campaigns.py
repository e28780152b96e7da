"""Campaigns, budgets and milestones: drafted, published, ended."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.conditions import BadCondition
from accounts.kinds import kind_names
from accounts.roles import staff_required
from loyalty.console.bulk import picked
from loyalty.console.campaign_form import BudgetForm, CampaignForm, MilestoneForm
from loyalty.console.drafts import (
    Editor,
    Row,
    actions,
    condition_rows,
    decide,
    decide_many,
    is_draft,
    needs_other,
    seen_in_list,
    seen_of,
    show_on,
)
from loyalty.console.kinds import EDITORS, READERS
from loyalty.console.list_page import list_answer
from loyalty.lists import CAMPAIGNS
from loyalty.programs import program_choice
from loyalty.published_words import IN_FORCE, SCHEDULED, look_of_campaign
from rewards import budgets, campaigning
from rewards.conflicts import cautions_for_campaign
from rewards.models import Boost, Budget, Campaign, Milestone
from rewards.promises import campaign_promise
from rewards.publishing import CodeTaken, NotADraft
from rewards.voice import voice_of


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def campaign_list(request: HttpRequest) -> HttpResponse:
    may_edit = request.staff.role in EDITORS
    if request.method == "POST":
        return _decide_many(request) if may_edit else HttpResponseForbidden()
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    program, now = choice.chosen, timezone.now()
    voice = voice_of(request.tenant, program.points_name)
    names = kind_names()
    limits = Budget.objects.filter(program=program).order_by("-starts_at", "id")
    return list_answer(
        request,
        CAMPAIGNS,
        "console/campaigns.html",
        rows=lambda campaigns: [
            Row(
                key=one.pk,
                url=reverse("console_campaign", args=[one.pk]),
                name=one.name,
                note=one.code,
                promise=campaign_promise(one, kinds=names, voice=voice),
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                look=look_of_campaign(one, now=now),
                seen=seen_of(one),
            )
            for one in campaigns
        ],
        choice=choice,
        budgets=budgets.filled(limits, tenant=request.tenant, at=now),
        milestones=[
            (one, names.get(one.kind, one.kind))
            for one in Milestone.objects.filter(program=program).order_by("name", "code")
        ],
        may_edit=may_edit,
        actions=actions(may_edit),
        voice=voice,
    )


def _decide_many(request: HttpRequest) -> HttpResponse:
    about = {"actor": request.staff.actor, "now": timezone.now()}
    campaigns = Campaign.objects.filter(pk__in=picked(request)).order_by("id")
    decide_many(
        request,
        [(f"“{one.name}”", one) for one in campaigns],
        {
            "publish": lambda one: campaigning.publish_campaign(
                campaign=one, seen=seen_in_list(request, one), **about
            ),
            "end": lambda one: campaigning.end_campaign(campaign=one, **about),
            "discard": lambda one: campaigning.discard_campaign(campaign=one, **about),
        },
    )
    return HttpResponseRedirect(request.get_full_path())


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_campaign(request: HttpRequest) -> HttpResponse:
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    tenant, program = request.tenant, choice.chosen
    about = {"program": program, "currency": tenant.currency, "zone": tenant.zone}
    form = CampaignForm(request.POST or None, **about, is_new=True)

    def save(condition: dict[str, Any]) -> Campaign:
        return campaigning.draft_campaign(
            program=program,
            code=form.cleaned_data["code"],
            terms=form.terms() | {"condition": condition},
            actor=request.staff.actor,
            now=timezone.now(),
        )

    saved = _editor(request, form).save(save)
    if isinstance(saved, HttpResponse):
        return saved
    messages.success(request, _("The draft is saved; publish it when it is right."))
    return redirect("console_campaign", campaign_id=saved.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def edit_campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    campaign, tenant = _campaign(campaign_id), request.tenant
    if not is_draft(campaign):
        messages.error(request, str(NotADraft()))
        return redirect("console_campaign", campaign_id=campaign.pk)
    about = {"currency": tenant.currency, "zone": tenant.zone}
    initial = CampaignForm.initial_of(campaign, **about)
    form = CampaignForm(
        request.POST or None, program=campaign.program, **about, is_new=False, initial=initial
    )

    def save(condition: dict[str, Any]) -> Campaign:
        return campaigning.change_campaign(
            campaign=campaign,
            terms=form.terms() | {"condition": condition},
            actor=request.staff.actor,
            now=timezone.now(),
        )

    saved = _editor(request, form, campaign).save(save)
    if isinstance(saved, HttpResponse):
        return saved
    messages.success(request, _("The draft is saved."))
    return redirect("console_campaign", campaign_id=saved.pk)


def _editor(request: HttpRequest, form: CampaignForm, campaign: Campaign | None = None) -> Editor:
    listed = reverse("console_campaigns")
    return Editor(
        request=request,
        form=form,
        rows=condition_rows(request, campaign.condition if campaign else None),
        heading=campaign.name if campaign else _("New campaign"),
        crumb=campaign.code if campaign else _("New"),
        note=_("A draft: it raises nothing until it is published.")
        if campaign
        else _("It starts as a draft: it raises nothing until it is published."),
        list_url=listed,
        list_name=_("Campaigns"),
        back_url=reverse("console_campaign", args=[campaign.pk]) if campaign else listed,
        shown_as={"starts_at": "starts_on", "ends_at": "ends_on"},
    )


@require_safe
@staff_required(*READERS)
def campaign_page(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    campaign, now = _campaign(campaign_id), timezone.now()
    voice = voice_of(request.tenant, campaign.program.points_name)
    names = kind_names()
    context = {
        "campaign": campaign,
        "look": look_of_campaign(campaign, now=now),
        "is_scheduled": look_of_campaign(campaign, now=now) == SCHEDULED,
        "is_running": look_of_campaign(campaign, now=now) == IN_FORCE,
        "promise": campaign_promise(campaign, kinds=names, voice=voice),
        "boosts": Boost.objects.filter(campaign=campaign).count(),
        "is_draft": is_draft(campaign),
        "cautions": cautions_for_campaign(campaign, voice=voice) if is_draft(campaign) else [],
        "may_edit": request.staff.role in EDITORS,
        "needs_other": needs_other(request, campaign),
        "seen": seen_of(campaign),
        "voice": voice,
    }
    return render(request, "console/campaign.html", context)


@require_POST
@staff_required(*EDITORS)
def publish(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    act = partial(campaigning.publish_campaign, seen=request.POST.get("seen"))
    return _decide(request, campaign_id, act, _("“{}” is published."))


@require_POST
@staff_required(*EDITORS)
def discard(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    _decide(request, campaign_id, campaigning.discard_campaign, _("The draft is put away."))
    return redirect("console_campaigns")


@require_POST
@staff_required(*EDITORS)
def end(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    is_to_come = look_of_campaign(_campaign(campaign_id), now=timezone.now()) == SCHEDULED
    done = _("“{}” is called off.") if is_to_come else _("“{}” has ended.")
    return _decide(request, campaign_id, campaigning.end_campaign, done)


def _decide(
    request: HttpRequest, campaign_id: UUID, act: Callable[..., object], done: str
) -> HttpResponse:
    campaign, about = _campaign(campaign_id), {"actor": request.staff.actor, "now": timezone.now()}
    decide(request, lambda: act(campaign=campaign, **about), done=done.format(campaign.name))
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
            messages.success(request, _("The budget is set."))
            return redirect("console_campaigns")
    context = {"form": form, "title": _("New budget"), "button": _("Set the budget")}
    note = _("What the program's rules may give to all accounts together. It stays as you set it.")
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
        except BadCondition as bad:
            form.add_error("kind", str(bad))
        except ValidationError as bad:
            show_on(form, bad)
        else:
            messages.success(request, _("The milestone is set; a rule for “Milestone” rewards it."))
            return redirect("console_campaigns")
    context = {"form": form, "title": _("New milestone"), "button": _("Add the milestone")}
    note = _("Something an account reaches once, ever. It stays as you set it.")
    status = 422 if form.errors else 200
    return render(request, "console/simple_form.html", context | {"note": note}, status=status)


def _campaign(campaign_id: UUID) -> Campaign:
    campaigns = Campaign.objects.select_related("program", "rule")
    return get_object_or_404(campaigns, pk=campaign_id)
