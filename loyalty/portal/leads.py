"""Leads of an account: those that wait for an answer, those it works on, those that went on.

Whom to speak to is read from the acceptance on, while the account holds the lead; and who read it
is put on record.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Enrollment
from accounts.models.people import PortalRole
from accounts.money import to_major
from accounts.periods import day_of
from accounts.roles import member_required
from loyalty.deal_form import RegistrationForm
from loyalty.lead_deals import initial_of, register_deal
from loyalty.lead_forms import LimitForm, WonForm
from loyalty.lead_words import ENDS, lead_words, point_words, why_words
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from partners.deals.forms import form_for
from partners.deals.registering import CannotRegister, OtherDeal
from partners.leads import answering, limits, persons, reporting
from partners.leads.desk import NotNow, terms_of_tenant
from partners.models import Lead, LeadOffer, LeadState, OfferState
from rewards.voice import voice_of

ACTORS = (PortalRole.ADMIN, PortalRole.MEMBER)
PER_PAGE = 20
MOST_GONE = 10
GONE = (OfferState.EXPIRED, OfferState.DECLINED, OfferState.RETURNED, OfferState.WITHDRAWN)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def leads(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    context = _about(request, enrollment_id)
    account = context["enrollment"].account
    form, status = None, 200
    if request.method == "POST":
        form = LimitForm(request.POST)
        if not context["may_limit"]:
            status = 403
        elif form.is_valid():
            most = form.cleaned_data["most"]
            actor, now = context["member"].actor, context["now"]
            limits.set_limit(account, most=most, by_partner=True, actor=actor, now=now)
            messages.success(request, _("It is kept; leads you have now stay with you."))
            return redirect("portal_leads", enrollment_id)
        else:
            status = 422
    page = Paginator(_in_order(_own(context["enrollment"])), PER_PAGE)
    limit = limits.limit_of(account)
    context["page"] = page.get_page(request.GET.get("page"))
    context |= {
        "leads": lead_words(context["page"].object_list, now=context["now"]),
        "gone": _gone(context["enrollment"]),
        "open": limits.open_of(account),
        "most": limits.effective(limit, most_open=terms_of_tenant().most_open),
        "form": form or LimitForm(initial={"most": limit.by_partner}),
    }
    return render(request, "portal/leads.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def lead(request: HttpRequest, enrollment_id: UUID, lead_id: UUID) -> HttpResponse:
    context = _about(request, enrollment_id)
    found = get_object_or_404(_own(context["enrollment"]), pk=lead_id)
    won_form = WonForm(request.POST or None, currency=request.tenant.currency)
    if request.method == "POST" and context["may_act"]:
        try:
            said = _act(request, found, won=won_form, context=context)
        except NotNow as refused:
            context["refused"] = str(refused)
        else:
            messages.success(request, said)
            return _after(enrollment_id, found, context)
    [words] = lead_words([found], now=context["now"])
    turn = reporting.turn_of(found)
    why = turn.why if turn else {}
    is_won = request.POST.get("action") == "win"
    context |= {
        "lead": found,
        "words": words,
        "why": why_words(why),
        "points": point_words(why.get("points", ())),
        "reads_contact": _reads_contact(request, found, context),
        "actions": _actions(found) if context["may_act"] else [],
        "may_register": _may_register(found, context),
        "typed": request.POST.get("note", ""),
        "won_form": won_form if is_won else WonForm(currency=request.tenant.currency),
    }
    status = 422 if "refused" in context else 403 if request.method == "POST" else 200
    return render(request, "portal/lead.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*ACTORS)
def deal_of_lead(request: HttpRequest, enrollment_id: UUID, lead_id: UUID) -> HttpResponse:
    """The form of a deal, filled in as far as the lead tells."""
    context = _about(request, enrollment_id)
    found = get_object_or_404(_own(context["enrollment"]), pk=lead_id)
    account = context["enrollment"].account
    asks = form_for(account)
    if asks is None or not _may_register(found, context):
        raise Http404
    currency = request.tenant.currency
    initial = initial_of(found, reads_contact=_reads_contact(request, found, context))
    if amount := found.won_amount or found.amount:
        initial["amount"] = to_major(amount, currency)
    about = {"asks": asks, "account": account, "currency": currency, "initial": initial}
    form = RegistrationForm(request.POST or None, **about)
    if request.method == "POST" and form.is_valid():
        try:
            today, now = context["today"], context["now"]
            member = context["member"]
            made = register_deal(found, form.said(), member=member, today=today, now=now)
        except CannotRegister as refused:
            form.refuse(str(refused), refused.field)
        except (OtherDeal, NotNow) as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("%s is registered.") % made.reference)
            return redirect("portal_deal", enrollment_id, made.pk)
    status = 422 if form.errors else 200
    context |= {"form": form, "lead": found}
    return render(request, "portal/lead_deal.html", context, status=status)


def _about(request: HttpRequest, enrollment_id: UUID) -> dict[str, Any]:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    member = member_at(request, enrollment)
    now = timezone.now()
    return {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "member": member,
        "may_act": member.portal_role in ACTORS,
        "may_limit": member.portal_role == PortalRole.ADMIN,
        "voice": voice_of(request.tenant, enrollment.program.points_name),
        "now": now,
        "today": day_of(now, request.tenant.zone),
    }


def _own(enrollment: Enrollment) -> QuerySet[Lead]:
    """Those that are with the account now."""
    found = Lead.objects.filter(account_id=enrollment.account_id)
    return found.select_related("account", "deal")


def _in_order(rows: QuerySet[Lead]) -> QuerySet[Lead]:
    """What waits for an answer first, then what is worked on, then what has ended."""
    place = Case(
        When(state=LeadState.OFFERED, then=Value(0)),
        When(ended_at=None, then=Value(1)),
        default=Value(2),
    )
    return rows.order_by(place, "answer_by", "-received_at", "-id")


def _gone(enrollment: Enrollment) -> list[tuple[LeadOffer, str]]:
    """The last turns that ended, and how; what became of those leads is others' business."""
    ended = LeadOffer.objects.filter(account_id=enrollment.account_id, state__in=GONE)
    rows = ended.select_related("lead").order_by("-ended_at", "-id")[:MOST_GONE]
    return [(row, str(ENDS[row.state])) for row in rows]


