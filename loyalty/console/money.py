"""Money of SPIFFs and referrals: who is to be paid, that somebody was, and all that was paid."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.ids import uuid7
from accounts.periods import day_of
from accounts.roles import staff_required
from loyalty.console.list_page import list_answer
from loyalty.lists import MONEY_OWED, MONEY_PAID
from partners.models import AwardPayment, PaidThrough
from partners.paying.owing import owed
from partners.paying.paying import (
    LONGEST_REFERENCE,
    CannotPay,
    OtherPayment,
    Paid,
    pay,
    why_not_by,
)
from rewards.models import Unit, Wallet
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
PAYERS = ("owner", "finance")
MOST = 20  # earlier payments that are shown beside


class PaymentForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput)
    paid_through = forms.ChoiceField(label=gettext_lazy("Paid by"), choices=PaidThrough.choices)
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=LONGEST_REFERENCE,
        help_text=gettext_lazy("Under which it stands in your books."),
    )
    paid_on = forms.DateField(
        label=gettext_lazy("Paid on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


@require_safe
@staff_required(*READERS)
def owed_list(request: HttpRequest) -> HttpResponse:
    return list_answer(request, MONEY_OWED, "console/money_owed.html", rows=list)


@require_safe
@staff_required(*READERS)
def paid_list(request: HttpRequest) -> HttpResponse:
    return list_answer(request, MONEY_PAID, "console/money_paid.html", rows=list)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def holder(request: HttpRequest, wallet_id: UUID) -> HttpResponse:
    """What one is owed, with the form that says it is paid."""
    wallets = Wallet.objects.filter(unit=Unit.MONEY)
    found = get_object_or_404(wallets.select_related("account", "member", "program"), pk=wallet_id)
    may_pay, now = request.staff.role in PAYERS, timezone.now()
    today = day_of(now, request.tenant.zone)
    left = owed(now=now).filter(pk=found.pk).values_list("owed", flat=True).first() or 0
    form = PaymentForm(request.POST or None, initial={"key": uuid7(), "paid_on": today})
    if request.method == "POST" and may_pay and form.is_valid():
        said = dict(form.cleaned_data)
        about = {"amount": _shown(request), "key": str(said.pop("key"))}
        paid = Paid(wallet_id=found.pk, by=request.staff.actor, **about, **said)
        try:
            made = pay(paid, today=today, now=now)
        except CannotPay as refused:
            form.add_error(refused.field or None, str(refused))
        except OtherPayment as refused:
            form.add_error(None, str(refused))
        else:
            voice = voice_of(request.tenant)
            messages.success(request, _("%s is entered as paid.") % voice.exact_money(made.amount))
            return redirect("console_money_owed")
    context: dict[str, Any] = {
        "wallet": found,
        "owed": left,
        "form": form,
        "may_pay": may_pay,
        "why_not": why_not_by(found, request.staff.actor) if may_pay else "",
        "payments": _payments(found),
        "voice": voice_of(request.tenant),
    }
    status = 200 if request.method != "POST" else 422 if may_pay else 403
    return render(request, "console/money_holder.html", context, status=status)


def _shown(request: HttpRequest) -> int:
    """What whoever pays was shown, in the smallest unit: more may have come meanwhile."""
    text = request.POST.get("amount", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _payments(wallet: Wallet) -> list[AwardPayment]:
    whose = {"program": wallet.program_id, "account": wallet.account_id}
    rows = AwardPayment.objects.filter(**whose, member=wallet.member_id)
    return list(rows.order_by("-paid_at", "-id")[:MOST])
