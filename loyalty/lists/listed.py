"""What a list is: the rows that its address asks for, in order, on a page or as lines of a file.

Page and file ask the same function for their rows, so that a file holds exactly what was shown.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Tenant
from accounts.models.people import StaffRole
from accounts.money import to_major
from accounts.periods import start_of

Text = str | Promise
Choices = Sequence[tuple[str, Text]]

READERS = (StaffRole.OWNER, StaffRole.MANAGER, StaffRole.FINANCE, StaffRole.ANALYST)
LEADERS = (StaffRole.OWNER, StaffRole.MANAGER)
# Of the page, not of what it shows: no view keeps them, and no file depends on them.
PLACE_IN_LIST = ("page", "view")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a list: whose, the parameters of its address, and as of when."""

    tenant: Tenant
    query: QueryDict
    now: datetime


class ListFilter(django_filters.FilterSet):
    """The filters of a list. Every value in the address is taken literally: one that does not exist
    or cannot be read finds nothing, so that a stale link never finds everything."""

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked.query, queryset=rows)
        self.asked = asked

    def offer(self, name: str, choices: Choices, *, nothing: Text = "") -> None:
        self.form.fields[name].widget.choices = [("", nothing or _("Any")), *choices]

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        return queryset.none() if self.errors else super().filter_queryset(queryset)

    def in_words(self) -> list[tuple[str, str, str]]:
        """(parameter, label, value in words) of each filter."""
        told = []
        for name, field in self.form.fields.items():
            value = self.form.data.get(name, "")
            choices = dict(getattr(field.widget, "choices", ()))
            told.append((name, str(field.label), str(choices.get(value, value)) if value else ""))
        return told

    def since(self, rows: QuerySet, name: str, day: date) -> QuerySet:
        """From the beginning of `day` in the tenant's zone; `moment` is the rows' column."""
        return rows.filter(**{f"{self.moment}__gte": start_of(day, self.asked.tenant.zone)})

    def until(self, rows: QuerySet, name: str, day: date) -> QuerySet:
        """Through the end of `day`."""
        end = start_of(day + timedelta(days=1), self.asked.tenant.zone)
        return rows.filter(**{f"{self.moment}__lt": end})

    moment = ""


def search_filter(placeholder: Text) -> django_filters.CharFilter:
    """The search of a list; its filter has a method `search`."""
    looks = {"type": "search", "placeholder": placeholder, "autocomplete": "off"}
    return django_filters.CharFilter(
        label=_("Search"), method="search", widget=forms.TextInput(attrs=looks)
    )


def choice_filter(label: Any, **about: Any) -> django_filters.CharFilter:
    """A choice among what the list offers (`ListFilter.offer`)."""
    return django_filters.CharFilter(label=label, widget=forms.Select, **about)


def day_filter(label: Any, method: str) -> django_filters.DateFilter:
    """A day of the tenant's; `method` is “since” or “until”."""
    day = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return django_filters.DateFilter(label=label, method=method, widget=day)


@dataclass(frozen=True, slots=True)
class Found:
    """The rows that fit, in the order asked for, and the filters that found them. Rows that are in
    no table are a tuple: few, and written at once."""

    filters: ListFilter
    rows: QuerySet | tuple[Any, ...]

    def count(self) -> int:
        return len(self.rows) if isinstance(self.rows, tuple) else self.rows.count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One list. `lines` puts a few of its rows into cells, below `header`, in a constant number of
    queries; a row is found again by its key, so `find` may annotate but not multiply rows."""

    code: str
    name: Text
    url_name: str
    readers: Sequence[str]
    find: Callable[[Asked], Found]
    header: Callable[[Asked], Sequence[Text]]
    lines: Callable[[Sequence[Any], Asked], Iterator[Sequence[object]]]


def asked_in(request: HttpRequest, *, now: datetime) -> Asked:
    return Asked(request.tenant, request.GET, now)


def state_of(query: QueryDict) -> str:
    """What a view or a file keeps of an address."""
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        if name not in PLACE_IN_LIST and any(values):
            kept.setlist(name, [value for value in values if value])
    return kept.urlencode()


def in_order(
    rows: QuerySet[Model], asked: Asked, *, sorts: Mapping[str, str], first: Sequence[str]
) -> QuerySet[Model]:
    """By the parameter `sort`, one of `sorts` (“-” before it turns it round), else as `first`
    says. Equal rows always come in the same order."""
    wanted = asked.query.get("sort", "")
    field = sorts.get(wanted.removeprefix("-"))
    if field is None:
        return rows.order_by(*first)
    sign = "-" if wanted.startswith("-") else ""
    return rows.order_by(f"{sign}{field}", *first)


def money_cell(minor: int | None, asked: Asked) -> str:
    """A plain number with the currency's decimals; the column's header names the currency."""
    return "" if minor is None else str(to_major(minor, asked.tenant.currency))


def moment_cell(instant: datetime | None, asked: Asked) -> str:
    """ISO 8601 in the tenant's zone, to the second, with the offset that held then."""
    if instant is None:
        return ""
    return instant.astimezone(asked.tenant.zone).isoformat(timespec="seconds")
