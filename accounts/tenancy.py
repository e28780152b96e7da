"""The wall between tenants, as Python sees it: scopes, the base of every tenant model.

Postgres decides (row-level security, composite keys: `accounts.postgres`); what stands here says it
kindly and fills the tenant in.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection, models

from accounts.ids import uuid7
from accounts.postgres.scope import (
    announce,
    open_tenant_id,
    reset_open_tenant,
    set_open_tenant,
)

RATE_LIMIT_KEYS = "allauth:rl:"  # how allauth begins the keys of its rate limits


class NoTenantOpen(RuntimeError):
    """A tenant's table was asked for while no tenant was open."""

    def __init__(self) -> None:
        super().__init__("Open a tenant first: with tenant_scope(tenant.id): ...")


@contextmanager
def tenant_scope(tenant_id: UUID) -> Iterator[None]:
    """Work for one tenant: every transaction begun inside is confined to its rows.

    Scopes nest, also inside a running transaction; the outer tenant is announced again on leaving.
    There is no scope for "all tenants": jobs iterate `accounts.doors.tenant_ids()`.

    Raises TypeError for anything but a UUID, None included.
    """
    if not isinstance(tenant_id, UUID):
        raise TypeError(f"tenant_scope takes the tenant's UUID, not {tenant_id!r}")
    token = set_open_tenant(tenant_id)
    try:
        if connection.in_atomic_block:
            announce(connection)
        yield
    finally:
        reset_open_tenant(token)
        if connection.in_atomic_block:
            # RELEASE SAVEPOINT would leave the inner tenant announced.
            announce(connection)


@contextmanager
def entered_scope(tenant_id: UUID) -> Iterator[None]:
    """Work for the tenant that the running transaction entered through a door (`accounts.doors`).

    Ends with that transaction, and so takes no round trip to say it.
    """
    token = set_open_tenant(tenant_id)
    try:
        yield
    finally:
        reset_open_tenant(token)
        if connection.savepoint_ids:  # within a caller's transaction, which goes on
            announce(connection)


def current_tenant_id() -> UUID:
    """The open tenant's id; NoTenantOpen without one. Also the default of every `tenant` field."""
    tenant_id = open_tenant_id()
    if tenant_id is None:
        raise NoTenantOpen
    return tenant_id


def cache_key(key: str, prefix: str, version: int) -> str:
    """Keys of the shared cache carry the open tenant, so that no tenant reads another's value.

    Except those that count failed sign-ins: people are known to all tenants, and whoever guesses a
    password would otherwise start afresh at each workspace.
    """
    scope = "-" if key.startswith(RATE_LIMIT_KEYS) else open_tenant_id() or "-"
    return f"{prefix}:{scope}:{version}:{key}"


class TenantManager(models.Manager):
    """Sees the open tenant's rows; refuses to answer while none is open."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(tenant_id=current_tenant_id())


class TenantModel(models.Model):
    """A row that belongs to a tenant. Subclasses' Meta must inherit `TenantModel.Meta`."""

    tenant = models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.PROTECT,
        related_name="+",
        default=current_tenant_id,
        editable=False,
        # Its index would repeat the primary key's first column; its foreign key is raised with the
        # wall, and only where no composite key to another tenant table implies it already.
        db_index=False,
        db_constraint=False,
    )
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    objects = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
