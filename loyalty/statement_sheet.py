"""A month's statement of an account in a program, as portal and console show it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from django.http import Http404, HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Enrollment, Member
from accounts.periods import add_months, day_of, month_of, start_of
from loyalty.ledger_lines import Line, ledger_lines
from rewards.models import EARNED, Unit, Wallet
from rewards.queries import ledger_page
from rewards.statements import Statement, statements
from rewards.voice import Voice

MOST_LINES = 100  # more are a link away
MOST_MONTHS = 36
WORDS = {
    "earned": _("Earned"),
    "taken_back": _("Taken back for returns"),
    "redeemed": _("Redeemed"),
    "expired": _("Expired"),
    "adjusted": _("Adjusted by hand"),
    "transferred": _("Passed on or received"),
    "accrued": _("Accrued"),
    "allocated": _("Allocated"),
}


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    since: datetime
    until: datetime
    label: str

    @property
    def last(self) -> date:
        return add_months(self.first, 1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One wallet's month, in figures of its unit: money is not counted in cents. `usable` is empty
    where it is all that there was at the end; `lines` are the newest movements, `has_more` whether
    there are others."""

    title: str
    statement: Statement
    opening: str
    moved: list[tuple[str, str]]
    closing: str
    usable: str
    lines: list[Line]
    has_more: bool

    @property
    def is_linked(self) -> bool:
        """Whether the page of all movements shows this wallet: the account's own, of what is
        earned."""
        return self.statement.member_id is None and self.statement.unit in dict(EARNED)


def chosen_month(
    request: HttpRequest, enrollment: Enrollment, *, now: datetime, voice: Voice
) -> tuple[Month, list[Month]]:
    """The month that `?month=2026-05` names, else the last full one; and all there are, the newest
    first. Raises Http404 for any other."""
    months = _months(enrollment, now=now, voice=voice)
    wanted = request.GET.get("month")
    if wanted is None:
        return months[1] if len(months) > 1 else months[0], months
    for month in months:
        if f"{month.first:%Y-%m}" == wanted:
            return month, months
    raise Http404


def _months(enrollment: Enrollment, *, now: datetime, voice: Voice) -> list[Month]:
    first, month = month_of(enrollment.enrolled_at, voice.zone), month_of(now, voice.zone)
    found = [_month(month, voice.zone, voice.locale)]
    while (month := add_months(month, -1)) >= first and len(found) < MOST_MONTHS:
        found.append(_month(month, voice.zone, voice.locale))
    return found


def _month(first: date, zone: ZoneInfo, locale: str) -> Month:
    label = format_skeleton("yMMMM", first, locale=locale)
    return Month(first, start_of(first, zone), start_of(add_months(first, 1), zone), label)


def sheets(
    enrollment: Enrollment,
    month: Month,
    *,
    voice: Voice,
    members: Collection[UUID] | None,
    most: int | None = None,
) -> list[Sheet]:
    """Of the account's own wallets in the program, and of those of `members` (None: of all); each
    with its newest movements, at most so many (None: MOST_LINES)."""
    found = [
        one
        for one in statements(
            since=month.since, until=month.until, account_id=enrollment.account_id
        )
        if one.program_id == enrollment.program_id
        and (one.member_id is None or members is None or one.member_id in members)
        and not one.is_empty
    ]
    # Points first, as everywhere; what is the account's own before what is a person's.
    found.sort(key=lambda one: (one.member_id is not None, Unit.values.index(one.unit)))
    names = dict(
        Member.objects.filter(id__in={one.member_id for one in found}).values_list("id", "name")
    )
    return [
        _sheet(one, month, voice=voice, holder=names.get(one.member_id), most=most or MOST_LINES)
        for one in found
    ]


def _sheet(one: Statement, month: Month, *, voice: Voice, holder: str | None, most: int) -> Sheet:
    page = ledger_page(
        Wallet(pk=one.wallet_id),
        since=month.since,
        until=month.until,
        older_than=None,
        newer_than=None,
        size=most,
    )
    title = capfirst(voice.unit_name(one.unit))
    if holder:
        title = gettext("{points} of {holder}").format(points=title, holder=holder)
    return Sheet(
        title=title,
        statement=one,
        opening=voice.held(one.opening, one.unit),
        moved=[
            (str(WORDS[line]), voice.moved(amount, one.unit))
            for line, amount in one.moved.items()
            if amount
        ],
        closing=voice.held(one.closing, one.unit),
        usable=voice.held(one.available, one.unit) if one.available != one.closing else "",
        lines=ledger_lines(
            [entry for entry, _ in page.lines],
            voice=voice,
            balances=[balance for _, balance in page.lines],
        ),
        has_more=page.older is not None,
    )


def is_running(month: Month, *, now: datetime, zone: ZoneInfo) -> bool:
    """Whether the month is not over: its figures are those of now."""
    return day_of(now, zone) <= month.last
