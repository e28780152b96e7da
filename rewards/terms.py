"""The published terms of a tenant: its kinds, its programs' rules and expiry, ready for earning.

Read once per process and kept under the tenant's `terms_stamp` (see `accounts.stamps`).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F

from accounts.conditions import (
    Condition,
    compile_condition,
    compile_expanded,
    expanded,
    fields_of,
)
from accounts.kinds import OWN_KINDS, Kinds, kinds
from accounts.models import Program, Tenant
from accounts.money import exponent
from accounts.postgres.statements import Ask, ask
from accounts.tenancy import current_tenant_id
from rewards.earning import RATE_SCALE, Raise, Rule, period_of_cap
from rewards.models import Budget, Campaign, RuleVersion
from rewards.models.campaigns import ONLY_PERIOD
from rewards.sifting import Sieve, sieve_of
from tiers.ladders import Ladder, published_ladders
from tiers.setting import Setting, current_setting
from tiers.standing import MULTIPLIER_SCALE

ByProgramAndKind = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class Trigger:
    """What an account has to do for a campaign's raise: see `rewards.models.Campaign`."""

    campaign_id: UUID
    program_id: UUID
    code: str
    name: str
    starts_at: datetime
    ends_at: datetime | None
    counted: str
    threshold: int
    window: str
    days: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """A program's budget for facts that occurred in [starts_at, ends_at), anew in each period that
    `renews` says, on the calendar of `zone` and of the fiscal year that begins with that month."""

    budget_id: UUID
    program_id: UUID
    unit: str
    amount: int
    starts_at: datetime
    ends_at: datetime | None
    renews: str
    carries_over: bool
    zone: ZoneInfo
    year_starts: int

    def covers(self, occurred_at: datetime) -> bool:
        return self.starts_at <= occurred_at and (
            self.ends_at is None or occurred_at < self.ends_at
        )

    def period_of(self, occurred_at: datetime) -> date:
        """First day of the period that the fact falls into; ONLY_PERIOD of a budget that has one
        only."""
        found = period_of_cap(self.renews, occurred_at, self.zone, year_starts=self.year_starts)
        return found or ONLY_PERIOD


@dataclass(frozen=True, slots=True)
class Terms:
    """`places` are the decimal places of the tenant's currency; rules and raises are by program and
    kind, triggers by the kind that counts. `asked` are the fields that any condition asks for;
    `sieves` are by the program's id as a number, since every fact looks there."""

    stamp: UUID
    zone: ZoneInfo
    places: int
    kinds: Kinds
    rules: Mapping[ByProgramAndKind, tuple[Rule, ...]]
    expiry: Mapping[UUID, Mapping[str, Any]]
    fiscal_year_starts: int
    ladders: tuple[Ladder, ...]
    setting: Setting
    raises: Mapping[ByProgramAndKind, tuple[Raise, ...]] = field(default_factory=dict)
    triggers: Mapping[str, tuple[Trigger, ...]] = field(default_factory=dict)
    allowances: tuple[Allowance, ...] = ()
    asked: frozenset[str] = frozenset()
    sieves: Mapping[tuple[int, str], Sieve] = field(default_factory=dict)


_read: dict[UUID, Terms] = {}


def current_terms() -> Terms:
    """The terms of the open tenant."""
    (terms,) = ask(terms_in_force())
    return terms


def terms_in_force() -> Ask[Terms]:
    """The terms of the open tenant, read anew where they changed."""
    tenant_id = current_tenant_id()
    return Ask(
        "SELECT terms_stamp FROM accounts_tenant WHERE id = %s",
        [tenant_id],
        lambda rows: _terms_under(rows[0][0], tenant_id),
    )


def _terms_under(stamp: UUID, tenant_id: UUID) -> Terms:
    terms = _read.get(tenant_id)
    if terms is None or terms.stamp != stamp:
        terms = _read[tenant_id] = _read_terms(Tenant.objects.get(pk=tenant_id))
    return terms


def forget_terms(tenant_id: UUID) -> None:
    """A tenant that is no more (see `rewards.replay`) takes no room."""
    _read.pop(tenant_id, None)


def _read_terms(tenant: Tenant) -> Terms:
    versions = list(
        RuleVersion.objects.filter(published_at__isnull=False)
        .exclude(valid_to=F("valid_from"))
        .select_related("rule__program")
        .order_by("rule__code", "number")
    )
    published = Campaign.objects.filter(published_at__isnull=False)
    campaigns = list(published.exclude(ends_at=F("starts_at")).order_by("code"))
    rules = _rules(versions, year_starts=tenant.fiscal_year_starts)
    raises = _raises(campaigns)
    return Terms(
        stamp=tenant.terms_stamp,
        zone=tenant.zone,
        places=exponent(tenant.currency),
        kinds=kinds(),
        rules=rules,
        expiry=dict(Program.objects.values_list("pk", "points_expiry")),
        fiscal_year_starts=tenant.fiscal_year_starts,
        ladders=published_ladders(),
        setting=current_setting(),
        raises=raises,
        triggers=_triggers(campaigns),
        allowances=tuple(as_allowance(one, tenant) for one in Budget.objects.order_by("id")),
        asked=frozenset(
            name
            for one in (*versions, *campaigns)
            for name in fields_of(one.condition, segments=one.segments)
        ),
        sieves={
            (program_id.int, kind): sieve_of(some, raises.get((program_id, kind), ()))
            for (program_id, kind), some in rules.items()
        },
    )


