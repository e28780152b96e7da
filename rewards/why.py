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
from rewards import behind
from rewards.behind import Origins
from rewards.budgets import BudgetPeriod
from rewards.models import Entry, EntryKind, GrantNote, Lot, LotState
from rewards.reasons import reasons_by_hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What was done. `amount` is in the smallest unit of the tenant's currency; `called` is how
    people know it, without the line of its document."""

    kind: str
    document: str
    line: str
    called: str
    called_line: str
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
class Why:
    """All that made an entry. Amounts of points are whole units; those taken away are negative.

    `moved` is the change of what the wallet holds in all, `pending` of what is not yet available.
    For an earning, `desired` is what the rule wanted before its cap, and `tier` was held since
    `tier_since`; `raised_by` are the campaigns that raised it, `less_because` is cap or budget
    where one of the two lowered it, and `budget` is its period, of one that renews. For a return,
    `fact` is the return and `original` the fact it takes back; for an activation, `fact` is the one
    that earned it.
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
    budget: BudgetPeriod | None = None
    corrects: date | None = None
    reason: str = ""
    reward: str = ""  # what was redeemed, where a redemption moved it
    other: str = ""  # who passed it on or got it; empty for the account itself

    @property
    def is_capped(self) -> bool:
        return self.desired is not None and self.moved < self.desired


def why(entry: Entry) -> Why:
    return why_of([entry])[entry.id]


def why_of(entries: Sequence[Entry]) -> dict[UUID, Why]:
    """The reason of each entry, by its id; a constant number of queries for any number of them."""
    _load(entries)
    since, origins = behind.tier_starts(entries), behind.origins(entries)
    earned, notes = behind.earned(entries), behind.notes(entries)
    reasons, others = reasons_by_hand(entries), behind.others(entries)
    redeemed, used_up = behind.redeemed(entries), behind.used_up(entries, notes)
    return {
        entry.id: _reason(
            entry,
            earned=earned.get(entry.cause) if entry.kind == EntryKind.ACTIVATE else None,
            tier_since=since.get(entry.id),
            origins=origins.get(entry.id, Origins()),
            note=notes.get(entry.id),
            budget=used_up.get(entry.id),
            reason=reasons.get(entry.id, ""),
            reward=redeemed.get(entry.cause, ""),
            other=others.get(entry.id, ""),
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


def _reason(
    entry: Entry,
    *,
    earned: Entry | None,
    tier_since: datetime | None,
    origins: Origins,
    note: GrantNote | None,
    budget: BudgetPeriod | None,
    reason: str,
    reward: str,
    other: str,
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
        budget=budget,
        corrects=entry.corrects,
        reason=reason,
        reward=reward,
        other=other,
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
        called=activity.document,
        called_line=activity.document_line,
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
