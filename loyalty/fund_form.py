"""The forms in which a partner asks for funds and claims them: as their activity demands."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.attributes import declared
from accounts.ids import uuid7
from accounts.money import exponent, to_minor
from loyalty.deal_form import ANSWER, attribute_field
from loyalty.file_field import proof_field
from loyalty.form_sections import Section
from partners.funds.claiming import Proof
from partners.models import FundActivity, FundBudget

PROOF = "proof_"  # what the names of the fields for proof begin with


class MoneyField(forms.DecimalField):
    """An amount of major units as people write it; cleaned, it is in the smallest unit."""

    places = 2

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=17, **kwargs)

    def clean(self, value: Any) -> Any:
        amount = super().clean(value)
        if amount is None:
            return None
        try:
            return to_minor(amount, self.places)
        except ValueError:
            raise forms.ValidationError(
                _("Write it with at most %d decimal places.") % self.places
            ) from None


def in_currency(form: forms.Form, currency: str) -> None:
    """Let the form's amounts be of a currency: in its places, and by its name."""
    for field in form.fields.values():
        if isinstance(field, MoneyField):
            field.places = exponent(currency)
            field.label = gettext("%(amount)s in %(currency)s") % {
                "amount": field.label,
                "currency": currency,
            }


class RequestForm(forms.Form):
    """`budgets` are those that the account may ask of, each with what to call it."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    budget = forms.ChoiceField(label=_("Fund"))
    title = forms.CharField(
        label=_("What you plan"), max_length=120, help_text=_("A few words that tell it apart.")
    )
    starts_on = forms.DateField(
        label=_("First day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    ends_on = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}))
    total_cost = MoneyField(label=_("Cost in all"), help_text=_("Net, without taxes."))
    asked = MoneyField(label=_("What you ask for"))

    def __init__(
        self,
        *args: Any,
        activity: FundActivity,
        budgets: Sequence[tuple[FundBudget, str]],
        currency: str,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("initial", {"key": uuid7()})
        super().__init__(*args, **kwargs)
        self.budgets = {str(budget.pk): budget for budget, _label in budgets}
        self.fields["budget"].choices = [(str(budget.pk), label) for budget, label in budgets]
        share = f"{activity.share.normalize():f}"
        self.fields["asked"].help_text = gettext("At most %s%% of the cost.") % share
        in_currency(self, currency)
        for name, attribute in declared(activity.fields).items():
            self.fields[ANSWER + name] = attribute_field(name, attribute)

    @property
    def sections(self) -> list[Section]:
        of_tenant = [name for name in self.fields if name.startswith(ANSWER)]
        parts = [
            (gettext("The activity"), ["title", "starts_on", "ends_on", *of_tenant]),
            (gettext("The money"), ["budget", "total_cost", "asked", "key"]),
        ]
        return [Section(legend, [self[name] for name in names]) for legend, names in parts]

    def said(self) -> dict[str, Any]:
        """What `partners.funds.requesting.Wish` takes of it."""
        data = dict(self.cleaned_data)
        answers = {
            name.removeprefix(ANSWER): data.pop(name)
            for name in list(data)
            if name.startswith(ANSWER)
        }
        return data | {
            "budget": self.budgets[data["budget"]],
            "answers": answers,
            "key": str(data["key"]),
        }

    def refuse(self, text: str, field: str) -> None:
        """Show what the rule says at the field that it names."""
        for name in (field, ANSWER + field):
            if name in self.fields:
                return self.add_error(name, text)
        return self.add_error(None, text)


class ClaimForm(forms.Form):
    """`missing` are the kinds of proof that were not handed in yet: each is demanded."""

    cost = MoneyField(label=_("What it cost"), help_text=_("Net, as the invoices say."))
    claim_note = forms.CharField(label=_("Anything to say?"), max_length=300, required=False)

    def __init__(
        self, *args: Any, activity: FundActivity, missing: Sequence[str], currency: str,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        in_currency(self, currency)
        self.kinds = {f"{PROOF}{number}": kind for number, kind in enumerate(activity.proofs)}
        for name, kind in self.kinds.items():
            field = proof_field(required=kind in missing)
            field.label, field.help_text = kind, ""
            self.fields[name] = field

    def proofs(self) -> list[Proof]:
        found = [(kind, self.cleaned_data.get(name)) for name, kind in self.kinds.items()]
        return [Proof(kind, upload) for kind, upload in found if upload]
