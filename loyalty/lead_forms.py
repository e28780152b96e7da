"""What is filled in about leads: a win, a lead that somebody enters, a limit."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ids import uuid7
from accounts.money import exponent, to_minor
from loyalty.countries import country_choices
from loyalty.form_sections import SectionedForm
from partners.leads.receiving import LONGEST, NewLead


class AmountForm(forms.Form):
    """Has an amount in the tenant's currency; cleaned, it is in the smallest unit."""

    amount = forms.DecimalField(max_digits=15)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = exponent(currency)
        self.fields["amount"].label = _("Amount in %s") % currency

    def clean_amount(self) -> int | None:
        amount = self.cleaned_data["amount"]
        try:
            return None if amount is None else to_minor(amount, self._places)
        except ValueError:
            raise forms.ValidationError(
                _("Write it with at most %d decimal places.") % self._places
            ) from None


class WonForm(AmountForm):
    won_on = forms.DateField(
        label=gettext_lazy("Won on"), widget=forms.DateInput(attrs={"type": "date"})
    )


class LimitForm(forms.Form):
    most = forms.IntegerField(
        label=gettext_lazy("Open leads at most"), required=False, min_value=0, max_value=1000
    )


def _text(name: str, label: Any, *, required: bool = False, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=LONGEST[name], required=required, **more)


def lines_of(text: str) -> list[str]:
    """What a person writes on lines or between commas and semicolons, each once."""
    parts = text.replace("\n", ";").replace(",", ";").split(";")
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


class LeadForm(AmountForm, SectionedForm):
    SECTIONS = (
        (gettext_lazy("The company"), ("company", "country", "region", "postcode")),
        (gettext_lazy("Whom to speak to"), ("contact", "email", "phone")),
        (gettext_lazy("What they want"), ("need", "lines", "amount", "key")),
    )

    key = forms.UUIDField(widget=forms.HiddenInput)
    company = _text("company", gettext_lazy("Company"), required=True)
    country = forms.ChoiceField(label=gettext_lazy("Country"), required=False)
    region = _text("region", gettext_lazy("Region"))
    postcode = _text("postcode", gettext_lazy("Postcode"))
    contact = _text("contact", gettext_lazy("Name"))
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    phone = _text("phone", gettext_lazy("Phone"))
    need = _text("need", gettext_lazy("Need"), widget=forms.Textarea(attrs={"rows": 3}))
    lines = forms.CharField(
        label=gettext_lazy("Product lines"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy("Separated by commas."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"key": uuid7()})
        super().__init__(*args, **kwargs)
        self.fields["amount"].required = False
        self.fields["country"].choices = country_choices()

    def said(self, *, source: str) -> NewLead:
        data = dict(self.cleaned_data)
        key, lines = str(data.pop("key")), lines_of(data.pop("lines"))
        return NewLead(source=source, external_id=key, lines=lines, **data)

    def refuse(self, text: str, field: str) -> None:
        """Show what the rule says at the field that it names."""
        self.add_error(field if field in self.fields else None, text)
