"""The servers out of wheels: who runs them, who shares them, and what a crash leaves behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from django.core.management import call_command

from loyalty import servers
from loyalty.servers.places import home_of
from loyalty.servers.processes import is_free

ADDRESSES = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"}

# A user of the servers: says where they are, then works until its input ends.
USER = """
import os, sys
from pathlib import Path
from typing import LiteralString
from loyalty import servers
servers.ensure("t", durable=sys.argv[2] == "durable", project=Path(sys.argv[1]))
print(os.environ["DATABASE_URL"], os.environ["DATABASE_OWNER_URL"], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A checkout in a private folder, so that root's PostgreSQL may not even enter it."""
    tmp_path.chmod(0o700)
    yield tmp_path
    servers.remove(project=tmp_path)


@contextmanager
def user_of(project: Path, durable: str = "durable") -> Iterator[tuple[str, str]]:
    """Addresses for the app and the owner, as long as another process uses the servers."""
    environment = {k: v for k, v in os.environ.items() if k not in ADDRESSES}
    with subprocess.Popen(
        [sys.executable, "-c", USER, str(project), durable],
        cwd=servers.PROJECT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as user:
        assert user.stdin
        assert user.stdout
        app, owner = user.stdout.readline().split()
        yield app, owner
        user.stdin.close()
        assert user.wait(timeout=30) == 0


def ask(url: str, query: LiteralString) -> tuple:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchone() or () if cursor.description else ()


def postmaster(project: Path) -> int:
    return int((home_of("t", project) / "postgres/postmaster.pid").read_text().split("\n")[0])


def test_the_apps_role_is_bound_by_row_level_security(project: Path) -> None:
    with user_of(project) as (app, owner):
        assert ask(app, "SHOW server_version")[0].startswith("18.")
        rights = (
            "SELECT current_user, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert ask(app, rights) == ("loyalty_app", False, False, False, False)
        assert ask(owner, rights) == ("loyalty_owner", False, True, True, True)
        ours = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        assert ask(app, ours) == ("loyalty_owner",)


def test_processes_share_one_server_and_the_last_one_out_stops_it(project: Path) -> None:
    home = home_of("t", project)
    with user_of(project):
        first = postmaster(project)
        with user_of(project) as (app, _):
            assert postmaster(project) == first
        assert ask(app, "SELECT 1") == (1,)  # the other one still works
    assert is_free(home / "postgres.lock")
    assert is_free(home / "valkey.lock")
    assert stat_mode(project) == 0o700  # nobody opened what was private


def test_nothing_committed_is_lost_when_postgres_is_killed(project: Path) -> None:
    with user_of(project) as (_, owner):
        ask(owner, "CREATE TABLE kept AS SELECT 7 AS n")
        os.kill(postmaster(project), signal.SIGKILL)
    with user_of(project) as (_, owner):
        assert ask(owner, "SELECT n FROM kept") == (7,)


def test_a_stale_process_number_that_somebody_else_got_is_no_obstacle(project: Path) -> None:
    with user_of(project):
        os.kill(postmaster(project), signal.SIGKILL)
    home = home_of("t", project)
    wait_until(lambda: is_free(home / "postgres.lock"))
    stale = home / "postgres/postmaster.pid"
    stale.write_text(stale.read_text().replace(stale.read_text().split("\n")[0], str(os.getpid())))
    with user_of(project) as (app, _):
        assert ask(app, "SELECT 1") == (1,)


def test_an_unsynced_cluster_is_not_trusted_after_a_crash(project: Path) -> None:
    with user_of(project, "fast") as (_, owner):
        ask(owner, "CREATE TABLE gone AS SELECT 7 AS n")
        os.kill(postmaster(project), signal.SIGKILL)
    with user_of(project, "fast") as (_, owner):
        assert ask(owner, "SELECT to_regclass('gone')") == (None,)


def test_addresses_in_the_environment_win(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://mine@/mine")
    monkeypatch.setenv("REDIS_URL", "redis://mine")
    servers.ensure("t", project=project)
    assert os.environ["DATABASE_URL"] == "postgresql://mine@/mine"
    assert not (project / ".data").exists()


def test_production_never_gets_these_servers(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REDIS_URL")
    monkeypatch.setenv("LOYALTY_ENV", "production")
    with pytest.raises(SystemExit, match="Set DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL"):
        servers.ensure("t", project=project)
    assert not (project / ".data").exists()


def test_the_demo_names_a_port_when_its_own_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SystemExit, match=rf"^Port {port} is taken. Try: make demo PORT="):
            call_command("demo", port=port)


def stat_mode(folder: Path) -> int:
    return folder.stat().st_mode & 0o777


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
