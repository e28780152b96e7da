"""SPIFFs: claims that wait or were decided, and what people were given in a year."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Member
from accounts.money import to_major
from accounts.periods import day_of
from loyalty.console.happenings import actor_names
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
from partners.models import Spiff, SpiffClaim, SpiffClaimState
from partners.spiffs.years import is_flagged, people_in, settings

ALL = "all"


class SpiffClaimFilter(ListFilter):
    q = search_filter(_("Invoice, person, account or S-…"))
    spiff = choice_filter(_("SPIFF"), method="of_spiff")
    since = day_filter(_("Claimed from"), "since")
    until = day_filter(_("Through"), "until")
    moment = "claimed_at"

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        kept = Spiff.objects.filter(discarded_at=None)
        named = kept.order_by("name").values_list("pk", "name")
        self.offer("spiff", [(str(pk), name) for pk, name in named])

    def of_spiff(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        try:
            return rows.filter(spiff_id=UUID(value))
        except ValueError:
            return rows.none()

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        fits = Q(document__icontains=value) | Q(member__name__icontains=value)
        fits |= Q(account__name__icontains=value) | Q(account__number__istartswith=value)
        tail = value.upper().removeprefix("S-")
        if len(tail) == 8 and all(letter in "0123456789ABCDEF" for letter in tail):
            fits |= Q(pk__iendswith=tail)
        return rows.filter(fits)


def _claims(asked: Asked) -> Found:
    """Open ones, the oldest first, unless the address asks for another state."""
    state = asked.query.get("state") or SpiffClaimState.OPEN
    rows = SpiffClaim.objects.select_related("spiff", "account", "member", "product")
    filters = SpiffClaimFilter(asked, rows if state == ALL else rows.filter(state=state))
    first = ("claimed_at", "id") if state == SpiffClaimState.OPEN else ("-claimed_at", "-id")
    sorts = {
        "person": "member__name",
        "account": "account__name",
        "amount": "granted",
        "sold": "sold_on",
        "claimed": "claimed_at",
    }
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=first))


def _claim_header(asked: Asked) -> Sequence[Text]:
    return (
        _("Reference"), _("SPIFF"), _("Account number"), _("Account"), _("Person"),
        _("Product’s number (SKU)"), _("Units"), _("Invoice number"), _("Sold on"), _("Given in"),
        _("Amount"), _("Taken back"), _("State"), _("Claimed"), _("Decided by"), _("Reason"),
    )  # fmt: skip


def _claim_lines(rows: Sequence[SpiffClaim], asked: Asked) -> Iterator[Sequence[object]]:
    names = actor_names({row.decided_by for row in rows})
    for row in rows:
        yield (
            row.reference, row.spiff.name, row.account.number, row.account.name, row.member.name,
            row.product.sku, row.quantity, row.document, row.sold_on.isoformat(),
            row.spiff.get_unit_display(), _amount_cell(row, row.granted, asked),
            _amount_cell(row, row.recalled, asked), row.get_state_display(),
            moment_cell(row.claimed_at, asked), names.get(row.decided_by, ""), row.reason,
        )  # fmt: skip


def _amount_cell(row: SpiffClaim, amount: int, asked: Asked) -> str:
    return money_cell(amount, asked) if row.spiff.unit == "money" else str(amount)


SPIFF_CLAIMS = Listed(
    code="spiff-claims",
    name=_("SPIFF claims"),
    url_name="console_spiff_claims",
    readers=READERS,
    find=_claims,
    header=_claim_header,
    lines=_claim_lines,
)


def year_asked(asked: Asked) -> int:
    """This year, unless the address asks for another one that can have been."""
    now = day_of(asked.now, asked.tenant.zone).year
    text = asked.query.get("year", "")
    is_year = len(text) == 4 and text.isascii() and text.isdigit()
    return int(text) if is_year and 2000 <= int(text) <= now else now


class SpiffPeopleFilter(ListFilter):
    q = search_filter(_("Person or account"))

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        fits = Q(name__icontains=value) | Q(account__name__icontains=value)
        return rows.filter(fits | Q(user__email__icontains=value))


def _people(asked: Asked) -> Found:
    """Who was given something in the year, the most first; with `flagged` only who is flagged."""
    setting = settings()
    zone, currency = asked.tenant.zone, asked.tenant.currency
    rows = people_in(year_asked(asked), zone=zone, currency=currency, setting=setting)
    rows = rows.select_related("account", "user")
    if asked.query.get("flagged") and setting.threshold is not None:
        rows = rows.filter(worth__gte=setting.threshold)
    filters = SpiffPeopleFilter(asked, rows)
    sorts = {"person": "name", "account": "account__name", "worth": "worth"}
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=("-worth", "name", "id")))


def _people_header(asked: Asked) -> Sequence[Text]:
    currency = asked.tenant.currency
    return (
        _("Year"), _("Person"), _("E-mail"), _("Account number"), _("Account"),
        f"{_('Money')} ({currency})", _("Points"), f"{_('Value of the person')} ({currency})",
        _("To be reported"),
    )  # fmt: skip


def _people_lines(rows: Sequence[Member], asked: Asked) -> Iterator[Sequence[object]]:
    setting, year = settings(), year_asked(asked)
    currency = asked.tenant.currency
    for row in rows:
        yield (
            year, row.name, row.user.email, row.account.number, row.account.name,
            to_major(row.money, currency), row.points, to_major(row.worth, currency),
            _("Yes") if is_flagged(row.worth, setting) else _("No"),
        )  # fmt: skip


SPIFF_PEOPLE = Listed(
    code="spiff-people",
    name=_("SPIFFs per person and year"),
    url_name="console_spiff_people",
    readers=READERS,
    find=_people,
    header=_people_header,
    lines=_people_lines,
)
