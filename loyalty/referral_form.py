"""The form in which somebody is referred, or leaves their own name over a link."""

from typing import Any

from django import forms
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from loyalty.countries import country_choices
from partners.models import ReferralTerms


class ReferralForm(forms.Form):
    """With `is_oneself` it is the person who is referred that fills it in."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    customer = forms.CharField(
        label=_("Company"), max_length=200, help_text=_("Its full name, with the legal form.")
    )
    contact = forms.CharField(label=_("Contact"), max_length=120)
    contact_email = forms.EmailField(label=_("Contact’s e-mail"))
    website = forms.CharField(
        label=_("Web address"), max_length=200, required=False, help_text="example.com"
    )
    tax_number = forms.CharField(label=_("Tax number"), max_length=40, required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    note = forms.CharField(label=_("Anything to add"), max_length=300, required=False)
    consented = forms.BooleanField(label=_("The contact agreed to be written to"))

    def __init__(
        self, *args: Any, terms: ReferralTerms, is_oneself: bool = False, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", {"key": uuid7()})
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = country_choices()
        if is_oneself:
            self.fields["contact"].label = _("Your name")
            self.fields["contact_email"].label = _("Your e-mail")
            self.fields["consented"].label = _("I agree")
            del self.fields["note"]
        self.fields["consented"].help_text = escape(terms.consent_text)

    def said(self) -> dict[str, Any]:
        """What `partners.referrals.referring.Referred` takes of it."""
        data = self.cleaned_data
        return data | {"key": str(data["key"])}

    def refuse(self, text: str, field: str) -> None:
        self.add_error(field if field in self.fields else None, text)
