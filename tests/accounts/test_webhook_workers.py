"""Webhooks sent by several workers, and by one that is killed in the middle of it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connections, transaction

from accounts import tasks
from accounts.models import Tenant
from accounts.postgres.scope import reset_open_tenant, set_open_tenant
from accounts.tenancy import tenant_scope
from accounts.webhooks.deliveries import AT_ONCE, LEASE
from tests.accounts.test_delivery import everything_settled, record
from tests.accounts.webhooks_sent import SECRET, endpoint_at, happens, log, send, states
from tests.factories import TenantFactory
from tests.receiver import receiving, until


@pytest.fixture(autouse=True)
def _local(settings) -> None:
    settings.WEBHOOKS_TO_LOCALHOST = True


@pytest.fixture
def company(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id):
        yield tenant


def in_one(do: Callable):
    with transaction.atomic():
        return do()


def test_two_workers_send_nothing_twice(company: Tenant):
    with receiving(lambda number: time.sleep(0.002) or 200) as receiver:
        in_one(lambda: [endpoint_at(receiver.url) for _ in range(3)])
        events = in_one(lambda: happens(*["points.earned"] * 40))
        counts: list[int] = []

        def work() -> None:
            with tenant_scope(company.id):
                counts.append(send())
            connections.close_all()

        workers = [threading.Thread(target=work) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert sum(counts) == len(receiver.got) == 120
    assert sorted(got.id for got in receiver.got) == sorted(
        str(e.id) for e in events for _ in "abc"
    )
    assert receiver.most_at_once <= 3 * AT_ONCE
    with transaction.atomic():
        assert (states(), len(log())) == (["delivered"] * 120, 120)


def test_a_sweep_sends_a_message_and_the_message_does_it_all(company: Tenant, monkeypatch):
    sent: list[dict] = []
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda **message: sent.append(message))
    monkeypatch.setattr(tasks.deliver, "delay", lambda **kwargs: sent.append({"kwargs": kwargs}))
    message = {"kwargs": {"tenant_id": str(company.id)}}
    with receiving() as receiver:
        in_one(lambda: endpoint_at(receiver.url, "points.*"))
        in_one(lambda: record("points.earned", "tier.changed"))
        everything_settled()
        with nobody_open():
            tasks.sweep_deliveries()
            assert sent == [message | {"expires": 60}]
            tasks.deliver(**sent.pop()["kwargs"])
            assert [got.verified(SECRET)["type"] for got in receiver.got] == ["points.earned"]
            tasks.sweep_deliveries()
            assert sent == []
        in_one(lambda: record("points.earned"))
        everything_settled()
        with nobody_open():
            monkeypatch.setattr(tasks, "TURN_SECONDS", 0)
            tasks.deliver(**message["kwargs"])  # its turn is over, and it asks for another
    assert (len(receiver.got), sent) == (1, [message])


@contextmanager
def nobody_open() -> Iterator[None]:
    """As in a worker between two tasks."""
    token = set_open_tenant(None)
    try:
        yield
    finally:
        reset_open_tenant(token)


WORKER = """
import sys, django
django.setup()
from uuid import UUID
from django.utils import timezone
from accounts.guards import refuse_unless_walled
from accounts.tenancy import tenant_scope
from accounts.webhooks.sending import send_due
refuse_unless_walled()  # as a worker does before anything else
with tenant_scope(UUID(sys.argv[1])):
    send_due(now=timezone.now, go_on=lambda: True)
"""


def test_kill_9_in_the_middle_of_a_delivery(company: Tenant, process_env):
    """The receiver has it, we do not know: it is sent again, under the same id."""
    hang = threading.Event()

    def behave(number: int) -> int:
        if number == 1:
            hang.wait(30)
        return 200

    with receiving(behave) as receiver:
        in_one(lambda: endpoint_at(receiver.url))
        [event] = in_one(lambda: happens("points.earned"))
        env = process_env | {
            "DJANGO_SETTINGS_MODULE": "loyalty.settings",
            "LOYALTY_WEBHOOKS_TO_LOCALHOST": "yes",
        }
        worker = subprocess.Popen([sys.executable, "-c", WORKER, str(company.id)], env=env)
        until(lambda: receiver.got, seconds=60)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        hang.set()
        assert send() == 0
        assert send(LEASE + timedelta(seconds=1)) == 1
    assert [got.id for got in receiver.got] == [str(event.id)] * 2
    with transaction.atomic():
        assert log() == [(1, "lost", None), (2, "delivered", 200)]
        assert states() == ["delivered"]
