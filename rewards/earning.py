"""Earning: from a fact, the rules valid for it and the tier held, to grants with their reasons.

Pure: nothing here reads the database or a clock, so that the live path, the explanation and a
simulation are the same code. All arithmetic is in whole numbers; a grant is rounded down once, at
the end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.conditions import Test
from accounts.periods import month_of, quarter_of
from tiers.standing import MULTIPLIER_SCALE, Held

RATE_SCALE = 10_000  # RuleVersion.rate and Activity.quantity: four decimal places


@dataclass(frozen=True, slots=True)
class Rule:
    """A published rule version, ready to be applied. `rate` is scaled by RATE_SCALE."""

    version_id: UUID
    rule_id: UUID
    code: str
    number: int
    program_id: UUID
    program: str
    exclusive_group: str
    kind: str
    valid_from: datetime
    valid_to: datetime | None
    holds_for: Test
    unit: str
    basis: str
    rate: int
    tier_multiplies: bool
    cap: int | None
    cap_window: str
    hold_days: int


@dataclass(frozen=True, slots=True)
class Grant:
    """What one rule gives for one fact: `desired` before the cap, `granted` after it."""

    rule: Rule
    held: Held | None
    desired: int
    granted: int
    cap_period: date | None


CapKey = tuple[UUID, UUID, date]  # account, rule, first day of the period


def desired_amount(
    rule: Rule, *, amount: int, quantity: Decimal, places: int, held: Held | None
) -> int:
    """What `rule` wants to give, in whole units, rounded down once.

    `amount` is in the currency's smallest unit, of which 10**places make one.
    """
    if rule.basis == "per_amount":
        product, divisor = amount * rule.rate, RATE_SCALE * 10**places
    elif rule.basis == "per_unit":
        product, divisor = int(quantity * RATE_SCALE) * rule.rate, RATE_SCALE * RATE_SCALE
    else:
        product, divisor = rule.rate, RATE_SCALE
    if rule.tier_multiplies and held is not None:
        product, divisor = product * held.multiplier, divisor * MULTIPLIER_SCALE
    return product // divisor


def applies(rule: Rule, facts: Mapping[str, Any], occurred_at: datetime) -> bool:
    return (
        rule.kind == facts["kind"]
        and rule.valid_from <= occurred_at
        and (rule.valid_to is None or occurred_at < rule.valid_to)
        and rule.holds_for(facts)
    )


def period_of_cap(window: str, occurred_at: datetime, zone: ZoneInfo) -> date | None:
    """First day of the period over which a cap counts; None for a cap per activity, or none."""
    if window == "month":
        return month_of(occurred_at, zone)
    if window == "quarter":
        return quarter_of(occurred_at, zone)
    return None


def grants_for(
    facts: Mapping[str, Any],
    *,
    occurred_at: datetime,
    rules: Sequence[Rule],
    held: Held | None,
    account_id: UUID,
    cap_used: Mapping[CapKey, int],
    places: int,
    zone: ZoneInfo,
) -> list[Grant]:
    """The grants for one fact in one program; an empty list when no rule gives anything.

    `facts` are the fields that conditions may ask for, among them `kind`, `amount`, `quantity`.
    `cap_used` says how much of each cap the account has used so far. A grant of zero with a wish
    above zero is kept: it explains why nothing came.
    """
    grants = []
    for rule in rules:
        if not applies(rule, facts, occurred_at):
            continue
        desired = desired_amount(
            rule, amount=facts["amount"], quantity=facts["quantity"], places=places, held=held
        )
        if desired <= 0:
            continue
        granted, period = desired, period_of_cap(rule.cap_window, occurred_at, zone)
        if rule.cap is not None:
            used = cap_used.get((account_id, rule.rule_id, period), 0) if period else 0
            granted = max(0, min(desired, rule.cap - used))
        grants.append(Grant(rule, held if rule.tier_multiplies else None, desired, granted, period))
    return _best_of_each_group(grants) if len(grants) > 1 else grants


def _best_of_each_group(grants: list[Grant]) -> list[Grant]:
    """Rules of one exclusive group compete within their unit; the one that grants most wins."""
    best: dict[tuple[str, str], Grant] = {}
    for grant in grants:
        if grant.rule.exclusive_group:
            key = (grant.rule.exclusive_group, grant.rule.unit)
            if key not in best or grant.granted > best[key].granted:
                best[key] = grant
    return [
        grant
        for grant in grants
        if not grant.rule.exclusive_group
        or best[grant.rule.exclusive_group, grant.rule.unit] is grant
    ]
