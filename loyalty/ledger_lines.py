"""Lines of a ledger as all faces show them: what moved, when, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rewards.models import Entry, EntryKind, Unit
from rewards.telling import details, sentence
from rewards.voice import Voice
from rewards.why import Why, why_of


@dataclass(frozen=True, slots=True)
class Look:
    label: str | Promise
    icon: str
    tone: str


LOOKS = {
    EntryKind.EARN: Look(_("Earned"), "plus", "good"),
    EntryKind.ACTIVATE: Look(_("Cleared"), "check", "good"),
    EntryKind.RESERVE: Look(_("Set aside"), "lock-closed", ""),
    EntryKind.SPEND: Look(_("Redeemed"), "gift", "brand"),
    EntryKind.RELEASE: Look(_("Given back"), "arrow-uturn-left", "good"),
    EntryKind.REFUND: Look(_("Refunded"), "arrow-uturn-left", "good"),
    EntryKind.EXPIRE: Look(_("Expired"), "clock", "warn"),
    EntryKind.REVERSE: Look(_("Taken back"), "arrow-uturn-left", "bad"),
    EntryKind.ADJUST: Look(_("Adjusted"), "pencil-square", ""),
    EntryKind.TRANSFER: Look(_("Transferred"), "arrows-right-left", ""),
    EntryKind.ACCRUE: Look(_("Accrued"), "clock", ""),
    EntryKind.SETTLE: Look(_("Approved"), "check", "good"),
    EntryKind.ALLOCATE: Look(_("Allocated"), "plus", "good"),
    EntryKind.AWARD: Look(_("Given"), "plus", "good"),
    EntryKind.RECALL: Look(_("Taken back"), "arrow-uturn-left", "bad"),
}
QUIET = (EntryKind.EARN, EntryKind.SPEND, EntryKind.ACCRUE, EntryKind.AWARD)
MOVES_WITHIN = (EntryKind.ACTIVATE, EntryKind.RESERVE, EntryKind.RELEASE, EntryKind.SETTLE)
PAID = Look(_("Paid"), "banknotes", "good")
PENDING = Look(_("Pending"), "clock", "")
CLEARED_LATER = Look(_("Earned, cleared later"), "plus", "")
# Nothing was granted: no gain, and no loss either.
CAPPED = Look(_("Capped"), "minus", "")
NOTHING = Look(_("Nothing earned"), "minus", "")


@dataclass(frozen=True, slots=True)
class Line:
    """`amount` is what moved for the holder, and `moved` says it in the unit's own way; `balance`
    is what was available afterwards.

    What was earned pending does not change the balance (`is_quiet`), nor does spending what was set
    aside before.
    """

    entry_id: UUID
    at: datetime
    look: Look
    unit: str
    amount: int
    moved: str
    is_quiet: bool
    sentence: str
    details: list[tuple[str, str]]
    balance: int | None


def ledger_lines(
    entries: Sequence[Entry], *, voice: Voice, balances: Sequence[int] = ()
) -> list[Line]:
    """A constant number of queries for any number of entries."""
    reasons = why_of(entries)
    return [
        _line(entry, reasons[entry.id], voice, balances[place] if balances else None)
        for place, entry in enumerate(entries)
    ]


def _line(entry: Entry, why: Why, voice: Voice, balance: int | None) -> Line:
    kind = EntryKind(entry.kind)
    moves_within = kind in MOVES_WITHIN
    amount = entry.available if moves_within else why.moved
    return Line(
        entry_id=entry.id,
        at=entry.occurred_at,
        look=_look(kind, why),
        unit=why.unit,
        amount=amount,
        moved=voice.moved(amount, why.unit),
        is_quiet=kind in QUIET and entry.available == 0,
        sentence=sentence(why, voice=voice),
        details=details(why, voice=voice),
        balance=balance,
    )


def _look(kind: EntryKind, why: Why) -> Look:
    if kind == EntryKind.EARN and why.moved == 0:
        return CAPPED if why.is_capped else NOTHING
    if kind in (EntryKind.EARN, EntryKind.AWARD) and why.pending:
        return PENDING if why.is_pending else CLEARED_LATER
    if kind == EntryKind.SPEND and why.unit == Unit.MONEY and not why.reward:
        return PAID  # to whoever holds it: only what a reward took was redeemed
    return LOOKS[kind]
