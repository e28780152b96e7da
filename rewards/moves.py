"""Tier changes as events, so that notices and webhooks can tell them."""

from collections.abc import Sequence
from datetime import datetime

from accounts.events import NewEvent, record_many
from tiers.standing import Move


def record_moves(moves: Sequence[Move], *, recorded_at: datetime) -> None:
    record_many(
        [
            NewEvent(
                kind="tier.changed",
                occurred_at=move.starts_at,
                recorded_at=recorded_at,
                actor="system",
                subject=f"enrollment:{move.enrollment_id}",
                account_id=move.account_id,
                payload={
                    "from": move.from_tier,
                    "to": move.to_tier,
                    "cause": move.cause,
                    "evidence": move.evidence,
                },
            )
            for move in moves
        ]
    )
