"""The self-check: every floor's invariants, over every tenant. It reports and never repairs."""
# ruff: noqa: S608 (only names of our own tables and queries go into these texts)

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

import accounts.books
import rewards.books
import tiers.books
from accounts.books import Invariant
from accounts.models import Tenant
from accounts.money import exponent
from accounts.tenancy import tenant_scope


@dataclass(slots=True)
class Finding:
    """How often an invariant does not hold; `sample` names one place, empty when it always does."""

    invariant: Invariant
    violations: int = 0
    sample: str = ""


def verify(tenant_ids: Iterable[UUID]) -> list[Finding]:
    """A finding for every invariant, by its number: of the database, and summed over the tenants.

    No tenant may be open. One transaction per tenant; each invariant is one statement, and so sees
    one moment, while others go on writing.
    """
    findings = [Finding(one) for one in accounts.books.of_the_database()]
    with transaction.atomic():
        _search(findings, places=0, where="the database")
    of_tenants = [
        Finding(one)
        for floor in (accounts.books, tiers.books, rewards.books)
        for one in floor.per_tenant()
    ]
    for tenant_id in tenant_ids:
        with tenant_scope(tenant_id), transaction.atomic():
            tenant = Tenant.objects.get(pk=tenant_id)
            _search(of_tenants, places=exponent(tenant.currency), where=tenant.slug)
    return sorted(findings + of_tenants, key=lambda finding: finding.invariant.number)


def _search(findings: Sequence[Finding], *, places: int, where: str) -> None:
    with connection.cursor() as cursor:
        for finding in findings:
            cursor.execute(
                "SELECT count(*), min(violation.subject::text) "
                f"FROM ({finding.invariant.query}) AS violation (subject)",
                {"places": places},
            )
            violations, sample = cursor.fetchone()
            if violations and not finding.violations:
                finding.sample = f"{sample} in {where}"
            finding.violations += violations
