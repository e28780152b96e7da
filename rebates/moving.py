"""Moves of accruals, as the ledger is told of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from accounts.postgres.arrays import uuids
from rewards import ledger

# As `rewards.ledger.accrue` asks for them.
_MOVED = """
SELECT a.account_id, g.program_id, m.amount, m.id, m.corrects
FROM unnest(%(moves)s::uuid[]) AS moved (id)
JOIN rebates_accrualmove m ON m.tenant_id = %(tenant)s AND m.id = moved.id
JOIN rebates_accrual a ON a.tenant_id = m.tenant_id AND a.id = m.accrual_id
JOIN rebates_agreement g ON g.tenant_id = a.tenant_id AND g.id = a.agreement_id
"""


def put_in_ledger(moves: Sequence[UUID], *, actor: str, at: datetime) -> None:
    """Write an entry of pending money for each move, in the transaction that made it."""
    if moves:
        ledger.accrue(_MOVED, {"moves": uuids(moves)}, actor=actor, at=at)
