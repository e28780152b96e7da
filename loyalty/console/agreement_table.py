"""The list of agreements: what can be asked of it, and its columns."""

from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import BigIntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Staff
from loyalty.console.account_table import Figure, Sortable
from loyalty.rebate_words import agreement_look, days_text, party_text
from rebates.models import Accrual, Agreement, AgreementState, Party
from rewards.voice import Voice


def agreement_rows(program_id: Any) -> QuerySet[Agreement]:
    """Those of a program, with what is accrued for their open periods."""
    owed = Accrual.objects.filter(agreement=OuterRef("pk"), closed_at=None).order_by()
    total = owed.values("agreement_id").annotate(sum=Sum("amount")).values("sum")
    return (
        Agreement.objects.filter(program_id=program_id)
        .select_related("account", "segment", "owner")
        .annotate(
            accrued=Coalesce(Subquery(total), Value(0), output_field=BigIntegerField()),
        )
    )


class AgreementFilter(django_filters.FilterSet):
    """Every value in the address is taken literally, so that a stale link finds nothing instead of
    everything."""

    q = django_filters.CharFilter(
        label=gettext_lazy("Search"),
        method="search",
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "placeholder": gettext_lazy("Name, code or account"),
                "autocomplete": "off",
            }
        ),
    )
    state = django_filters.CharFilter(label=gettext_lazy("State"), widget=forms.Select)
    party = django_filters.CharFilter(label=gettext_lazy("With"), widget=forms.Select)
    owner = django_filters.UUIDFilter(
        label=pgettext_lazy("agreement", "Owner"), field_name="owner_id", widget=forms.Select
    )

    class Meta:
        model = Agreement
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owners = Staff.objects.filter(pk__in=Agreement.objects.values("owner_id")).order_by("name")
        self._offer("state", AgreementState.choices)
        self._offer("party", Party.choices)
        self._offer("owner", [(str(one.pk), one.name) for one in owners.only("id", "name")])

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.form.fields[name].widget.choices = [("", _("Any")), *choices]

    def search(self, agreements: QuerySet, name: str, value: str) -> QuerySet:
        words = value.strip()
        account = Q(account__name__icontains=words) | Q(account__number__istartswith=words)
        return agreements.filter(Q(name__icontains=words) | Q(code__istartswith=words) | account)

    def in_words(self) -> list[tuple[str, str, str]]:
        """(parameter, label, value in words) of each filter."""
        told = []
        for name, field in self.form.fields.items():
            value = self.form.data.get(name, "")
            choices = dict(getattr(field.widget, "choices", ()))
            chosen = str(choices.get(value, value)) if value else ""
            told.append((name, str(field.label), chosen))
        return told


class AgreementTable(tables.Table):
    name = Sortable(
        "name", verbose_name=gettext_lazy("Agreement"), attrs={"td": {"class": "main-cell"}}
    )
    party = Sortable("party", verbose_name=gettext_lazy("With"), attrs={"td": {"class": "wide"}})
    starts_on = Sortable(
        "starts_on", verbose_name=gettext_lazy("Lasts"), attrs={"td": {"class": "wide"}}
    )
    state = Sortable("state", verbose_name=gettext_lazy("State"))
    accrued = Figure("accrued", verbose_name=gettext_lazy("Accrued"))
    owner = Sortable("owner__name", verbose_name=pgettext_lazy("agreement", "Owner"))

    class Meta:
        template_name = "components/table.html"
        order_by_field = "sort"
        order_by = ("name",)

    caption = gettext_lazy("Agreements")
    noun = gettext_lazy("agreements")

    def __init__(self, *args: Any, voice: Voice, **kwargs: Any) -> None:
        self._voice = voice
        super().__init__(*args, **kwargs)

    def render_name(self, record: Agreement) -> str:
        url = reverse("console_agreement", args=[record.pk])
        link = '<a href="{}">{}</a><br><span class="small faint">{}</span>'
        return format_html(link, url, record.name, record.code)

    def render_party(self, record: Agreement) -> str:
        return party_text(record)

    def render_starts_on(self, record: Agreement) -> str:
        return days_text(record.starts_on, record.ends_on, voice=self._voice)

    def render_state(self, record: Agreement) -> str:
        look = agreement_look(record.state)
        about = {"label": look.label, "tone": look.tone, "icon": look.icon}
        return render_to_string("components/badge.html", about)

    def render_accrued(self, value: int) -> str:
        return self._voice.exact_money(value)
