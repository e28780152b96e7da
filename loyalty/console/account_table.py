"""The list of accounts: what can be asked of it, and its columns."""

from datetime import datetime
from typing import Any
from uuid import UUID

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import Account, Staff
from loyalty.ladders import criteria_words, leading_progress
from loyalty.rosters import found_by
from loyalty.tier_words import TierWords, progress_words
from rewards.voice import Voice
from tiers.ladders import Ladder

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
        tiers = [(tier.name, tier.name) for tier in reversed(ladder.rungs)] if ladder else []
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
    way = Figure("way", verbose_name="Way to the next tier")
    missing = tables.Column(
        accessor="enrollment_id",
        verbose_name="To go",
        default="—",
        orderable=False,
        attrs={"td": {"class": "wide"}},
    )
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
        self._voice = voice
        self._ways: dict[UUID, TierWords] = {}
        without_tiers = () if ladder else ("tier", "way", "missing")
        super().__init__(*args, exclude=without_tiers, **kwargs)
        self.columns["available"].column.verbose_name = voice.points_name.capitalize()

    def render_name(self, record: Account) -> str:
        url = reverse("console_account", args=[record.id])
        link = '<a href="{}">{}</a><br><span class="small faint">{}</span>'
        return format_html(link, url, record.name, record.number)

    def render_available(self, value: int) -> str:
        return self._voice.number(value)

    render_pending = render_available

    def tell_ways(self, *, program_id: UUID, as_of: datetime) -> None:
        """Put into words how far the accounts of the page are, all of them at once."""
        rows = self.page.object_list if self.page else self.rows
        ids = [row.record.enrollment_id for row in rows if row.record.enrollment_id]
        words = criteria_words(voice=self._voice, program_id=program_id, at=as_of)
        for enrollment_id, progress in leading_progress(ids, as_of=as_of).items():
            self._ways[enrollment_id] = progress_words(progress, words=words)

    def render_way(self, value: int, record: Any) -> str:
        tier = self._ways.get(record.enrollment_id)
        return f"{value}% to {tier.next_name}" if tier and tier.next_name else "—"

    def render_missing(self, value: UUID) -> str:
        tier = self._ways.get(value)
        return tier.way_text if tier and tier.way_text else "—"
