"""The list of accounts: what can be asked of it, and its columns."""

from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import Account, Staff
from loyalty.rosters import found_by
from loyalty.tier_words import counted_in_a_table
from rewards.voice import Voice
from tiers.queries import Ladder

NOT_ENROLLED = "not-enrolled"


class AccountFilter(django_filters.FilterSet):
    """Search, tier, region, partner type and rep; every value in the address is taken literally,
    so that a stale link finds nothing instead of everything."""

    q = django_filters.CharFilter(
        label="Search",
        method="search",
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": "Name or number", "autocomplete": "off"}
        ),
    )
    tier = django_filters.CharFilter(label="Tier", method="in_tier", widget=forms.Select)
    region = django_filters.CharFilter(label="Region", widget=forms.Select)
    partner_type = django_filters.CharFilter(label="Partner type", widget=forms.Select)
    rep = django_filters.UUIDFilter(label="Rep", field_name="rep_id", widget=forms.Select)

    class Meta:
        model = Account
        fields: list[str] = []

    def __init__(self, *args: Any, ladder: Ladder | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tiers = [(tier.name, tier.name) for tier in reversed(ladder.tiers)] if ladder else []
        reps = Staff.objects.filter(accounts__isnull=False).distinct().order_by("name")
        self._offer("tier", [*tiers, (NOT_ENROLLED, "Not enrolled")])
        self._offer("region", _values("region"))
        self._offer("partner_type", _values("partner_type"))
        self._offer("rep", [(str(rep.id), rep.name) for rep in reps.only("id", "name")])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.form.fields[name].widget.choices = [("", "Any"), *choices]

    def search(self, accounts: QuerySet, name: str, value: str) -> QuerySet:
        return found_by(accounts, value)

    def in_tier(self, accounts: QuerySet, name: str, value: str) -> QuerySet:
        if value == NOT_ENROLLED:
            return accounts.filter(enrollment_id=None)
        return accounts.filter(tier_name=value)

    def in_words(self) -> list[tuple[str, str, str]]:
        """(parameter, label, value in words) of each filter."""
        told = []
        for name, field in self.form.fields.items():
            value = self.form.data.get(name, "")
            choices = dict(getattr(field.widget, "choices", ()))
            chosen = str(choices.get(value, value)) if value else ""
            told.append((name, str(field.label), chosen))
        return told


def _values(field: str) -> list[tuple[str, str]]:
    found = Account.objects.exclude(**{field: ""}).order_by(field).distinct()
    return [(value, value) for value in found.values_list(field, flat=True)]


class Sortable(tables.Column):
    """Rows without a value come last either way; equal ones always in the same order."""

    def __init__(self, accessor: str, sort_by: str = "", **kwargs: Any) -> None:
        looks = {"attrs": {"td": {"class": "short"}}} | kwargs
        super().__init__(accessor=accessor, default="—", **looks)
        self._sort_by = sort_by or accessor

    def order(self, rows: QuerySet, is_descending: bool) -> tuple[QuerySet, bool]:
        field = F(self._sort_by)
        order = field.desc(nulls_last=True) if is_descending else field.asc(nulls_last=True)
        return rows.order_by(order, "name", "id"), True


class Figure(Sortable):
    def __init__(self, accessor: str, **kwargs: Any) -> None:
        side = {"class": "number"}
        super().__init__(accessor, attrs={"th": side, "td": side}, **kwargs)


class AccountTable(tables.Table):
    name = Sortable("name", verbose_name="Account", attrs={"td": {"class": "main-cell"}})
    tier = Sortable("tier_name", sort_by="tier_rank", verbose_name="Tier")
    available = Figure("available")
    pending = Figure("pending")
    value = Figure("quarter_value", verbose_name="This quarter")
    missing = Figure("missing", verbose_name="To next tier")
    rep = Sortable("rep__name", verbose_name="Rep")
    region = Sortable("region")
    partner_type = Sortable("partner_type", verbose_name="Type")

    class Meta:
        template_name = "components/table.html"
        order_by_field = "sort"
        order_by = ("name",)

    caption = "Accounts"
    noun = "accounts"

    def __init__(self, *args: Any, voice: Voice, ladder: Ladder | None, **kwargs: Any) -> None:
        self._voice, self._basis = voice, ladder.version.basis if ladder else ""
        without_tiers = () if ladder else ("tier", "value", "missing")
        super().__init__(*args, exclude=without_tiers, **kwargs)
        self.columns["available"].column.verbose_name = voice.points_name.capitalize()

    def render_name(self, record: Account) -> str:
        url = reverse("console_account", args=[record.id])
        link = '<a href="{}">{}</a><br><span class="small faint">{}</span>'
        return format_html(link, url, record.name, record.number)

    def render_available(self, value: int) -> str:
        return self._voice.number(value)

    render_pending = render_available

    def render_value(self, value: int) -> str:
        return counted_in_a_table(value, basis=self._basis, voice=self._voice)

    render_missing = render_value
