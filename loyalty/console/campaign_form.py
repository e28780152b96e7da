"""Campaigns, budgets and milestones as people fill them in."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from accounts.kinds import OWN_KINDS
from accounts.models import ActivityKind, Program
from accounts.money import exponent, to_minor
from accounts.periods import day_of, start_of
from loyalty.form_sections import SectionedForm
from rewards.models import Campaign, EarningRule, Unit
from rewards.models.campaigns import Counted, Window

_DAY = {"type": "date"}
_NO_TRIGGER = [("", "Everybody, in its dates")]


def _kinds(*, but: frozenset[str] = frozenset({"return"})) -> list[tuple[str, str]]:
    found = ActivityKind.objects.order_by("name", "code").values_list("code", "name")
    return [(code, name) for code, name in found if code not in but]


class CampaignForm(SectionedForm):
    """Dates are whole days of the tenant, the last one included."""

    SECTIONS = (
        ("The campaign", ("name", "code", "starts_on", "ends_on")),
        ("What it raises", ("kind", "unit", "rule", "multiplier", "bonus")),
        (
            "What has to happen first",
            ("trigger_kind", "trigger_threshold", "trigger_counted", "trigger_window", "days"),
        ),
    )

    code = forms.SlugField(max_length=40, help_text="A short name for systems; it stays for ever.")
    name = forms.CharField(max_length=120, help_text="As partners read it.")
    kind = forms.ChoiceField(label="Kind of activity", initial="purchase")
    unit = forms.ChoiceField(choices=Unit.choices, label="Raises")
    rule = forms.ModelChoiceField(
        queryset=None,  # the program's, once it is known
        required=False,
        empty_label="Every rule",
        help_text="A bonus belongs to one rule.",
    )
    multiplier = forms.DecimalField(
        max_digits=6,
        decimal_places=3,
        min_value=Decimal(1),
        max_value=Decimal(100),
        initial=Decimal(2),
        label="Times",
    )
    bonus = forms.IntegerField(
        required=False, min_value=0, max_value=10**9, initial=0, label="Plus, for each activity"
    )
    starts_on = forms.DateField(label="First day", widget=forms.DateInput(attrs=_DAY))
    ends_on = forms.DateField(
        label="Last day",
        required=False,
        widget=forms.DateInput(attrs=_DAY),
        help_text="Needed, unless accounts have to do something for it.",
    )
    trigger_kind = forms.ChoiceField(
        required=False,
        label="Only after",
        help_text="What an account has to do first, such as certificates.",
    )
    trigger_threshold = forms.DecimalField(
        required=False, min_value=Decimal("0.01"), max_digits=12, decimal_places=3, label="How much"
    )
    trigger_counted = forms.ChoiceField(
        required=False, choices=[("", "—"), *Counted.choices], label="Of its"
    )
    trigger_window = forms.ChoiceField(
        required=False,
        choices=[("", "—"), *[one for one in Window.choices if one[0] != Window.LIFETIME]],
        label="Within",
    )
    days = forms.IntegerField(
        required=False, min_value=1, max_value=730, label="For how many days after"
    )

    def __init__(
        self, *args, program: Program, currency: str, zone: ZoneInfo, is_new: bool, **kwargs
    ) -> None:
        super().__init__(*args, **kwargs)
        self._currency, self._zone = currency, zone
        self.fields["kind"].choices = _kinds()
        self.fields["trigger_kind"].choices = _NO_TRIGGER + _kinds()
        self.fields["rule"].queryset = EarningRule.objects.filter(program=program).order_by("name")
        if not is_new:
            del self.fields["code"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        threshold = said.get("trigger_threshold")
        if threshold is not None:
            try:
                is_money = said.get("trigger_counted") == Counted.AMOUNT
                places = exponent(self._currency) if is_money else 0
                said["trigger_threshold"] = to_minor(threshold, places)
            except ValueError as problem:
                self.add_error("trigger_threshold", f"It {problem}.")
        return said

    def terms(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        said.pop("code", None)
        first, last = said.pop("starts_on"), said.pop("ends_on")
        said["starts_at"] = start_of(first, self._zone)
        said["ends_at"] = start_of(last + timedelta(days=1), self._zone) if last else None
        said["bonus"] = said["bonus"] or 0
        return said

    @staticmethod
    def initial_of(campaign: Campaign, *, currency: str, zone: ZoneInfo) -> dict[str, Any]:
        names = ("name", "kind", "unit", "rule", "multiplier", "bonus", "trigger_kind")
        names += ("trigger_counted", "trigger_window", "days")
        threshold = campaign.trigger_threshold
        if threshold is not None and campaign.trigger_counted == Counted.AMOUNT:
            threshold = Decimal(threshold).scaleb(-exponent(currency))
        return {name: getattr(campaign, name) for name in names} | {
            "trigger_threshold": threshold,
            "starts_on": day_of(campaign.starts_at, zone),
            "ends_on": _last_day(campaign.ends_at, zone),
        }


def _last_day(ends_at: datetime | None, zone: ZoneInfo) -> date | None:
    return day_of(ends_at - timedelta(microseconds=1), zone) if ends_at else None


class BudgetForm(forms.Form):
    unit = forms.ChoiceField(choices=Unit.choices)
    amount = forms.IntegerField(min_value=1, max_value=10**15, label="At most")
    starts_on = forms.DateField(
        required=False,
        label="First day",
        widget=forms.DateInput(attrs=_DAY),
        help_text="Leave it empty for now.",
    )
    ends_on = forms.DateField(label="Last day", widget=forms.DateInput(attrs=_DAY))

    def terms(self, *, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
        said = self.cleaned_data
        first = said["starts_on"]
        return {
            "unit": said["unit"],
            "amount": said["amount"],
            "starts_at": start_of(first, zone) if first else now,
            "ends_at": start_of(said["ends_on"] + timedelta(days=1), zone),
        }


class MilestoneForm(forms.Form):
    code = forms.SlugField(
        max_length=40, help_text="Rules ask for it: the attribute milestone is this code."
    )
    name = forms.CharField(max_length=120)
    kind = forms.ChoiceField(label="Kind of activity", initial="purchase")
    counted = forms.ChoiceField(choices=Counted.choices, label="What counts")
    threshold = forms.DecimalField(
        min_value=Decimal("0.01"), max_digits=15, decimal_places=3, label="Reached at"
    )

    def __init__(self, *args, currency: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._currency = currency
        self.fields["kind"].choices = _kinds(but=OWN_KINDS | {"return"})

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "threshold" in said:
            is_money = said.get("counted") == Counted.AMOUNT
            try:
                places = exponent(self._currency) if is_money else 0
                said["threshold"] = to_minor(said["threshold"], places)
            except ValueError as problem:
                self.add_error("threshold", f"It {problem}.")
        return said