def _reads_contact(request: HttpRequest, found: Lead, context: dict[str, Any]) -> bool:
    # While staff view as a partner all that a page writes is undone: nobody would know who read it.
    # Those who may read it do so in the console.
    if request.viewing:
        return False
    if not persons.may_read_contact(found, account_id=context["enrollment"].account_id):
        return False
    persons.note_reading(found, actor=context["member"].actor, now=context["now"])
    return True


def _may_register(found: Lead, context: dict[str, Any]) -> bool:
    fits = found.state in (LeadState.CONTACTED, LeadState.QUALIFIED, LeadState.WON)
    has_form = fits and form_for(context["enrollment"].account) is not None
    return has_form and context["may_act"] and found.deal_id is None


def _actions(found: Lead) -> list[tuple[str, str, str, bool]]:
    """(action, heading, what the note says, whether it must) of what can be said now."""
    can = []
    if found.state in reporting.STEPS[LeadState.CONTACTED]:
        can.append(("contacted", _("We have spoken to them"), _("Anything to say?"), False))
    if found.is_worked:
        can.append(("qualified", _("They mean to buy"), _("Anything to say?"), False))
        can.append(("lose", _("It is lost"), _("Why?"), True))
        can.append(("decline", _("Give it back"), _("Why?"), True))
    return can


def _after(enrollment_id: UUID, found: Lead, context: dict[str, Any]) -> HttpResponse:
    """Back to the lead, where it is still theirs."""
    if _own(context["enrollment"]).filter(pk=found.pk).exists():
        return redirect("portal_lead", enrollment_id, found.pk)
    return redirect("portal_leads", enrollment_id)


def _act(request: HttpRequest, found: Lead, *, won: WonForm, context: dict[str, Any]) -> str:
    """Do what the button says. Raises NotNow."""
    note = request.POST.get("note", "")
    by = {
        "account_id": context["enrollment"].account_id,
        "actor": context["member"].actor,
        "now": context["now"],
    }

    def reported(state: str) -> Callable[[], Lead]:
        return lambda: reporting.report(found.pk, state=state, note=note, **by)

    doing: dict[str, tuple[Callable[[], Lead], str]] = {
        "accept": (lambda: answering.accept(found.pk, **by), _("%s is yours.")),
        "decline": (
            lambda: answering.decline(found.pk, reason=note, **by),
            _("%s goes to somebody else."),
        ),
        "contacted": (reported("contacted"), _("It is noted for %s.")),
        "qualified": (reported("qualified"), _("It is noted for %s.")),
        "lose": (lambda: reporting.lose(found.pk, reason=note, **by), _("%s is lost.")),
        "win": (lambda: _win(request, found, won, by), _("%s is won. Well done!")),
    }
    if request.POST.get("action") not in doing:
        raise Http404
    do, said = doing[request.POST["action"]]
    do()
    return said % found.reference


def _win(request: HttpRequest, found: Lead, form: WonForm, by: dict[str, Any]) -> Lead:
    if not form.is_valid():
        raise NotNow(_("Say for how much it was won, and when."))
    return reporting.win(found.pk, zone=request.tenant.zone, **form.cleaned_data, **by)
