"""One fact through HTTP, as a share of a POST that does nothing, on the same server."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from statistics import median

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.keys import make_key
from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from tests import factories
from tests.benchmarks.company import ACCOUNTS, PRODUCTS, open_company

CLIENTS = 32
SECONDS = 4.0
ROUNDS = 5


def run() -> Iterator[str]:
    yield against_no_op(open_company("http"), "one fact by HTTP")


def against_no_op(tenant: Tenant, name: str) -> str:
    """Rounds of the no-op, each followed by one of facts."""
    with tenant_scope(tenant.id), transaction.atomic():
        staff = factories.StaffFactory(user__email=f"{tenant.slug}@example.com")
        _, secret = make_key(
            name="bench", scopes=["activities:write"], actor=staff, now=timezone.now()
        )
    port = _free_port()
    server = _serve(port)
    try:
        _wait_for(port)
        ratios, ours, floors = [], [], []
        for number in range(ROUNDS):
            floors.append(_rate(port, settings.DOMAIN, "/bare", _fact(f"F{number}"), {}))
            headers = {"Authorization": f"Bearer {secret}"}
            host = f"{tenant.slug}.{settings.DOMAIN}"
            ours.append(_rate(port, host, "/api/v1/activities", _fact(f"R{number}"), headers))
            ratios.append(ours[-1] / floors[-1])
    finally:
        server.terminate()
        server.wait()
    return (
        f"{name}: {median(ours):,.0f}/s, no-op DRF POST {median(floors):,.0f}/s, "
        f"ratio {median(ratios):.2f} (at least 0.35; rounds "
        f"{', '.join(f'{ratio:.2f}' for ratio in ratios)})"
    )


def _fact(prefix: str) -> Callable[[int], bytes]:
    def body(number: int) -> bytes:
        return json.dumps(
            {
                "account": f"A{number * 7919 % ACCOUNTS:05}",
                "kind": "purchase",
                "external_id": f"{prefix}-{number}",
                "occurred_at": "2026-02-03T12:00:00Z",
                "amount": "149.90",
                "quantity": "2",
                "product": f"P{number % PRODUCTS:04}",
            }
        ).encode()

    return body


def _rate(
    port: int, host: str, path: str, body: Callable[[int], bytes], headers: dict[str, str]
) -> float:
    """Successful requests per second of CLIENTS keep-alive clients over SECONDS."""
    counts, problems = [0] * CLIENTS, []
    until = time.perf_counter() + SECONDS

    def client(index: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        send = {"Host": f"{host}:{port}", "Content-Type": "application/json"} | headers
        while time.perf_counter() < until:
            connection.request("POST", path, body(counts[index] * CLIENTS + index), send)
            response = connection.getresponse()
            answer = response.read()
            if response.status not in (200, 201):
                problems.append(f"{path} answered {response.status}: {answer[:300]!r}")
                return
            counts[index] += 1

    threads = [threading.Thread(target=client, args=(index,)) for index in range(CLIENTS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise RuntimeError(problems[0])
    return sum(counts) / (time.perf_counter() - started)


def _serve(port: int) -> subprocess.Popen:
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", "2", "--blocking-threads", "16", "--no-ws"),
        "tests.benchmarks.wsgi:application",
    ]
    # The limit on a key's calls would end the measurement, and is counted all the same.
    own = {"LOYALTY_PORT": str(port), "LOYALTY_API_CALLS_PER_MINUTE": str(10**9)}
    return subprocess.Popen(command, env=os.environ | own)


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The server did not come up.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
