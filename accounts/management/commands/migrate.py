"""`migrate` through the owner's connection: the app's own role may make no tables."""

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections

from accounts.grants import grant_privileges


class Command(migrate.Command):
    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args, **options):
        if "owner" not in connections:
            raise CommandError(
                "Set DATABASE_OWNER_URL to the role that owns the tables; DATABASE_URL names the "
                "app's role, which owns nothing."
            )
        super().handle(*args, **options)
        if options["database"] == "owner" and not (options["plan"] or options["check_unapplied"]):
            grant_privileges("owner")
