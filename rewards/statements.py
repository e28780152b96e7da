"""Statements: what moved in each wallet within a span, from what it held before to what it held
after; read from the ledger itself, so that they agree with it to the last unit."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.tenancy import current_tenant_id

# Entries that only move units within a wallet (activate, reserve, release, settle) come to nothing
# in all.
LINES = {
    "earned": ("earn", "award"),
    "taken_back": ("reverse", "recall"),
    "redeemed": ("spend", "refund"),
    "expired": ("expire",),
    "adjusted": ("adjust",),
    "transferred": ("transfer",),
    "accrued": ("accrue",),
    "allocated": ("allocate",),
}
OF_MONEY = ("accrued", "allocated")  # lines that only wallets of money and of funds have


@dataclass(frozen=True, slots=True)
class Statement:
    """Of one wallet. `opening` and `closing` count all it held: available, pending and reserved;
    `opening` and the `moved` of all lines add up to `closing`. Then, `available` could be used.
    """

    wallet_id: UUID
    account_id: UUID
    member_id: UUID | None
    program_id: UUID
    unit: str
    opening: int
    moved: dict[str, int]
    closing: int
    available: int

    @property
    def is_empty(self) -> bool:
        return not (self.opening or self.closing or any(self.moved.values()))


def statements(
    *, since: datetime, until: datetime, account_id: UUID | None = None
) -> Iterator[Statement]:
    """Of the wallets of one account, its members' among them, or of the open tenant: what occurred
    in [since, until). What a wallet held then is what it holds now, less all that came after."""
    of_account = "AND w.account_id = %(account)s" if account_id else ""
    with connection.cursor() as cursor:
        cursor.execute(
            _STATEMENTS.format(of_account=of_account, lines=_LINES),
            {
                "tenant": current_tenant_id(),
                "since": since,
                "until": until,
                "account": account_id,
            },
        )
        while rows := cursor.fetchmany(2_000):
            yield from map(_read, rows)


def _read(row: tuple) -> Statement:
    wallet_id, account_id, member_id, program_id, unit, closing, available, *lines = row
    moved = dict(zip(LINES, lines, strict=True))
    opening = closing - sum(moved.values())
    return Statement(
        wallet_id, account_id, member_id, program_id, unit, opening, moved, closing, available
    )


_LINES = ",\n           ".join(
    "coalesce(sum(e.available + e.pending + e.reserved) FILTER (WHERE e.occurred_at < %(until)s "
    f"AND e.kind IN ({', '.join(repr(kind) for kind in kinds)})), 0)::bigint"
    for kinds in LINES.values()
)
_STATEMENTS = """
    SELECT w.id, w.account_id, w.member_id, w.program_id, w.unit,
           w.available + w.pending + w.reserved
               - coalesce(sum(e.available + e.pending + e.reserved)
                          FILTER (WHERE e.occurred_at >= %(until)s), 0)::bigint,
           w.available
               - coalesce(sum(e.available) FILTER (WHERE e.occurred_at >= %(until)s), 0)::bigint,
           {lines}
    FROM rewards_wallet w
    LEFT JOIN rewards_entry e ON e.tenant_id = w.tenant_id AND e.wallet_id = w.id
        AND e.occurred_at >= %(since)s
    WHERE w.tenant_id = %(tenant)s {of_account}
    GROUP BY w.tenant_id, w.id
    ORDER BY w.program_id, w.unit, w.member_id NULLS FIRST, w.id
"""
