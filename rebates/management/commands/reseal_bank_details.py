"""`manage.py reseal_bank_details`: seal all bank details with the first of SEALING_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from accounts import doors
from accounts.tenancy import tenant_scope
from rebates.banking import reseal

BATCH = 500


class Command(BaseCommand):
    help = (
        "Seal bank details anew with the first of SEALING_KEYS; the other keys can go afterwards."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = 0
        for tenant_id in _tenant_ids():
            with tenant_scope(tenant_id):
                while count := _batch():
                    done += count
        self.stdout.write(f"{done} bank details sealed anew.")


def _tenant_ids() -> list:
    with transaction.atomic():
        return list(doors.tenant_ids())


def _batch() -> int:
    with transaction.atomic():
        return reseal(limit=BATCH)
