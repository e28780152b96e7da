"""The live workspace's past, read for a replay: its facts, and what people did by hand.

Facts are put in order in a temporary table, which no tenant's scope hides: they are read in the
live scope and taken in within the scratch one, a page at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.facts import Fact
from accounts.importing import BATCH
from accounts.kinds import OWN_KINDS, OWN_SOURCE
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from tiers.models import Pin
from tiers.models.standings import PinState

SOURCE = "replay"


@dataclass(frozen=True, slots=True)
class ByHand:
    """A movement that no fact made: `moved` points of a holder, below zero for what was taken."""

    at: datetime
    kind: str
    account_id: UUID
    member_id: UUID | None
    moved: int
    earned_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pinned:
    """A tier that was set by hand over [at, ends_at), until it was lifted where it was."""

    at: datetime
    account_id: UUID
    scheme_id: UUID
    tier_code: str
    reason: str
    ends_at: datetime


def pinned(*, program_id: UUID, until: datetime) -> list[Pinned]:
    """The pins of the open tenant that came into force in the program before `until`."""
    pins = Pin.objects.filter(
        enrollment__program_id=program_id,
        state__in=(PinState.HELD, PinState.LIFTED),
        starts_at__lt=until,
    )
    rows = pins.order_by("starts_at", "id").values_list(
        "starts_at", "enrollment__account_id", "scheme_id", "tier_code", "reason", "ends_at"
    )
    return [Pinned(*row) for row in rows]


def stage_facts(*, until: datetime) -> int:
    """Put the open tenant's facts that occurred before `until` in order; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE TEMPORARY TABLE replay_fact ON COMMIT DROP AS
            SELECT row_number() OVER (ORDER BY f.occurred_at, f.recorded_at, f.id) AS number,
                   a.number AS account, f.kind, f.id, f.occurred_at, abs(f.amount) AS amount,
                   abs(f.quantity) AS quantity, coalesce(p.sku, '') AS product, f.attributes,
                   f.reverses_id, coalesce(u.email, '') AS member
            FROM accounts_activity f
            JOIN accounts_account a ON a.tenant_id = f.tenant_id AND a.id = f.account_id
            LEFT JOIN accounts_product p ON p.tenant_id = f.tenant_id AND p.id = f.product_id
            LEFT JOIN accounts_member m ON m.tenant_id = f.tenant_id AND m.id = f.member_id
            LEFT JOIN accounts_user u ON u.id = m.user_id
            WHERE f.tenant_id = %s AND f.occurred_at < %s
            """,
            [current_tenant_id(), until],
        )
        cursor.execute("CREATE UNIQUE INDEX ON pg_temp.replay_fact (number)")
        cursor.execute("ANALYZE pg_temp.replay_fact")
        cursor.execute("SELECT count(*) FROM pg_temp.replay_fact")
        return cursor.fetchone()[0]


def staged_facts() -> Iterator[Fact]:
    """The staged facts, oldest first; each is known by what identified it in the live workspace."""
    behind = 0
    while page := _page(behind):
        for _number, *fact in page:
            yield _fact(*fact)
        behind = page[-1][0]


def _page(behind: int) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, account, kind, id, occurred_at, amount, quantity, product, attributes, "
            "reverses_id, member FROM pg_temp.replay_fact "
            "WHERE number > %s ORDER BY number LIMIT %s",
            [behind, BATCH],
        )
        return cursor.fetchall()


def _fact(
    account: str,
    kind: str,
    key: UUID,
    occurred_at: datetime,
    amount: int,
    quantity: Decimal,
    product: str,
    attributes: Any,
    reverses: UUID | None,
    member: str,
) -> Fact:
    return Fact(
        account=account,
        kind=kind,
        external_id=str(key),
        line="",
        occurred_at=occurred_at,
        amount=amount,
        quantity=quantity,
        product=product,
        attributes=attributes,
        reverses=(str(reverses), "") if reverses else None,
        member=member,
    )


def source_of(fact: Fact) -> str:
    """What the system itself said happened, it says again."""
    return OWN_SOURCE if fact.kind in OWN_KINDS else SOURCE


def by_hand(*, program_id: UUID, until: datetime) -> list[ByHand]:
    """Spent, corrected and moved points of the open tenant, in the order of time. Reservations and
    their releases are left out: what was spent of them is spent when it was."""
    rows = run(
        """
        SELECT e.occurred_at, e.kind, w.account_id, w.member_id,
               e.available + e.pending + e.reserved, l.earned_at, l.expires_at
        FROM rewards_wallet w
        JOIN rewards_entry e ON e.tenant_id = w.tenant_id AND e.wallet_id = w.id
        LEFT JOIN rewards_lot l ON l.tenant_id = e.tenant_id AND l.entry_id = e.id
        WHERE w.tenant_id = %s AND w.program_id = %s AND w.unit = 'points'
          AND e.kind NOT IN ('earn', 'activate', 'reverse', 'expire', 'reserve', 'release')
          AND e.available + e.pending + e.reserved <> 0 AND e.occurred_at < %s
        ORDER BY e.occurred_at, e.id
        """,
        [current_tenant_id(), program_id, until],
    )
    return [ByHand(*row) for row in rows]
