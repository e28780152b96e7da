"""Statements of rebates: what waits for partners, for an answer to a dispute, and for approval."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.hands import hands_of
from accounts.models import Event
from accounts.money import exponent, to_minor
from accounts.roles import staff_required
from loyalty.console.happenings import happenings
from loyalty.listing import address_without, chips, tidy_redirect
from loyalty.rebate_paper import rebate_statement_answer
from loyalty.rebate_statements import (
    all_statements,
    settlements_of,
    statement_told,
    statements_told,
)
from loyalty.rebate_words import StatementWords
from rebates import answering, settling
from rebates.impartial import why_not_settled_by, why_partial
from rebates.models import (
    Dispute,
    LineState,
    Settlement,
    Statement,
    StatementLine,
    StatementState,
)
from rewards.payouts import PayoutsStopped
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
APPROVERS = ("owner", "manager", "finance")
PER_PAGE = 50
LAST_EVENTS = 20
DISPUTED = "disputed"
REFUSALS = (answering.AnswerRefused, settling.CannotApprove, PayoutsStopped)
STATES = {
    StatementState.ACCEPTED: gettext_lazy("To approve"),
    DISPUTED: gettext_lazy("Disputed"),
    StatementState.OPEN: gettext_lazy("Waiting for the partner"),
    StatementState.APPROVED: gettext_lazy("Approved"),
}


class ResolveForm(forms.Form):
    """How a dispute ends: the line stands, or another amount was agreed on."""

    line = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    agreed = forms.DecimalField(
        required=False, max_digits=18, label=gettext_lazy("Agreed on another amount")
    )
    answer = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("Answer to the partner"),
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = exponent(currency)
        self.fields["agreed"].help_text = _(
            "In %(currency)s; leave it empty where the line stands as it is."
        ) % {"currency": currency}

    def clean_agreed(self) -> int | None:
        agreed = self.cleaned_data["agreed"]
        if agreed is None:
            return None
        try:
            return to_minor(agreed, self._places)
        except ValueError:
            raise forms.ValidationError(
                _("Write it with at most %(places)s decimal places.") % {"places": self._places}
            ) from None


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def statement_list(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _approve_many(request)
    if tidy := tidy_redirect(request):
        return tidy
    state, words = request.GET.get("state", ""), request.GET.get("q", "").strip()
    if state and state not in STATES:
        raise Http404
    page = Paginator(_found(state, words), PER_PAGE).get_page(request.GET.get("page"))
    voice = voice_of(request.tenant)
    context = {
        "page": page,
        "rows": statements_told(list(page.object_list), voice=voice, now=timezone.now()),
        "voice": voice,
        "state": state,
        "states": list(STATES.items()),
        "words": words,
        "chips": chips(
            request,
            [("state", _("State"), str(STATES.get(state, ""))), ("q", _("Search"), words)],
        ),
        "clear_url": address_without(request, "state", "q"),
        "may_approve": request.staff.role in APPROVERS and state == StatementState.ACCEPTED,
    }
    return render(request, "console/rebate_statements.html", context)


def _found(state: str, words: str) -> QuerySet[Statement]:
    found = all_statements()
    if state == DISPUTED:
        found = found.filter(Exists(_disputed_lines()))
    elif state:
        found = found.filter(state=state)
    if words:
        about = Q(account__name__icontains=words) | Q(account__number__istartswith=words)
        found = found.filter(about | Q(agreement__name__icontains=words))
    return found


def _disputed_lines() -> QuerySet[StatementLine]:
    return StatementLine.objects.filter(statement=OuterRef("pk"), state=LineState.DISPUTED)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def statement(request: HttpRequest, statement_id: UUID) -> HttpResponse:
    """Look (GET); approve it, or end a dispute (POST with `action`)."""
    found = get_object_or_404(all_statements(), pk=statement_id)
    form = ResolveForm(currency=request.tenant.currency)
    if request.method == "POST":
        if request.staff.role not in APPROVERS:
            raise Http404
        if request.POST.get("action") == "resolve":
            form = ResolveForm(request.POST, currency=request.tenant.currency)
        if not form.is_bound or form.is_valid():
            _decide(request, found, form)
            return redirect("console_rebate_statement", found.pk)
    voice = voice_of(request.tenant, found.agreement.program.points_name)
    words = statement_told(found, voice=voice, now=timezone.now())
    events = Event.objects.filter(subject=f"rebate_statement:{found.pk}")
    context = {
        "words": words,
        "voice": voice,
        "form": form,
        "wrong_line": form["line"].value() if form.errors else None,
        "line_action": "console/dispute_resolve.html",
        "happenings": happenings(events.order_by("occurred_at", "id")[:LAST_EVENTS], voice=voice),
        "settlements": settlements_of(found, voice=voice),
    }
    context |= _choices(request, words)
    status = 422 if form.errors else 200
    return render(request, "console/rebate_statement.html", context, status=status)


@require_safe
@staff_required(*READERS)
def statement_file(request: HttpRequest, statement_id: UUID) -> HttpResponse:
    """The same as a PDF."""
    found = get_object_or_404(all_statements(), pk=statement_id)
    voice = voice_of(request.tenant, found.agreement.program.points_name)
    words = statement_told(found, voice=voice, now=timezone.now())
    return rebate_statement_answer(words, tenant=request.tenant, voice=voice)


def _choices(request: HttpRequest, words: StatementWords) -> dict[str, Any]:
    """What the reader may do with it, or what it waits for."""
    one = words.statement
    may = request.staff.role in APPROVERS
    hands, owner = hands_of(request.staff.actor), one.agreement.owner
    is_own = one.prepared_by in hands or (owner is not None and owner.actor in hands)
    partial = "" if is_own else why_partial(one, hands)
    has_resolved = one.state == StatementState.APPROVED and any(
        line.line.state == LineState.RESOLVED for line in words.lines
    )
    waits = one.state == StatementState.ACCEPTED or has_resolved
    why_not = ""
    if waits and is_own:
        why_not = _("You prepared this statement or own the agreement: somebody else approves it.")
    elif waits:
        why_not = why_not_settled_by(one, hands)
    elif one.state == StatementState.OPEN:
        why_not = partial or _("It can be approved once the partner has accepted it.")
        if not partial and words.days_left is not None and words.days_left < 0:
            why_not = _(
                "The partner has not answered in time, and can still accept it in the portal: ask "
                "them to. It can be approved then."
            )
    return {
        "may_approve": may and waits and not why_not,
        "may_resolve": may and not is_own and not partial,
        "why_not": why_not,
        "to_settle": sum(
            line.line.settles
            for line in words.lines
            if line.line.state in (LineState.STATED, LineState.RESOLVED)
        ),
    }


def _decide(request: HttpRequest, found: Statement, form: ResolveForm) -> None:
    """Do what was asked for, and say what came of it."""
    about: dict[str, Any] = {"actor": request.staff.actor, "now": timezone.now()}
    try:
        if form.is_bound:
            said = form.cleaned_data
            dispute = get_object_or_404(Dispute, line__statement=found, line__number=said["line"])
            answering.resolve_dispute(
                dispute=dispute, agreed=said["agreed"], answer=said["answer"], **about
            )
            messages.success(request, _("The dispute is over; the partner reads your answer."))
        elif request.POST.get("action") == "approve":
            approve(found, **about)
            messages.success(request, _("It is approved."))
        else:
            raise Http404
    except REFUSALS as refusal:
        messages.error(request, str(refusal))


def approve(found: Statement, *, actor: str, now: datetime) -> Settlement | None:
    """The statement, or what was disputed of one that is approved already."""
    if found.state == StatementState.APPROVED:
        return settling.approve_resolved(statement=found, actor=actor, now=now)
    return settling.approve_statement(statement=found, actor=actor, now=now)


def _approve_many(request: HttpRequest) -> HttpResponse:
    """Each by itself: what one may not approve does not hold up the others."""
    if request.staff.role not in APPROVERS:
        raise Http404
    picked = [text for text in request.POST.getlist("pick") if is_uuid(text)]
    done = 0
    for found in all_statements().filter(pk__in=picked).order_by("id"):
        try:
            approve(found, actor=request.staff.actor, now=timezone.now())
        except REFUSALS as refusal:
            said = {"statement": f"{found.agreement.name}, {found.account.name}", "why": refusal}
            messages.warning(request, _("%(statement)s: %(why)s") % said)
        else:
            done += 1
    if not picked:
        messages.error(request, _("Pick at least one statement first."))
    elif done:
        told = ngettext(
            "%(done)s statement is approved.", "%(done)s statements are approved.", done
        )
        messages.success(request, told % {"done": done})
    return redirect(request.get_full_path())


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
