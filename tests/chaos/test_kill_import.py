"""kill -9 of the importing process and of PostgreSQL: the books end as if nothing had happened.

On a durable cluster of its own, in the way of production: real processes, real commits.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import psycopg
import pytest

from loyalty import servers
from loyalty.servers import places, postgres
from tests.chaos.shop import write_orders
from tests.rewards.imported import MAPPING

pytestmark = pytest.mark.chaos

SHORT = bool(os.environ.get("CHAOS_SHORT"))
ROWS, KILLS = (6_000, 3) if SHORT else (20_000, 10)


class Site:
    """A database server and a file of orders."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.home, self.folder = home, folder
        self.orders, self.mapping = folder / "orders.csv", folder / "mapping.toml"
        write_orders(self.orders, rows=ROWS)
        self.mapping.write_text(MAPPING)
        self.env = os.environ | {
            "DATABASE_URL": postgres.url(home, "loyalty_app"),
            "DATABASE_OWNER_URL": postgres.url(home, "loyalty_owner"),
            "LOYALTY_FILES": str(folder / "files"),
            "DJANGO_SETTINGS_MODULE": "loyalty.settings",
            "PYTHONPATH": str(servers.PROJECT),
        }
        self.start()

    def start(self) -> None:
        postgres.start(self.home, durable=True)

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            env=self.env,
            cwd=servers.PROJECT,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def begin_import(self, slug: str, *options: str) -> Popen[str]:
        command = ["django", "import_activities", str(self.orders), "--tenant", slug]
        return Popen(
            [sys.executable, "-m", *command, "--mapping", str(self.mapping), *options],
            env=self.env,
            cwd=servers.PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def begin_worker(self) -> Popen[str]:
        worker = ["celery", "-A", "loyalty.celery", "worker", "--concurrency", "1"]
        return Popen(
            [sys.executable, "-m", *worker],
            env=self.env,
            cwd=servers.PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )

    def wait_for_row(self, row: int, slug: str, process: Popen) -> None:
        """Until the tenant's import has come that far, or `process` has ended."""
        with psycopg.connect(self.env["DATABASE_OWNER_URL"], autocommit=True) as connection:
            while process.poll() is None:
                found = connection.execute(
                    "SELECT coalesce(max(r.rows), 0) FROM accounts_importrun r "
                    "JOIN accounts_tenant t ON t.id = r.tenant_id WHERE t.slug = %s",
                    [slug],
                ).fetchone()
                if found and found[0] >= row:
                    return
                time.sleep(0.01)

    def books(self, slug: str) -> dict:
        """With the counts of the first run, which every start goes on with until it is done."""
        return json.loads(self.python("tests.chaos.shop", "books", slug).stdout)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    home = places.home_of("chaos", servers.PROJECT)
    postgres.stop(home)
    shutil.rmtree(home / "postgres", ignore_errors=True)
    site = Site(home, tmp_path_factory.mktemp("chaos"))
    site.python("django", "prepare_database")
    site.python("django", "migrate", "--verbosity", "0")
    yield site
    postgres.stop(home)
    shutil.rmtree(home / "postgres")


@pytest.fixture(scope="module", params=[(), ("--history", "--until", "2025-03-31")])
def calm(request, site: Site) -> tuple[tuple[str, ...], dict]:
    """Options of an import, and how it ends when nobody is killed."""
    slug = f"calm-{len(request.param)}"
    site.python("tests.chaos.shop", "open", slug)
    _, trouble = site.begin_import(slug, *request.param).communicate()
    found = site.books(slug)
    assert found["counts"][0] == "done", trouble
    assert found["counts"][2] == ROWS + ROWS // 50  # all orders and their returns
    return request.param, found


def _same(stormy: dict, calm: dict, *, history: bool) -> None:
    assert stormy["counts"] == calm["counts"]
    assert stormy["rejects"] == calm["rejects"]
    if history:
        assert stormy["books"] == calm["books"]
        return
    for name in ("wallets", "measures"):
        assert stormy["books"][name] == calm["books"][name]
    # Live, what came in when depends on the day's traffic; what and how much does not.
    amounts = [
        [[e[0], e[2], e[3], e[8]] for e in found["books"]["entries"]] for found in (stormy, calm)
    ]
    assert sorted(amounts[0], key=str) == sorted(amounts[1], key=str)


def _kill_again_and_again(site: Site, slug: str, calm, kill: Callable[[Popen], None]) -> list[str]:
    """Let `kill` strike at moments spread over the whole import, then let it end; returns what the
    killed processes said."""
    options, undisturbed = calm
    site.python("tests.chaos.shop", "open", slug)
    chance, said = random.Random(slug), []
    for strike in range(KILLS):
        process = site.begin_import(slug, *options)
        site.wait_for_row(undisturbed["counts"][1] * strike // KILLS, slug, process)
        time.sleep(chance.uniform(0, 0.5 if strike else 2))
        kill(process)
        _, errors = process.communicate()
        if process.returncode == 0:
            break
        said.append(errors)
    else:
        process = site.begin_import(slug, *options)
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    assert said
    _same(site.books(slug), undisturbed, history=bool(options))
    findings = site.python("django", "verify_books").stdout.splitlines()
    assert findings
    assert all(line.endswith(": 0") for line in findings)
    return said


def test_the_importing_process_is_killed(site: Site, calm):
    slug = f"worker-{len(calm[0])}"
    _kill_again_and_again(site, slug, calm, lambda process: process.kill())


def test_postgres_is_killed(site: Site, calm):
    def kill(process: Popen) -> None:
        postmaster = int((site.home / "postgres/postmaster.pid").read_text().split("\n")[0])
        os.kill(postmaster, signal.SIGKILL)
        process.wait()
        site.start()

    for said in _kill_again_and_again(site, f"server-{len(calm[0])}", calm, kill):
        assert "The database went away" in said
        assert "The same command again goes on from there." in said


def test_a_worker_is_killed(site: Site, calm):
    """kill -9 of a worker and its children: the sweep finds the import, another worker ends it."""
    options, undisturbed = calm
    if options:
        pytest.skip("a worker imports history by the same code; once is enough")
    site.python("tests.chaos.shop", "open", "upload")
    site.python("tests.chaos.shop", "upload", "upload", str(site.orders), str(site.mapping))
    first = site.begin_worker()
    site.wait_for_row(1, "upload", first)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    # The broker keeps a killed worker's message for an hour; the sweep does not wait for that.
    with psycopg.connect(site.env["DATABASE_OWNER_URL"]) as connection:
        connection.execute(
            "UPDATE accounts_importrun SET heartbeat_at = heartbeat_at - interval '3 minutes'"
        )
    site.python("tests.chaos.shop", "sweep", "upload")
    second = site.begin_worker()
    site.wait_for_row(undisturbed["counts"][1], "upload", second)
    second.terminate()
    second.wait()
    _same(site.books("upload"), undisturbed, history=False)
