"""Starting, finding and awaiting servers that outlive the process that started them.

A server is known by a lock on a file, which all its processes inherit. Process numbers prove
nothing: others get them again, and a dead one may linger.
"""

import fcntl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from loyalty.servers.places import PLAIN, server_user

PATIENCE = 60  # seconds for a server to come up or go down; recovery after a crash takes a few
PAUSE = 0.03


def is_free(lock: Path) -> bool:
    """Whether no process holds `lock`, which is to say: no process of that server lives."""
    with lock.open("a") as probe:
        try:
            # Shared, so that two who look at once do not take each other for the server.
            fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def bring_up(
    server: str, *, home: Path, command: Callable[[], list[str]], answers: Callable[[], bool]
) -> None:
    """Return when `server` answers. One found running is left as it is, one found dead is started.

    One that is going down, or whose orphaned processes are (after a kill -9), is waited for.
    """
    lock, log = home / f"{server}.lock", home / f"{server}.log"
    started = False
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if is_free(lock):
            if started:
                break  # it gave up
            launch(command(), lock=lock, log=log)
            started = True
        if answers():
            return
        time.sleep(PAUSE)
    last_words = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    raise SystemExit(f"The {server} server does not start; {log} ends with:\n{last_words}")


def launch(command: list[str], *, lock: Path, log: Path) -> None:
    """Start a server that outlives us, holds `lock` while it lives and never sees our Ctrl-C."""
    with lock.open("a") as held, log.open("wb") as output:
        fcntl.flock(held, fcntl.LOCK_EX)
        subprocess.run(
            # By way of a shell that leaves at once: the server becomes a child of init, not ours.
            ["/bin/sh", "-c", '"$@" &', "sh", *command],
            check=True,
            cwd="/",
            env=PLAIN,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[held.fileno()],
            start_new_session=True,
            umask=0o077,
            **server_user(),
        )


def await_end(lock: Path) -> bool:
    """Whether the server that holds `lock` has ended, waiting a while for it."""
    deadline = time.monotonic() + PATIENCE
    while not is_free(lock):
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True
