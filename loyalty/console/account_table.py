"""The list of accounts: its columns."""

from datetime import datetime
from typing import Any
from uuid import UUID

import django_tables2 as tables
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account
from loyalty.ladders import criteria_words, leading_progress
from loyalty.tier_words import TierWords, progress_words
from rewards.voice import Voice
from tiers.ladders import Ladder


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


PICK = {"class": "pick"}


class AccountTable(tables.Table):
    pick = tables.Column(
        accessor="id",
        verbose_name=gettext_lazy("Pick"),
        orderable=False,
        attrs={"th": PICK, "td": PICK},
    )
    name = Sortable(
        "name", verbose_name=gettext_lazy("Account"), attrs={"td": {"class": "main-cell"}}
    )
    tier = Sortable("tier_name", sort_by="tier_rank", verbose_name=gettext_lazy("Tier"))
    available = Figure("available")
    pending = Figure("pending", verbose_name=gettext_lazy("Pending"))
    way = Figure("way", verbose_name=gettext_lazy("Way to the next tier"))
    missing = tables.Column(
        accessor="enrollment_id",
        verbose_name=gettext_lazy("To go"),
        default="—",
        orderable=False,
        attrs={"td": {"class": "wide"}},
    )
    rep = Sortable("rep__name", verbose_name=gettext_lazy("Rep"), attrs={})
    region = Sortable("region", verbose_name=gettext_lazy("Region"))
    partner_type = Sortable("partner_type", verbose_name=gettext_lazy("Type"))

    class Meta:
        template_name = "components/table.html"
        order_by_field = "sort"
        order_by = ("name",)

    caption = gettext_lazy("Accounts")
    noun = "accounts"

    def __init__(
        self,
        *args: Any,
        voice: Voice,
        ladder: Ladder | None,
        may_pick: bool = False,
        **kwargs: Any,
    ) -> None:
        self._voice = voice
        self._ways: dict[UUID, TierWords] = {}
        without = () if ladder else ("tier", "way", "missing")
        without += () if may_pick else ("pick",)
        super().__init__(*args, exclude=without, **kwargs)
        self.columns["available"].column.verbose_name = capfirst(voice.points_name)

    def render_pick(self, value: UUID, record: Account) -> str:
        box = '<input type="checkbox" name="pick" value="{}" aria-label="{}">'
        return format_html(box, value, _("Pick %(name)s") % {"name": record.name})

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
        return (
            _("%(value)s%% to %(next_name)s") % {"value": value, "next_name": tier.next_name}
            if tier and tier.next_name
            else "—"
        )

    def render_missing(self, value: UUID) -> str:
        tier = self._ways.get(value)
        return tier.way_text if tier and tier.way_text else "—"
