"""A partner asks for support. How often is counted exactly: the account's row is locked first."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ids import uuid7
from accounts.models import Account, Member
from accounts.periods import day_of, quarter_around
from partners.models import Deal, SupportRequest, SupportType
from partners.support.entitlement import allowances
from partners.support.telling import tell

_OTHER = gettext_lazy("This key asked for something else before. Nothing was asked.")
LONGEST_SUBJECT, LONGEST_TEXT = 150, 2000
FURTHEST = 2 * 366  # days ahead; a later day is a slip of the pen


class CannotAsk(ValueError):
    """Its text says what stands in the way, in `field` where it is one; nothing was asked."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class OtherRequest(ValueError):
    """The same key has asked for something else before; nothing was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`key` is the permanent identity of the request, by `actor`."""

    type: SupportType
    account: Account
    member: Member | None = None
    deal: Deal | None = None
    subject: str
    text: str = ""
    wanted_on: date | None = None
    key: str
    actor: str


def ask_support(wish: Wish, *, zone: ZoneInfo, now: datetime) -> SupportRequest:
    """The same asker's same key asks once: again, it is answered with the first request. Raises
    CannotAsk, OtherRequest."""
    today = day_of(now, zone)
    quarter = quarter_around(today)
    with transaction.atomic():
        # Two requests at once would both see the same count, and both be the last one left.
        Account.objects.select_for_update(no_key=True).get(pk=wish.account.pk)
        if earlier := _earlier(wish):
            return earlier
        _check(wish, today=today)
        [allowance] = allowances(wish.account.pk, [wish.type], quarter=quarter, now=now)
        if allowance.why_not:
            raise CannotAsk(allowance.why_not, "type")
        made = SupportRequest(
            id=uuid7(),
            type=wish.type,
            account=wish.account,
            member=wish.member,
            deal=wish.deal,
            subject=wish.subject.strip(),
            text=wish.text.strip(),
            wanted_on=wish.wanted_on,
            quarter=quarter,
            allowed=allowance.allowed,
            asked_by=wish.actor,
            asked_at=now,
            request_key=wish.key,
        )
        _keep(made)
        tell(made, "asked", actor=wish.actor, now=now, note=made.text)
    return made


def _keep(made: SupportRequest) -> None:
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        if "support_asked_once" not in str(error):
            raise
        # The key came at the same time for another account, which nobody here waits for.
        raise OtherRequest(_OTHER) from None


def _check(wish: Wish, *, today: date) -> None:
    if not wish.type.is_active:
        raise CannotAsk(_("This is not offered any more."), "type")
    if not 0 < len(wish.subject.strip()) <= LONGEST_SUBJECT:
        raise CannotAsk(_("Say in a few words what it is about."), "subject")
    if len(wish.text.strip()) > LONGEST_TEXT:
        raise CannotAsk(_("Say it in at most %d characters.") % LONGEST_TEXT, "text")
    if wish.wanted_on is not None and not 0 <= (wish.wanted_on - today).days <= FURTHEST:
        raise CannotAsk(_("Choose a day from today on, within two years."), "wanted_on")
    if wish.deal is not None:
        sides = {wish.deal.reseller_id, wish.deal.distributor_id}
        if wish.account.pk not in sides or not wish.deal.is_open:
            raise CannotAsk(_("Choose an open deal of yours."), "deal")


def _earlier(wish: Wish) -> SupportRequest | None:
    """What this key asked for before. Raises OtherRequest when it was something else."""
    found = SupportRequest.objects.select_related("type", "account").filter(
        asked_by=wish.actor, request_key=wish.key
    )
    earlier = found.first()
    if earlier is None:
        return None
    asked = (earlier.type_id, earlier.account_id, earlier.deal_id, earlier.subject, earlier.text)
    wanted = (
        wish.type.pk,
        wish.account.pk,
        wish.deal.pk if wish.deal else None,
        wish.subject.strip(),
        wish.text.strip(),
    )
    if (asked, earlier.wanted_on) != (wanted, wish.wanted_on):
        raise OtherRequest(_OTHER)
    return earlier
