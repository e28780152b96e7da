"""Facts by HTTP into a shop whose quarter ends meanwhile, and what must have come of them.

`python -m tests.chaos.storm SLUG URL SECRET` opens the shop, with an endpoint at URL.
"""

import base64
import http.client
import json
import random
import sys
import threading
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import django
import psycopg

from tests.chaos.site import Crew, Site
from tests.receiver import Receiver

ACCOUNTS = 40
AT_ONCE = 50  # facts in one call
SECRET = "whsec_" + base64.b64encode(random.randbytes(32)).decode()
# What comes of waiting, without the waiting: retries are due, endpoints have rested.
HURRY = """
UPDATE accounts_webhookendpoint SET rests_until = NULL, failures = 0, failing_since = NULL;
UPDATE accounts_webhookdelivery SET due_at = now()
WHERE state = 'waiting' AND NOT is_leased AND due_at > now()
"""
# And leases of the dead have run out.
BURY = "UPDATE accounts_webhookdelivery SET due_at = now() WHERE state = 'waiting' AND is_leased"


def crew_of(site: Site, port: int, **env: str) -> Crew:
    """All that runs in production: see docker-compose.yml."""
    celery = ["celery", "--quiet", "-A"]
    worker = ["loyalty.celery", "worker", "--without-gossip", "--without-mingle"]
    scheduler = ["tests.chaos.hurried", "beat", f"--schedule={site.folder / f'beat-{port}'}"]
    web = ["granian", "--interface=wsgi", "--host=127.0.0.1", f"--port={port}"]
    commands = {
        "web": [*web, "--blocking-threads=4", "loyalty.wsgi:application"],
        "worker": [*celery, *worker, "--queues=celery", "--concurrency=2"],
        "courier": [*celery, *worker, "--queues=webhooks", "--concurrency=1"],
        "beat": [*celery, *scheduler],
    }
    return Crew(site, commands, env, port=port)


class Facts(threading.Thread):
    """Brings facts in, evenly over `seconds`, and keeps what it was answered; one call in seven is
    made twice, as by a caller who did not hear the answer."""

    def __init__(self, port: int, shop: dict, *, count: int, seconds: float, seed: int) -> None:
        super().__init__()
        self.port, self.shop, self.seconds = port, shop, seconds
        self.calls = count // AT_ONCE
        self.chance = random.Random(seed)
        self.points: Counter[str] = Counter()
        self.done, self.slowest = 0, 0.0
        self.refused: list[str] = []

    @property
    def share(self) -> float:
        return self.done / self.calls

    def run(self) -> None:
        began = time.monotonic()
        for number in range(self.calls):
            time.sleep(max(0, began + number * self.seconds / self.calls - time.monotonic()))
            facts = self._facts(number)
            for status in ("accepted", "known")[: 2 if number % 7 == 0 else 1]:
                self._send(facts, status)
            self.done += 1

    def _facts(self, number: int) -> list[dict]:
        accounts = [f"A{one:03}" for one in self.chance.sample(range(ACCOUNTS), 10)]
        now = datetime.now().astimezone().isoformat()
        return [
            {
                "account": accounts[line % 10],
                "kind": "purchase",
                "external_id": f"S{number}",
                "line": str(line),
                "occurred_at": now,
                "amount": f"{self.chance.randint(1, 50)}.00",
            }
            for line in range(AT_ONCE)
        ]

    def _send(self, facts: list[dict], status: str) -> None:
        headers = {"Authorization": f"Bearer {self.shop['key']}"}
        headers |= {"Host": f"{self.shop['slug']}.localhost", "Content-Type": "application/json"}
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", "/api/v1/activities", json.dumps(facts), headers)
            response = connection.getresponse()
            said = response.read()
        except OSError as trouble:
            self.refused.append(repr(trouble))
            return
        finally:
            connection.close()
        self.slowest = max(self.slowest, time.monotonic() - began)
        if response.status != 200 or json.loads(said)[status] != AT_ONCE:
            self.refused.append(f"{response.status} {said[:300]!r}")
        elif status == "accepted":
            for fact in facts:
                self.points[fact["account"]] += int(fact["amount"].partition(".")[0])


class Moods:
    """How a receiver of webhooks behaves: badly, at first, and then every event is welcome."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.tries: Counter[str] = Counter()
        self.arrived: Counter[str] = Counter()
        self.receiver: Receiver | None = None

    def __call__(self, number: int):
        assert self.receiver
        got = self.receiver.got[number - 1]
        got.verified(SECRET)  # by the reference library, or the caller is hung up on
        self.tries[got.id] += 1
        mood = self.chance.random() if self.tries[got.id] <= 3 else 1
        if mood < 0.05:
            return "drop"
        if mood < 0.1:
            return 500
        if mood < 0.13:
            return (301, {"Location": "http://localhost:1/"}, "")
        if mood < 0.16:
            return (429, {"Retry-After": "1"}, "")
        if mood < 0.25:
            time.sleep(0.3)
        self.arrived[got.id] += 1
        return 204


class Books:
    """What is in the database about a shop, past the wall between tenants."""

    def __init__(self, connection: psycopg.Connection, slug: str) -> None:
        self.connection = connection
        self.tenant_id = None
        [[self.tenant_id]] = self.of(f"SELECT id FROM accounts_tenant WHERE slug = '{slug}'")

    def of(self, query: str) -> list[tuple]:
        """Rows of a query about the shop, which has a place `tenant`."""
        return self.connection.execute(query, {"tenant": self.tenant_id}).fetchall()

    def count(self, table: str, condition: str = "true") -> int:
        found = f"SELECT count(*) FROM {table} WHERE tenant_id = %(tenant)s AND {condition}"
        return self.of(found)[0][0]

    def told(self) -> set[str]:
        """Events that the shop's endpoint is to get."""
        found = self.of(
            "SELECT e.id::text FROM accounts_event e JOIN accounts_webhookendpoint w "
            "ON w.tenant_id = e.tenant_id AND e.position >= w.position "
            "WHERE e.tenant_id = %(tenant)s"
        )
        return {row[0] for row in found}

    def delivered(self) -> set[str]:
        found = self.of(
            "SELECT event_id::text FROM accounts_webhookdelivery "
            "WHERE state = 'delivered' AND tenant_id = %(tenant)s"
        )
        return {row[0] for row in found}

    def ended(self) -> list[str]:
        found = self.of(
            "SELECT period FROM accounts_jobrun "
            "WHERE job = 'settle_tiers' AND tenant_id = %(tenant)s"
        )
        return [row[0] for row in found]

    def has_caught_up(self) -> bool:
        return bool(self.ended()) and self.told() == self.delivered()


