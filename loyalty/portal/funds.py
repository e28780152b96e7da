"""Marketing funds of an account: what there is until when, requests, and claims with proof."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.events import events_about
from accounts.files import CannotKeep
from accounts.models import Enrollment, Member
from accounts.models.people import PortalRole
from accounts.periods import day_of
from accounts.roles import member_required
from loyalty.fund_form import ClaimForm, RequestForm
from loyalty.fund_words import answer_words, fund_words, request_words, steps
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from partners.funds import claiming, deciding
from partners.funds.activities import why_not_for
from partners.funds.requesting import CannotAsk, OtherRequest, Wish, ask, budgets_for
from partners.funds.steps import NotNow
from partners.models import Fund, FundActivity, FundBudget, FundRequest, RequestState
from rewards.voice import voice_of

ACTORS = (PortalRole.ADMIN, PortalRole.MEMBER)
PER_PAGE = 20
CLAIMABLE = (RequestState.APPROVED, RequestState.INCOMPLETE)
WITHDRAWABLE = (RequestState.REQUESTED, *CLAIMABLE)


@require_safe
@member_required()
def funds(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    context = _about(request, enrollment_id)
    enrollment, voice = context["enrollment"], context["voice"]
    page = Paginator(_own(enrollment).order_by("-requested_at", "-id"), PER_PAGE)
    context["page"] = page.get_page(request.GET.get("page"))
    context["requests"] = request_words(context["page"].object_list, voice=voice)
    context["funds"] = _own_funds(context)
    context["may_ask"] = context["may_act"] and _budgets(context).exists()
    return render(request, "portal/funds.html", context)


@require_safe
@member_required()
def choose_activity(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    """What can be asked for, and why something cannot."""
    context = _about(request, enrollment_id)
    found = FundActivity.objects.filter(is_active=True).select_related("segment").order_by("name")
    enrollment = context["enrollment"]
    context["activities"] = [
        (one, why_not_for(one, enrollment, now=context["now"])) for one in found
    ]
    return render(request, "portal/fund_activities.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def new_request(request: HttpRequest, enrollment_id: UUID, activity_id: UUID) -> HttpResponse:
    context = _about(request, enrollment_id)
    activity = get_object_or_404(
        FundActivity.objects.select_related("segment"), pk=activity_id, is_active=True
    )
    context["activity"] = activity
    context["why_not"] = why_not_for(activity, context["enrollment"], now=context["now"])
    if not context["may_act"] or context["why_not"]:
        return render(request, "portal/fund_request_new.html", context, status=403)
    form = RequestForm(
        request.POST or None,
        activity=activity,
        budgets=_choices(context),
        currency=request.tenant.currency,
    )
    if request.method == "POST" and form.is_valid():
        made = _ask(form, activity, context)
        if made is not None:
            messages.success(request, _("You asked for %s. Somebody looks at it.") % made.reference)
            return redirect("portal_fund_request", enrollment_id, made.pk)
    status = 422 if form.errors else 200
    return render(request, "portal/fund_request_new.html", context | {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def fund_request(request: HttpRequest, enrollment_id: UUID, request_id: UUID) -> HttpResponse:
    context = _about(request, enrollment_id)
    found = get_object_or_404(_own(context["enrollment"]), pk=request_id)
    may_claim = context["may_act"] and found.state in CLAIMABLE
    form = _claim_form(request, found) if may_claim else None
    if request.method == "POST" and context["may_act"]:
        try:
            said = _act(request, found, form, context)
        except (NotNow, CannotKeep) as refused:
            context["refused"] = str(refused)
        else:
            if said:
                messages.success(request, said)
                return redirect("portal_fund_request", enrollment_id, request_id)
    [words] = request_words([found], voice=context["voice"])
    events = events_about(f"fund_request:{found.pk}")
    context |= {
        "found": found,
        "words": words,
        "steps": steps(events, names=_own_names(found)),
        "answers": answer_words(found, voice=context["voice"]),
        "proofs": found.proofs.select_related("file").order_by("id"),
        "claim_form": form,
        "may_withdraw": context["may_act"] and found.state in WITHDRAWABLE,
        "note": request.POST.get("note", ""),
    }
    has_erred = "refused" in context or bool(form and form.errors)
    status = 422 if has_erred else 403 if request.method == "POST" else 200
    return render(request, "portal/fund_request.html", context, status=status)


def _about(request: HttpRequest, enrollment_id: UUID) -> dict[str, Any]:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    member = member_at(request, enrollment)
    now = timezone.now()
    return {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "member": member,
        "may_act": member.portal_role in ACTORS,
        "voice": voice_of(request.tenant, enrollment.program.points_name),
        "now": now,
        "today": day_of(now, request.tenant.zone),
    }


def _own(enrollment: Enrollment) -> QuerySet[FundRequest]:
    found = FundRequest.objects.filter(
        account_id=enrollment.account_id, budget__program_id=enrollment.program_id
    )
    return found.select_related("account", "budget", "activity", "member")


def _own_funds(context: dict[str, Any]) -> list[Any]:
    """With anything left, or under way, or that went out of them lately: the latest first."""
    enrollment = context["enrollment"]
    found = Fund.objects.filter(
        account_id=enrollment.account_id, budget__program_id=enrollment.program_id, granted__gt=0
    )
    found = found.select_related("budget").order_by("-budget__ends_on", "-id")
    return fund_words(list(found[:PER_PAGE]), today=context["today"])


def _budgets(context: dict[str, Any]) -> QuerySet[FundBudget]:
    enrollment = context["enrollment"]
    found = budgets_for(enrollment.account, today=context["today"])
    return found.filter(program_id=enrollment.program_id)


def _choices(context: dict[str, Any]) -> list[tuple[FundBudget, str]]:
    """The budgets to ask of, with what is left; of one that gives on request nobody is told."""
    budgets = list(_budgets(context).order_by("ends_on", "id"))
    funds = Fund.objects.filter(account_id=context["enrollment"].account_id, budget__in=budgets)
    left = {
        words.fund.budget_id: words.left
        for words in fund_words(list(funds), today=context["today"])
    }
    voice = context["voice"]
    return [
        (
            one,
            one.name
            if one.on_request
            else _("%(budget)s: %(left)s left")
            % {"budget": one.name, "left": voice.exact_money(left.get(one.pk, 0))},
        )
        for one in budgets
    ]


def _ask(form: RequestForm, activity: FundActivity, context: dict[str, Any]) -> FundRequest | None:
    member: Member = context["member"]
    wish = Wish(
        account=context["enrollment"].account,
        activity=activity,
        member=member,
        actor=member.actor,
        **form.said(),
    )
    try:
        return ask(wish, today=context["today"], now=context["now"])
    except CannotAsk as refused:
        form.refuse(str(refused), refused.field)
    except OtherRequest as refused:
        form.add_error(None, str(refused))
    return None


def _own_names(found: FundRequest) -> dict[str, str]:
    """Of people of the account; of the tenant's staff a partner sees no names."""
    people = Member.objects.filter(account_id=found.account_id)
    return {member.actor: member.name for member in people}


