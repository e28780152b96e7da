"""The forms of SPIFFs: the terms that a manager drafts, and the sale that somebody claims."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ids import uuid7
from accounts.models import Product, Program
from accounts.money import amount_text, exponent, to_minor
from loyalty.file_field import proof_field
from loyalty.form_sections import SectionedForm
from partners.models import Beneficiary, SpiffUnit, SpiffVersion
from partners.spiffs.terms import Terms, items_of

MOST_PRODUCTS = 200
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def places_of(unit: str, currency: str) -> int:
    """Decimal places of what is typed in the unit."""
    return exponent(currency) if unit == SpiffUnit.MONEY else 0


class TermsForm(SectionedForm):
    SECTIONS = (
        (gettext_lazy("The SPIFF"), ("name", "program", "unit")),
        (
            gettext_lazy("What counts"),
            ("items", "starts_on", "ends_on", "valid_from", "allows_earlier"),
        ),
        (gettext_lazy("Who gets it, and how much"), ("beneficiary", "cap_person", "budget")),
        (
            gettext_lazy("What a claim needs"),
            ("claim_days", "needs_proof", "needs_serials", "needs_consent"),
        ),
    )

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    program = forms.ModelChoiceField(label=gettext_lazy("Program"), queryset=None, empty_label=None)
    unit = forms.ChoiceField(label=gettext_lazy("Given in"), choices=SpiffUnit.choices)
    items = forms.CharField(
        label=gettext_lazy("What a unit gives"),
        max_length=20_000,
        help_text=gettext_lazy(
            "One on each line: the product’s number (SKU), colon, amount. For all products of a "
            "line: “line: Routers: 10”."
        ),
        widget=forms.Textarea(
            attrs={"rows": 5, "spellcheck": "false", "placeholder": "RT-100: 25\nline: Routers: 10"}
        ),
    )
    starts_on = forms.DateField(label=gettext_lazy("Sold from"), widget=DAY)
    ends_on = forms.DateField(label=gettext_lazy("Sold until"), widget=DAY)
    valid_from = forms.DateField(
        label=gettext_lazy("These terms hold from"),
        required=False,
        widget=DAY,
        help_text=gettext_lazy("For what is sold from that day on. Empty: from the beginning."),
    )
    allows_earlier = forms.BooleanField(
        label=gettext_lazy("Sales before it is published count too"), required=False
    )
    beneficiary = forms.ChoiceField(label=gettext_lazy("Who gets it"), choices=Beneficiary.choices)
    cap_person = forms.CharField(
        label=gettext_lazy("Most per person and year"), max_length=20, required=False
    )
    budget = forms.CharField(label=gettext_lazy("Budget in all"), max_length=20, required=False)
    claim_days = forms.IntegerField(
        label=gettext_lazy("Days to claim a sale"), min_value=1, max_value=366, initial=30
    )
    needs_proof = forms.BooleanField(
        label=gettext_lazy("The invoice or another proof"), required=False, initial=True
    )
    needs_serials = forms.BooleanField(
        label=gettext_lazy("The serial number of each unit"), required=False
    )
    needs_consent = forms.BooleanField(
        label=gettext_lazy("The employer’s consent on file"), required=False
    )

    def __init__(self, *args: Any, currency: str, unit: str = "", **kwargs: Any) -> None:
        """With `unit` it is about a SPIFF that is there: name, program and unit stay."""
        super().__init__(*args, **kwargs)
        self._currency, self._unit = currency, unit
        if unit:
            for name in ("name", "program", "unit"):
                del self.fields[name]
        else:
            programs = Program.objects.order_by("name", "id")
            self.fields["program"].queryset = programs

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        unit = self._unit or data.get("unit", "")
        for name in ("cap_person", "budget"):
            if data.get(name):
                data[name] = self._amount(data[name], unit, name)
            else:
                data[name] = None
        if "items" in data:
            data["items"] = self._items(data["items"], unit)
        return data

    def terms(self) -> Terms:
        data = self.cleaned_data
        return Terms(**{name: data[name] for name in Terms.__dataclass_fields__})

    def refuse(self, text: str, field: str) -> None:
        self.add_error(field if field in self.fields else None, text)

    def _items(self, text: str, unit: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for line in filter(None, map(str.strip, text.splitlines())):
            name, colon, amount = line.rpartition(":")
            name = name.strip()
            if not colon or not name:
                said = _("“%s” has no amount; write it like “RT-100: 25”.")
                self.add_error("items", said % line[:80])
            elif name in found:
                self.add_error("items", _("“%s” is there twice.") % name[:80])
            else:
                found[name] = self._amount(amount.strip(), unit, "items") or 0
        return found

    def _amount(self, text: str, unit: str, field: str) -> int | None:
        """In the smallest unit; None, with an error at the field, for what is none."""
        places = places_of(unit, self._currency)
        try:
            value = Decimal(text)
            if not value.is_finite() or abs(value) >= Decimal(10) ** 15:
                raise InvalidOperation
            return to_minor(value, places)
        except (InvalidOperation, ValueError):
            said = _("“%(text)s” is no amount with at most %(places)d decimal places.")
            self.add_error(field, said % {"text": text[:40], "places": places})
            return None


def initial_of(version: SpiffVersion, *, currency: str) -> dict[str, Any]:
    """A version as the form shows it."""
    places = places_of(version.spiff.unit, currency)

    def typed(amount: int | None) -> str:
        return "" if amount is None else amount_text(amount, places).replace(",", "")

    plain = ("starts_on", "ends_on", "valid_from", "allows_earlier", "beneficiary", "claim_days")
    needs = ("needs_proof", "needs_serials", "needs_consent")
    return {name: getattr(version, name) for name in (*plain, *needs)} | {
        "items": "\n".join(
            f"{name}: {typed(amount)}" for name, amount in items_of(version).items()
        ),
        "cap_person": typed(version.cap_person),
        "budget": typed(version.budget),
    }


class ClaimForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput)
    product = forms.ChoiceField(label=gettext_lazy("Product"))
    quantity = forms.IntegerField(
        label=gettext_lazy("Units"), min_value=1, max_value=10_000, initial=1
    )
    sold_on = forms.DateField(label=gettext_lazy("Sold on"), widget=DAY)
    document = forms.CharField(
        label=gettext_lazy("Invoice number"),
        max_length=64,
        help_text=gettext_lazy("As it stands on the invoice to your customer."),
    )
    customer = forms.CharField(label=gettext_lazy("Sold to"), max_length=200, required=False)
    serials = forms.CharField(
        label=gettext_lazy("Serial numbers"),
        max_length=100_000,
        help_text=gettext_lazy("One on each line."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    note = forms.CharField(label=gettext_lazy("Anything to add"), max_length=300, required=False)
    proof = proof_field()

    def __init__(self, *args: Any, version: SpiffVersion, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"key": uuid7()})
        super().__init__(*args, **kwargs)
        products = list(products_of(version)[: MOST_PRODUCTS + 1])
        if len(products) > MOST_PRODUCTS:
            label = gettext_lazy("Product’s number (SKU)")
            self.fields["product"] = forms.CharField(label=label, max_length=64)
        else:
            named = [(one.sku, f"{one.name} ({one.sku})") for one in products]
            self.fields["product"].choices = named
        self.fields["serials"].required = version.needs_serials
        self.fields["proof"].required = version.needs_proof

    def said(self) -> dict[str, Any]:
        """What `partners.spiffs.claiming.Sale` takes of it."""
        data = dict(self.cleaned_data)
        data["serials"] = data["serials"].replace(",", "\n").splitlines()
        return data | {"sku": data.pop("product"), "key": str(data["key"])}

    def refuse(self, text: str, field: str) -> None:
        self.add_error(field if field in self.fields else None, text)


def products_of(version: SpiffVersion) -> Any:
    """The products that count."""
    ids = [item["product"] for item in version.items if "product" in item]
    lines = [item["line"] for item in version.items if "line" in item]
    return Product.objects.filter(Q(pk__in=ids) | Q(line__in=lines)).order_by("name", "sku")
