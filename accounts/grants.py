"""What the app's own role may do, granted anew after every migration.

Nothing that is a tenant's is ever deleted, so DELETE is granted on tenant tables to nobody, and
UPDATE not on append-only ones; TRUNCATE, REFERENCES and TRIGGER are granted nowhere.
"""

from django.conf import settings
from django.db import connections, transaction

from accounts.doors import DOORS

_TABLES = """
SELECT c.oid::regclass::text,
       c.relrowsecurity AS walled,
       EXISTS (SELECT FROM pg_trigger t
               WHERE t.tgrelid = c.oid AND right(t.tgname, 11) = 'append_only') AS append_only
FROM pg_class c
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
"""


def app_role() -> str:
    return str(settings.DATABASES["default"]["USER"])


def grant_privileges(using: str) -> None:
    """Give the app's role exactly what it needs in the database behind the alias `using`."""
    connection = connections[using]
    role = connection.ops.quote_name(app_role())
    with transaction.atomic(using=using), connection.cursor() as cursor:
        # Two deployments at once would stumble over each other's changes to the catalog.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('loyalty.grants'))")
        cursor.execute(_TABLES)
        tables = cursor.fetchall()
        statements = [
            f"GRANT USAGE ON SCHEMA public TO {role}",
            f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
            f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        ]
        for name, walled, append_only in tables:
            rights = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE"
            if name == "django_migrations":
                rights = "SELECT"
            elif not walled:
                rights += ", DELETE"
            # regclass::text is quoted already where it must be
            statements.append(f"GRANT {rights} ON {name} TO {role}")
        for door in DOORS:
            statements.append(f"REVOKE ALL ON FUNCTION {door} FROM PUBLIC")
            statements.append(f"GRANT EXECUTE ON FUNCTION {door} TO {role}")
        for statement in statements:
            cursor.execute(statement)
