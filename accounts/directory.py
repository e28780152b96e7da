"""The directory as a batch of facts needs it: accounts, their people, products, by their keys."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.postgres.arrays import texts
from accounts.postgres.statements import Ask
from accounts.tenancy import current_tenant_id


@dataclass(frozen=True, slots=True)
class Doer:
    """An account as conditions see it; `attributes` as JSON, since few of them ask for any."""

    id: UUID
    country: str
    region: str
    vertical: str
    partner_type: str
    attributes: str


@dataclass(frozen=True, slots=True)
class Person:
    """A member of an account, with their role in its business."""

    id: UUID
    role: str


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
        SELECT number, id, country, region, vertical, partner_type, attributes
        FROM accounts_account
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


def people(named: Iterable[tuple[str, str]]) -> Ask[dict[tuple[str, str], Person]]:
    """Active members by (number of their account, e-mail in small letters)."""
    wanted = list(named)
    return Ask(
        """
        SELECT wanted.number, wanted.email, m.id, m.business_role
        FROM unnest(%s::text[], %s::text[]) AS wanted (number, email)
        JOIN accounts_user u ON u.email = wanted.email
        JOIN accounts_account a ON a.tenant_id = %s AND a.number = wanted.number
        JOIN accounts_member m ON m.tenant_id = a.tenant_id AND m.account_id = a.id
            AND m.user_id = u.id AND m.is_active
        """,
        [
            texts(number for number, _ in wanted),
            texts(email for _, email in wanted),
            current_tenant_id(),
        ],
        lambda rows: {(number, email): Person(id_, role) for number, email, id_, role in rows},
    )
