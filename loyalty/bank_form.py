"""The form in which bank details are entered, by a partner or for one; those before them."""

from datetime import datetime
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from rebates import banking
from rebates.ibans import WrongNumber
from rebates.models import BankDetails

EARLIER = 20


class BankForm(forms.Form):
    holder = forms.CharField(
        label=_("Account holder"), max_length=70, help_text=_("As the bank knows them.")
    )
    iban = forms.CharField(
        label=_("IBAN"),
        max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    bic = forms.CharField(
        label=_("BIC"),
        max_length=15,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Only where your bank asks for it: outside of the euro area."),
    )


def enter_from(
    form: BankForm, *, account_id: UUID | None, actor: str, now: datetime
) -> BankDetails | None:
    """What was entered; None where it is refused, which the form then says."""
    if not form.is_valid():
        return None
    try:
        return banking.enter(account_id=account_id, actor=actor, now=now, **form.cleaned_data)
    except WrongNumber as wrong:
        form.add_error(wrong.field, str(wrong))
    except banking.CannotEnter as refused:
        form.add_error("holder", str(refused))
    return None


def earlier_details(account_id: UUID | None) -> list[BankDetails]:
    """Those that ended, the last first."""
    ended = BankDetails.objects.filter(account_id=account_id, ended_at__isnull=False)
    return list(ended.order_by("-ended_at", "-id")[:EARLIER])
