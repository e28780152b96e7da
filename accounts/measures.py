"""Measures: what each account did, per local month, kind and product line, kept rolled up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from accounts.postgres.arrays import plain, texts, uuids_of
from accounts.postgres.statements import Ask, nothing
from accounts.tenancy import current_tenant_id


class MeasureKey(NamedTuple):
    account: int  # the number of its id (UUID.int), which is hashed without a call
    month: date  # first day of the month in the tenant's zone
    kind: str
    product_line: str


@dataclass(slots=True)
class Added:
    amount: int = 0  # smallest unit of the currency, or credits
    quantity: Decimal = Decimal(0)
    count: int = 0
    points: int = 0  # that the ledger granted, or took back


def adding(additions: Mapping[MeasureKey, Added]) -> Ask[None]:
    """Adds to the roll-ups of the open tenant.

    The accounts are locked by the caller, so two batches never add to the same row at once.
    """
    keys, added = list(additions), list(additions.values())
    return Ask(
        """
        INSERT INTO accounts_measure AS m
            (tenant_id, account_id, month, kind, product_line, amount, quantity, count, points)
        SELECT %s, * FROM unnest(%s::uuid[], %s::date[], %s::text[], %s::text[],
                                 %s::bigint[], %s::numeric[], %s::bigint[],
                                 %s::bigint[])
        ON CONFLICT (tenant_id, account_id, month, kind, product_line) DO UPDATE
        SET amount = m.amount + EXCLUDED.amount,
            quantity = m.quantity + EXCLUDED.quantity,
            count = m.count + EXCLUDED.count,
            points = m.points + EXCLUDED.points
        """,
        [
            current_tenant_id(),
            uuids_of(key.account for key in keys),
            plain(key.month for key in keys),
            texts(key.kind for key in keys),
            texts(key.product_line for key in keys),
            plain(part.amount for part in added),
            plain(part.quantity for part in added),
            plain(part.count for part in added),
            plain(part.points for part in added),
        ],
        nothing,
    )
