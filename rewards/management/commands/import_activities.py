"""`manage.py import_activities`: facts out of a CSV file, live or as history."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from accounts.management.importing import ImportCommand
from accounts.models import Tenant
from accounts.models.imports import ImportTarget
from accounts.periods import day_of
from rewards.imports import DEFAULT_SOURCE, activities_intent, activity_options


class Command(ImportCommand):
    help = (
        "Take activities in; they earn, move tiers and never come in twice. Rows that cannot be "
        "taken in land in a file with their reasons; the others are not held up."
    )
    target = ImportTarget.ACTIVITIES
    intent_of = staticmethod(activities_intent)

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--source",
            default=DEFAULT_SOURCE,
            metavar="NAME",
            help="where the rows come from; identities are permanent within it (default: csv)",
        )
        parser.add_argument(
            "--history",
            action="store_true",
            help="take rows in day by day, with quarter ends, activations and expiries in between",
        )
        parser.add_argument(
            "--until", metavar="DATE", help="with --history: let the clock run on to this day's end"
        )
        parser.add_argument(
            "--shift-days", type=int, default=0, metavar="N", help="move all dates by N days"
        )

    def options_of(self, tenant: Tenant, options: dict[str, Any]) -> dict[str, Any]:
        return activity_options(
            source=options["source"],
            history=options["history"],
            until=options["until"],
            shift_days=options["shift_days"],
            today=day_of(timezone.now(), tenant.zone),
        )
