"""The first look of each face asks as many questions at 100,000 entries as at one."""

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Enrollment, Member
from rewards import tallying
from rewards.models import Entry, Wallet
from tests.factories import MemberFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, running_program
from tests.rewards.stories import accepted, at, purchase

MORE = 100_000

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
    FROM rewards_entry WHERE wallet_id = %(wallet)s AND actor = 'bench'
    """,
    "UPDATE rewards_wallet SET available = available + %(more)s WHERE id = %(wallet)s",
)


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def add_entries(wallet_id: UUID) -> None:
    with connection.cursor() as cursor:
        for statement in _ADD:
            cursor.execute(statement, {"wallet": wallet_id, "more": MORE, "now": NOW})


def test_the_dashboards_ask_the_same_of_one_entry_and_of_a_hundred_thousand(in_tenant):
    rep = StaffFactory(role="rep")
    dealer = enrolled_account(running_program(), rep=rep, on=at("2026-01-01 00:00"))
    accepted(purchase(dealer, "1240.55", at("2026-05-15"), "SO3"), as_of=at("2026-05-15 20:00"))
    home = f"/portal/{Enrollment.objects.get().pk}/"
    # Who has been here before: a first visit is written down, and tells of nothing new.
    partner = MemberFactory(account=dealer, visited_at=NOW, visited_before=at("2026-05-01 00:00"))
    pages = [
        (client_of(in_tenant, partner.user), home),
        (client_of(in_tenant, partner.user), f"{home}entries/"),
        (client_of(in_tenant, StaffFactory(role="manager").user), "/console/"),
        (
            client_of(in_tenant, StaffFactory(role="analyst").user),
            f"/console/accounts/{dealer.pk}/",
        ),
        (client_of(in_tenant, rep.user), f"/field/{dealer.pk}/"),
    ]
    for client, path in pages:
        assert client.get(path).status_code == 200

    def asked() -> list[int]:
        counts = []
        for client, path in pages:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            counts.append(len(queries))
        return counts

    few = asked()
    add_entries(Wallet.objects.get(account=dealer, unit="points").pk)
    tallying.add_up(before=NOW, zone=in_tenant.zone)

    assert Entry.objects.count() == MORE + 1
    assert asked() == few
    assert Member.objects.get().visited_at == NOW
