"""New facts earn: the pure rules of `rewards.earning`, fed with what the database knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.measures import STATUS_CREDITS
from accounts.periods import day_of, start_of
from rewards import caps, ledger
from rewards.earning import CapKey, Grant, Rule, grants_for
from rewards.expiry import expires_at, is_by_inactivity
from rewards.intake.batch import Batch
from rewards.intake.keep import Kept
from rewards.intake.outcome import Given
from tiers.memberships import Membership, memberships


@dataclass(slots=True)
class _Standing:
    """How the accounts of a batch stand: memberships, caps used; and expiries worked out so far."""

    memberships: dict[UUID, list[Membership]]
    cap_used: dict[CapKey, int]
    expiry: dict[tuple[UUID, datetime, int], datetime | None]


def earn_on(kept: Sequence[Kept], batch: Batch) -> None:
    """Grant what the rules give for each new fact, in the order in which the facts were sent."""
    if not kept:
        return
    accounts = {fact.row.account_id for fact in kept}
    since = min(fact.row.occurred_at for fact in kept)
    capped = {
        rule.rule_id for rules in batch.terms.rules.values() for rule in rules if rule.cap_window
    }
    stand = _Standing(
        memberships=memberships(accounts, since=since),
        cap_used=caps.used_by(accounts, rule_ids=capped) if capped else {},
        expiry={},
    )
    before = dict(stand.cap_used)
    credits = [credit for fact in kept for credit in _credits_for(fact, stand, batch)]
    closed = ledger.Closed(batch.closed_until, batch.zone)
    ledger.credit(credits, actor=batch.actor, recorded_at=batch.as_of, closed=closed)
    if any(is_by_inactivity(policy) for policy in batch.terms.expiry.values()):
        ledger.keep_alive(account_ids=accounts, at=batch.as_of)
    caps.add_use({key: used - before.get(key, 0) for key, used in stand.cap_used.items()})


def _credits_for(fact: Kept, stand: _Standing, batch: Batch) -> list[ledger.Credit]:
    facts, row = _as_conditions_see_it(fact), fact.row
    credits: list[ledger.Credit] = []
    for membership in stand.memberships.get(row.account_id, ()):
        if row.occurred_at < membership.enrolled_at:
            continue  # what an account did before it joined earns nothing
        grants = grants_for(
            facts,
            occurred_at=row.occurred_at,
            rules=batch.terms.rules.get((membership.program_id, row.kind), ()),
            held=membership.held_at(row.occurred_at),
            account_id=row.account_id,
            cap_used=stand.cap_used,
            places=batch.places,
            zone=batch.zone,
        )
        for grant in grants:
            _note(grant, fact, stand, batch)
            credits.append(_as_credit(grant, fact, stand, batch))
    return credits


def _note(grant: Grant, fact: Kept, stand: _Standing, batch: Batch) -> None:
    """Keep the books of the batch: caps used, status credits as measures, points for events."""
    row, rule = fact.row, grant.rule
    if grant.cap_period is not None and rule.cap is not None:
        key = (row.account_id, rule.rule_id, grant.cap_period)
        stand.cap_used[key] = stand.cap_used.get(key, 0) + grant.granted
    if rule.unit == "credits" and grant.granted:
        batch.measure(
            row.account_id,
            row.occurred_at,
            kind=STATUS_CREDITS,
            product_line=row.product_line,
            amount=grant.granted,
            quantity=Decimal(0),
            count=1,
        )
    elif rule.unit != "credits":
        batch.points[row.account_id, rule.program_id] += grant.granted
    fact.outcome.grants += (Given(grant, row.amount, row.quantity, batch.places),)


def _as_credit(grant: Grant, fact: Kept, stand: _Standing, batch: Batch) -> ledger.Credit:
    rule, row, held = grant.rule, fact.row, grant.held
    activates_at = _held_back_until(rule, row.occurred_at, batch)
    return ledger.Credit(
        program_id=rule.program_id,
        account_id=row.account_id,
        unit=rule.unit,
        amount=grant.granted,
        desired=grant.desired,
        occurred_at=row.occurred_at,
        activity_id=row.id,
        rule_version_id=rule.version_id,
        tier_id=held.tier_id if held else None,
        multiplier=held.multiplier if held else None,
        activates_at=activates_at,
        expires_at=_expiry(rule, row.occurred_at, stand, batch),
    )


def _held_back_until(rule: Rule, occurred_at: datetime, batch: Batch) -> datetime | None:
    """The local midnight at which the hold ends; None when there is none, or it has passed."""
    until = _end_of_hold(rule, occurred_at, batch)
    return until if until and until > batch.as_of else None


def _end_of_hold(rule: Rule, occurred_at: datetime, batch: Batch) -> datetime | None:
    if not rule.hold_days:
        return None
    day = day_of(occurred_at, batch.zone) + timedelta(days=rule.hold_days)
    return start_of(day, batch.zone)


def _expiry(rule: Rule, occurred_at: datetime, stand: _Standing, batch: Batch) -> datetime | None:
    if rule.unit == "credits":
        return None  # status credits count toward tiers by their period; they never expire
    key = (rule.program_id, occurred_at, rule.hold_days)
    if key not in stand.expiry:
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
        stand.expiry[key] = expires
    return stand.expiry[key]


def _as_conditions_see_it(fact: Kept) -> dict[str, Any]:
    row, doer = fact.row, fact.doer
    return {
        "kind": row.kind,
        "amount": row.amount,
        "quantity": row.quantity,
        "product": fact.product,
        "line": row.product_line,
        "attributes": row.attributes,
        "country": doer.country,
        "region": doer.region,
        "vertical": doer.vertical,
        "partner_type": doer.partner_type,
    }
