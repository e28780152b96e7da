"""Make the app's role, and check the owner's, before the first migration."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from psycopg import sql


class Command(BaseCommand):
    help = (
        "Create or repair the role named in DATABASE_URL, through DATABASE_OWNER_URL: it may sign "
        "in, owns nothing and is bound by row-level security."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args, **options):
        if "owner" not in connections:
            raise CommandError("Set DATABASE_OWNER_URL to a role that may create roles.")
        app = settings.DATABASES["default"]
        role = sql.Identifier(app["USER"])
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
            )
            if not cursor.fetchone()[0]:
                raise CommandError(
                    "The role in DATABASE_OWNER_URL needs BYPASSRLS: under forced row-level "
                    "security a data migration would silently change nothing."
                )
            cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [app["USER"]])
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
            cursor.execute(
                "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR NOT rolcanlogin"
                " FROM pg_roles WHERE rolname = %s",
                [app["USER"]],
            )
            if cursor.fetchone()[0]:
                cursor.execute(
                    sql.SQL(
                        "ALTER ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"
                    ).format(role)
                )
            if app.get("PASSWORD"):
                cursor.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(app["PASSWORD"]))
                )
