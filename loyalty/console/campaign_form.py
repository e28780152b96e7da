"""Campaigns, budgets and milestones as people fill them in."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.kinds import OWN_KINDS, kind_choices
from accounts.models import Program, Tenant
from accounts.money import exponent, to_minor
from accounts.periods import add_months, day_of, span_around, start_of
from loyalty.form_sections import SectionedForm
from rewards.models import EARNED, Campaign, EarningRule, Renewal
from rewards.models.campaigns import Counted, Window

_DAY = {"type": "date"}
_NO_TRIGGER = [("", gettext_lazy("Everybody, in its dates"))]


class CampaignForm(SectionedForm):
    """Dates are whole days of the tenant, the last one included."""

    SECTIONS = (
        (gettext_lazy("The campaign"), ("name", "code", "starts_on", "ends_on")),
        (gettext_lazy("What it raises"), ("kind", "unit", "rule", "multiplier", "bonus")),
        (
            gettext_lazy("What has to happen first"),
            ("trigger_kind", "trigger_threshold", "trigger_counted", "trigger_window", "days"),
        ),
    )

    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=40,
        help_text=gettext_lazy("A short name for systems; it stays for ever."),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("As partners read it.")
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind of activity"), initial="purchase")
    unit = forms.ChoiceField(choices=EARNED, label=gettext_lazy("Raises"))
    rule = forms.ModelChoiceField(
        label=gettext_lazy("Rule"),
        queryset=None,  # the program's, once it is known
        required=False,
        empty_label=gettext_lazy("Every rule"),
        help_text=gettext_lazy("A bonus belongs to one rule."),
    )
    multiplier = forms.DecimalField(
        max_digits=6,
        decimal_places=3,
        min_value=Decimal(1),
        max_value=Decimal(100),
        initial=Decimal(2),
        label=gettext_lazy("Times"),
    )
    bonus = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=10**9,
        initial=0,
        label=gettext_lazy("Plus, for each activity"),
    )
    starts_on = forms.DateField(label=gettext_lazy("First day"), widget=forms.DateInput(attrs=_DAY))
    ends_on = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs=_DAY),
        help_text=gettext_lazy("Needed, unless accounts have to do something for it."),
    )
    trigger_kind = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Only after"),
        help_text=gettext_lazy("What an account has to do first, such as certificates."),
    )
    trigger_threshold = forms.DecimalField(
        required=False,
        min_value=Decimal("0.01"),
        max_digits=12,
        decimal_places=3,
        label=gettext_lazy("How much"),
    )
    trigger_counted = forms.ChoiceField(
        required=False, choices=[("", "—"), *Counted.choices], label=gettext_lazy("Of its")
    )
    trigger_window = forms.ChoiceField(
        required=False,
        choices=[("", "—"), *[one for one in Window.choices if one[0] != Window.LIFETIME]],
        label=gettext_lazy("Within"),
    )
    days = forms.IntegerField(
        required=False, min_value=1, max_value=730, label=gettext_lazy("For how many days after")
    )

    def __init__(
        self, *args, program: Program, currency: str, zone: ZoneInfo, is_new: bool, **kwargs
    ) -> None:
        super().__init__(*args, **kwargs)
        self._currency, self._zone = currency, zone
        kinds = kind_choices(but={"return"})
        self.fields["kind"].choices = kinds
        self.fields["trigger_kind"].choices = _NO_TRIGGER + kinds
        self.fields["rule"].queryset = EarningRule.objects.filter(program=program).order_by("name")
        if not is_new:
            del self.fields["code"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        threshold = said.get("trigger_threshold")
        if threshold is not None:
            is_money = said.get("trigger_counted") == Counted.AMOUNT
            places = exponent(self._currency) if is_money else 0
            try:
                said["trigger_threshold"] = to_minor(threshold, places)
            except ValueError:
                self.add_error(
                    "trigger_threshold",
                    _("It has more than %(count)s decimal places.") % {"count": places},
                )
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


class BudgetPeriod(TextChoices):
    """For which facts a budget is; of a running period, for those from now on."""

    DAYS = "", gettext_lazy("Between two days")
    THIS_QUARTER = "this 3", gettext_lazy("The rest of this fiscal quarter")
    NEXT_QUARTER = "next 3", gettext_lazy("The next fiscal quarter")
    THIS_YEAR = "this 12", gettext_lazy("The rest of this fiscal year")
    NEXT_YEAR = "next 12", gettext_lazy("The next fiscal year")


class BudgetForm(forms.Form):
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), choices=EARNED)
    amount = forms.IntegerField(min_value=1, max_value=10**15, label=gettext_lazy("At most"))
    period = forms.ChoiceField(
        label=gettext_lazy("Period"), choices=BudgetPeriod.choices, required=False
    )
    starts_on = forms.DateField(
        required=False,
        label=gettext_lazy("First day"),
        widget=forms.DateInput(attrs=_DAY),
        help_text=gettext_lazy("Of a budget between two days; leave it empty for now."),
    )
    ends_on = forms.DateField(
        required=False,
        label=gettext_lazy("Last day"),
        widget=forms.DateInput(attrs=_DAY),
        help_text=gettext_lazy("Of a budget between two days; one that renews may go on without."),
    )
    renews = forms.ChoiceField(
        choices=Renewal.choices,
        required=False,
        label=gettext_lazy("Full again"),
        help_text=gettext_lazy(
            "Each time the most that you set, also in a first or last period cut short."
        ),
    )
    carries_over = forms.BooleanField(
        required=False, label=gettext_lazy("What is left of a period is added to the next")
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        has_end = said.get("period") or said.get("ends_on") or said.get("renews")
        if not has_end and "ends_on" not in self.errors:
            self.add_error("ends_on", _("Say when it ends, or choose a fiscal period."))
        if said.get("carries_over") and not said.get("renews"):
            self.add_error(
                "carries_over", _("Say how often the budget is full again, or leave this.")
            )
        return said

    def terms(self, *, tenant: Tenant, now: datetime) -> dict[str, Any]:
        said, zone = self.cleaned_data, tenant.zone
        if said["period"]:
            starts, ends = _fiscal(said["period"], tenant, now)
        else:
            starts = start_of(said["starts_on"], zone) if said["starts_on"] else now
            last = said["ends_on"]
            ends = start_of(last + timedelta(days=1), zone) if last else None
        return {
            "unit": said["unit"],
            "amount": said["amount"],
            "starts_at": starts,
            "ends_at": ends,
            "renews": said["renews"],
            "carries_over": said["carries_over"],
        }


def _fiscal(period: str, tenant: Tenant, now: datetime) -> tuple[datetime, datetime]:
    which, _, length = period.partition(" ")
    months, zone = int(length), tenant.zone
    first = span_around(day_of(now, zone), months=months, first_month=tenant.fiscal_year_starts)
    edge = start_of(add_months(first, months), zone)
    if which == "this":
        return now, edge
    return edge, start_of(add_months(first, 2 * months), zone)


class MilestoneForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=40,
        help_text=gettext_lazy("Rules ask for it: the attribute milestone is this code."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind of activity"), initial="purchase")
    counted = forms.ChoiceField(choices=Counted.choices, label=gettext_lazy("What counts"))
    threshold = forms.DecimalField(
        min_value=Decimal("0.01"), max_digits=15, decimal_places=3, label=gettext_lazy("Reached at")
    )

    def __init__(self, *args, currency: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._currency = currency
        self.fields["kind"].choices = kind_choices(but=OWN_KINDS | {"return"})

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "threshold" in said:
            is_money = said.get("counted") == Counted.AMOUNT
            places = exponent(self._currency) if is_money else 0
            try:
                said["threshold"] = to_minor(said["threshold"], places)
            except ValueError:
                self.add_error(
                    "threshold", _("It has more than %(count)s decimal places.") % {"count": places}
                )
        return said
