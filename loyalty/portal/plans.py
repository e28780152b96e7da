"""Joint plans of an account: read by everybody there, agreed on and changed by its admins."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Member
from accounts.models.people import PortalRole
from accounts.roles import member_required
from loyalty.plan_goals import NoteForm
from loyalty.plan_page import act, goal_forms, plan_context
from loyalty.portal.together import about
from partners.models import Plan, Side
from partners.plans.agreeing import NotNow, propose


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def plan(request: HttpRequest, enrollment_id: UUID, plan_id: UUID) -> HttpResponse:
    context, found = _one(request, enrollment_id, plan_id)
    member: Member = context["member"]
    may_act = member.portal_role == PortalRole.ADMIN
    if request.method == "POST" and may_act:
        try:
            said = act(found, request.POST, side=Side.PARTNER, by=member.actor, now=context["now"])
        except NotNow as refused:
            context |= {"refused": str(refused), "typed": request.POST.get("note", "")}
        else:
            messages.success(request, said)
            return redirect("portal_plan", enrollment_id, plan_id)
    context |= plan_context(
        found,
        tenant=request.tenant,
        voice=context["voice"],
        side=Side.PARTNER,
        by=member.actor,
        may_act=may_act,
        now=context["now"],
    )
    people = Member.objects.filter(account_id=found.account_id)
    context["people"] = {one.actor: one.name for one in people}
    status = 422 if "refused" in context else 403 if request.method == "POST" else 200
    return render(request, "portal/plan.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def next_version(request: HttpRequest, enrollment_id: UUID, plan_id: UUID) -> HttpResponse:
    context, found = _one(request, enrollment_id, plan_id)
    member: Member = context["member"]
    context |= {"plan": found, "may_act": member.portal_role == PortalRole.ADMIN}
    if not context["may_act"]:
        return render(request, "portal/plan_edit.html", context, status=403)
    form = NoteForm(request.POST or None)
    goals = goal_forms(found, request.POST or None, voice=context["voice"])
    if request.method == "POST" and all([form.is_valid(), goals.are_valid()]):
        try:
            propose(
                found.pk,
                goals=goals.goals(),
                note=form.cleaned_data["note"],
                side=Side.PARTNER,
                by=member.actor,
                now=context["now"],
            )
        except NotNow as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The change of “%s” is proposed.") % found.name)
            return redirect("portal_plan", enrollment_id, plan_id)
    context |= {"form": form, "goals": goals}
    status = 422 if request.method == "POST" else 200
    return render(request, "portal/plan_edit.html", context, status=status)


def _one(request: HttpRequest, enrollment_id: UUID, plan_id: UUID) -> tuple[dict[str, Any], Plan]:
    context = about(request, enrollment_id)
    own = Plan.objects.filter(account_id=context["enrollment"].account_id)
    return context, get_object_or_404(own.select_related("account"), pk=plan_id)
