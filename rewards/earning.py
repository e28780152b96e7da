"""Earning: from a fact, the rules valid for it and the tier held, to grants with their reasons.

Pure: nothing here reads the database or a clock, so that the live path, the explanation, the reason
why nothing came and a simulation are the same code. All arithmetic is in whole numbers; a grant is
rounded down once, at the end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.conditions import Test
from accounts.periods import day_of, month_of, quarter_of, span_around
from tiers.standing import MULTIPLIER_SCALE, Held

RATE_SCALE = 10_000  # RuleVersion.rate and Activity.quantity: four decimal places
FISCAL_MONTHS = {"fiscal_quarter": 3, "fiscal_year": 12}


@dataclass(frozen=True, slots=True)
class Rule:
    """A published rule version, ready to be applied. `rate` is scaled by RATE_SCALE; `condition` is
    what `holds_for` tests, its segments in their places; `year_starts` the first month of the
    tenant's fiscal year, by which a cap may count."""

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
    beneficiary: str = "account"
    name: str = ""
    condition: Mapping[str, Any] | None = None
    year_starts: int = 1


@dataclass(frozen=True, slots=True)
class Raise:
    """A campaign as a fact meets it: `multiplier` scaled by MULTIPLIER_SCALE, `bonus` in units.
    Without `rule_id` it raises every rule for its kind and unit; `condition` is as a rule's."""

    campaign_id: UUID
    code: str
    name: str
    rule_id: UUID | None
    unit: str
    multiplier: int
    bonus: int
    starts_at: datetime
    ends_at: datetime | None
    holds_for: Test
    is_triggered: bool = False
    condition: Mapping[str, Any] | None = None

    def is_on(self, occurred_at: datetime) -> bool:
        return self.starts_at <= occurred_at and (
            self.ends_at is None or occurred_at < self.ends_at
        )


class Grant(NamedTuple):
    """What one rule gives for one fact: `desired` before its cap and the program's budget,
    `granted` after them; `less_because` is cap or budget where the two differ."""

    rule: Rule
    held: Held | None
    desired: int
    granted: int
    cap_period: date | None
    raised_by: tuple[Raise, ...] = ()
    less_because: str = ""
    to_member: bool = False


class CapKey(NamedTuple):
    """What is used of a cap is counted under: a rule's versions that count by unlike windows have
    nothing in common."""

    account_id: UUID
    rule_id: UUID
    window: str
    period: date  # its first day


def desired_amount(
    rule: Rule,
    *,
    amount: int,
    quantity: Decimal,
    places: int,
    held: Held | None,
    raised_by: Sequence[Raise] = (),
) -> int:
    """What `rule` wants to give, in whole units, rounded down once.

    `amount` is in the currency's smallest unit, of which 10**places make one. Campaigns multiply
    what the tier has multiplied; their bonuses come on top.
    """
    if rule.basis == "per_amount":
        product, divisor = amount * rule.rate, RATE_SCALE * 10**places
    elif rule.basis == "per_unit":
        product, divisor = int(quantity * RATE_SCALE) * rule.rate, RATE_SCALE * RATE_SCALE
    else:
        product, divisor = rule.rate, RATE_SCALE
    if rule.tier_multiplies and held is not None:
        product, divisor = product * held.multiplier, divisor * MULTIPLIER_SCALE
    bonus = 0
    for campaign in raised_by:
        product, divisor = product * campaign.multiplier, divisor * MULTIPLIER_SCALE
        bonus += campaign.bonus
    return product // divisor + bonus


def period_of_cap(
    window: str, occurred_at: datetime, zone: ZoneInfo, *, year_starts: int = 1
) -> date | None:
    """First day of the period over which a cap counts; None for a cap per activity, or none."""
    if window == "month":
        return month_of(occurred_at, zone)
    if window == "quarter":
        return quarter_of(occurred_at, zone)
    if window == "year":
        return month_of(occurred_at, zone).replace(month=1)
    if window in FISCAL_MONTHS:
        day, months = day_of(occurred_at, zone), FISCAL_MONTHS[window]
        return span_around(day, months=months, first_month=year_starts)
    return None


