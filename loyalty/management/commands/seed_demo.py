"""`manage.py seed_demo`: the demo's tenant, unless it is there."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from loyalty.demo import DemoRefused, Result, Step, seed


class Command(BaseCommand):
    help = (
        "Make the workspace “acme” with fifteen months of trade, unless it is there. Interrupted, "
        "it goes on when run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--accounts", type=int, default=60, help="how many (up to 60)")
        parser.add_argument("--months", type=int, default=15, help="of history, before this one")

    def handle(self, *args: Any, accounts: int, months: int, **options: Any) -> None:
        if accounts < 1 or months < 0:
            raise CommandError("At least one account, and no negative number of months.")
        began = time.monotonic()
        try:
            result = seed(now=timezone.now(), accounts=accounts, months=months, tell=self.tell)
        except DemoRefused as refused:
            raise CommandError(str(refused)) from None
        if result is Result.MADE:
            seconds = time.monotonic() - began
            self.clear()
            self.stdout.write(f"Acme Industrial Supply is ready, made in {seconds:.0f} s.")
        elif result is Result.FOREIGN:
            self.stdout.write("There is a workspace “acme” that is not the demo's: left alone.")

    def tell(self, step: Step) -> None:
        if self.stdout.isatty():
            text = f"Making a demo company: {step.day:%B %Y} ({step.share:.0%})"
            self.stdout.write(f"\r\033[K{text}", ending="")
            self.stdout.flush()

    def clear(self) -> None:
        if self.stdout.isatty():
            self.stdout.write("\r\033[K", ending="")
