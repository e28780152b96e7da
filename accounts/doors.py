"""The few questions that must be answered before a tenant is known.

Each is a SECURITY DEFINER function in Postgres (made by a migration of this app) with a pinned
search path: it answers one question and shows nothing else across the wall. `accounts.guards`
refuses to start when any other such function exists.
"""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from accounts.models.tenant import Tenant
from accounts.postgres.statements import Ask, Row, ask

DOORS = (
    "door_tenant_by_slug(text)",
    "door_tenant_ids()",
    "door_tenant_of_key(text)",
    "door_tenants_to_deliver_for(timestamp with time zone)",
    "door_workspaces_of(text)",
)


def tenant_by_slug(slug: str) -> Tenant | None:
    """The tenant whose address is `slug`."""
    with transaction.atomic(savepoint=False):
        (tenant,) = ask(tenant_at(slug))
    return tenant


def tenant_at(slug: str) -> Ask[Tenant | None]:
    """The tenant whose address is `slug`."""
    return _tenant(_FIELDS, "door_tenant_by_slug(%s)", slug)


def entered_at(slug: str) -> Ask[Tenant | None]:
    """The same, announced to the running transaction: for `accounts.tenancy.entered_scope`."""
    return _tenant(f"{_FIELDS}, {_ANNOUNCE}", "door_tenant_by_slug(%s)", slug)


def entered_by_key(secret_hash: str) -> Ask[Tenant | None]:
    """The tenant that owns the API key with this hash, if it is not revoked; announced, too."""
    return _tenant(f"{_FIELDS}, {_ANNOUNCE}", "door_tenant_of_key(%s)", secret_hash)


def tenant_ids() -> list[UUID]:
    """Every tenant's id: for jobs that open one tenant after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT door_tenant_ids()")
        return [row[0] for row in cursor.fetchall()]


def tenants_to_deliver_for(*, at: datetime) -> list[UUID]:
    """Tenants with events that are not handed on yet, or with deliveries that are due."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT door_tenants_to_deliver_for(%s)", [at])
        return [row[0] for row in cursor.fetchall()]


def workspaces_of(email: str) -> list[tuple[str, str]]:
    """(slug, name) of each tenant where the person with this e-mail is active, by name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT slug, name FROM door_workspaces_of(%s) ORDER BY name", [email])
        return cursor.fetchall()


# In the order of the model's fields, which need not be the table's.
_NAMES = [field.attname for field in Tenant._meta.concrete_fields]
_FIELDS = ", ".join(_NAMES)
_ANNOUNCE = "set_config('app.tenant_id', id::text, true)"


def _tenant(columns: str, door: str, key: str) -> Ask[Tenant | None]:
    def read(rows: list[Row]) -> Tenant | None:
        return Tenant.from_db("default", _NAMES, rows[0][: len(_NAMES)]) if rows else None

    return Ask(f"SELECT {columns} FROM {door}", [key], read)  # noqa: S608 - names, from above
