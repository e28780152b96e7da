"""An earning rule as people fill it in."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.kinds import kind_choices
from accounts.models import Account
from loyalty.form_sections import SectionedForm
from rewards.models import EARNED, RuleVersion
from rewards.models.rules import Basis, Beneficiary, CapWindow

NAMES = (
    "kind",
    "unit",
    "basis",
    "rate",
    "tier_multiplies",
    "cap",
    "cap_window",
    "hold_days",
    "beneficiary",
)


class RuleForm(SectionedForm):
    """The terms of one version; for a new rule its code, name and group as well."""

    SECTIONS = (
        (gettext_lazy("The rule"), ("name", "code", "exclusive_group")),
        (
            gettext_lazy("What it gives"),
            ("kind", "unit", "rate", "basis", "beneficiary", "tier_multiplies"),
        ),
        (gettext_lazy("Limits"), ("cap", "cap_window", "hold_days")),
    )

    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=40,
        help_text=gettext_lazy("A short name for systems; it stays for ever."),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("As partners read it.")
    )
    exclusive_group = forms.SlugField(
        max_length=40,
        required=False,
        label=gettext_lazy("Exclusive group"),
        help_text=gettext_lazy("Of rules in one group only the best gives; others add up."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind of activity"), initial="purchase")
    unit = forms.ChoiceField(choices=EARNED, label=gettext_lazy("Gives"))
    rate = forms.DecimalField(
        max_digits=12, decimal_places=4, min_value=Decimal("0.0001"), label=gettext_lazy("How many")
    )
    basis = forms.ChoiceField(choices=Basis.choices, label=gettext_lazy("For what"))
    tier_multiplies = forms.BooleanField(
        required=False, initial=True, label=gettext_lazy("Multiplied by the tier held at the time")
    )
    beneficiary = forms.ChoiceField(choices=Beneficiary.choices, label=gettext_lazy("Goes to"))
    cap = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=10**12,
        label=gettext_lazy("At most"),
        help_text=gettext_lazy("Units, if any."),
    )
    cap_window = forms.ChoiceField(
        choices=CapWindow.choices, required=False, label=gettext_lazy("Cap counts")
    )
    hold_days = forms.IntegerField(
        min_value=0,
        max_value=730,
        initial=0,
        label=gettext_lazy("Hold period"),
        help_text=gettext_lazy("Days until it can be used, such as your return window."),
    )

    def __init__(self, *args, is_new: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kind_choices(but={"return"})
        if not is_new:
            for name in ("code", "name", "exclusive_group"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if (said.get("cap") is None) != (not said.get("cap_window")) and "cap" in said:
            self.add_error("cap", _("A cap has an amount and what it counts, or neither."))
        return said

    def terms(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in NAMES}

    @staticmethod
    def initial_of(version: RuleVersion) -> dict[str, Any]:
        return {name: getattr(version, name) for name in NAMES}


class SampleForm(forms.Form):
    """A fact to try a draft on."""

    account = forms.CharField(max_length=64, label=gettext_lazy("Account number"))
    occurred_at = forms.DateTimeField(
        label=gettext_lazy("Happened"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    amount = forms.DecimalField(
        required=False, min_value=0, max_digits=15, decimal_places=3, label=gettext_lazy("Amount")
    )
    quantity = forms.DecimalField(
        required=False, min_value=0, max_digits=16, decimal_places=4, label=gettext_lazy("Quantity")
    )
    line = forms.CharField(max_length=80, required=False, label=gettext_lazy("Product line"))
    product = forms.CharField(max_length=64, required=False, label=gettext_lazy("Product (SKU)"))
    member_role = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Member's role"),
        choices=[
            ("", gettext_lazy("Names no member")),
            ("procurement", gettext_lazy("Procurement")),
            ("executive", gettext_lazy("Executive")),
            ("technical", gettext_lazy("Technical")),
            ("finance", gettext_lazy("Finance")),
            ("sales", pgettext_lazy("department", "Sales")),
        ],
    )
    attributes = forms.JSONField(
        required=False,
        initial=dict,
        label=gettext_lazy("Attributes"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy('As JSON, such as {"hours": 8}.'),
    )

    def clean_account(self) -> Account:
        account = Account.objects.filter(number=self.cleaned_data["account"]).first()
        if account is None:
            raise forms.ValidationError(_("No account has this number."))
        return account

    def clean_attributes(self) -> dict[str, Any]:
        attributes = self.cleaned_data["attributes"] or {}
        if not isinstance(attributes, dict):
            raise forms.ValidationError(_("Attributes are an object of names and values."))
        return attributes


class PublishForm(forms.Form):
    """When a draft begins; empty for now."""

    valid_from = forms.DateField(
        required=False,
        label=gettext_lazy("Begins on"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Leave it empty for now."),
    )
