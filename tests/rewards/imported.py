"""Files for stories of imports, and everything that an import leaves in the books."""

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.core.management import call_command

from accounts.models import Activity, ImportRun, Measure, Tenant
from rewards.closing import is_open
from rewards.models import Entry, Lot, Wallet
from tiers.models import Standing

HEADER = "order,pos,customer,day,net,qty,sku,what,original"
MAPPING = """
[columns]
external_id = "order"
line = "pos"
account = "customer"
date = "day"
amount = "net"
quantity = "qty"
product = "sku"
kind = "what"
[reverses]
external_id = "original"
line = "pos"
"""


def sale(order: str, account: str, day: str, amount: str) -> str:
    return f"{order},1,{account},{day},{amount},1,,purchase,"


class Importing:
    """`manage.py import_activities` for one tenant, on files made of lines."""

    def __init__(self, tenant: Tenant, folder: Path) -> None:
        self.tenant, self.folder = tenant, folder
        (folder / "mapping.toml").write_text(MAPPING)

    def __call__(self, lines: Sequence[str], *, name: str = "in.csv", **options: Any) -> str:
        path = self.folder / name
        path.write_text("\n".join([HEADER, *lines]) + "\n")
        out = StringIO()
        call_command(
            "import_activities",
            path,
            tenant=self.tenant.slug,
            mapping=self.folder / "mapping.toml",
            stdout=out,
            stderr=StringIO(),
            **options,
        )
        return out.getvalue()


def rejects_of(run: ImportRun) -> list[list[str]]:
    """[line, reason, cells ...] of each rejected row."""
    with default_storage.open(run.rejects_as, "r") as file:
        return list(csv.reader(file))[1:]


def books() -> dict[str, list]:
    """The open tenant's books without what differs from run to run: ids and who was first."""
    return {
        "activities": sorted(
            Activity.objects.values_list(
                "account__number", "external_id", "line", "kind", "occurred_at", "recorded_at",
                "amount", "quantity",
            )
        ),
        "entries": sorted(
            Entry.objects.values_list(
                "wallet__account__number", "wallet__unit", "kind", "available", "pending",
                "occurred_at", "recorded_at", "tier__name", "activity__external_id",
            ),
            key=str,
        ),
        "lots": sorted(
            Lot.objects.filter(is_open()).values_list(
                "wallet__account__number", "state", "amount", "remaining", "earned_at", "expires_at"
            ),
            key=str,
        ),
        "wallets": sorted(
            Wallet.objects.values_list("account__number", "unit", "available", "pending")
        ),
        "standings": sorted(
            Standing.objects.values_list(
                "enrollment__account__number", "tier__name", "starts_at", "ends_at", "cause"
            ),
            key=str,
        ),
        "measures": sorted(
            Measure.objects.values_list(
                "account__number", "month", "kind", "product_line", "amount", "quantity", "count"
            )
        ),
    }  # fmt: skip
