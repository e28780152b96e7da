"""The open tenant: which one this thread or task works for, and how Postgres learns of it."""

from contextvars import ContextVar
from typing import Any
from uuid import UUID

from psycopg.pq import TransactionStatus

_open_tenant: ContextVar[UUID | None] = ContextVar("open_tenant", default=None)


class NoTransaction(RuntimeError):
    """A query ran inside a tenant's scope but outside a transaction."""

    def __init__(self) -> None:
        super().__init__(
            "Work for a tenant runs inside transaction.atomic(): outside it Postgres does not know "
            "the tenant and would show no rows."
        )


def open_tenant_id() -> UUID | None:
    return _open_tenant.get()


def set_open_tenant(tenant_id: UUID | None):
    return _open_tenant.set(tenant_id)


def reset_open_tenant(token) -> None:
    _open_tenant.reset(token)


def announce(connection: Any) -> None:
    """Tell the running transaction of `connection` which tenant is open.

    Goes to psycopg directly: it is part of BEGIN, not a query of the application.
    """
    connection.settle_sent()
    raw = connection.connection
    if raw is None or raw.info.transaction_status == TransactionStatus.INERROR:
        return  # an aborted transaction takes no statement; its rollback restores the setting
    tenant_id = _open_tenant.get()
    raw.execute(
        "SELECT set_config('app.tenant_id', %s, true)", [str(tenant_id) if tenant_id else ""]
    )
