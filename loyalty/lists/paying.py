"""Money of SPIFFs and referrals: who is owed what, and what was paid."""

from collections.abc import Iterator, Sequence
from datetime import date

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from loyalty.console.happenings import actor_names
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
    money_cell,
    search_filter,
)
from partners.models import AwardPayment
from partners.paying.owing import owed
from rewards.models import Wallet


class OwedFilter(ListFilter):
    q = search_filter(_("Person or account"))

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(_like(value.strip()))


def _like(value: str) -> Q:
    fits = Q(account__name__icontains=value) | Q(account__number__istartswith=value)
    return fits | Q(member__name__icontains=value)


def _owed(asked: Asked) -> Found:
    filters = OwedFilter(asked, owed(now=asked.now))
    sorts = {"person": "member__name", "account": "account__name", "owed": "owed"}
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=("-owed", "id")))


def _owed_header(asked: Asked) -> Sequence[Text]:
    return (
        _("Program"), _("Account number"), _("Account"), _("Person"), _("E-mail"),
        f"{_('To be paid')} ({asked.tenant.currency})",
    )  # fmt: skip


def _owed_lines(rows: Sequence[Wallet], asked: Asked) -> Iterator[Sequence[object]]:
    for row in rows:
        person = (row.member.name, row.member.user.email) if row.member else ("", "")
        yield (
            row.program.name, row.account.number, row.account.name, *person,
            money_cell(row.owed, asked),
        )  # fmt: skip


MONEY_OWED = Listed(
    code="money-owed",
    name=_("Money to be paid"),
    url_name="console_money_owed",
    readers=READERS,
    find=_owed,
    header=_owed_header,
    lines=_owed_lines,
)


class PaidFilter(ListFilter):
    q = search_filter(_("Person, account or reference"))
    since = day_filter(_("Paid from"), "paid_since")
    until = day_filter(_("Through"), "paid_until")

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        return rows.filter(_like(value) | Q(reference__icontains=value))

    def paid_since(self, rows: QuerySet, name: str, day: date) -> QuerySet:
        return rows.filter(paid_on__gte=day)

    def paid_until(self, rows: QuerySet, name: str, day: date) -> QuerySet:
        return rows.filter(paid_on__lte=day)


def _paid(asked: Asked) -> Found:
    rows = AwardPayment.objects.select_related("account", "member__user", "program")
    filters = PaidFilter(asked, rows)
    sorts = {
        "person": "member__name",
        "account": "account__name",
        "amount": "amount",
        "paid": "paid_on",
    }
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=("-paid_at", "-id")))


def _paid_header(asked: Asked) -> Sequence[Text]:
    return (
        _("Program"), _("Account number"), _("Account"), _("Person"), _("E-mail"),
        f"{_('Amount')} ({asked.tenant.currency})", _("Paid on"), _("Paid by"), _("Reference"),
        _("Entered"), _("Entered by"),
    )  # fmt: skip


def _paid_lines(rows: Sequence[AwardPayment], asked: Asked) -> Iterator[Sequence[object]]:
    names = actor_names({row.paid_by for row in rows})
    for row in rows:
        person = (row.member.name, row.member.user.email) if row.member else ("", "")
        yield (
            row.program.name, row.account.number, row.account.name, *person,
            money_cell(row.amount, asked), row.paid_on.isoformat(),
            row.get_paid_through_display(), row.reference, moment_cell(row.paid_at, asked),
            names.get(row.paid_by, ""),
        )  # fmt: skip


MONEY_PAID = Listed(
    code="money-paid",
    name=_("Money that was paid"),
    url_name="console_money_paid",
    readers=READERS,
    find=_paid,
    header=_paid_header,
    lines=_paid_lines,
)
