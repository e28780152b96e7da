"""kill -9 of workers, and an emptied broker, while events go out: each arrives at least once.

Real processes on a durable cluster of their own: scheduler, worker, writer, and a receiver that
drops, stalls, redirects and fails.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest
import redis

from accounts.webhooks.endpoints import make_secret
from loyalty import servers
from loyalty.servers import places, postgres
from tests.chaos.test_kill_import import Site
from tests.receiver import receiving

pytestmark = pytest.mark.chaos

SHORT = bool(os.environ.get("CHAOS_SHORT"))
EVENTS, KILLS = (200, 3) if SHORT else (2_000, 15)
SECONDS = 600 if SHORT else 1_800  # on a machine that is busy with other things; else a tenth
SECRET = make_secret()

# What comes of waiting, without the waiting: retries are due, endpoints have rested, leases of the
# dead have run out. Nothing else is touched.
HURRY = """
UPDATE accounts_webhookendpoint SET rests_until = NULL, failures = 0, failing_since = NULL;
UPDATE accounts_webhookdelivery SET due_at = now()
WHERE state = 'waiting' AND NOT is_leased AND due_at > now()
"""
BURY = "UPDATE accounts_webhookdelivery SET due_at = now() WHERE state = 'waiting' AND is_leased"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    home = places.home_of("chaos", servers.PROJECT)
    postgres.stop(home)
    shutil.rmtree(home / "postgres", ignore_errors=True)
    site = Site(home, tmp_path_factory.mktemp("chaos"))
    site.env["LOYALTY_WEBHOOKS_TO_LOCALHOST"] = "yes"
    site.python("django", "prepare_database")
    site.python("django", "migrate", "--verbosity", "0")
    yield site
    postgres.stop(home)
    shutil.rmtree(home / "postgres")


def _begin(site: Site, *command: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        env=site.env,
        cwd=servers.PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _kill(process: subprocess.Popen) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_every_event_arrives_whoever_is_killed(site: Site, tmp_path):
    chance = random.Random(5)
    tries: Counter[str] = Counter()
    arrived: Counter[str] = Counter()

    def behave(number: int):
        got = receiver.got[number - 1]
        tries[got.id] += 1
        mood = chance.random() if tries[got.id] <= 3 else 1
        if mood < 0.1:
            return "drop"
        if mood < 0.2:
            return 500
        if mood < 0.25:
            return (301, {"Location": "http://localhost:1/"}, "")
        if mood < 0.3:
            return (429, {"Retry-After": "1"}, "")
        if mood < 0.5:
            time.sleep(0.3)
        arrived[got.id] += 1
        return 204

    beat = ("celery", "-A", "loyalty.celery", "beat", f"--schedule={tmp_path / 'beat'}")
    with receiving(behave) as receiver, psycopg.connect(site.env["DATABASE_OWNER_URL"]) as owner:
        owner.autocommit = True
        site.python("tests.chaos.shop", "open", "sender")
        site.python("tests.chaos.shop", "endpoint", "sender", receiver.url, SECRET)
        others = [
            _begin(site, *beat),
            _begin(site, "tests.chaos.shop", "happen", "sender", str(EVENTS)),
        ]
        worker = site.begin_worker()
        try:
            kills, ends = 0, time.monotonic() + SECONDS
            while len(arrived) < EVENTS or _waiting(owner):
                assert time.monotonic() < ends, (len(arrived), kills)
                if kills < KILLS and len(receiver.got) > EVENTS * kills // KILLS + 3:
                    _kill(worker)
                    kills += 1
                    if kills == 2:
                        redis.from_url(site.env["REDIS_URL"]).flushdb()
                    owner.execute(BURY)
                    worker = site.begin_worker()
                owner.execute(HURRY)
                time.sleep(0.5)
        finally:
            for process in (worker, *others):
                _kill(process)
        assert kills == KILLS
        _check_log(owner, tries)
    for got in receiver.got[-100:]:
        assert got.verified(SECRET)["type"] == "points.earned"
    lines = site.python("django", "verify_books").stdout.splitlines()
    assert all(line.endswith(": 0") for line in lines)


def _waiting(owner: psycopg.Connection) -> int:
    [[count]] = owner.execute(
        "SELECT count(*) FROM accounts_webhookdelivery WHERE state <> 'delivered'"
    ).fetchall()
    return count


def _check_log(owner: psycopg.Connection, tries: Counter[str]) -> None:
    """Of each event one delivery, of each delivery every attempt, the last of them delivered."""
    rows = owner.execute(
        "SELECT d.event_id::text, d.attempts, array_agg(a.number ORDER BY a.number), "
        "array_agg(a.outcome ORDER BY a.number) FROM accounts_webhookdelivery d "
        "JOIN accounts_webhookattempt a ON a.tenant_id = d.tenant_id AND a.delivery_id = d.id "
        "GROUP BY d.tenant_id, d.id"
    ).fetchall()
    assert len(rows) == EVENTS
    lost = 0
    for event_id, attempts, numbers, outcomes in rows:
        assert numbers == list(range(1, attempts + 1))
        assert [outcome == "delivered" for outcome in outcomes] == [False] * (attempts - 1) + [True]
        assert tries[event_id] <= attempts  # nothing was sent that is not in the log
        lost += outcomes.count("lost")
    assert lost > 0