def _rules(
    versions: list[RuleVersion], *, year_starts: int
) -> dict[ByProgramAndKind, tuple[Rule, ...]]:
    found: dict[ByProgramAndKind, list[Rule]] = defaultdict(list)
    for version in versions:
        rule = as_rule(version, year_starts=year_starts)
        found[version.rule.program_id, version.kind].append(rule)
    return {key: tuple(rules) for key, rules in found.items()}


def as_rule(
    version: RuleVersion, *, year_starts: int, segments: Mapping[str, Condition] | None = None
) -> Rule:
    """A version ready to be applied; a draft with `segments` as they are defined now.
    `year_starts` is the first month of the tenant's fiscal year."""
    program = version.rule.program
    condition = whole_condition(version, program=program, segments=segments)
    return Rule(
        version_id=version.pk,
        rule_id=version.rule_id,
        code=version.rule.code,
        number=version.number,
        program_id=version.rule.program_id,
        program=program.slug,
        exclusive_group=version.rule.exclusive_group,
        kind=version.kind,
        valid_from=version.valid_from,
        valid_to=version.valid_to,
        holds_for=compile_condition(condition),
        unit=version.unit,
        basis=version.basis,
        rate=int(version.rate * RATE_SCALE),
        tier_multiplies=version.tier_multiplies,
        cap=version.cap,
        cap_window=version.cap_window,
        hold_days=version.hold_days,
        beneficiary=version.beneficiary,
        name=version.rule.name,
        condition=condition,
        year_starts=year_starts,
    )


def whole_condition(
    version: RuleVersion, *, program: Program, segments: Mapping[str, Condition] | None = None
) -> dict[str, Any]:
    """The version's condition with its segments in their places. What the system itself says
    happened in one program earns in that program only."""
    used = version.segments if segments is None else segments
    condition = expanded(version.condition, segments=used)
    if version.kind not in OWN_KINDS:
        return condition
    own = {"field": "attributes.program", "op": "eq", "value": program.slug}
    return {"all": [own, condition]}


def _raises(campaigns: list[Campaign]) -> dict[ByProgramAndKind, tuple[Raise, ...]]:
    found: dict[ByProgramAndKind, list[Raise]] = defaultdict(list)
    for campaign in campaigns:
        found[campaign.program_id, campaign.kind].append(as_raise(campaign))
    return {key: tuple(raises) for key, raises in found.items()}


def as_raise(campaign: Campaign, *, segments: Mapping[str, Condition] | None = None) -> Raise:
    """A campaign ready to be applied; a draft with `segments` as they are defined now."""
    used = campaign.segments if segments is None else segments
    condition = expanded(campaign.condition, segments=used)
    return Raise(
        campaign_id=campaign.pk,
        code=campaign.code,
        name=campaign.name,
        rule_id=campaign.rule_id,
        unit=campaign.unit,
        multiplier=int(campaign.multiplier * MULTIPLIER_SCALE),
        bonus=campaign.bonus,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        holds_for=compile_expanded(condition),
        is_triggered=bool(campaign.trigger_kind),
        condition=condition,
    )


def _triggers(campaigns: list[Campaign]) -> dict[str, tuple[Trigger, ...]]:
    found: dict[str, list[Trigger]] = defaultdict(list)
    for campaign in campaigns:
        if campaign.trigger_kind:
            trigger = Trigger(
                campaign_id=campaign.pk,
                program_id=campaign.program_id,
                code=campaign.code,
                name=campaign.name,
                starts_at=campaign.starts_at,
                ends_at=campaign.ends_at,
                counted=campaign.trigger_counted,
                threshold=campaign.trigger_threshold or 0,
                window=campaign.trigger_window,
                days=campaign.days or 0,
            )
            found[campaign.trigger_kind].append(trigger)
    return {kind: tuple(triggers) for kind, triggers in found.items()}


def as_allowance(budget: Budget, tenant: Tenant) -> Allowance:
    return Allowance(
        budget_id=budget.pk,
        program_id=budget.program_id,
        unit=budget.unit,
        amount=budget.amount,
        starts_at=budget.starts_at,
        ends_at=budget.ends_at,
        renews=budget.renews,
        carries_over=budget.carries_over,
        zone=tenant.zone,
        year_starts=tenant.fiscal_year_starts,
    )
