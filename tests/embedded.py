"""pytest plugin, named in `addopts`: servers for the tests, before Django's settings are read.

Addresses in the environment win. Otherwise every run has a pair of servers to itself, so that two
runs in one checkout do not drop each other's databases; the workers of a run inherit its addresses,
each with a Valkey database of its own: tests empty the cache, and rate limits are counted there.
"""

import fcntl
import os
from urllib.parse import urlsplit

from loyalty import servers


def _first_free_name() -> str:
    folder = servers.PROJECT / ".data"
    folder.mkdir(exist_ok=True)
    for number in range(1, 100):
        name = "test" if number == 1 else f"test-{number}"
        lock = os.open(folder / f"{name}.lock", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return name  # the lock is held until this process ends
    raise SystemExit("A hundred test runs in one checkout; stop some.")


if servers.missing():
    servers.ensure(_first_free_name(), durable=False)

if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    number = 1 + int(worker.removeprefix("gw")) % 7  # the sites of the journeys have 8 and above
    os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}").geturl()
