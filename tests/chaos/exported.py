"""A long list written into a file by processes that are killed: `python -m tests.chaos.exported
open SLUG ROWS`, `ask SLUG`, `build SLUG EXPORT AFTER`, `tell SLUG EXPORT`.

Run as a process of its own, since the servers it works on are not those of the test session.
"""

import hashlib
import json
import sys
from datetime import timedelta
from uuid import UUID

import django


def open_warehouse(slug: str, rows: str) -> None:
    from django.db import transaction
    from django.utils import timezone

    from accounts.models import Product
    from accounts.tenancy import tenant_scope
    from tests import factories

    with transaction.atomic():
        tenant = factories.TenantFactory(slug=slug)
        with tenant_scope(tenant.id):
            factories.StaffFactory(user__email=f"{slug}@example.com")
            now = timezone.now()
            Product.objects.bulk_create(
                Product(sku=f"P{number:06}", name=f"=Part {number}", line="Parts", created_at=now)
                for number in range(int(rows))
            )


def ask(slug: str) -> None:
    from django.db import transaction
    from django.utils import timezone

    from accounts import exports
    from accounts.models import Staff

    with transaction.atomic():
        about = {"staff": Staff.objects.get(), "list_code": "products", "rows": 0}
        print(exports.ask_for(**about, query="sort=-sku", now=timezone.now()).pk)


def build(slug: str, export: str, after: str) -> None:
    """As a worker does it who comes by so many minutes later."""
    from django.utils import timezone

    from accounts import exports
    from loyalty.lists import exporting

    def now():
        return timezone.now() + timedelta(minutes=int(after))

    exporting.CHUNK = 200
    claimed = exports.claim(UUID(export), at=now())
    assert claimed is not None
    exporting.build(claimed, now=now)


def tell(slug: str, export: str) -> None:
    from django.core.files.storage import default_storage
    from django.db import transaction

    from accounts.models import Export

    with transaction.atomic():
        found = Export.objects.get(pk=export)
    with default_storage.open(found.stored_as, "rb") as file:
        said = file.read()
    print(
        json.dumps(
            {
                "state": found.state,
                "written": found.written,
                "lines": said.count(b"\n"),
                "digest": hashlib.sha256(said).hexdigest(),
            }
        )
    )


if __name__ == "__main__":
    django.setup()
    from accounts.doors import tenant_by_slug
    from accounts.tenancy import tenant_scope

    what, slug, *more = sys.argv[1:]
    if what == "open":
        open_warehouse(slug, *more)
    else:
        with tenant_scope(tenant_by_slug(slug).id):
            {"ask": ask, "build": build, "tell": tell}[what](slug, *more)
