"""`manage.py reseal_badges`: seal all keys that sign badges with the first of SEALING_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from accounts import doors
from accounts.tenancy import tenant_scope
from partners.badges.keys import reseal


class Command(BaseCommand):
    help = (
        "Seal keys that sign badges anew with the first of SEALING_KEYS; the other keys can go "
        "afterwards."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            tenants = doors.tenant_ids()
        done = 0
        for tenant_id in tenants:
            with tenant_scope(tenant_id), transaction.atomic():
                done += reseal()
        self.stdout.write(f"{done} keys sealed anew.")
