"""The service as processes of its own, on the test's database."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

START_SECONDS = 60
STOP_SECONDS = 15
# Their broker and cache are apart from those of tests that run at the same time.
FIRST_DATABASE = 8


@dataclass(frozen=True)
class Site:
    port: int
    env: Mapping[str, str]
    log: Path

    def url(self, slug: str) -> str:
        return f"http://{slug}.localhost:{self.port}"


@contextmanager
def serving(env: Mapping[str, str], *, files: Path) -> Iterator[Site]:
    """The web server on a free port; uploaded files go below `files`."""
    port = _free_port()
    own = {name: value for name, value in env.items() if name != "DATABASE_OWNER_URL"}
    own |= {
        "LOYALTY_PORT": str(port),
        "LOYALTY_FILES": str(files / "files"),
        "REDIS_URL": _own_redis(env["REDIS_URL"]),
    }
    site = Site(port, own, files / "site.log")
    command = ["granian", "--interface=wsgi", "--host=127.0.0.1", f"--port={port}"]
    command += ["--blocking-threads=4", "--log-level=warning", "loyalty.wsgi:application"]
    with _running(command, site) as process:
        _wait_until_it_answers(site, process)
        yield site


@contextmanager
def working(site: Site) -> Iterator[None]:
    command = ["celery", "--app=loyalty", "--quiet", "worker", "--pool=solo"]
    command += ["--without-gossip", "--without-mingle", "--loglevel=WARNING"]
    with _running(command, site):
        yield


@contextmanager
def _running(command: list[str], site: Site) -> Iterator[subprocess.Popen[bytes]]:
    with site.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=settings.BASE_DIR,
            env=site.env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_it_answers(site: Site, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=5)
        try:
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise AssertionError(f"The web server did not start:\n{site.log.read_text()}")


def _own_redis(url: str) -> str:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return urlsplit(url)._replace(path=f"/{FIRST_DATABASE + int(worker) % 8}").geturl()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
