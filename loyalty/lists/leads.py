"""Leads, as staff list them; who the person is stands on the lead's own page alone."""

from collections.abc import Iterator, Sequence

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast, Right, Upper
from django.utils.translation import gettext_lazy as _

from loyalty.lists.listed import (
    READERS,
    Asked,
    Found,
    Listed,
    ListFilter,
    Text,
    choice_filter,
    day_filter,
    in_order,
    moment_cell,
    money_cell,
    search_filter,
)
from partners.models import Lead, LeadState


class LeadFilter(ListFilter):
    q = search_filter(_("Company, partner or L-…"))
    state = choice_filter(_("State"))
    country = choice_filter(_("Country"))
    source = choice_filter(_("Source"))
    since = day_filter(_("From"), "since")
    until = day_filter(_("Through"), "until")
    moment = "received_at"

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        self.offer("state", LeadState.choices)
        for name in ("country", "source"):
            there = Lead.objects.exclude(**{name: ""}).order_by(name).distinct()
            self.offer(name, [(one, one) for one in there.values_list(name, flat=True)])

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        fits = Q(company__icontains=value) | Q(account__name__icontains=value)
        fits |= Q(account__number__istartswith=value)
        # People read it out on the phone: the end of the identifier.
        ending = Right(Cast("id", TextField()), 8)
        reference = value.upper().removeprefix("L-")
        return rows.alias(ending=Upper(ending)).filter(fits | Q(ending=reference))


def _leads(asked: Asked) -> Found:
    filters = LeadFilter(asked, Lead.objects.select_related("account"))
    sorts = {
        "company": "company",
        "partner": "account__name",
        "amount": "amount",
        "arrived": "received_at",
        "answer": "answer_by",
    }
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=("-received_at", "-id")))


def _header(asked: Asked) -> Sequence[Text]:
    return (
        _("Reference"), _("Company"), _("Country"), _("Region"), _("Postcode"),
        _("Product lines"), _("Amount"), _("Source"), _("State"), _("Account number"),
        _("Account"), _("Arrived"), _("Answer until"), _("Won for"), _("Note"),
    )  # fmt: skip


def _lines(rows: Sequence[Lead], asked: Asked) -> Iterator[Sequence[object]]:
    for row in rows:
        yield (
            row.reference, row.company, row.country, row.region, row.postcode,
            "; ".join(row.lines), money_cell(row.amount, asked), row.source,
            row.get_state_display(), row.account.number if row.account else "",
            row.account.name if row.account else "", moment_cell(row.received_at, asked),
            moment_cell(row.answer_by, asked), money_cell(row.won_amount, asked), row.end_note,
        )  # fmt: skip


LEADS = Listed(
    code="leads",
    name=_("Leads"),
    url_name="console_leads",
    readers=READERS,
    find=_leads,
    header=_header,
    lines=_lines,
)
