"""PostgreSQL and Valkey out of wheels, for `make demo` and `make test` on a bare machine.

`ensure()` starts both, or finds them running, and puts their addresses into the environment. Every
process that called it counts as a user; the last one out stops them. Never used in production.

Only file locks are trusted, because the kernel drops them when a process dies, however it dies:
`start.lock` is held while looking and starting, `users.lock` is shared by all users, and
`<server>.lock` is inherited by every process of that server, so it is free exactly when none lives.
"""

import atexit
import fcntl
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from loyalty.servers import postgres, valkey
from loyalty.servers.places import HOW_TO_DO_WITHOUT, PROJECT, home_of, is_ours, parents_of

_joined: dict[Path, IO[str]] = {}  # home -> our open users.lock


def ensure(name: str = "demo", *, durable: bool = True, project: Path = PROJECT) -> None:
    """Set DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL where unset, starting what they need.

    `durable=False` trades safety on a crash for speed. Exits with one sentence where it cannot.
    """
    needed = missing()
    if not needed:
        return
    if os.environ.get("LOYALTY_ENV") == "production":
        raise SystemExit(HOW_TO_DO_WITHOUT)
    home = home_of(name, project)
    with _locked(home / "start.lock"):
        _join(home)
        if "DATABASE_URL" in needed:
            postgres.start(home, durable=durable)
            os.environ["DATABASE_URL"] = postgres.url(home, "loyalty_app")
            os.environ["DATABASE_OWNER_URL"] = postgres.url(home, "loyalty_owner")
        if "REDIS_URL" in needed:
            valkey.start(home, durable=durable)
            os.environ["REDIS_URL"] = valkey.url(home)


def missing() -> set[str]:
    """Which addresses the environment does not give."""
    return {name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)}


def stop(name: str = "demo", *, project: Path = PROJECT) -> None:
    """Stop both servers now, whoever still uses them."""
    home = home_of(name, project)
    with _locked(home / "start.lock"):
        _stop(home)


def remove(*, project: Path = PROJECT) -> None:
    """Stop every server of this checkout and delete its data."""
    for parent in parents_of(project):
        if parent.exists() and is_ours(parent):
            for lock in parent.glob("*/start.lock"):
                with _locked(lock):
                    _stop(lock.parent)
            shutil.rmtree(parent)


def _stop(home: Path) -> None:
    valkey.stop(home)
    postgres.stop(home)


def _join(home: Path) -> None:
    if home in _joined:
        return
    users = (home / "users.lock").open("w")
    fcntl.flock(users, fcntl.LOCK_SH)  # waits for a last user who is stopping the servers just now
    _joined[home] = users
    atexit.register(_leave, home, os.getpid())
    # A forked child is no user: it would hold our lock for as long as it lives.
    os.register_at_fork(after_in_child=users.close)


def _leave(home: Path, pid: int) -> None:
    if os.getpid() != pid:
        return
    with _joined.pop(home) as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # somebody else still works with them
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient second Ctrl-C is too late here
        _stop(home)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