class Setting(NamedTuple):
    """What one fact meets in one program. `facts` are the fields that conditions may ask for, among
    them `kind`, `amount` (smallest unit), `quantity` and `member`, None where it names nobody.

    `cap_used` says how much of each cap the account has used so far, `budget_left` how much of the
    program's budgets is left by unit; a unit that has none is not limited.
    """

    facts: Mapping[str, Any]
    occurred_at: datetime
    held: Held | None
    account_id: UUID
    cap_used: Mapping[CapKey, int]
    places: int
    zone: ZoneInfo
    raises: Sequence[Raise] = ()
    budget_left: Mapping[str, int] | None = None


def grants_for(rules: Sequence[Rule], setting: Setting) -> list[Grant]:
    """The grants for one fact in one program; an empty list when no rule gives anything.

    A grant of zero with a wish above zero is kept: it explains why nothing came.
    """
    grants = [grant for rule in rules if type(grant := judge(rule, setting)) is Grant]
    if len(grants) > 1:
        grants = best_of_each_group(grants)
    if any(grant.rule.beneficiary != "account" for grant in grants):
        grants = [part for grant in grants for part in _to_beneficiaries(grant, setting)]
    return _within_budget(grants, setting.budget_left) if setting.budget_left else grants


def judge(rule: Rule, setting: Setting) -> Grant | str:
    """What the rule by itself gives for the fact, or why it gives nothing: kind, not_valid,
    condition, no_member, nothing."""
    facts = setting.facts
    if rule.kind != facts["kind"]:
        return "kind"
    occurred_at = setting.occurred_at
    if occurred_at < rule.valid_from or (
        rule.valid_to is not None and occurred_at >= rule.valid_to
    ):
        return "not_valid"
    if not rule.holds_for(facts):
        return "condition"
    if rule.beneficiary == "member" and not facts.get("member"):
        return "no_member"
    raised_by = _raises_of(rule, setting.raises) if setting.raises else ()
    desired = desired_amount(
        rule,
        amount=facts["amount"],
        quantity=facts["quantity"],
        places=setting.places,
        held=setting.held,
        raised_by=raised_by,
    )
    if desired <= 0:
        return "nothing"
    granted, period = desired, None
    if rule.cap is not None:
        period = period_of_cap(
            rule.cap_window, occurred_at, setting.zone, year_starts=rule.year_starts
        )
        granted = max(0, min(desired, rule.cap - _used(rule, period, setting)))
    return Grant(
        rule,
        setting.held if rule.tier_multiplies else None,
        desired,
        granted,
        period,
        raised_by,
        "cap" if granted < desired else "",
        rule.beneficiary == "member",
    )


def _used(rule: Rule, period: date | None, setting: Setting) -> int:
    if period is None:
        return 0
    return setting.cap_used.get(cap_key(setting.account_id, rule, period), 0)


def cap_key(account_id: UUID, rule: Rule, period: date) -> CapKey:
    return CapKey(account_id, rule.rule_id, rule.cap_window, period)


def _raises_of(rule: Rule, raises: Sequence[Raise]) -> tuple[Raise, ...]:
    unit, rule_id = rule.unit, rule.rule_id
    return tuple([one for one in raises if one.unit == unit and one.rule_id in (None, rule_id)])


def best_of_each_group(grants: list[Grant]) -> list[Grant]:
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


def _to_beneficiaries(grant: Grant, setting: Setting) -> list[Grant]:
    """A rule for both gives to the account, and as much to the member whom the fact names; a cap
    over a period counts the two together."""
    if grant.rule.beneficiary != "both" or not setting.facts.get("member"):
        return [grant]
    granted = grant.granted
    if grant.rule.cap is not None and grant.cap_period:
        left = grant.rule.cap - _used(grant.rule, grant.cap_period, setting) - granted
        granted = max(0, min(grant.desired, left))
    less = "cap" if granted < grant.desired else ""
    return [grant, grant._replace(granted=granted, less_because=less, to_member=True)]


def _within_budget(grants: list[Grant], budget_left: Mapping[str, int]) -> list[Grant]:
    left, found = dict(budget_left), []
    for grant in grants:
        unit = grant.rule.unit
        rest = left.get(unit)
        if rest is None:  # no budget limits this unit
            found.append(grant)
        elif grant.granted > rest:
            left[unit] = 0
            found.append(grant._replace(granted=rest, less_because="budget"))
        else:
            left[unit] = rest - grant.granted
            found.append(grant)
    return found
