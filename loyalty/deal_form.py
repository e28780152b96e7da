"""The form in which a deal is registered: what every deal needs, and what the tenant asks."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.attributes import Attribute, declared
from accounts.ids import uuid7
from accounts.models import Account
from accounts.money import exponent, to_minor
from loyalty.answer_words import label_of
from loyalty.countries import country_choices
from loyalty.form_sections import Section
from partners.models import Credits, DealForm

ANSWER = "answer_"  # what the names of the tenant's fields begin with here
MOST_PARTNERS = 200


class RegistrationForm(forms.Form):
    """`partners` are the accounts that may be on the deal besides `account`: its parent, which is
    then the distributor, or its children, one of which is then the reseller."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    customer = forms.CharField(
        label=_("Company"), max_length=200, help_text=_("Its full name, with the legal form.")
    )
    website = forms.CharField(
        label=_("Web address"), max_length=200, required=False, help_text="example.com"
    )
    tax_number = forms.CharField(label=_("Tax number"), max_length=40, required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    contact = forms.CharField(label=_("Contact"), max_length=120, required=False)
    contact_email = forms.EmailField(label=_("Contact’s e-mail"), required=False)
    products = forms.CharField(
        label=_("Products"),
        max_length=1000,
        required=False,
        help_text=_("Their numbers (SKU), separated by commas. Leave it empty for all."),
    )
    amount = forms.DecimalField(max_digits=15, help_text=_("Net, without taxes."))
    closes_on = forms.DateField(
        label=_("Expected to close on"), widget=forms.DateInput(attrs={"type": "date"})
    )
    partner = forms.ChoiceField(label=_("Together with"), required=False)

    def __init__(
        self, *args: Any, asks: DealForm, account: Account, currency: str, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", {"key": uuid7()})
        super().__init__(*args, **kwargs)
        self.account, self.asks = account, asks
        self._places = exponent(currency)
        self.fields["amount"].label = _("Expected amount in %s") % currency
        self.fields["country"].choices = country_choices()
        partners = Account.objects.filter(parent=account) | Account.objects.filter(
            pk=account.parent_id
        )
        found = partners.order_by("name", "id")[:MOST_PARTNERS]
        self.partners = {str(partner.pk): partner for partner in found}
        named = [(key, partner.name) for key, partner in self.partners.items()]
        self.fields["partner"].choices = [("", _("Nobody")), *named]
        if not named:
            del self.fields["partner"]
        for name, attribute in declared(asks.fields).items():
            self.fields[ANSWER + name] = attribute_field(name, attribute)

    @property
    def sections(self) -> list[Section]:
        of_tenant = [name for name in self.fields if name.startswith(ANSWER)]
        deal = [
            "products",
            "amount",
            "closes_on",
            *(["partner"] if "partner" in self.fields else []),
        ]
        customer = ["customer", "country", "website", "tax_number", "contact", "contact_email"]
        parts = [
            (gettext("The customer"), customer),
            (gettext("The deal"), [*deal, *of_tenant, "key"]),
        ]
        return [Section(legend, [self[name] for name in names]) for legend, names in parts]

    def clean_amount(self) -> int:
        try:
            return to_minor(self.cleaned_data["amount"], self._places)
        except ValueError:
            raise forms.ValidationError(
                _("Write it with at most %d decimal places.") % self._places
            ) from None

    def said(self) -> dict[str, Any]:
        """What `partners.deals.registering.Registration` takes of it."""
        data = dict(self.cleaned_data)
        answers = {
            name.removeprefix(ANSWER): data.pop(name)
            for name in list(data)
            if name.startswith(ANSWER)
        }
        products = [sku.strip() for sku in data.pop("products").split(",") if sku.strip()]
        return (
            data
            | self._sides(self.partners.get(data.pop("partner", "")))
            | {"answers": answers, "products": products, "key": str(data["key"])}
        )

    def refuse(self, text: str, field: str) -> None:
        """Show what the rule says at the field that it names."""
        for name in (field, ANSWER + field):
            if name in self.fields:
                return self.add_error(name, text)
        return self.add_error(None, text)

    def _sides(self, other: Account | None) -> dict[str, Account | None]:
        own = self.account
        if other is not None and other.pk == own.parent_id:
            return {"account": own, "reseller": own, "distributor": other}
        if other is not None or self.asks.credits == Credits.DISTRIBUTOR:
            return {"account": own, "reseller": other, "distributor": own}
        return {"account": own, "reseller": own, "distributor": None}


def attribute_field(name: str, attribute: Attribute) -> forms.Field:
    """A field that takes what the attribute's rule reads; the rule says what does not fit."""
    about: dict[str, Any] = {"label": label_of(name), "required": attribute.required}
    if attribute.type in ("choice", "yes_no"):
        options = [(one, one) for one in attribute.choices] or [("yes", _("Yes")), ("no", _("No"))]
        return forms.ChoiceField(choices=[("", "—"), *options], **about)
    widget = forms.TextInput()
    if attribute.type == "date":
        widget = forms.DateInput(attrs={"type": "date"})
    elif attribute.type in ("number", "whole"):
        widget = forms.TextInput(attrs={"inputmode": "decimal"})
    return forms.CharField(max_length=400, widget=widget, **about)
