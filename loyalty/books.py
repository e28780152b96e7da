"""The self-check: every floor's invariants, over every tenant. It reports and never repairs."""
# ruff: noqa: S608 (only names of our own tables and queries go into these texts)

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

import accounts.books
import partners.books
import rebates.books
import rewards.books
import tiers.books
from accounts.books import Invariant
from accounts.models import Tenant
from accounts.money import exponent
from accounts.tenancy import current_tenant_id, tenant_scope


@dataclass(slots=True)
class Finding:
    """How often an invariant does not hold; `sample` names one place, empty when it always does."""

    invariant: Invariant
    violations: int = 0
    sample: str = ""


def verify(tenant_ids: Iterable[UUID]) -> list[Finding]:
    """A finding for every invariant, by its number: of the database, and summed over the tenants.

    No tenant may be open. Each invariant is one statement in a transaction of its own, and so sees
    one moment, while others go on writing.
    """
    of_tenants = [Finding(one) for one in invariants_of_a_tenant()]
    for tenant_id in tenant_ids:
        with tenant_scope(tenant_id):
            for summed, found in zip(of_tenants, verify_tenant(), strict=True):
                if found.violations and not summed.violations:
                    summed.sample = found.sample
                summed.violations += found.violations
    findings = [*verify_database(), *of_tenants]
    return sorted(findings, key=lambda finding: finding.invariant.number)


def verify_database() -> list[Finding]:
    """Of what holds for all tenants together; none may be open."""
    return [
        _searched(one, places=0, where="the database") for one in accounts.books.of_the_database()
    ]


def verify_tenant() -> Iterator[Finding]:
    """Of the open tenant, one after the other: those of a large one take minutes."""
    with transaction.atomic():
        tenant = Tenant.objects.get(pk=current_tenant_id())
    for one in invariants_of_a_tenant():
        yield _searched(one, places=exponent(tenant.currency), where=tenant.slug)


def invariants_of_a_tenant() -> list[Invariant]:
    floors = (accounts.books, tiers.books, rewards.books, rebates.books, partners.books)
    return [one for floor in floors for one in floor.per_tenant()]


def _searched(invariant: Invariant, *, places: int, where: str) -> Finding:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(violation.subject::text) "
            f"FROM ({invariant.query}) AS violation (subject)",
            {"places": places},
        )
        violations, sample = cursor.fetchone()
    return Finding(invariant, violations, f"{sample} in {where}" if violations else "")