def _claim_form(request: HttpRequest, found: FundRequest) -> ClaimForm:
    is_claim = request.method == "POST" and request.POST.get("action") == "claim"
    return ClaimForm(
        request.POST if is_claim else None,
        request.FILES if is_claim else None,
        activity=found.activity,
        missing=claiming.missing_proofs(found),
        currency=request.tenant.currency,
    )


def _act(
    request: HttpRequest, found: FundRequest, form: ClaimForm | None, context: dict[str, Any]
) -> str:
    """Do what the button says; "" where the form says what is wrong. Raises NotNow, CannotKeep."""
    actor, now = context["member"].actor, context["now"]
    action = request.POST.get("action")
    if action == "withdraw":
        deciding.withdraw(found.pk, note=request.POST.get("note", ""), actor=actor, now=now)
        return _("%s is withdrawn.") % found.reference
    if action != "claim":
        raise Http404
    if form is None:
        raise NotNow(_("There is nothing to claim for it now."))
    if not form.is_valid():
        return ""
    claiming.claim(
        found.pk,
        cost=form.cleaned_data["cost"],
        proofs=form.proofs(),
        note=form.cleaned_data["claim_note"],
        actor=actor,
        today=context["today"],
        now=now,
    )
    return _("%s is claimed. Somebody checks it.") % found.reference
