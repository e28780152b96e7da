"""Statements of rebates: read line by line, accepted, or disputed where they are wrong."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Enrollment, Member
from accounts.models.people import PortalRole
from accounts.roles import member_required
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from loyalty.rebate_paper import rebate_statement_answer
from loyalty.rebate_statements import (
    accepted_by,
    all_statements,
    settlements_of,
    statement_told,
)
from loyalty.rebate_words import StatementWords
from rebates import answering
from rebates.models import Dispute, Statement, StatementLine
from rebates.stating import line_of
from rewards.voice import Voice, voice_of

ANSWERERS = (PortalRole.ADMIN, PortalRole.MEMBER)
MOST_REASON = 1000


class DisputeForm(forms.Form):
    """`line` is the line's number on its statement."""

    line = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    reason = forms.CharField(
        max_length=MOST_REASON,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("What is wrong with it?"),
        help_text=gettext_lazy("Say what you expected, and name documents where you can."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def statement(request: HttpRequest, enrollment_id: UUID, statement_id: UUID) -> HttpResponse:
    """Look (GET); accept it, dispute a line, or withdraw a dispute (POST with `action`)."""
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    member, found = member_at(request, enrollment), _own(enrollment, statement_id)
    form = DisputeForm()
    if request.method == "POST":
        if member.portal_role not in ANSWERERS:
            raise Http404
        form = DisputeForm(request.POST if request.POST.get("action") == "dispute" else None)
        if not form.is_bound or form.is_valid():
            _answer(request, found, member, form)
            return redirect("portal_rebate_statement", enrollment.pk, found.pk)
    voice, now = voice_of(request.tenant, enrollment.program.points_name), timezone.now()
    words = statement_told(found, voice=voice, now=now)
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice,
        "words": words,
        "form": form,
        "wrong_line": form["line"].value() if form.errors else None,
    }
    context |= _choices(member, words, voice)
    status = 422 if form.errors else 200
    return render(request, "portal/rebate_statement.html", context, status=status)


@require_safe
@member_required()
def statement_file(request: HttpRequest, enrollment_id: UUID, statement_id: UUID) -> HttpResponse:
    """The same as a PDF."""
    enrollment, _enrollments = own_enrollment(request, enrollment_id)
    found = _own(enrollment, statement_id)
    voice, now = voice_of(request.tenant, enrollment.program.points_name), timezone.now()
    words = statement_told(found, voice=voice, now=now)
    return rebate_statement_answer(words, tenant=request.tenant, voice=voice)


def _own(enrollment: Enrollment, statement_id: UUID) -> Statement:
    """Raises Http404 for another account's, another program's and none alike."""
    own = all_statements().filter(account=enrollment.account, agreement__program=enrollment.program)
    found = own.filter(pk=statement_id).first()
    if found is None:
        raise Http404
    return found


def _answer(request: HttpRequest, found: Statement, member: Member, form: DisputeForm) -> None:
    """Do what was asked for, and say what came of it."""
    about: dict[str, Any] = {"actor": member.actor, "now": timezone.now()}
    action = request.POST.get("action")
    try:
        if action == "accept":
            answering.accept_statement(statement=found, **about)
            messages.success(request, _("The statement is accepted."))
        elif action == "dispute":
            line = _line(found, form.cleaned_data["line"])
            answering.dispute_line(line=line, reason=form.cleaned_data["reason"], **about)
            messages.success(request, _("The line is disputed; you read the answer here."))
        elif action == "withdraw":
            dispute = get_object_or_404(
                Dispute, line__statement=found, line__number=_number(request)
            )
            answering.withdraw_dispute(dispute=dispute, **about)
            messages.success(request, _("The dispute is withdrawn; the line stands."))
        else:
            raise Http404
    except answering.AnswerRefused as refusal:
        messages.error(request, str(refusal))


def _line(found: Statement, number: int) -> StatementLine:
    line = line_of(found, number)
    if line is None:
        raise Http404
    return line


def _number(request: HttpRequest) -> int:
    text = request.POST.get("line", "")
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise Http404
    return int(text)


def _choices(member: Member, words: StatementWords, voice: Voice) -> dict[str, Any]:
    """What the reader may do with it, or why not."""
    may = member.portal_role in ANSWERERS
    days = words.days_left
    return {
        "may_accept": may and days is not None,  # it is never too late for a yes
        "may_dispute": may and days is not None and days >= 0,
        "may_withdraw": may,
        "accepted_by": accepted_by(words),
        "settlements": settlements_of(words.statement, voice=voice),
    }
