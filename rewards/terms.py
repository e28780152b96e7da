"""The published terms of a tenant: its kinds, its programs' rules and expiry, ready for earning.

Read once per process and kept under the tenant's `terms_stamp` (see `accounts.stamps`).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.conditions import compile_condition
from accounts.directory import kinds
from accounts.models import Program, Tenant
from accounts.money import exponent
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rewards.earning import RATE_SCALE, Rule
from rewards.models import RuleVersion
from tiers.standing import kept_quarters


@dataclass(frozen=True, slots=True)
class Terms:
    """`places` are the decimal places of the tenant's currency; rules are by program and kind."""

    stamp: UUID
    zone: ZoneInfo
    places: int
    kinds: frozenset[str]
    rules: Mapping[tuple[UUID, str], tuple[Rule, ...]]
    expiry: Mapping[UUID, Mapping[str, Any]]
    fiscal_year_starts: int
    kept_quarters: tuple[int, ...]


_read: dict[UUID, Terms] = {}


def current_terms() -> Terms:
    """The terms of the open tenant."""
    tenant_id = current_tenant_id()
    statement = "SELECT terms_stamp FROM accounts_tenant WHERE id = %s"
    (stamp,) = run(statement, [tenant_id]).fetchone() or (None,)
    terms = _read.get(tenant_id)
    if terms is None or terms.stamp != stamp:
        terms = _read[tenant_id] = _read_terms(Tenant.objects.get(pk=tenant_id))
    return terms


def _read_terms(tenant: Tenant) -> Terms:
    return Terms(
        stamp=tenant.terms_stamp,
        zone=tenant.zone,
        places=exponent(tenant.currency),
        kinds=frozenset(kinds()),
        rules=_rules(),
        expiry=dict(Program.objects.values_list("pk", "points_expiry")),
        fiscal_year_starts=tenant.fiscal_year_starts,
        kept_quarters=tuple(kept_quarters()),
    )


def _rules() -> dict[tuple[UUID, str], tuple[Rule, ...]]:
    found: dict[tuple[UUID, str], list[Rule]] = defaultdict(list)
    published = RuleVersion.objects.filter(published_at__isnull=False)
    for version in published.select_related("rule__program").order_by("rule__code", "number"):
        found[version.rule.program_id, version.kind].append(as_rule(version))
    return {key: tuple(rules) for key, rules in found.items()}


def as_rule(version: RuleVersion) -> Rule:
    return Rule(
        version_id=version.pk,
        rule_id=version.rule_id,
        code=version.rule.code,
        number=version.number,
        program_id=version.rule.program_id,
        program=version.rule.program.slug,
        exclusive_group=version.rule.exclusive_group,
        kind=version.kind,
        valid_from=version.valid_from,
        valid_to=version.valid_to,
        holds_for=compile_condition(version.condition),
        unit=version.unit,
        basis=version.basis,
        rate=int(version.rate * RATE_SCALE),
        tier_multiplies=version.tier_multiplies,
        cap=version.cap,
        cap_window=version.cap_window,
        hold_days=version.hold_days,
    )
