"""Closing periods: what is due, what it comes to, and issuing its statements."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.periods import day_of
from accounts.roles import staff_required
from loyalty.console.rebate_statements import is_uuid
from loyalty.rebate_words import period_name
from rebates import closing
from rebates.due import Due, due_periods
from rebates.models import LineState, Statement, StatementLine, StatementState
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
CLOSERS = ("owner", "manager", "finance")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def periods(request: HttpRequest) -> HttpResponse:
    """What is due now, and what comes next (GET); issue what is picked (POST)."""
    if request.method == "POST":
        return _close(request)
    voice, now = voice_of(request.tenant), timezone.now()
    today = day_of(now, voice.zone)
    found = due_periods(day=today)
    due = [one for one in found if one.is_due(today)]
    open_ones = Statement.objects.filter(state=StatementState.OPEN)
    context = {
        "due": [_row(one, today, voice=voice) for one in due],
        "coming": [_row(one, today, voice=voice) for one in found if not one.is_due(today)],
        "late": sum(one.days_late(today) > 0 for one in due),
        "would_state": sum(one.owed for one in due),
        "forecast_differs": sum(one.difference or 0 for one in due)
        if any(one.expected is not None for one in due)
        else None,
        "disputed": StatementLine.objects.filter(state=LineState.DISPUTED).aggregate(
            lines=Count("id"), amount=Sum("amount")
        ),
        "unanswered": open_ones.filter(answer_by__lt=now).count(),
        "to_approve": Statement.objects.filter(state=StatementState.ACCEPTED).count(),
        "may_close": request.staff.role in CLOSERS,
        "voice": voice,
    }
    return render(request, "console/rebate_closing.html", context)


def _row(one: Due, today: date, *, voice: Any) -> dict[str, Any]:
    agreement = one.agreement
    return {
        "due": one,
        "late": one.days_late(today),
        "period": period_name(agreement.period, one.since, one.upto, voice=voice),
    }


def _close(request: HttpRequest) -> HttpResponse:
    """Whoever issues statements prepared them, and never approves them."""
    if request.staff.role not in CLOSERS:
        raise Http404
    picked = [UUID(text) for text in request.POST.getlist("pick") if is_uuid(text)]
    if not picked:
        messages.error(request, _("Pick at least one agreement first."))
        return redirect("console_rebate_closing")
    issued = closing.close_some(
        picked, tenant=request.tenant, at=timezone.now(), actor=request.staff.actor
    )
    if issued:
        said = ngettext(
            "%(issued)s statement is issued; another person approves it once it is accepted.",
            "%(issued)s statements are issued; another person approves them once accepted.",
            issued,
        )
        messages.success(request, said % {"issued": issued})
    else:
        messages.info(request, _("There was nothing to state: nothing was owed, or it was done."))
    return redirect("console_rebate_closing")
