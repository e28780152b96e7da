"""Why every number is what it is: the reasons of entries, loaded together.

`why_of` costs the same few queries for one entry or a page of them. `rewards.telling` says it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Window, prefetch_related_objects
from django.db.models.functions import RowNumber

from accounts.models import Activity
from accounts.tenancy import current_tenant_id
from rewards.models import Entry, EntryKind, GrantNote, Lot, LotState, LotUse
from tiers.models import Standing

SHOWN_CREDITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What was done. `amount` is in the smallest unit of the tenant's currency."""

    kind: str
    document: str
    line: str
    occurred_at: datetime
    amount: int
    quantity: Decimal
    product: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The terms that applied: the rule's version as published."""

    code: str
    name: str
    version: int
    basis: str
    rate: Decimal
    cap: int | None
    cap_window: str
    beneficiary: str = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """A campaign that raised an earning."""

    code: str
    name: str
    multiplier: Decimal
    bonus: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Units that an entry took out of an earlier credit."""

    amount: int
    earned_at: datetime
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """The earlier credits that an entry used up: the first few, and how many there are in all."""

    credits: int = 0
    first: tuple[Taken, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """All that made an entry. Amounts of points are whole units; those taken away are negative.

    `moved` is the change of what the wallet holds in all, `pending` of what is not yet available.
    For an earning, `desired` is what the rule wanted before its cap, and `tier` was held since
    `tier_since`; `raised_by` are the campaigns that raised it, `less_because` is cap or budget
    where one of the two lowered it. For a return, `fact` is the return and `original` the fact it
    takes back; for an activation, `fact` is the one that earned it.
    """

    kind: str
    unit: str
    available: int
    pending: int
    moved: int
    occurred_at: datetime
    actor: str
    fact: Fact | None
    original: Fact | None
    rule: Rule | None
    tier: str
    tier_since: datetime | None
    multiplier: Decimal
    desired: int | None
    clears_at: datetime | None
    expires_at: datetime | None
    is_pending: bool
    origins: Origins
    raised_by: tuple[Raised, ...] = ()
    less_because: str = ""

    @property
    def is_capped(self) -> bool:
        return self.desired is not None and self.moved < self.desired


def why(entry: Entry) -> Why:
    return why_of([entry])[entry.id]


def why_of(entries: Sequence[Entry]) -> dict[UUID, Why]:
    """The reason of each entry, by its id; a constant number of queries for any number of them."""
    _load(entries)
    since, origins, earned = _tier_starts(entries), _origins(entries), _earned(entries)
    notes = _notes(entries)
    return {
        entry.id: _reason(
            entry,
            earned=earned.get(entry.cause) if entry.kind == EntryKind.ACTIVATE else None,
            tier_since=since.get(entry.id),
            origins=origins.get(entry.id, Origins()),
            note=notes.get(entry.id),
        )
        for entry in entries
    }


def _load(entries: Sequence[Entry]) -> None:
    """What `rewards.queries.entries` has not joined already."""
    prefetch_related_objects(
        list(entries),
        "wallet",
        "activity__product",
        "activity__reverses__product",
        "rule_version__rule",
        "tier",
        "lot",
    )


def _earned(entries: Sequence[Entry]) -> dict[UUID, Entry]:
    """The earnings that activations are about, by their ids: the cause of an activation."""
    causes = [entry.cause for entry in entries if entry.kind == EntryKind.ACTIVATE]
    found = Entry.objects.filter(id__in=causes).select_related("activity__product", "lot")
    return {entry.id: entry for entry in found}


def _notes(entries: Sequence[Entry]) -> dict[UUID, GrantNote]:
    """Of earnings that campaigns raised or limits lowered, the notes on it."""
    earnings = [entry for entry in entries if entry.kind == EntryKind.EARN]
    if not earnings:
        return {}
    found = {
        (note.activity_id, note.rule_version_id, note.to_member): note
        for note in GrantNote.objects.filter(
            activity_id__in=[entry.activity_id for entry in earnings]
        )
    }
    keys = {
        entry.id: (
            entry.activity_id,
            entry.rule_version_id,
            entry.wallet.member_id is not None,
        )
        for entry in earnings
    }
    return {entry_id: found[key] for entry_id, key in keys.items() if key in found}


def _origins(entries: Sequence[Entry]) -> dict[UUID, Origins]:
    """The credits each entry used up, first come first; one entry may have expired thousands."""
    uses = (
        LotUse.objects.filter(
            tenant_id=current_tenant_id(), entry_id__in=[entry.id for entry in entries]
        )
        .annotate(
            place=Window(
                RowNumber(), partition_by="entry_id", order_by=["lot__earned_at", "lot_id"]
            ),
            credits=Window(Count("lot_id"), partition_by="entry_id"),
        )
        .filter(place__lte=SHOWN_CREDITS)
        .order_by("entry_id", "place")
        .values_list(
            "entry_id", "credits", "amount", "lot__earned_at", "lot__entry__activity__external_id"
        )
    )
    origins: dict[UUID, Origins] = {}
    for entry_id, credits, amount, earned_at, document in uses:
        taken = Taken(amount=amount, earned_at=earned_at, document=document or "")
        before = origins.get(entry_id, Origins()).first
        origins[entry_id] = Origins(credits=credits, first=(*before, taken))
    return origins


def _tier_starts(entries: Sequence[Entry]) -> dict[UUID, datetime]:
    """When the standing began that gave each entry its multiplier."""
    earned = [entry for entry in entries if entry.tier_id and entry.activity]
    standings = Standing.objects.filter(
        tier_id__in={entry.tier_id for entry in earned},
        enrollment__account_id__in={entry.wallet.account_id for entry in earned},
    ).select_related("enrollment")
    held: dict[tuple[UUID, UUID, UUID | None], list[Standing]] = {}
    for standing in standings:
        enrolled = standing.enrollment
        key = (enrolled.account_id, enrolled.program_id, standing.tier_id)
        held.setdefault(key, []).append(standing)
    starts = {}
    for entry in earned:
        key = (entry.wallet.account_id, entry.wallet.program_id, entry.tier_id)
        for standing in held.get(key, []):
            if _covers(standing, entry.activity.occurred_at):
                starts[entry.id] = standing.starts_at
    return starts


def _covers(standing: Standing, instant: datetime) -> bool:
    return standing.starts_at <= instant and (
        standing.ends_at is None or instant < standing.ends_at
    )


def _reason(
    entry: Entry,
    *,
    earned: Entry | None,
    tier_since: datetime | None,
    origins: Origins,
    note: GrantNote | None,
) -> Why:
    credit = earned or entry
    lot: Lot | None = getattr(credit, "lot", None)
    activity = credit.activity
    return Why(
        kind=entry.kind,
        unit=entry.wallet.unit,
        available=entry.available,
        pending=entry.pending,
        moved=entry.available + entry.pending + entry.reserved,
        occurred_at=entry.occurred_at,
        actor=entry.actor,
        fact=_fact(activity),
        original=_fact(activity.reverses) if activity else None,
        rule=_rule(entry),
        tier=entry.tier.name if entry.tier else "",
        tier_since=tier_since,
        multiplier=entry.multiplier or Decimal(1),
        desired=entry.desired,
        clears_at=lot.activates_at if lot else None,
        expires_at=lot.expires_at if lot else None,
        is_pending=lot is not None and lot.state == LotState.PENDING,
        origins=origins,
        raised_by=_raised_by(note) if note else (),
        less_because=note.less_because if note else "",
    )


def _raised_by(note: GrantNote) -> tuple[Raised, ...]:
    return tuple(
        Raised(
            code=one["code"],
            name=one["name"],
            multiplier=Decimal(one["multiplier"]),
            bonus=one["bonus"],
        )
        for one in note.campaigns
    )


def _fact(activity: Activity | None) -> Fact | None:
    if activity is None:
        return None
    return Fact(
        kind=activity.kind,
        document=activity.external_id,
        line=activity.line,
        occurred_at=activity.occurred_at,
        amount=activity.amount,
        quantity=activity.quantity,
        product=activity.product.name if activity.product else "",
    )


def _rule(entry: Entry) -> Rule | None:
    version = entry.rule_version
    if version is None:
        return None
    return Rule(
        code=version.rule.code,
        name=version.rule.name,
        version=version.number,
        basis=version.basis,
        rate=version.rate,
        cap=version.cap,
        cap_window=version.cap_window,
        beneficiary=version.beneficiary,
    )
