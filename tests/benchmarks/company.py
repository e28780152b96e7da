"""A company to measure on: a tenant of its own per run, with accounts, products and a program."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from django.db import connections, transaction

from accounts.facts import Fact
from accounts.ids import uuid7
from accounts.models import Account, Product, Program, Tenant
from accounts.tenancy import tenant_scope
from tests import factories

START = datetime(2026, 1, 5, 15, tzinfo=UTC)
ACCOUNTS = 1_000
PRODUCTS = 200
LINES = 8


def open_company(
    slug: str, *, publish: Callable[[Program], object] = factories.publish_rule
) -> Tenant:
    """Points on every purchase, or what `publish` publishes; three tiers by revenue, a thousand
    enrolled accounts."""
    with transaction.atomic():
        tenant = factories.TenantFactory(slug=f"{slug}-{uuid7().hex[-12:]}", name="Bench Inc.")
        with tenant_scope(tenant.id):
            program = factories.ProgramFactory(points_expiry={"policy": "quarter_end", "plus": 1})
            publish(program)
            factories.publish_scheme(
                program,
                ("Bronze", 0, "1"),
                ("Silver", 5_000_00, "1.25"),
                ("Gold", 50_000_00, "1.5"),
            )
            Account.objects.bulk_create(
                Account(number=f"A{n:05}", name=f"Dealer {n}") for n in range(ACCOUNTS)
            )
            Product.objects.bulk_create(
                Product(sku=f"P{n:04}", name=f"Product {n}", line=f"Line {n % LINES}")
                for n in range(PRODUCTS)
            )
            factories.enroll(
                program=program,
                account_ids=list(Account.objects.values_list("id", flat=True)),
                enrolled_at=factories.LONG_AGO,
                recorded_at=factories.LONG_AGO,
                actor="system",
            )
    # As autovacuum does within a minute; until then plans are made for empty tables.
    connections["owner"].ensure_connection()
    connections["owner"].connection.execute("ANALYZE")
    return tenant


def order_lines(count: int, *, prefix: str) -> list[Fact]:
    """`count` purchases spread over the accounts, ten lines an order."""
    return [
        Fact(
            account=f"A{n // 10 * 7919 % ACCOUNTS:05}",
            kind="purchase",
            external_id=f"{prefix}{n // 10}",
            line=str(n % 10),
            occurred_at=START,
            amount=100 + n * 37 % 90_000,
            quantity=Decimal(1 + n % 5),
            product=f"P{n % PRODUCTS:04}",
            attributes=None,
            reverses=None,
        )
        for n in range(count)
    ]
