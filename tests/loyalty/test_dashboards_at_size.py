"""The first look of each face asks as many questions at 100,000 entries as at a page of them."""

from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Enrollment, Tenant
from accounts.tenancy import tenant_scope
from rewards import tallying
from rewards.models import Entry, Wallet
from tests.factories import MemberFactory, StaffFactory, TenantFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, running_program
from tests.rewards.stories import accepted, at, purchase

pytestmark = pytest.mark.usefixtures("stopped_clock")

MORE = 100_000
PAGE = 100  # as many entries as a page shows, and more: of the kind of those that follow

# As if given by hand, each with its lot, one a minute; the wallet has what they add up to.
_ADD = (
    """
    INSERT INTO rewards_entry
        (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at, recorded_at,
         actor, cause)
    SELECT w.tenant_id, uuidv7(), w.id, 'adjust', 1, 0, 0,
           %(now)s - n * interval '1 minute', %(now)s, 'bench', uuidv7()
    FROM rewards_wallet w, generate_series(1, %(more)s) n WHERE w.id = %(wallet)s
    """,
    """
    INSERT INTO rewards_lot
        (tenant_id, entry_id, wallet_id, state, amount, remaining, earned_at, expires_at)
    SELECT tenant_id, id, wallet_id, 'active', 1, 1, occurred_at, '2026-07-01T04:00Z'
    FROM rewards_entry e WHERE wallet_id = %(wallet)s AND actor = 'bench'
      AND NOT EXISTS (SELECT FROM rewards_lot lot WHERE lot.entry_id = e.id)
    """,
    "UPDATE rewards_wallet SET available = available + %(more)s WHERE id = %(wallet)s",
)


@pytest.fixture
def tenant(committed) -> Tenant:
    with transaction.atomic():
        return TenantFactory()


def add_entries(tenant: Tenant, wallet_id: UUID, *, more: int) -> None:
    # What is added here is right, and its references are not what is looked at.
    _triggers("DISABLE")
    with tenant_scope(tenant.id), transaction.atomic(), connection.cursor() as cursor:
        for statement in _ADD:
            cursor.execute(statement, {"wallet": wallet_id, "more": more, "now": NOW})
    _triggers("ENABLE")
    with connections["owner"].cursor() as cursor:  # as autovacuum does within a minute
        cursor.execute("ANALYZE rewards_entry, rewards_lot, rewards_wallet")


def _triggers(how: str) -> None:
    with connections["owner"].cursor() as cursor:
        for table in ("rewards_entry", "rewards_lot", "rewards_wallet"):
            cursor.execute(f"ALTER TABLE {table} {how} TRIGGER USER")


def open_pages(tenant: Tenant) -> list[tuple[Client, str]]:
    """The first looks of all faces at a dealer with one entry, each with who reads it."""
    rep = StaffFactory(role="rep")
    dealer = enrolled_account(running_program(), rep=rep, on=at("2026-01-01 00:00"))
    accepted(purchase(dealer, "1240.55", at("2026-05-15"), "SO3"), as_of=at("2026-05-15 20:00"))
    home = f"/portal/{Enrollment.objects.get().pk}/"
    # Who has been here before: a first visit is written down, and tells of nothing new.
    partner = MemberFactory(account=dealer, visited_at=NOW, visited_before=at("2026-05-01 00:00"))
    manager, analyst = StaffFactory(role="manager"), StaffFactory(role="analyst")
    return [
        (client_of(tenant, partner.user), home),
        (client_of(tenant, partner.user), f"{home}entries/"),
        (client_of(tenant, manager.user), "/console/"),
        (client_of(tenant, analyst.user), f"/console/accounts/{dealer.pk}/"),
        (client_of(tenant, rep.user), f"/field/{dealer.pk}/"),
    ]


def asked(pages: list[tuple[Client, str]]) -> list[int]:
    counts = []
    for client, path in pages:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        counts.append(len(queries))
    return counts


def test_the_dashboards_ask_the_same_of_a_page_of_entries_and_of_a_hundred_thousand(tenant):
    with transaction.atomic(), tenant_scope(tenant.id):
        pages = open_pages(tenant)
        wallet = Wallet.objects.get(unit="points")
    add_entries(tenant, wallet.pk, more=PAGE)
    asked(pages)  # what is asked once for all is not counted
    few = asked(pages)

    add_entries(tenant, wallet.pk, more=MORE)
    with transaction.atomic(), tenant_scope(tenant.id):
        tallying.add_up(before=timezone.now(), zone=tenant.zone)
        assert Entry.objects.count() == 1 + PAGE + MORE

    assert asked(pages) == few
