"""Leads: the list, one with its turns and why, entering one, and how partners deal with them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.events import events_about
from accounts.models import Account
from accounts.roles import staff_required
from loyalty.console.happenings import actor_names
from loyalty.console.list_page import elsewhere, list_context, paged
from loyalty.lead_forms import LeadForm
from loyalty.lead_words import against_words, lead_words, point_words, steps, why_words
from loyalty.listing import with_tidy_address
from loyalty.lists import LEADS
from loyalty.lists.listed import asked_in
from partners.leads import assigning, persons
from partners.leads.desk import NotNow
from partners.leads.receiving import CannotReceive, OtherLead, receive
from partners.leads.statistics import figures
from partners.models import Lead, LeadState
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
EDITORS = ("owner", "manager")
SOURCE = "console"


@require_safe
@staff_required(*READERS)
def lead_list(request: HttpRequest) -> HttpResponse:
    if other := elsewhere(request, LEADS):
        return other
    now = timezone.now()
    found = LEADS.find(asked_in(request, now=now))
    page = paged(request, found)
    context = list_context(request, LEADS, found) | {
        "page": page,
        "count": page.paginator.count,
        "leads": lead_words(page.object_list, now=now),
        "may_edit": request.staff.role in EDITORS,
        "voice": voice_of(request.tenant),
    }
    return with_tidy_address(request, render(request, "console/leads.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_lead(request: HttpRequest) -> HttpResponse:
    form = LeadForm(request.POST or None, currency=request.tenant.currency)
    if request.method == "POST" and form.is_valid():
        try:
            wanted = form.said(source=SOURCE)
            made = receive(wanted, actor=request.staff.actor, now=timezone.now())
        except CannotReceive as refused:
            form.refuse(str(refused), refused.field)
        except OtherLead as refused:
            form.add_error(None, str(refused))
        else:
            to = made.account.name if made.account else _("nobody yet")
            said = {"lead": made.reference, "to": to}
            messages.success(request, _("%(lead)s is there. It goes to: %(to)s.") % said)
            return redirect("console_lead", made.pk)
    status = 422 if form.errors else 200
    return render(request, "console/lead_new.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def lead(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    found = get_object_or_404(Lead.objects.select_related("account", "deal"), pk=lead_id)
    may_edit = request.staff.role in EDITORS
    context: dict[str, Any] = {"note": request.POST.get("note", "")}
    context["number"] = request.POST.get("account", "")
    if request.method == "POST" and may_edit:
        try:
            said = _act(request, found, context)
        except NotNow as refused:
            context["refused"] = str(refused)
        else:
            messages.success(request, said)
            return redirect("console_lead", lead_id)
    context |= _shown(request, found, may_edit=may_edit)
    status = 422 if "refused" in context else 403 if request.method == "POST" else 200
    return render(request, "console/lead.html", context, status=status)


@require_safe
@staff_required(*READERS)
def lead_figures(request: HttpRequest) -> HttpResponse:
    context = {"figures": figures(), "voice": voice_of(request.tenant)}
    return render(request, "console/lead_figures.html", context)


def _shown(request: HttpRequest, found: Lead, *, may_edit: bool) -> dict[str, Any]:
    now = timezone.now()
    [words] = lead_words([found], now=now)
    turns = list(found.offers.select_related("account", "rule").order_by("number"))
    events = list(events_about(f"lead:{found.pk}"))
    reads = may_edit and found.erased_at is None and bool(found.contact or found.email)
    if reads:
        persons.note_reading(found, actor=request.staff.actor, now=now)
    accounts = {turn.account_id: turn.account.name for turn in turns}
    return {
        "lead": found,
        "words": words,
        "reads_contact": reads or found.erased_at is not None,
        "turns": [
            (
                turn,
                why_words(turn.why),
                point_words(turn.why.get("points", ())),
                [(one, against_words(one)) for one in turn.why.get("others", ())],
            )
            for turn in turns
        ],
        "steps": steps(
            events, names=actor_names({event.actor for event in events}), accounts=accounts
        ),
        "may_edit": may_edit,
        "may_assign": may_edit and found.state in assigning.OPEN,
        "may_distribute": may_edit and found.state == LeadState.OPEN,
        "voice": voice_of(request.tenant),
    }


def _act(request: HttpRequest, found: Lead, context: dict[str, Any]) -> str:
    """Do what the button says. Raises NotNow."""
    by, now, note = request.staff.actor, timezone.now(), context["note"]
    doing: dict[str, tuple[Callable[[], Lead], str]] = {
        "assign": (
            lambda: _assign(found, context["number"], note=note, by=by, now=now),
            _("%s is offered."),
        ),
        "distribute": (
            lambda: assigning.distribute(found.pk, by=by, now=now),
            _("%s went through the rules."),
        ),
        "close": (
            lambda: assigning.close(found.pk, reason=note, by=by, now=now),
            _("%s is closed."),
        ),
        "erase": (
            lambda: persons.forget_person(found.pk, by=by, now=now),
            _("The person of %s is erased."),
        ),
    }
    if request.POST.get("action") not in doing:
        raise Http404
    do, said = doing[request.POST["action"]]
    do()
    return said % found.reference


def _assign(found: Lead, number: str, *, note: str, by: str, now: Any) -> Lead:
    number = number.strip()
    account = Account.objects.filter(number=number).first() if number.isprintable() else None
    if account is None:
        raise NotNow(_("There is no account with this number."))
    return assigning.assign(found.pk, account=account, note=note, by=by, now=now)
