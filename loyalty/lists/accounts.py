"""The list of accounts, as of now."""

from collections.abc import Iterator, Sequence
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Staff
from loyalty.console.account_table import AccountTable
from loyalty.lists.listed import (
    READERS,
    Asked,
    Found,
    Listed,
    ListFilter,
    Text,
    choice_filter,
    search_filter,
)
from loyalty.programs import program_named
from loyalty.rosters import found_by, roster
from rewards.voice import voice_of
from tiers.ladders import Ladder
from tiers.queries import ladder_of

NOT_ENROLLED = "not-enrolled"


class AccountFilter(ListFilter):
    """Search, tier, region, partner type and rep."""

    q = search_filter(_("Name or number"))
    tier = choice_filter(_("Tier"), method="in_tier")
    region = choice_filter(_("Region"))
    partner_type = choice_filter(_("Partner type"))
    rep = django_filters.UUIDFilter(label=_("Rep"), field_name="rep_id", widget=forms.Select)

    def __init__(self, asked: Asked, rows: QuerySet, *, ladder: Ladder | None) -> None:
        super().__init__(asked, rows)
        tiers = [(tier.name, tier.name) for tier in reversed(ladder.rungs)] if ladder else []
        reps = Staff.objects.filter(accounts__isnull=False).distinct().order_by("name")
        self.offer("tier", [*tiers, (NOT_ENROLLED, _("Not enrolled"))])
        self.offer("region", _values("region"))
        self.offer("partner_type", _values("partner_type"))
        self.offer("rep", [(str(rep.id), rep.name) for rep in reps.only("id", "name")])

    def search(self, accounts: QuerySet, name: str, value: str) -> QuerySet:
        return found_by(accounts, value)

    def in_tier(self, accounts: QuerySet, name: str, value: str) -> QuerySet:
        if value == NOT_ENROLLED:
            return accounts.filter(enrollment_id=None)
        return accounts.filter(tier_name=value)


def _values(field: str) -> list[tuple[str, str]]:
    found = Account.objects.exclude(**{field: ""}).order_by(field).distinct()
    return [(value, value) for value in found.values_list(field, flat=True)]


def find(asked: Asked) -> Found:
    """Of the program in the address, else of the tenant's first one."""
    program = program_named(asked.query.get("program", ""))
    if program is None:
        nothing = Account.objects.none()
        return Found(AccountFilter(asked, nothing, ladder=None), nothing)
    ladder = ladder_of(program_id=program.id, as_of=asked.now)
    rows = roster(program_id=program.id, ladder=ladder, as_of=asked.now)
    filters = AccountFilter(asked, rows, ladder=ladder)
    voice = voice_of(asked.tenant, program.points_name)
    table = AccountTable(filters.qs, voice=voice, ladder=ladder)
    if wanted := asked.query.getlist("sort"):
        table.order_by = wanted
    return Found(filters, table.data.data)


def _header(asked: Asked) -> Sequence[Text]:
    return (
        _("Number"), _("Name"), _("Partner type"), _("Region"), _("Country"), _("Industry"),
        _("Rep"), _("Tier"), _("Points available"), _("Points pending"),
        _("Way to the next tier, %"),
    )  # fmt: skip


def _lines(rows: Sequence[Any], asked: Asked) -> Iterator[Sequence[object]]:
    for row in rows:
        yield (
            row.number, row.name, row.partner_type, row.region, row.country, row.vertical,
            row.rep.name if row.rep else "", row.tier_name or "", row.available, row.pending,
            getattr(row, "way", None),
        )  # fmt: skip


ACCOUNTS = Listed(
    code="accounts",
    name=_("Accounts"),
    url_name="console_accounts",
    readers=READERS,
    find=find,
    header=_header,
    lines=_lines,
)
