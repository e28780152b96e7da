"""The form of a reward: what all types share, what its type adds, and prices for some accounts."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.conditions import SEGMENT
from accounts.models import Program, Segment, Tenant
from accounts.models.people import BusinessRole
from accounts.money import exponent, to_minor
from accounts.periods import day_of, start_of
from loyalty.reward_forms import form_field
from rewards.models import Reward
from rewards.models.catalogue import LimitPeriod, PaidBy
from rewards.offering import Price
from rewards.reward_types import TYPES
from tiers.ladders import Ladder

PRICE_LABELS = {
    "tier": gettext_lazy("Tier"),
    SEGMENT: gettext_lazy("Segment"),
    "region": gettext_lazy("Region"),
    "country": gettext_lazy("Country"),
    "partner_type": gettext_lazy("Partner type"),
    "vertical": gettext_lazy("Industry"),
}
MOST_PRICES = 6
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class RewardForm(forms.Form):
    """`terms()` and `prices()` are what `rewards.offering` takes."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=40,
        help_text=gettext_lazy("How other systems call it, such as “jacket-2026”. It stays."),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    points = forms.IntegerField(
        label=gettext_lazy("Price in points"), min_value=1, max_value=10**12
    )
    paid_by = forms.ChoiceField(label=gettext_lazy("Paid from"), choices=PaidBy.choices)
    stock = forms.IntegerField(
        label=gettext_lazy("How many there are"),
        required=False,
        min_value=0,
        max_value=10**9,
        help_text=gettext_lazy("In all, those already taken included. Left empty, without limit."),
    )
    per_account = forms.IntegerField(
        label=gettext_lazy("At most for one account"), required=False, min_value=1, max_value=10**6
    )
    limit_period = forms.ChoiceField(
        label=gettext_lazy("Limit counts in"), choices=LimitPeriod.choices
    )
    starts_on = forms.DateField(label=gettext_lazy("Offered from"), required=False, widget=_DAY)
    ends_on = forms.DateField(label=gettext_lazy("Last day"), required=False, widget=_DAY)
    from_tier = forms.ChoiceField(label=gettext_lazy("From tier"), required=False)
    business_roles = forms.MultipleChoiceField(
        label=gettext_lazy("Only for people in"),
        choices=BusinessRole.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: for everybody. Viewers never redeem."),
    )
    segments = forms.MultipleChoiceField(
        label=gettext_lazy("Only for accounts in"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Of several, any. None chosen: for every account. Others see that it is not for them."
        ),
    )
    admins_only = forms.BooleanField(
        label=gettext_lazy("Only portal admins may redeem it"), required=False
    )
    needs_approval = forms.BooleanField(
        label=gettext_lazy("Somebody approves each request"),
        required=False,
        help_text=gettext_lazy("Never the person who asked."),
    )

    def __init__(
        self,
        *args: Any,
        type: str,
        tenant: Tenant,
        program: Program,
        ladder: Ladder | None,
        reward: Reward | None = None,
        **kwargs: Any,
    ) -> None:
        self._terms, self._tenant, self._reward = TYPES[type], tenant, reward
        self._program, self._type = program, type
        self._places = exponent(tenant.currency)
        prices = list(reward.prices.filter(is_active=True)) if reward else []
        kwargs.setdefault("initial", self._initial(reward, prices))
        super().__init__(*args, **kwargs)
        self.details = [self._add_detail(field) for field in self._terms.terms]
        self._add_prices(min(MOST_PRICES, len(prices) + 2))
        tiers = [(tier.name, tier.name) for tier in ladder.rungs] if ladder else []
        self.fields["from_tier"].choices = [("", _("Any tier")), *tiers]
        self._segments = dict(Segment.objects.order_by("name", "code").values_list("code", "name"))
        self.fields["segments"].choices = list(self._segments.items())
        if not self._segments:
            del self.fields["segments"]
        if self._terms.stock_from != "count":
            del self.fields["stock"]
        if reward:
            self.fields["code"].disabled = True

    def _initial(self, reward: Reward | None, prices: list) -> dict[str, Any]:
        if reward is None:
            return {"needs_approval": True, "limit_period": LimitPeriod.EVER}
        zone = self._tenant.zone
        initial = {
            name: getattr(reward, name) for name in RewardForm.base_fields if hasattr(reward, name)
        }
        initial["starts_on"] = day_of(reward.starts_at, zone) if reward.starts_at else None
        last = reward.ends_at - timedelta(microseconds=1) if reward.ends_at else None
        initial["ends_on"] = day_of(last, zone) if last else None
        for field in self._terms.terms:
            value = reward.details.get(field.name)
            if field.kind == "money" and value is not None:
                value = Decimal(value).scaleb(-self._places)
            initial[f"details_{field.name}"] = value
        for place, price in enumerate(prices):
            initial[f"price_field_{place}"] = price.condition.get("field")
            initial[f"price_value_{place}"] = price.condition.get("value")
            initial[f"price_points_{place}"] = price.points
        return initial

    def _add_detail(self, field: Any) -> str:
        name = f"details_{field.name}"
        self.fields[name] = form_field(field)
        if field.kind == "money":
            self.fields[name] = forms.DecimalField(
                label=field.label,
                required=field.required,
                min_value=Decimal(1).scaleb(-self._places),
                max_digits=14,
                decimal_places=self._places,
                help_text=_("In %(currency)s") % {"currency": self._tenant.currency},
            )
        return name

    def _add_prices(self, rows: int) -> None:
        self.price_names = []
        for place in range(rows):
            names = [f"price_{part}_{place}" for part in ("field", "value", "points")]
            self.fields[names[0]] = forms.ChoiceField(
                label=_("Where"), choices=[("", "—"), *PRICE_LABELS.items()], required=False
            )
            self.fields[names[1]] = forms.CharField(label="is", max_length=80, required=False)
            self.fields[names[2]] = forms.IntegerField(
                label=_("Points"), min_value=1, max_value=10**12, required=False
            )
            self.price_names.append(names)

    # ── The form's parts, in the order of the page ──

    def main_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("name", "code", "description") if name in self.fields]

    def detail_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.details]

    def price_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("points", "paid_by")]

    def price_rows(self) -> list[list[forms.BoundField]]:
        return [[self[name] for name in names] for names in self.price_names]

    def limit_fields(self) -> list[forms.BoundField]:
        names = ("stock", "per_account", "limit_period", "starts_on", "ends_on")
        return [self[name] for name in names if name in self.fields]

    def who_fields(self) -> list[forms.BoundField]:
        names = ("from_tier", "segments", "business_roles", "admins_only", "needs_approval")
        return [self[name] for name in names if name in self.fields]

    # ── What was filled in ──

    def clean_code(self) -> str:
        code = self.cleaned_data["code"]
        taken = Reward.objects.filter(program=self._program, code=code)
        if taken.exclude(pk=self._reward.pk if self._reward else None).exists():
            raise forms.ValidationError(_("Another reward of the program has this code."))
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("This is before it begins."))
        for names in self.price_names:
            given = [cleaned.get(name) for name in names]
            if any(given) and not all(given):
                self.add_error(names[2], _("A price needs a field, its value and points."))
            if given[0] == SEGMENT and given[1] and given[1] not in self._segments:
                there = ", ".join(self._segments) or _("none yet")
                self.add_error(
                    names[1],
                    _("There is no segment with this code; there are %(there)s.")
                    % {"there": there},
                )
        if (
            cleaned.get("stock") is not None
            and self._reward
            and cleaned["stock"] < self._reward.taken
        ):
            self.add_error(
                "stock", _("%(taken)s are taken already.") % {"taken": self._reward.taken}
            )
        return cleaned

    def terms(self) -> dict[str, Any]:
        cleaned, zone = self.cleaned_data, self._tenant.zone
        ends = cleaned["ends_on"] + timedelta(days=1) if cleaned["ends_on"] else None
        terms = {
            name: cleaned[name]
            for name in RewardForm.base_fields
            if name in cleaned and name not in ("starts_on", "ends_on")
        }
        return terms | {
            "type": self._type,
            "starts_at": start_of(cleaned["starts_on"], zone) if cleaned["starts_on"] else None,
            "ends_at": start_of(ends, zone) if ends else None,
            "details": {
                field.name: self._stored(field.kind, cleaned[f"details_{field.name}"])
                for field in self._terms.terms
                if cleaned[f"details_{field.name}"] not in (None, "")
            },
        }

    def _stored(self, kind: str, value: Any) -> Any:
        if kind == "money":
            return to_minor(value, self._places)
        return value.isoformat() if kind == "day" else value

    def prices(self) -> list[Price]:
        rows = [[self.cleaned_data[name] for name in names] for names in self.price_names]
        return [Price(field=row[0], value=row[1], points=row[2]) for row in rows if all(row)]
