"""Enrolling accounts in a program."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from accounts.events import NewEvent, record_many
from accounts.ids import uuid7s
from accounts.models import Program
from accounts.postgres.arrays import uuids
from accounts.tenancy import current_tenant_id

# What higher floors do for new enrollments, in the same transaction: tiers give them a standing.
WHEN_ENROLLED: list[Callable[..., None]] = []


def enroll(
    *,
    program: Program,
    account_ids: Sequence[UUID],
    enrolled_at: datetime,
    recorded_at: datetime,
    actor: str,
) -> list[UUID]:
    """Enroll accounts from `enrolled_at` on; those enrolled already stay as they are.

    Returns the ids of the new enrollments. One event is recorded for each.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_enrollment
                (tenant_id, program_id, id, account_id, state, enrolled_at)
            SELECT %s, %s, new.id, new.account_id, 'active', %s
            FROM unnest(%s::uuid[], %s::uuid[]) AS new (id, account_id)
            ON CONFLICT (tenant_id, account_id, program_id) DO NOTHING
            RETURNING id, account_id
            """,
            [
                current_tenant_id(),
                program.id,
                enrolled_at,
                uuids(uuid7s(len(account_ids))),
                uuids(account_ids),
            ],
        )
        new = cursor.fetchall()
        for act in WHEN_ENROLLED:
            act(enrollment_ids=[row[0] for row in new], decided_at=recorded_at)
        record_many(
            [
                NewEvent(
                    kind="account.enrolled",
                    occurred_at=enrolled_at,
                    recorded_at=recorded_at,
                    actor=actor,
                    subject=f"enrollment:{enrollment_id}",
                    account_id=account_id,
                    payload={"program": program.slug},
                )
                for enrollment_id, account_id in new
            ]
        )
        return [row[0] for row in new]
