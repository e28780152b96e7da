"""What a page costs in a tenant of many entries, as a multiple of the same page in a small one."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median

from django.conf import settings
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone

from accounts.facts import Fact
from accounts.models import Account, Enrollment, Member, Program, Tenant
from accounts.tenancy import tenant_scope
from rewards import clock, tallying
from rewards.intake import take_in
from rewards.models import Entry
from tests import factories
from tests.benchmarks.company import ACCOUNTS, PRODUCTS, open_company
from tests.benchmarks.cputime import seconds_of
from tests.rewards.shop import offered

FEW = 1_000
MANY = int(os.environ.get("BENCH_ENTRIES", "1_000_000"))
# The account that is looked at has one in a hundred of its tenant's entries; the others share.
SHARE = 100
BATCH = 5_000
MONTH, MONTHS = timedelta(days=30), 12
LATEST = 5  # facts since the last visit
ROUNDS, PAGES = 9, 10


@dataclass(frozen=True, slots=True)
class Site:
    """A tenant with its entries, and the windows of a partner and a manager."""

    entries: int
    partner: Client
    manager: Client
    pages: dict[str, str]

    def seconds(self, page: str) -> float:
        """CPU time of one look at a page, ours and the database's."""
        client = self.partner if page.startswith("portal") else self.manager
        return seconds_of(lambda: [_look(client, self.pages[page]) for _ in range(PAGES)]) / PAGES


def run() -> Iterator[str]:
    """Takes a year of purchases in by the real door, FEW and MANY of them, and the clock with it;
    then looks at each page of both tenants in turn."""
    few, many = _site(FEW), _site(MANY)
    for page in few.pages:
        for site in (few, many):
            site.seconds(page)  # what is read once is not what is measured
        rounds = [(few.seconds(page), many.seconds(page)) for _ in range(ROUNDS)]
        small, large = median(one for one, _ in rounds), median(one for _, one in rounds)
        multiple = median(one[1] / one[0] for one in rounds)
        yield (
            f"{page}: {small * 1000:.1f} ms of CPU at {few.entries:,} entries, "
            f"{large * 1000:.1f} ms at {many.entries:,}, multiple {multiple:.2f} "
            "(asked: at most 1.3)"
        )


def _site(count: int) -> Site:
    tenant = open_company(f"pages-{count}")
    now = timezone.now()
    with tenant_scope(tenant.id):
        _trade(tenant, count, now=now)
        # As autovacuum does within a minute; until then plans are made for empty tables.
        connections["owner"].ensure_connection()
        connections["owner"].connection.execute("VACUUM ANALYZE")
        with transaction.atomic():
            return _visited(tenant, now=now)


def _trade(tenant: Tenant, count: int, *, now: datetime) -> None:
    """A year, month by month, each at its own time; and what came since the last visit."""
    monthly = count // MONTHS
    for month in range(MONTHS):
        start = now - (MONTHS - month) * MONTH
        facts = [_purchase(n, month, start + n * MONTH / monthly) for n in range(monthly)]
        for first in range(0, monthly, BATCH):
            take_in(facts[first : first + BATCH], source="erp", actor="system", as_of=start + MONTH)
        clock.advance(upto=start + MONTH)
    with transaction.atomic():
        account = Account.objects.get(number="A00000")
        user = factories.UserFactory(email=f"partner-{tenant.slug}@example.com")
        factories.MemberFactory(account=account, user=user, visited_before=timezone.now())
        for points in (500, 5_000, 50_000):
            offered(Program.objects.get(), name=f"For {points}", points=points)
    latest = [_purchase(n * SHARE, MONTHS, now) for n in range(LATEST)]
    take_in(latest, source="erp", actor="system", as_of=now)
    clock.advance(upto=now)
    tallying.add_up(before=timezone.now() + timedelta(minutes=2), zone=tenant.zone)


def _purchase(n: int, month: int, occurred_at: datetime) -> Fact:
    return Fact(
        account=f"A{0 if n % SHARE == 0 else 1 + n * 7919 % (ACCOUNTS - 1):05}",
        kind="purchase",
        external_id=f"{month}-{n}",
        line="1",
        occurred_at=occurred_at,
        amount=100 + n * 37 % 90_000,
        quantity=Decimal(1),
        product=f"P{n % PRODUCTS:04}",
        attributes=None,
        reverses=None,
    )


def _visited(tenant: Tenant, *, now: datetime) -> Site:
    member = Member.objects.get()
    Member.objects.update(visited_at=now)
    manager = factories.StaffFactory(user__email=f"manager-{tenant.slug}@example.com")
    enrollment = Enrollment.objects.get(account=member.account_id)
    return Site(
        entries=Entry.objects.count(),
        partner=_window(tenant, member),
        manager=_window(tenant, manager),
        pages={
            "portal home": f"/portal/{enrollment.pk}/",
            "console home": "/console/",
            "console account": f"/console/accounts/{member.account_id}/",
        },
    )


def _window(tenant: Tenant, person) -> Client:
    client = Client(headers={"host": f"{tenant.slug}.{settings.DOMAIN}"})
    client.force_login(person.user)
    return client


def _look(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200, f"{path} answered {response.status_code}"
