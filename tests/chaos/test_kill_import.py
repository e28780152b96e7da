"""kill -9 of the importing process and of PostgreSQL: the books end as if nothing had happened.

On a durable cluster of its own, in the way of production: real processes, real commits.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import psycopg
import pytest

from loyalty import servers
from tests.chaos.shop import write_orders
from tests.chaos.site import SHORT, Site, end
from tests.receiver import until
from tests.rewards.imported import MAPPING

pytestmark = pytest.mark.chaos

ROWS, KILLS = (3_000, 2) if SHORT else (20_000, 10)
LIVE, HISTORY = (), ("--history", "--until", "2025-03-31")


class Imports:
    """A site, and a file of orders to import there."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.orders, self.mapping = folder / "orders.csv", folder / "mapping.toml"
        write_orders(self.orders, rows=ROWS)
        self.mapping.write_text(MAPPING)

    def begin(self, slug: str, *options: str) -> Popen[str]:
        command = ["django", "import_activities", str(self.orders), "--tenant", slug]
        return Popen(
            [sys.executable, "-m", *command, "--mapping", str(self.mapping), *options],
            env=self.site.env,
            cwd=servers.PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def begin_worker(self) -> Popen[bytes]:
        return self.site.begin(*["celery", "-A", "loyalty.celery", "worker", "--concurrency", "1"])

    def wait_for_row(self, row: int, slug: str, process: Popen) -> None:
        """Until the tenant's import has come that far, or `process` has ended."""
        with psycopg.connect(self.site.env["DATABASE_OWNER_URL"], autocommit=True) as connection:
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
        return json.loads(self.site.python("tests.chaos.shop", "books", slug).stdout)


@pytest.fixture(scope="module")
def imports(site: Site, tmp_path_factory) -> Imports:
    return Imports(site, tmp_path_factory.mktemp("imports"))


@pytest.fixture(scope="module", params=[LIVE, HISTORY], ids=["live", "history"])
def calm(request, imports: Imports) -> tuple[tuple[str, ...], dict]:
    """Options of an import, and how it ends when nobody is killed."""
    slug = f"calm-{len(request.param)}"
    imports.site.python("tests.chaos.shop", "open", slug)
    _, trouble = imports.begin(slug, *request.param).communicate()
    found = imports.books(slug)
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


def _kill_again_and_again(
    imports: Imports, slug: str, calm, kill: Callable[[Popen], None]
) -> list[str]:
    """Let `kill` strike at moments spread over the whole import, then let it end; returns what the
    killed processes said."""
    options, undisturbed = calm
    imports.site.python("tests.chaos.shop", "open", slug)
    chance, said = random.Random(slug), []
    for strike in range(KILLS):
        process = imports.begin(slug, *options)
        imports.wait_for_row(undisturbed["counts"][1] * strike // KILLS, slug, process)
        time.sleep(chance.uniform(0, 0.5 if strike else 2))
        kill(process)
        _, errors = process.communicate()
        if process.returncode == 0:
            break
        said.append(errors)
    else:
        process = imports.begin(slug, *options)
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    assert said
    _same(imports.books(slug), undisturbed, history=bool(options))
    imports.site.verify_books()
    return said


def _once_is_enough_if_short(calm, options: tuple[str, ...]) -> None:
    if SHORT and calm[0] != options:
        pytest.skip("killed otherwise in the short round")


def test_the_importing_process_is_killed(imports: Imports, calm):
    _once_is_enough_if_short(calm, LIVE)
    slug = f"worker-{len(calm[0])}"
    _kill_again_and_again(imports, slug, calm, lambda process: process.kill())


def test_postgres_is_killed(imports: Imports, calm):
    _once_is_enough_if_short(calm, HISTORY)

    def kill(process: Popen) -> None:
        imports.site.kill_postgres()
        process.wait()
        imports.site.start_postgres()

    for said in _kill_again_and_again(imports, f"server-{len(calm[0])}", calm, kill):
        assert "The database went away" in said
        assert "The same command again goes on from there." in said


def test_a_worker_is_killed(imports: Imports, calm):
    """kill -9 of a worker and its children: the sweep finds the import, another worker ends it."""
    options, undisturbed = calm
    if options:
        pytest.skip("a worker imports history by the same code; once is enough")
    imports.site.broker.flushall()  # a clock that a storm has left waiting would expire the points
    imports.site.python("tests.chaos.shop", "open", "upload")
    imports.site.python(
        "tests.chaos.shop", "upload", "upload", str(imports.orders), str(imports.mapping)
    )
    first = imports.begin_worker()
    imports.wait_for_row(1, "upload", first)
    end(first)
    # The broker keeps a killed worker's message for an hour; the sweep does not wait for that.
    with psycopg.connect(imports.site.env["DATABASE_OWNER_URL"]) as connection:
        connection.execute(
            "UPDATE accounts_importrun SET heartbeat_at = heartbeat_at - interval '3 minutes'"
        )
    imports.site.python("tests.chaos.shop", "sweep", "upload")
    second = imports.begin_worker()
    until(lambda: imports.books("upload")["counts"][0] == "done", seconds=300)
    end(second)
    _same(imports.books("upload"), undisturbed, history=False)
