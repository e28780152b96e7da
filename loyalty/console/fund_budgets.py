"""Budgets of marketing funds: what there is, who has how much of it, and one fund's ledger."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.ids import uuid7
from accounts.kinds import kind_names
from accounts.periods import day_of
from accounts.roles import staff_required
from loyalty.console.happenings import actor_names
from loyalty.fund_form import MoneyField, in_currency
from loyalty.fund_words import fund_words, request_words, statement_lines
from partners.funds import granting
from partners.funds.statements import statement_of
from partners.funds.steps import NotNow
from partners.models import BudgetKind, Fund, FundAccrual, FundBudget, FundRequest
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
EDITORS = ("owner", "manager")
PER_PAGE = 50
MOST_LINES = 500  # of a fund's ledger on one page
MOST_REQUESTS = 20


class SpanForm(forms.Form):
    """The days of a fund's ledger; both may be left out."""

    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("Through"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class TakeBackForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput)
    amount = MoneyField(label=gettext_lazy("Amount"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        in_currency(self, currency)


@require_safe
@staff_required(*READERS)
def budget_list(request: HttpRequest) -> HttpResponse:
    found = FundBudget.objects.select_related("program", "owner").order_by("-ends_on", "-id")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "budgets": page.object_list,
        "voice": voice_of(request.tenant),
        "may_edit": request.staff.role in EDITORS,
    }
    return render(request, "console/fund_budgets.html", context)


@require_safe
@staff_required(*READERS)
def budget(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    related = FundBudget.objects.select_related("program", "owner", "segment")
    found = get_object_or_404(related, pk=budget_id)
    funds = Fund.objects.filter(budget=found).select_related("account")
    ordered = funds.order_by("account__name", "account__number", "id")
    page = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    today = day_of(timezone.now(), request.tenant.zone)
    context = {
        "budget": found,
        "kinds": [name for code, name in kind_names().items() if code in found.kinds],
        "page": page,
        "funds": fund_words(list(page.object_list), today=today),
        "voice": voice_of(request.tenant),
        "may_edit": request.staff.role in EDITORS,
        "is_accrued": found.kind == BudgetKind.ACCRUED,
        "may_allocate": found.kind == BudgetKind.DISCRETIONARY and found.ends_on >= today,
    }
    return render(request, "console/fund_budget.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def fund(request: HttpRequest, fund_id: UUID) -> HttpResponse:
    related = Fund.objects.select_related("account", "budget__program")
    found = get_object_or_404(related, pk=fund_id)
    may_edit = request.staff.role in EDITORS and found.budget.kind == BudgetKind.DISCRETIONARY
    is_asked = request.method == "POST"
    form = TakeBackForm(
        request.POST if is_asked else None,
        currency=request.tenant.currency,
        initial={"key": uuid7()},
    )
    if is_asked and may_edit and form.is_valid():
        try:
            granting.take_back(
                fund_id=found.pk,
                amount=form.cleaned_data["amount"],
                reason=form.cleaned_data["reason"],
                key=str(form.cleaned_data["key"]),
                by=request.staff.actor,
                now=timezone.now(),
            )
        except (NotNow, granting.OtherGrant) as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("It is back in “%s”.") % found.budget.name)
            return redirect("console_fund", found.pk)
    context = _ledger(request, found) | {"form": form if may_edit else None}
    status = 200
    if is_asked:
        status = 422 if may_edit else 403
    return render(request, "console/fund.html", context, status=status)


def _ledger(request: HttpRequest, found: Fund) -> dict[str, Any]:
    zone, voice = request.tenant.zone, voice_of(request.tenant)
    today = day_of(timezone.now(), zone)
    asked = SpanForm(request.GET or None)
    said = asked.cleaned_data if asked.is_valid() else {}
    since: date = said.get("since") or found.budget.starts_on
    until: date = said.get("until") or today
    told = statement_of(found, since=since, until=until, zone=zone)
    requests = FundRequest.objects.filter(
        budget_id=found.budget_id, account_id=found.account_id
    ).select_related("activity")
    titles = {one.pk: f"{one.title} ({one.reference})" for one in requests}
    latest = requests.order_by("-requested_at", "-id")[:MOST_REQUESTS]
    return {
        "fund": found,
        "words": fund_words([found], today=today)[0],
        "span": SpanForm(initial={"since": since, "until": until}) if not asked.errors else asked,
        "since": since,
        "until": until,
        "statement": told,
        "lines": statement_lines(told, titles=titles)[-MOST_LINES:],
        "is_cut": len(told.lines) > MOST_LINES,
        "names": actor_names({line.movement.actor for line in told.lines}),
        "accruals": _accruals(found),
        "requests": request_words(latest, voice=voice),
        "voice": voice,
    }


def _accruals(found: Fund) -> list[tuple[FundAccrual, date]]:
    """(accrual, its last day), the latest first."""
    rows = FundAccrual.objects.filter(fund=found).order_by("-since")
    return [(row, row.until - timedelta(days=1)) for row in rows]
