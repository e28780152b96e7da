"""`manage.py demo`: the whole service on this machine, with a believable tenant, until Ctrl-C."""

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

START_SECONDS = 60
STOP_SECONDS = 15


class Command(BaseCommand):
    help = "Prepare the database, seed a believable tenant, run web server, worker and scheduler."
    requires_system_checks = ()  # type: ignore[assignment]  # `migrate` below runs them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        refuse_taken_port(host, port)
        # All end it as Ctrl-C does, also where a script started it with Ctrl-C ignored.
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ending, signal.default_int_handler)
        # Links in mails carry the port: those of the children, and those made while seeding.
        os.environ["LOYALTY_PORT"] = str(port)
        settings.PORT = port

        children: dict[str, subprocess.Popen[bytes]] = {}
        try:
            call_command("prepare_database", stdout=self.stdout)
            call_command("migrate", interactive=False, verbosity=0)
            call_command("seed_demo", stdout=self.stdout)
            for name, command in commands(host, port).items():
                children[name] = start(command)
            wait_until_web_answers(host, port, children)
            self.stdout.write(welcome(port))
            self.stdout.flush()  # into a pipe or file it would wait there for the end of the demo
            watch(children)
        except KeyboardInterrupt:
            self.stdout.write("\nStopping.")
        finally:
            stop(children)


def refuse_taken_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as web servers do
        try:
            probe.bind((host, port))
        except OSError:
            raise SystemExit(f"Port {port} is taken. Try: make demo PORT={port + 1}") from None


def commands(host: str, port: int) -> dict[str, list[str]]:
    folder = settings.BASE_DIR / ".data" / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    celery = ["celery", "--app=loyalty", "--quiet"]
    worker = ["worker", "--concurrency=2", "--without-gossip", "--without-mingle"]
    return {
        "web server": [
            "granian",
            "--interface=wsgi",
            f"--host={host}",
            f"--port={port}",
            "--blocking-threads=8",
            "--log-level=error",
            "loyalty.wsgi:application",
        ],
        "worker": [*celery, *worker, "--loglevel=WARNING"],
        "scheduler": [*celery, "beat", f"--schedule={folder / 'beat'}", "--loglevel=WARNING"],
    }


def start(command: list[str]) -> subprocess.Popen[bytes]:
    # The service never holds the owner's key to the tables, here as little as in production.
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_OWNER_URL"}
    return subprocess.Popen(
        # Root's demo is harmless to root, whatever Celery says about it.
        [sys.executable, "-W", "ignore:You're running the worker with superuser", "-m", *command],
        cwd=settings.BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # a Ctrl-C in the terminal is ours; we then stop them in order
        preexec_fn=end_with_parent,  # noqa: PLW1509 nothing here runs threads
    )


def end_with_parent() -> None:
    """Let Linux end this child if we are killed and cannot: else it would keep the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1 is PR_SET_PDEATHSIG


def wait_until_web_answers(
    host: str, port: int, children: dict[str, subprocess.Popen[bytes]]
) -> None:
    address = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 only compared
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        refuse_dead(children)
        connection = http.client.HTTPConnection(address, port, timeout=5)
        try:
            connection.request("GET", "/healthz", headers={"Host": settings.DOMAIN})
            if connection.getresponse().status < 500:
                return
        except (OSError, http.client.HTTPException):
            pass  # not listening yet
        finally:
            connection.close()
        time.sleep(0.1)
    raise SystemExit(f"The web server did not answer within {START_SECONDS} seconds.")


def watch(children: dict[str, subprocess.Popen[bytes]]) -> None:
    while True:
        refuse_dead(children)
        time.sleep(0.5)


def refuse_dead(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            raise SystemExit(
                f"The {name} ended by itself (code {child.returncode}), so the demo stops."
            )


def stop(children: dict[str, subprocess.Popen[bytes]]) -> None:
    """End all children: kindly, and after a while or a second Ctrl-C not so kindly."""
    for child in children.values():
        child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        for child in children.values():
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
    for child in children.values():
        # Also the processes of one that was killed: a web worker left behind would keep the port.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def welcome(port: int) -> str:
    from loyalty.demo import sign_ins

    rows = [
        (who, f"http://{host}:{port}{path}", email, password)
        for who, path, host, email, password in sign_ins()
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(["", "Loyalty is running; Ctrl-C stops it.", "", *lines, ""])
