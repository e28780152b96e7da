"""Why every number is what it is: the reasons of entries, loaded together.

`why_of` costs the same few queries for one entry or a page of them. `rewards.telling` says it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import prefetch_related_objects

from accounts.models import Activity
from accounts.postgres.arrays import uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rewards.closing import TAKEN_BY
from rewards.models import Entry, EntryKind, GrantNote, Lot, LotState, Redemption
from rewards.reasons import reasons_by_hand
from tiers.models import Standing

SHOWN_CREDITS = 3
GIVEN_BACK = (EntryKind.RELEASE, EntryKind.REFUND)
BY_REDEMPTIONS = (EntryKind.RESERVE, EntryKind.SPEND, EntryKind.EXPIRE, *GIVEN_BACK)


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
    corrects: date | None = None
    reason: str = ""
    reward: str = ""  # what was redeemed, where a redemption moved it

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
    reasons = reasons_by_hand(entries)
    redeemed = _redeemed(entries)
    return {
        entry.id: _reason(
            entry,
            earned=earned.get(entry.cause) if entry.kind == EntryKind.ACTIVATE else None,
            tier_since=since.get(entry.id),
            origins=origins.get(entry.id, Origins()),
            note=notes.get(entry.id),
            reason=reasons.get(entry.id, ""),
            reward=redeemed.get(entry.cause, ""),
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
    notes = GrantNote.objects.filter(activity_id__in=[entry.activity_id for entry in earnings])
    found = {(note.activity_id, note.rule_version_id, note.to_member): note for note in notes}
    keys = {
        entry.id: (entry.activity_id, entry.rule_version_id, entry.wallet.member_id is not None)
        for entry in earnings
    }
    return {entry_id: found[key] for entry_id, key in keys.items() if key in found}


def _redeemed(entries: Sequence[Entry]) -> dict[UUID, str]:
    """The names of the rewards whose redemptions caused entries, by the cause."""
    causes = {entry.cause for entry in entries if entry.kind in BY_REDEMPTIONS}
    found = Redemption.objects.filter(id__in=causes).values_list("id", "reward__name")
    return dict(found) if causes else {}


def _origins(entries: Sequence[Entry]) -> dict[UUID, Origins]:
    """The credits each entry used up, first come first; one entry may have expired thousands."""
    values = {
        "tenant": current_tenant_id(),
        "entries": uuids(entry.id for entry in entries),
        "few": SHOWN_CREDITS,
    }
    origins: dict[UUID, Origins] = {}
    for entry_id, credits, amount, earned_at, document in run(_ORIGINS, values):
        taken = Taken(amount=amount, earned_at=earned_at, document=document or "")
        before = origins.get(entry_id, Origins()).first
        origins[entry_id] = Origins(credits=credits, first=(*before, taken))
    return origins


_ORIGINS = f"""
SELECT taken.entry_id, taken.credits, taken.amount, taken.earned_at, fact.external_id
FROM (
    SELECT e.id AS entry_id, taken.amount, taken.lot_id, lot.earned_at,
           row_number() OVER of_entry AS place,
           count(*) OVER (PARTITION BY e.id) AS credits
    FROM rewards_entry e
    CROSS JOIN LATERAL ({TAKEN_BY}) taken
    JOIN rewards_lot lot ON lot.tenant_id = e.tenant_id AND lot.entry_id = taken.lot_id
    WHERE e.tenant_id = %(tenant)s AND e.id = ANY (%(entries)s::uuid[])
    WINDOW of_entry AS (PARTITION BY e.id ORDER BY lot.earned_at, taken.lot_id)
) taken
JOIN rewards_entry credit ON credit.tenant_id = %(tenant)s AND credit.id = taken.lot_id
LEFT JOIN accounts_activity fact
       ON fact.tenant_id = credit.tenant_id AND fact.id = credit.activity_id
WHERE taken.place <= %(few)s
ORDER BY taken.entry_id, taken.place
"""  # noqa: S608


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
    reason: str,
    reward: str,
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
        corrects=entry.corrects,
        reason=reason,
        reward=reward,
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
