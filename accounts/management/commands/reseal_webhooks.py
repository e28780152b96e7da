"""`manage.py reseal_webhooks`: seal all secrets of webhooks with the first of SEALING_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from accounts import doors
from accounts.tenancy import tenant_scope
from accounts.webhooks.endpoints import reseal_secrets


class Command(BaseCommand):
    help = (
        "Seal secrets of webhooks anew with the first of SEALING_KEYS; the other keys can go "
        "afterwards."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            tenants = doors.tenant_ids()
        done = 0
        for tenant_id in tenants:
            with tenant_scope(tenant_id):
                done += reseal_secrets()
        self.stdout.write(f"The secrets of {done} endpoints sealed anew.")
