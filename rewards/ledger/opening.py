"""Wallets of one account's holders, opened where there is none yet."""

from collections.abc import Collection
from uuid import UUID

from accounts.ids import uuid7s
from accounts.postgres.arrays import uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id


def open_wallets(
    *, account_id: UUID, program_id: UUID, unit: str, member_ids: Collection[UUID | None]
) -> dict[UUID | None, UUID]:
    """The wallet of each holder (None is the account itself), locked in the one order.

    The account is locked first, as by facts that come in: they have to know all of its wallets.
    """
    holders = sorted(set(member_ids), key=lambda one: (one is None, one or account_id))
    tenant_id = current_tenant_id()
    run(
        "SELECT FROM accounts_account WHERE tenant_id = %s AND id = %s FOR NO KEY UPDATE",
        [tenant_id, account_id],
    )
    found = run(
        """
        INSERT INTO rewards_wallet AS w
            (tenant_id, account_id, program_id, unit, id, member_id, available, pending, reserved)
        SELECT %s, %s, %s, %s, *, 0, 0, 0 FROM unnest(%s::uuid[], %s::uuid[])
        ON CONFLICT (tenant_id, account_id, program_id, unit, member_id)
        DO UPDATE SET available = w.available
        RETURNING w.member_id, w.id
        """,
        [
            tenant_id,
            account_id,
            program_id,
            unit,
            uuids(uuid7s(len(holders))),
            uuids(holders),
        ],
    )
    return dict(found)
