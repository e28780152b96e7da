"""What happened to an account in one line of time: facts, movements of points, tiers, requests,
deals and statements, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.kinds import kind_names
from accounts.models import Account, Activity, Event
from accounts.models.event import EVERYDAY
from loyalty.console.happenings import happenings
from loyalty.deal_words import STEPS
from loyalty.ledger_lines import Line, ledger_lines
from rewards import queries
from rewards.voice import Voice

PER_PAGE = 20
# Kinds of events that are told, with their icons. What points did is told by the movements; what
# was done to people, bank details and codes is nobody's business but theirs.
ICONS = {
    "tier.changed": "trophy",
    "milestone.reached": "flag",
    "account.enrolled": "user-plus",
    "points.expiring": "clock",
    "status.monthly": "envelope",
    "redemption.requested": "gift",
    "redemption.approved": "gift",
    "redemption.rejected": "gift",
    "redemption.canceled": "gift",
    "redemption.fulfilled": "gift",
    "redemption.refunded": "gift",
    "sales.reported": "document-check",
    "sales.decided": "document-check",
    "agreement.offered": "document-text",
    "agreement.accepted": "document-text",
    "rebate.statement_issued": "banknotes",
    "rebate.statement_accepted": "banknotes",
    "rebate.line_disputed": "chat-bubble-left-right",
    "rebate.dispute_resolved": "chat-bubble-left-right",
    "rebate.approved": "banknotes",
    "rebate.set_off": "scale",
    **dict.fromkeys(STEPS, "briefcase"),
}
# At one instant, what came of a fact stands above it.
FACT, MOVEMENT, EVENT = 1, 2, 3
_SPLIT = "~"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the line of time: all places have one order."""

    at: datetime
    source: int
    key: UUID

    def __str__(self) -> str:
        return _SPLIT.join((self.at.isoformat(), str(self.source), self.key.hex))

    def before(self, source: int) -> Q:
        """Rows of a source that come after this place, that is, earlier."""
        if source > self.source:
            return Q(occurred_at__lt=self.at)
        if source < self.source:
            return Q(occurred_at__lte=self.at)
        # The first condition is the index's; the rest sorts out what happened at one instant.
        is_earlier = Q(occurred_at__lt=self.at) | Q(pk__lt=self.key)
        return Q(occurred_at__lte=self.at) & is_earlier


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One of a fact (with the name of its kind), a movement's `line`, or what an event `said`."""

    place: Place
    icon: str
    fact: Activity | None = None
    kind: str = ""
    line: Line | None = None
    said: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """`older` is the place to read on from, "" where the line ends."""

    moments: list[Moment]
    older: str


def read_place(text: str) -> Place | None:
    """None for what is no place: the line is then read from its beginning."""
    at, _one, rest = text.partition(_SPLIT)
    source, _two, key = rest.partition(_SPLIT)
    try:
        place = Place(datetime.fromisoformat(at), int(source), UUID(key))
    except (ValueError, OverflowError):
        return None
    return place if place.at.tzinfo is not None else None


def timeline(account: Account, *, voice: Voice, before: Place | None) -> Timeline:
    """In a constant number of queries, however long the line and however far back."""
    some = PER_PAGE + 1
    found = [
        *_facts(account, before, limit=some),
        *_movements(account, voice, before, limit=some),
        *_events(account, voice, before, limit=some),
    ]
    found.sort(key=_order, reverse=True)
    shown = found[:PER_PAGE]
    return Timeline(shown, str(shown[-1].place) if len(found) > PER_PAGE else "")


def _order(moment: Moment) -> tuple[datetime, int, UUID]:
    return moment.place.at, moment.place.source, moment.place.key


def _facts(account: Account, before: Place | None, *, limit: int) -> list[Moment]:
    names = kind_names()
    facts = Activity.objects.filter(_behind(before, FACT), account=account)
    return [
        Moment(
            place=Place(fact.occurred_at, FACT, fact.pk),
            icon="inbox-arrow-down",
            fact=fact,
            kind=names.get(fact.kind, fact.kind),
        )
        for fact in facts.select_related("product").order_by("-occurred_at", "-id")[:limit]
    ]


def _movements(account: Account, voice: Voice, before: Place | None, *, limit: int) -> list[Moment]:
    wallets = queries.wallets_of(account.pk).values()
    entries = queries.last_entries(wallets, limit=limit, where=_behind(before, MOVEMENT))
    return [
        Moment(place=Place(line.at, MOVEMENT, line.entry_id), icon=line.look.icon, line=line)
        for line in ledger_lines(entries, voice=voice)
    ]


def _events(account: Account, voice: Voice, before: Place | None, *, limit: int) -> list[Moment]:
    found = Event.objects.exclude(kind__in=EVERYDAY).filter(
        _behind(before, EVENT), account=account, kind__in=list(ICONS)
    )
    events: Sequence[Any] = list(found.order_by("-occurred_at", "-id")[:limit])
    return [
        Moment(
            place=Place(event.occurred_at, EVENT, event.pk),
            icon=ICONS[event.kind],
            said=told.said,
            actor=told.actor,
        )
        for event, told in zip(events, happenings(events, voice=voice), strict=True)
    ]


def _behind(before: Place | None, source: int) -> Q:
    return before.before(source) if before else Q()
