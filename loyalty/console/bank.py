"""Bank details: those that the company pays from, and those of an account entered for it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Account
from accounts.roles import staff_required
from loyalty.bank_form import BankForm, earlier_details, enter_from
from loyalty.console.happenings import actor_names
from rebates import banking
from rewards.voice import voice_of

TREASURERS = ("owner", "finance")


class CoolingForm(forms.Form):
    days = forms.IntegerField(
        label=gettext_lazy("Days that new bank details rest"),
        min_value=0,
        max_value=banking.LONGEST_COOLING,
        help_text=gettext_lazy("Nothing is paid to or from them before. Holds for those to come."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*TREASURERS)
def own_bank(request: HttpRequest) -> HttpResponse:
    return _page(request, None, "console_bank")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*TREASURERS)
def account_bank(request: HttpRequest, account_id: UUID) -> HttpResponse:
    account = get_object_or_404(Account, pk=account_id)
    return _page(request, account, "console_account_bank", account.pk)


@require_POST
@staff_required(*TREASURERS)
def cooling(request: HttpRequest) -> HttpResponse:
    form = CoolingForm(request.POST)
    if form.is_valid():
        banking.change_cooling(
            days=form.cleaned_data["days"], actor=request.staff.actor, now=timezone.now()
        )
        messages.success(request, _("Kept. It holds for bank details entered from now on."))
    else:
        said = [str(text) for errors in form.errors.values() for text in errors]
        messages.error(request, " ".join(said))
    return redirect("console_bank")


def _page(request: HttpRequest, account: Account | None, name: str, *path: Any) -> HttpResponse:
    now = timezone.now()
    account_id = account.pk if account else None
    form = BankForm(request.POST or None)
    if request.method == "POST":
        entered = enter_from(form, account_id=account_id, actor=request.staff.actor, now=now)
        if entered:
            messages.success(request, _("Kept. You cannot pay to them yourself, nor approve it."))
            return redirect(name, *path)
    current, earlier = banking.current(account_id), earlier_details(account_id)
    known = [current, *earlier] if current else earlier
    names = actor_names({one.entered_by for one in known})
    context = {
        "account": account,
        "form": form,
        "current": current,
        "entered_by": names.get(current.entered_by, "") if current else "",
        "rests": bool(current and current.usable_from > now),
        "earlier": [(one, names.get(one.entered_by, "")) for one in earlier],
        "cooling": None if account else CoolingForm({"days": banking.terms().cooling_days}),
        "voice": voice_of(request.tenant),
    }
    return render(request, "console/bank.html", context, status=422 if form.errors else 200)
