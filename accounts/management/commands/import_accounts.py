"""`manage.py import_accounts`: accounts made and brought up to date from a CSV file."""

from argparse import ArgumentParser
from typing import Any

from accounts.directory_imports import account_options, accounts_intent
from accounts.management.importing import ImportCommand
from accounts.models import Tenant
from accounts.models.imports import ImportTarget


class Command(ImportCommand):
    help = (
        "Make accounts, or bring them up to date by their number. Rows that cannot be taken in "
        "land in a file with their reasons; the others are not held up."
    )
    target = ImportTarget.ACCOUNTS
    intent_of = staticmethod(accounts_intent)

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--enroll", metavar="PROGRAM", help="enroll them in this program (slug)"
        )
        parser.add_argument(
            "--enrolled-on", metavar="DATE", help="from this local day on; today unless given"
        )

    def options_of(self, tenant: Tenant, options: dict[str, Any]) -> dict[str, Any]:
        return account_options(enroll=options["enroll"], enrolled_on=options["enrolled_on"])
