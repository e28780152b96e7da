"""What a grant becomes in the ledger: whose credit it is, when it clears and when it expires."""

from datetime import datetime, timedelta
from uuid import UUID

from accounts.activities import NewActivity
from accounts.periods import day_of, start_of
from rewards import ledger
from rewards.earning import Grant, Rule
from rewards.expiry import expires_at
from rewards.intake.batch import Batch
from rewards.intake.keep import Kept

AlikeCredits = dict[tuple, ledger.Alike]  # by rule version, instant, tier and note


def credit_of(
    grant: Grant, fact: Kept, note_id: UUID | None, alike: AlikeCredits, batch: Batch
) -> ledger.Credit:
    """The credit that a grant makes; what it has in common with others is kept in `alike`."""
    row = fact.row
    common = _common(grant, row.occurred_at, note_id, alike, batch)
    return ledger.Credit(_holder(grant, row), grant.granted, grant.desired, row.id, common)


def _holder(grant: Grant, row: NewActivity) -> ledger.WalletKey:
    rule = grant.rule
    member = row.member_id.int if grant.to_member and row.member_id else None
    return ledger.WalletKey(row.account_id.int, rule.program_id.int, rule.unit, member)


def _common(
    grant: Grant,
    occurred_at: datetime,
    note_id: UUID | None,
    alike: AlikeCredits,
    batch: Batch,
) -> ledger.Alike:
    """What credits of one rule, tier, note and instant have in common, worked out once for them
    all."""
    rule, held = grant.rule, grant.held
    key = (
        rule.version_id.int,
        occurred_at,
        held and (held.tier_id.int, held.multiplier),
        note_id and note_id.int,
    )
    found = alike.get(key)
    if found is None:
        found = alike[key] = ledger.Alike(
            occurred_at=occurred_at,
            rule_version_id=rule.version_id,
            tier_id=held.tier_id if held else None,
            multiplier=held.multiplier if held else None,
            activates_at=_held_back_until(rule, occurred_at, batch),
            expires_at=_expiry(rule, occurred_at, batch),
            note_id=note_id,
        )
    return found


def _held_back_until(rule: Rule, occurred_at: datetime, batch: Batch) -> datetime | None:
    """The local midnight at which the hold ends; None when there is none, or it has passed."""
    until = _end_of_hold(rule, occurred_at, batch)
    return until if until and until > batch.as_of else None


def _end_of_hold(rule: Rule, occurred_at: datetime, batch: Batch) -> datetime | None:
    if not rule.hold_days:
        return None
    day = day_of(occurred_at, batch.zone) + timedelta(days=rule.hold_days)
    return start_of(day, batch.zone)


def _expiry(rule: Rule, occurred_at: datetime, batch: Batch) -> datetime | None:
    if rule.unit == "credits":
        return None  # status credits count toward tiers by their period; they never expire
    expires = expires_at(
        batch.terms.expiry[rule.program_id],
        occurred_at=occurred_at,
        zone=batch.zone,
        activates_at=_end_of_hold(rule, occurred_at, batch),
        fiscal_year_starts=batch.terms.fiscal_year_starts,
    )
    if expires and batch.closed_until and occurred_at < batch.closed_until:
        # Over before it was known: it expires as soon as it is, not in a closed quarter.
        expires = max(expires, batch.as_of)
    return expires
