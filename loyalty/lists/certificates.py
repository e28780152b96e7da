"""Certificates: who holds which, and which are about to end."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast, Right, Upper
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Member
from accounts.periods import day_of
from loyalty.lists.listed import (
    READERS,
    Asked,
    Found,
    Listed,
    ListFilter,
    Text,
    choice_filter,
    in_order,
    moment_cell,
    search_filter,
)
from partners.models import Certificate, CertificateState, Credential
from partners.training.renewing import can_be_renewed

SOON, WITHOUT = "soon", "without"  # about to end; of people who work for nobody now
MOST_OFFERED = 200
WITHIN = {"30": 30, "60": 60, "90": 90}
STATES: Sequence[tuple[str, Text]] = (
    *CertificateState.choices,
    (SOON, _("Can be renewed now")),
    (WITHOUT, _("Their holder has left")),
)


class CertificateFilter(ListFilter):
    q = search_filter(_("Holder, account or C-…"))
    state = choice_filter(_("State"), method="in_state")
    of = choice_filter(_("Certificate"), method="of_credential")
    within = choice_filter(_("Ends within"), method="ends_within")

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        self.offer("state", STATES)
        named = Credential.objects.order_by("name", "id").values_list("pk", "name")
        self.offer("of", [(str(key), name) for key, name in named[:MOST_OFFERED]])
        self.offer("within", [(key, _("%s days") % key) for key in WITHIN])

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        fits = Q(holder__icontains=value) | Q(user__email__iexact=value)
        there = Account.objects.filter(Q(name__icontains=value) | Q(number__istartswith=value))
        here = Member.objects.filter(account__in=there, is_active=True)
        fits |= Q(user_id__in=here.values("user_id"))
        ending = Right(Cast("id", TextField()), 8)
        reference = value.upper().removeprefix("C-")
        return rows.alias(ending=Upper(ending)).filter(fits | Q(ending=reference))

    def in_state(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        today = day_of(self.asked.now, self.asked.tenant.zone)
        alive = Q(revoked_at=None) & (Q(valid_until=None) | Q(valid_until__gte=today))
        ways = {
            CertificateState.VALID: alive & Q(is_renewed=False),
            CertificateState.RENEWED: alive & Q(is_renewed=True),
            CertificateState.EXPIRED: Q(revoked_at=None, valid_until__lt=today),
            CertificateState.REVOKED: Q(revoked_at__isnull=False),
            WITHOUT: alive & Q(is_renewed=False) & ~Exists(_at_work()),
        }
        if value == SOON:
            return rows.filter(alive, can_be_renewed(today), is_renewed=False)
        return rows.filter(ways[value]) if value in ways else rows.none()

    def of_credential(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        known = dict(self.form.fields["of"].widget.choices)
        return rows.filter(credential_id=value) if value in known else rows.none()

    def ends_within(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        if value not in WITHIN:
            return rows.none()
        today = day_of(self.asked.now, self.asked.tenant.zone)
        last = today + timedelta(days=WITHIN[value])
        rows = rows.filter(revoked_at=None, is_renewed=False)
        return rows.filter(valid_until__range=(today, last))


def _at_work() -> QuerySet[Member]:
    return Member.objects.filter(user=OuterRef("user"), is_active=True)


def _certificates(asked: Asked) -> Found:
    rows = Certificate.objects.select_related("credential", "account", "user")
    filters = CertificateFilter(asked, rows)
    sorts = {
        "certificate": "credential__name",
        "holder": "holder",
        "account": "account__name",
        "issued": "issued_at",
        "until": "valid_until",
    }
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=("-issued_at", "-id")))


def _header(asked: Asked) -> Sequence[Text]:
    return (
        _("Reference"), _("Certificate"), _("Level"), _("Holder"), _("E-mail"),
        _("Account number"), _("Earned at"), _("State"), _("Issued"), _("Valid until"),
    )  # fmt: skip


def _lines(rows: Sequence[Certificate], asked: Asked) -> Iterator[Sequence[object]]:
    today = day_of(asked.now, asked.tenant.zone)
    for row in rows:
        yield (
            row.reference, row.credential.name, row.credential.level, row.holder, row.user.email,
            row.account.number, row.account.name, row.state_on(today).label,
            moment_cell(row.issued_at, asked), row.valid_until or "",
        )  # fmt: skip


CERTIFICATES = Listed(
    code="certificates",
    name=_("Certificates"),
    url_name="console_certificates",
    readers=READERS,
    find=_certificates,
    header=_header,
    lines=_lines,
)
