"""The few questions that must be answered before a tenant is known.

Each is a SECURITY DEFINER function in Postgres (made by a migration of this app) with a pinned
search path: it answers one question and shows nothing else across the wall. `accounts.guards`
refuses to start when any other such function exists.
"""

from typing import LiteralString
from uuid import UUID

from django.db import connection, transaction

from accounts.models.tenant import Tenant
from accounts.postgres.statements import run

DOORS = (
    "door_tenant_by_slug(text)",
    "door_tenant_ids()",
    "door_tenant_of_key(text)",
    "door_workspaces_of(text)",
)


def tenant_by_slug(slug: str) -> Tenant | None:
    """The tenant whose address is `slug`."""
    return _tenant("SELECT * FROM door_tenant_by_slug(%s)", slug)


def tenant_ids() -> list[UUID]:
    """Every tenant's id: for jobs that open one tenant after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT door_tenant_ids()")
        return [row[0] for row in cursor.fetchall()]


def tenant_of_key(secret_hash: str) -> Tenant | None:
    """The tenant that owns the API key with this hash, if it is not revoked."""
    return _tenant("SELECT * FROM door_tenant_of_key(%s)", secret_hash)


def workspaces_of(email: str) -> list[tuple[str, str]]:
    """(slug, name) of each tenant where the person with this e-mail is active, by name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT slug, name FROM door_workspaces_of(%s) ORDER BY name", [email])
        return cursor.fetchall()


def _tenant(statement: LiteralString, key: str) -> Tenant | None:
    """Every request asks this, inside its own transaction: a prepared statement."""
    with transaction.atomic(savepoint=False):
        found = run(statement, [key])
        names = [column.name for column in found.description or ()]
        row = found.fetchone()
    if row is None:
        return None
    # By name: from_db takes the fields' own order for granted, which need not be the table's.
    values = dict(zip(names, row, strict=True))
    fields = [field.attname for field in Tenant._meta.concrete_fields]
    return Tenant.from_db("default", fields, [values[name] for name in fields])
