"""Referrals: those that wait, and what became of the others; whom to speak to stands on the
referral's own page alone."""

from collections.abc import Iterator, Sequence

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from loyalty.lists.listed import (
    READERS,
    Asked,
    Found,
    Listed,
    ListFilter,
    Text,
    day_filter,
    in_order,
    moment_cell,
    search_filter,
)
from loyalty.referral_words import reason_words
from partners.models import Referral, ReferralState

ALL = "all"


class ReferralFilter(ListFilter):
    q = search_filter(_("Company, account or E-…"))
    since = day_filter(_("Referred from"), "since")
    until = day_filter(_("Through"), "until")
    moment = "referred_at"

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        fits = Q(customer__icontains=value) | Q(account__name__icontains=value)
        fits |= Q(site__icontains=value)
        tail = value.upper().removeprefix("E-")
        if len(tail) == 8 and all(letter in "0123456789ABCDEF" for letter in tail):
            fits |= Q(pk__iendswith=tail)
        return rows.filter(fits)


def _referrals(asked: Asked) -> Found:
    """Those that wait, the oldest first, unless the address asks for another state."""
    state = asked.query.get("state") or ReferralState.RECEIVED
    rows = Referral.objects.select_related("account", "member", "terms", "referred_account")
    filters = ReferralFilter(asked, rows if state == ALL else rows.filter(state=state))
    first = ("-referred_at", "-id")
    if state == ReferralState.RECEIVED:
        first = ("referred_at", "id")
    sorts = {"customer": "customer", "account": "account__name", "referred": "referred_at"}
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=first))


def _header(asked: Asked) -> Sequence[Text]:
    return (
        _("Reference"), _("Company"), _("Referred by"), _("Person"),
        _("Referred"), _("State"), _("Reason"), _("Became account"), _("Held until"),
    )  # fmt: skip


def _lines(rows: Sequence[Referral], asked: Asked) -> Iterator[Sequence[object]]:
    for row in rows:
        yield (
            row.reference, row.customer, row.account.name,
            row.member.name if row.member else "", moment_cell(row.referred_at, asked),
            row.get_state_display(), reason_words(row),
            row.referred_account.number if row.referred_account else "",
            moment_cell(row.held_until, asked),
        )  # fmt: skip


REFERRALS = Listed(
    code="referrals",
    name=_("Referrals"),
    url_name="console_referrals",
    readers=READERS,
    find=_referrals,
    header=_header,
    lines=_lines,
)
