"""What lies behind entries, looked up for all of them at once: the earning that cleared, the notes
on a grant, the credits that were used up, the tier and its beginning, who was on the other side.

Each of these asks a constant number of queries for any number of entries.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models.activity import called
from accounts.postgres.arrays import uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rewards import budgets
from rewards.closing import BACK_OF_USE, TAKEN_BY
from rewards.models import Entry, EntryKind, GrantNote, Redemption, Transfer
from tiers.models import Standing

SHOWN_CREDITS = 3
GIVEN_BACK = (EntryKind.RELEASE, EntryKind.REFUND)
BY_REDEMPTIONS = (EntryKind.RESERVE, EntryKind.SPEND, EntryKind.EXPIRE, *GIVEN_BACK)


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


def earned(entries: Sequence[Entry]) -> dict[UUID, Entry]:
    """The earnings that activations are about, by their ids: the cause of an activation."""
    causes = [entry.cause for entry in entries if entry.kind == EntryKind.ACTIVATE]
    found = Entry.objects.filter(id__in=causes).select_related("activity__product", "lot")
    return {entry.id: entry for entry in found}


def notes(entries: Sequence[Entry]) -> dict[UUID, GrantNote]:
    """Of earnings that campaigns raised or limits lowered, the notes on it."""
    noted = [entry for entry in entries if entry.note_id]
    if not noted:
        return {}
    found = GrantNote.objects.in_bulk({entry.note_id for entry in noted})
    return {entry.id: found[entry.note_id] for entry in noted}


def used_up(
    entries: Sequence[Entry], notes: Mapping[UUID, GrantNote]
) -> dict[UUID, budgets.BudgetPeriod]:
    """Of earnings that a budget lowered, the period that was used up, of a budget that renews."""
    lowered = [
        entry
        for entry in entries
        if entry.activity and entry.id in notes and notes[entry.id].less_because == "budget"
    ]
    if not lowered:
        return {}
    renewing = budgets.renewing({entry.wallet.program_id for entry in lowered})
    uses = budgets.uses_of(one.budget_id for one in renewing)
    found = {
        entry.id: budgets.used_up(
            program_id=entry.wallet.program_id,
            unit=entry.wallet.unit,
            occurred_at=entry.activity.occurred_at,
            budgets=renewing,
            uses=uses,
        )
        for entry in lowered
    }
    return {entry_id: period for entry_id, period in found.items() if period}


def redeemed(entries: Sequence[Entry]) -> dict[UUID, str]:
    """The names of the rewards whose redemptions caused entries, by the cause."""
    causes = {entry.cause for entry in entries if entry.kind in BY_REDEMPTIONS}
    if not causes:
        return {}
    found = dict(Redemption.objects.filter(id__in=causes).values_list("id", "reward__name"))
    parts = [
        entry.id for entry in entries if entry.kind == EntryKind.REFUND and entry.cause not in found
    ]
    if parts:
        found |= dict(run(_GRACED, {"tenant": current_tenant_id(), "entries": uuids(parts)}))
    return found


# What was refunded after its day came back in parts, whose causes name what had been set aside.
_GRACED = f"""
SELECT back.cause, reward.name
FROM rewards_entry back
JOIN rewards_entry held
  ON held.tenant_id = back.tenant_id AND held.wallet_id = back.wallet_id AND held.kind = 'reserve'
JOIN rewards_lotuse u ON u.tenant_id = held.tenant_id AND u.entry_id = held.id
JOIN rewards_redemption redemption
  ON redemption.tenant_id = held.tenant_id AND redemption.id = held.cause
JOIN rewards_reward reward
  ON reward.tenant_id = redemption.tenant_id AND reward.id = redemption.reward_id
WHERE back.tenant_id = %(tenant)s AND back.id = ANY (%(entries)s::uuid[])
  AND {BACK_OF_USE} = back.cause
"""  # noqa: S608


def others(entries: Sequence[Entry]) -> dict[UUID, str]:
    """Of what was passed on, by entry: the person on the other side, "" for the account itself."""
    causes = {entry.cause for entry in entries if entry.kind == EntryKind.TRANSFER}
    if not causes:
        return {}
    moves = Transfer.objects.filter(id__in=causes).values_list(
        "id", "source_id", "source__member__name", "target__member__name"
    )
    found = {cause: (source_id, giver, taker) for cause, source_id, giver, taker in moves}
    told = {}
    for entry in entries:
        if entry.kind == EntryKind.TRANSFER and entry.cause in found:
            source_id, giver, taker = found[entry.cause]
            told[entry.id] = (taker if entry.wallet_id == source_id else giver) or ""
    return told


def origins(entries: Sequence[Entry]) -> dict[UUID, Origins]:
    """The credits each entry used up, first come first; one entry may have expired thousands."""
    values = {
        "tenant": current_tenant_id(),
        "entries": uuids(entry.id for entry in entries),
        "few": SHOWN_CREDITS,
    }
    told: dict[UUID, Origins] = {}
    for entry_id, credits, amount, earned_at, *fact in run(_ORIGINS, values):
        taken = Taken(amount=amount, earned_at=earned_at, document=_document(*fact))
        before = told.get(entry_id, Origins()).first
        told[entry_id] = Origins(credits=credits, first=(*before, taken))
    return told


def _document(
    source: str | None, kind: str | None, external_id: str | None, attributes: str | None
) -> str:
    """What people call the fact that brought a credit; "" of one that no fact brought."""
    if source is None or kind is None or external_id is None:
        return ""
    return called(source, kind, external_id, json.loads(attributes) if attributes else None)


_ORIGINS = f"""
SELECT taken.entry_id, taken.credits, taken.amount, taken.earned_at,
       fact.source, fact.kind, fact.external_id, fact.attributes
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


def tier_starts(entries: Sequence[Entry]) -> dict[UUID, datetime]:
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
