"""A shop for processes to be killed in: `python -m tests.chaos.shop WHAT SLUG …`.

Run as a process of its own, since the servers it works on are not those of the test session.
"""

import json
import random
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import django

ACCOUNTS = 40
ZONE = ZoneInfo("America/New_York")


def write_orders(path: Path, *, rows: int) -> None:
    """Two years of orders in no order, with returns, repetitions, conflicts and bad rows."""
    chance = random.Random(20)
    lines = []
    for number in range(rows):
        account = f"A{chance.randrange(ACCOUNTS):03}"
        day = f"{chance.choice((2023, 2024))}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        net = f"{chance.randint(1, 90_000) / 100:.2f}"
        line = f"S{number},1,{account},{day},{net},2,,purchase,"
        lines.append(line)
        match number % 50:
            case 7:
                lines.append(line)
            case 17:
                lines.append(f"S{number},1,{account},{day},1{net},2,,purchase,")
            case 27:
                lines.append(f"B{number},1,{account},{day},much,2,,purchase,")
            case 37:
                lines.append(f"B{number},1,NOBODY,{day},5,2,,purchase,")
            case 47:
                lines.append(f"R{number},1,{account},2024-12-30,{net},2,,return,S{number}")
    path.write_text("\n".join(["order,pos,customer,day,net,qty,sku,what,original", *lines]) + "\n")


def open_shop(slug: str) -> None:
    from django.db import transaction

    from accounts.tenancy import tenant_scope
    from tests import factories

    with transaction.atomic():
        tenant = factories.TenantFactory(slug=slug)
        with tenant_scope(tenant.id):
            program = factories.ProgramFactory(points_expiry={"policy": "quarter_end", "plus": 1})
            factories.publish_rule(program)
            factories.publish_scheme(
                program, ("Member", 0, "1"), ("Silver", 2_000_000, "1.25"), ("Gold", 4_000_000, "2")
            )
            for number in range(ACCOUNTS):
                factories.enrolled_account(program, number=f"A{number:03}")


def print_books(slug: str) -> None:
    from django.db import transaction

    from accounts.doors import tenant_by_slug
    from accounts.models import ImportRun
    from accounts.tenancy import tenant_scope
    from tests.rewards.imported import books, rejects_of

    tenant = tenant_by_slug(slug)
    with tenant_scope(tenant.id), transaction.atomic():
        run = ImportRun.objects.earliest("created_at")
        print(
            json.dumps(
                {
                    "books": books(),
                    "counts": [run.state, run.rows, run.accepted, run.known, run.rejected],
                    "rejects": rejects_of(run),
                },
                default=str,
            )
        )


def upload(slug: str, path: str, mapping: str) -> None:
    """Hand a file in for a worker, as the console does."""
    from django.core.files import File
    from django.db import transaction
    from django.utils import timezone

    from accounts import imports
    from accounts.doors import tenant_by_slug
    from accounts.mappings import parse_toml
    from accounts.tenancy import tenant_scope
    from rewards.tasks import run_import

    tenant = tenant_by_slug(slug)
    with tenant_scope(tenant.id), transaction.atomic(), open(path, "rb") as file:
        run = imports.begin(
            target="activities",
            file_name=path,
            size=Path(path).stat().st_size,
            mapping=parse_toml(Path(mapping).read_text()),
            options={},
            started_by="system",
            at=timezone.now(),
            upload=File(file),
        )
        run_import.delay_on_commit(tenant_id=str(tenant.id), run_id=str(run.pk))


def sweep(slug: str) -> None:
    from accounts.doors import tenant_by_slug
    from rewards.tasks import sweep_imports_of

    sweep_imports_of(tenant_id=str(tenant_by_slug(slug).id))


def add_endpoint(slug: str, url: str, secret: str) -> None:
    from django.db import transaction
    from django.utils import timezone

    from accounts.doors import tenant_by_slug
    from accounts.tenancy import tenant_scope
    from accounts.webhooks import endpoints

    about = {"kinds": ["points.*"], "description": "", "actor": "system", "now": timezone.now()}
    with tenant_scope(tenant_by_slug(slug).id), transaction.atomic():
        endpoints.add_endpoint(url=url, secret=secret, **about)


def happen(slug: str, count: str) -> None:
    """Events by the count, ten in a transaction, over some seconds."""
    import time

    from django.db import transaction
    from django.utils import timezone

    from accounts.doors import tenant_by_slug
    from accounts.events import NewEvent, record_many
    from accounts.tenancy import tenant_scope

    with tenant_scope(tenant_by_slug(slug).id):
        for start in range(0, int(count), 10):
            now = timezone.now()
            about = {"kind": "points.earned", "occurred_at": now, "recorded_at": now}
            about |= {"actor": "system", "subject": "wallet:1"}
            with transaction.atomic():
                record_many(
                    [NewEvent(**about, payload={"number": start + one}) for one in range(10)]
                )
            time.sleep(0.2)


if __name__ == "__main__":
    django.setup()
    what = {"open": open_shop, "upload": upload, "sweep": sweep, "books": print_books}
    what |= {"endpoint": add_endpoint, "happen": happen}
    what[sys.argv[1]](*sys.argv[2:])
