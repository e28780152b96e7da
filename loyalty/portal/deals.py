"""Deals of an account: registered here, with their clocks, and what a partner can do with each.

A partner learns that a possible conflict is being examined, never with whom.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.events import events_about
from accounts.files import CannotKeep
from accounts.models import Enrollment, File, Member
from accounts.models.people import PortalRole
from accounts.periods import day_of
from accounts.roles import member_required
from loyalty.deal_form import RegistrationForm
from loyalty.deal_words import answer_words, deal_words, steps
from loyalty.file_field import ACCEPTED, proof_field
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from partners.deals import closing, deciding
from partners.deals.conflicts import OPEN
from partners.deals.documents import add_document
from partners.deals.forms import form_for
from partners.deals.registering import CannotRegister, OtherDeal, Registration, register
from partners.deals.steps import NotNow
from partners.models import Deal, DealState
from rewards.voice import voice_of

ACTORS = (PortalRole.ADMIN, PortalRole.MEMBER)
PER_PAGE = 20


class DocumentForm(forms.Form):
    file = proof_field(required=True)


@require_safe
@member_required()
def deals(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    context = _about(request, enrollment_id)
    page = Paginator(_own(context["enrollment"]).order_by("-registered_at", "-id"), PER_PAGE)
    context["page"] = page.get_page(request.GET.get("page"))
    context["deals"] = deal_words(context["page"].object_list, today=context["today"])
    account = context["enrollment"].account
    context["may_register"] = context["may_act"] and form_for(account) is not None
    return render(request, "portal/deals.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def new_deal(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    context = _about(request, enrollment_id)
    account = context["enrollment"].account
    asks = form_for(account)
    if asks is None:
        raise Http404
    if not context["may_act"]:
        return render(request, "portal/deal_new.html", context, status=403)
    form = RegistrationForm(
        request.POST or None, asks=asks, account=account, currency=request.tenant.currency
    )
    if request.method == "POST" and form.is_valid():
        made = _register(form, context)
        if made is not None:
            messages.success(request, _said_of(made))
            return redirect("portal_deal", enrollment_id, made.pk)
    status = 422 if form.errors else 200
    return render(request, "portal/deal_new.html", context | {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def deal(request: HttpRequest, enrollment_id: UUID, deal_id: UUID) -> HttpResponse:
    context = _about(request, enrollment_id)
    found = get_object_or_404(_own(context["enrollment"]), pk=deal_id)
    typed = ""
    if request.method == "POST" and context["may_act"]:
        typed = request.POST.get("note", "").replace("\x00", "")
        try:
            said = _act(request, found, note=typed, context=context)
        except (NotNow, CannotKeep) as refused:
            context["refused"] = str(refused)
        else:
            messages.success(request, said)
            return redirect("portal_deal", enrollment_id, deal_id)
    [words] = deal_words([found], today=context["today"])
    events = events_about(f"deal:{found.pk}")
    context |= {
        "deal": found,
        "words": words,
        "steps": steps(events, names=_own_names(found)),
        "answers": answer_words(found, voice=context["voice"]),
        "documents": _own_documents(found, context["enrollment"]),
        "may_add": context["may_act"] and found.state in (*OPEN, DealState.WON),
        "accepted": ACCEPTED,
        "actions": _actions(found) if context["may_act"] else [],
        "typed": typed,
    }
    status = 422 if "refused" in context else 403 if request.method == "POST" else 200
    return render(request, "portal/deal.html", context, status=status)


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


def _own(enrollment: Enrollment) -> QuerySet[Deal]:
    """Those that the account takes part in, whoever registered them."""
    account = enrollment.account_id
    found = Deal.objects.filter(Q(reseller_id=account) | Q(distributor_id=account))
    return found.select_related("account", "reseller", "distributor", "form", "member")


def _register(form: RegistrationForm, context: dict[str, Any]) -> Deal | None:
    member: Member = context["member"]
    wanted = Registration(member=member, actor=member.actor, **form.said())
    try:
        return register(wanted, today=context["today"], now=context["now"])
    except CannotRegister as refused:
        form.refuse(str(refused), refused.field)
    except OtherDeal as refused:
        form.add_error(None, str(refused))
    return None


def _said_of(made: Deal) -> str:
    [words] = deal_words([made], today=made.closes_on)
    if words.is_examined:
        return _("%s is registered. A possible conflict is being examined.") % made.reference
    return _("%s is registered. You see here what comes of it.") % made.reference


def _own_names(found: Deal) -> dict[str, str]:
    """Of people of the deal's own accounts; of the tenant's staff a partner sees no names."""
    people = Member.objects.filter(
        account_id__in={found.reseller_id, found.distributor_id} - {None}
    )
    return {member.actor: member.name for member in people}


def _actions(found: Deal) -> list[tuple[str, str, str, bool]]:
    """(action, heading, what the note says, whether it must) of what can be done now."""
    can = []
    if found.state == DealState.REJECTED and not found.appealed_at:
        can.append(("appeal", _("Ask for a second look"), _("What was overlooked?"), True))
    if found.state == DealState.APPROVED:
        if not found.extension_asked_at and found.extensions < found.form.most_extensions:
            can.append(("extend", _("Ask for more days"), _("Why does it take longer?"), True))
        can.append(("lose", _("It is lost"), _("Why?"), True))
    if found.is_open:
        can.append(("withdraw", _("Withdraw it"), _("Anything to say?"), False))
    return can


def _own_documents(found: Deal, enrollment: Enrollment) -> list[File]:
    """Of two accounts on a deal each reads what it has handed in itself."""
    own = found.documents.filter(file__account_id=enrollment.account_id).select_related("file")
    return [document.file for document in own.order_by("id")]


def _add_document(request: HttpRequest, found: Deal, context: dict[str, Any]) -> Deal:
    form = DocumentForm(request.POST, request.FILES)
    if not form.is_valid():
        raise NotNow(_("Choose a file first."))
    upload = form.cleaned_data["file"]
    account_id, actor = context["enrollment"].account_id, context["member"].actor
    now = context["now"]
    return add_document(found.pk, upload, account_id=account_id, actor=actor, now=now)


def _act(request: HttpRequest, found: Deal, *, note: str, context: dict[str, Any]) -> str:
    """Do what the button says. Raises NotNow."""
    by = {"actor": context["member"].actor, "now": context["now"]}
    today = context["today"]
    doing: dict[str, tuple[Callable[[], Deal], str]] = {
        "appeal": (
            lambda: deciding.appeal(found.pk, text=note, **by),
            _("%s is looked at a second time."),
        ),
        "extend": (
            lambda: deciding.ask_extension(found.pk, reason=note, today=today, **by),
            _("More days were asked for %s."),
        ),
        "lose": (
            lambda: closing.lose(found.pk, note=note, **by),
            _("%s is lost; the customer is free for others."),
        ),
        "document": (
            lambda: _add_document(request, found, context),
            _("The document is kept with %s."),
        ),
        "withdraw": (
            lambda: closing.withdraw(found.pk, note=note, **by),
            _("%s is withdrawn; the customer is free for others."),
        ),
    }
    if request.POST.get("action") not in doing:
        raise Http404
    do, said = doing[request.POST["action"]]
    do()
    return said % found.reference
