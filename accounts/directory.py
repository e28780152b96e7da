"""The directory as a batch of facts needs it: accounts, products and kinds, found by their keys."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.models import ActivityKind
from accounts.postgres.arrays import texts
from accounts.postgres.statements import Ask
from accounts.tenancy import current_tenant_id


@dataclass(frozen=True, slots=True)
class Doer:
    """An account as conditions see it."""

    id: UUID
    country: str
    region: str
    vertical: str
    partner_type: str


@dataclass(frozen=True, slots=True)
class Sold:
    """A product and its line."""

    id: UUID
    line: str


def doers(numbers: Iterable[str]) -> Ask[dict[str, Doer]]:
    """The accounts with these numbers, locked in the order of their ids until the transaction ends.

    One lock per account makes batches that touch it follow one another: measures, caps, wallets and
    standings are then read and written by one batch at a time, and no two batches deadlock.
    """
    return Ask(
        """
        SELECT number, id, country, region, vertical, partner_type FROM accounts_account
        WHERE tenant_id = %s AND number = ANY (%s::text[])
        ORDER BY id FOR NO KEY UPDATE
        """,
        [current_tenant_id(), texts(numbers)],
        lambda rows: {row[0]: Doer(*row[1:]) for row in rows},
    )


def products(skus: Iterable[str]) -> Ask[dict[str, Sold]]:
    """The products with these SKUs."""
    return Ask(
        "SELECT sku, id, line FROM accounts_product "
        "WHERE tenant_id = %s AND sku = ANY (%s::text[])",
        [current_tenant_id(), texts(skus)],
        lambda rows: {sku: Sold(product_id, line) for sku, product_id, line in rows},
    )


def kinds() -> set[str]:
    """The codes of the tenant's activity kinds."""
    return set(ActivityKind.objects.values_list("code", flat=True))