def check(books: Books, shop: dict, facts: Facts, *, more: int = 0) -> None:
    """Each fact had its effects, once; the quarter ended, once. `more` facts of one point came in
    another way, for the first account."""
    facts.points["A000"] += more
    earned = books.count("rewards_entry", "kind = 'earn'")
    assert books.count("accounts_activity") == earned == facts.calls * AT_ONCE + ACCOUNTS + more
    wallets = books.of(
        "SELECT a.number, w.available FROM rewards_wallet w JOIN accounts_account a "
        "ON a.tenant_id = w.tenant_id AND a.id = w.account_id WHERE w.tenant_id = %(tenant)s"
    )
    assert dict(wallets) == facts.points  # those of the old quarter are gone
    assert books.count("rewards_entry", "kind = 'expire' AND available = -1000") == ACCOUNTS // 2
    assert books.count("rewards_entry", "kind = 'expire'") == ACCOUNTS
    assert books.ended() == [shop["edge"]]
    fallen = f"cause = 'evaluated' AND starts_at = '{shop['edge']}'"
    assert books.count("tiers_standing", fallen) == ACCOUNTS // 2
    assert books.count("tiers_standing", "cause = 'evaluated'") == ACCOUNTS // 2
    moves = books.count("tiers_standing", "cause <> 'enrolled'")
    assert books.count("accounts_event", "kind = 'tier.changed'") == moves


def check_log(books: Books, moods: Moods) -> int:
    """Of each event one delivery, of each delivery every attempt, the last of them delivered; how
    many attempts were lost with their worker."""
    rows = books.of(
        "SELECT d.event_id::text, d.attempts, array_agg(a.number ORDER BY a.number), "
        "array_agg(a.outcome ORDER BY a.number) FROM accounts_webhookdelivery d "
        "JOIN accounts_webhookattempt a ON a.tenant_id = d.tenant_id AND a.delivery_id = d.id "
        "WHERE d.tenant_id = %(tenant)s GROUP BY d.tenant_id, d.id"
    )
    assert {row[0] for row in rows} == books.told() == set(moods.arrived)
    lost = 0
    for event_id, attempts, numbers, outcomes in rows:
        assert numbers == list(range(1, attempts + 1))
        assert [one == "delivered" for one in outcomes] == [False] * (attempts - 1) + [True]
        assert moods.tries[event_id] <= attempts  # nothing was sent that is not in the log
        lost += outcomes.count("lost")
    return lost


def open_storm(slug: str, url: str, secret: str) -> None:
    """A shop whose time stands in the quarter before this one. Half of its accounts have Gold to
    lose, all have points that expire with that quarter. Prints who brings facts, and the edge."""
    from datetime import timedelta

    from django.db import transaction
    from django.utils import timezone

    from accounts.keys import make_key
    from accounts.periods import quarter_of, start_of
    from accounts.tenancy import tenant_scope
    from accounts.webhooks import endpoints
    from tests import factories
    from tests.rewards.stories import accepted, purchase

    now = timezone.now()
    with transaction.atomic():
        tenant = factories.TenantFactory(slug=slug)
        edge = start_of(quarter_of(now, tenant.zone), tenant.zone)
        before = edge - timedelta(days=20)
        with tenant_scope(tenant.id):
            program = factories.ProgramFactory(points_expiry={"policy": "quarter_end"})
            factories.publish_rule(program)
            factories.publish_scheme(
                program, ("Silver", 0, "1"), ("Gold", 1_000_00, "1"), kept_periods=0
            )
            accounts = [
                factories.enrolled_account(program, number=f"A{number:03}")
                for number in range(ACCOUNTS)
            ]
            for number, account in enumerate(accounts):
                amount = "1000.00" if number % 2 else "10.00"
                accepted(purchase(account, amount, before, f"OLD{number}"), as_of=before)
            about = {"kinds": ["*"], "description": "", "actor": "system", "now": now}
            endpoints.add_endpoint(url=url, secret=secret, **about)
            staff = factories.StaffFactory(user__email=f"{slug}@example.com")
            _, key = make_key(name="till", scopes=["activities:write"], actor=staff, now=now)
    print(json.dumps({"slug": slug, "key": key, "edge": edge.isoformat()}))


def opened(site: Site, slug: str, url: str) -> dict:
    return json.loads(site.python("tests.chaos.storm", slug, url, SECRET).stdout)


def wait_for_web(port: int, log: Path, *, seconds: float = 120) -> None:
    ends = time.monotonic() + seconds
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            if connection.getresponse().status == 200:
                return
        except OSError:
            assert time.monotonic() < ends, log.read_text()[-3000:]
            time.sleep(0.1)
        finally:
            connection.close()


if __name__ == "__main__":
    django.setup()
    open_storm(*sys.argv[1:])
