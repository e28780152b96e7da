"""Rules tried out before they are published: the code that earns, and nothing is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts import segments
from accounts.conditions import Condition, unmet
from accounts.facts import EARLIEST
from accounts.models import Account, Activity
from accounts.periods import day_of
from accounts.postgres.statements import ask
from rewards.earning import CapKey, Grant, Rule, Setting, cap_key, grants_for, judge
from rewards.models import Entry, EntryKind, RuleVersion
from rewards.terms import Terms, as_rule, current_terms
from rewards.why_not import setting_of
from tiers.memberships import Membership, memberships

MOST_FACTS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A fact that nobody did. `amount` is in the smallest unit of the currency."""

    account: Account
    occurred_at: datetime
    amount: int
    quantity: Decimal
    product: str = ""
    line: str = ""
    member_role: str = ""
    attributes: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a draft would give. Without a grant, `reason` is as in `rewards.why_not`, and `unmet`
    the comparisons that do not hold. `held` is the tier that the account holds then."""

    grant: Grant | None
    reason: str
    unmet: tuple[Condition, ...]
    held: str


@dataclass(frozen=True, slots=True)
class Compared:
    """A fact of the past: what the draft would have given, and what the rule gave."""

    activity: Activity
    would: int
    was: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """The newest facts of the draft's kind, newest first; `is_all` unless there were more."""

    compared: list[Compared]
    would: int
    was: int
    is_all: bool


def try_on_sample(version: RuleVersion, sample: Sample) -> Tried:
    """As if the draft were published and nothing of its cap were used."""
    terms = current_terms()
    rule = _as_if_published(version, terms)
    membership = _memberships([sample.account.number], rule, since=sample.occurred_at).get(
        sample.account.id
    )
    if membership is None or sample.occurred_at < membership.enrolled_at:
        return Tried(grant=None, reason="not_enrolled", unmet=(), held="")
    setting = _sampled(sample, rule, membership, terms)
    judged = judge(rule, setting)
    held = setting.held.name if setting.held else ""
    if isinstance(judged, Grant):
        return Tried(grant=judged, reason="", unmet=(), held=held)
    failed = tuple(unmet(rule.condition or {}, setting.facts)) if judged == "condition" else ()
    return Tried(grant=None, reason=judged, unmet=failed, held=held)


def try_on_past(version: RuleVersion, *, since: datetime, until: datetime) -> Replayed:
    """The draft by itself, applied to facts that occurred in [since, until), oldest first, with
    their caps counted from zero; against what any version of the rule gave for them."""
    terms = current_terms()
    rule = _as_if_published(version, terms)
    facts = Activity.objects.filter(
        kind=version.kind, occurred_at__gte=since, occurred_at__lt=until, reverses=None
    ).select_related("account", "member", "product")
    newest = list(facts.order_by("-occurred_at", "-id")[: MOST_FACTS + 1])
    shown = newest[:MOST_FACTS]
    joined = _memberships({one.account.number for one in shown}, rule, since=since)
    gave = _given(version, shown)
    used: dict[CapKey, int] = {}
    compared = []
    for activity in reversed(shown):
        would = _would_give(activity, rule, joined.get(activity.account_id), terms, used)
        compared.append(Compared(activity, would, gave.get(activity.id, 0)))
    compared.reverse()
    return Replayed(
        compared,
        sum(one.would for one in compared),
        sum(one.was for one in compared),
        len(newest) <= MOST_FACTS,
    )


def _as_if_published(version: RuleVersion, terms: Terms) -> Rule:
    """A draft is tried as if it had always been valid, by the segments as they are now."""
    used = segments.used_in(version.condition)
    rule = as_rule(version, year_starts=terms.fiscal_year_starts, segments=used)
    return replace(rule, valid_from=EARLIEST, valid_to=None)


def _memberships(numbers: Iterable[str], rule: Rule, *, since: datetime) -> dict[UUID, Membership]:
    (found,) = ask(memberships(numbers, since=since))
    return {
        account_id: one
        for account_id, some in found.items()
        for one in some
        if one.program_id == rule.program_id
    }


def _sampled(sample: Sample, rule: Rule, membership: Membership, terms: Terms) -> Setting:
    account, held = sample.account, membership.held_at(sample.occurred_at)
    facts = {
        "kind": rule.kind,
        "amount": sample.amount,
        "quantity": sample.quantity,
        "product": sample.product,
        "line": sample.line,
        "attributes": sample.attributes or {},
        "country": account.country,
        "region": account.region,
        "vertical": account.vertical,
        "partner_type": account.partner_type,
        "account": account.attributes,
        "member": sample.member_role or None,
        "member_role": sample.member_role,
        "tier": held.name if held else "",
        "occurred_on": day_of(sample.occurred_at, terms.zone).isoformat(),
    }
    return Setting(
        facts=facts,
        occurred_at=sample.occurred_at,
        held=held,
        account_id=account.id,
        cap_used={},
        places=terms.places,
        zone=terms.zone,
    )


def _would_give(
    activity: Activity,
    rule: Rule,
    membership: Membership | None,
    terms: Terms,
    used: dict[CapKey, int],
) -> int:
    if membership is None or activity.occurred_at < membership.enrolled_at:
        return 0
    setting = setting_of(activity, membership, terms, cap_used=used)
    total = 0
    for grant in grants_for([rule], setting):
        total += grant.granted
        if grant.cap_period is not None and rule.cap is not None:
            key = cap_key(activity.account_id, rule, grant.cap_period)
            used[key] = used.get(key, 0) + grant.granted
    return total


def _given(version: RuleVersion, activities: list[Activity]) -> dict[UUID, int]:
    """What versions of the same rule gave for each fact."""
    found: dict[UUID, int] = {}
    entries = Entry.objects.filter(
        cause__in=[activity.id for activity in activities],
        kind=EntryKind.EARN,
        rule_version__rule_id=version.rule_id,
    )
    for cause, available, pending in entries.values_list("cause", "available", "pending"):
        found[cause] = found.get(cause, 0) + available + pending
    return found
