"""Integrators send one fact a call, many at once: they share transactions, and nothing else."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from time import monotonic, sleep

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.keys import make_key
from accounts.models import Account, Activity, ApiKey, Tenant
from accounts.tenancy import tenant_scope
from loyalty.api import together
from loyalty.api.edge import rate_after
from rewards.models import Wallet
from tests import factories

LONG = 100.0  # seconds: what never takes so long, however slow the machine
NUMBERS = [f"D-{number}" for number in range(1, 7)]


class Callers:
    """An integrator with a thread for each call."""

    def __init__(self, tenant: Tenant, secret: str) -> None:
        self.tenant = tenant
        self.headers = {"host": f"{tenant.slug}.localhost", "authorization": f"Bearer {secret}"}
        self.threads = ThreadPoolExecutor(len(NUMBERS))

    def call(self, number: str, **other) -> Future[HttpResponse]:
        return self.threads.submit(self.send, number, **other)

    def send(self, number: str, query: str = "", **other) -> HttpResponse:
        fact = {"account": number, "kind": "purchase", "external_id": f"SO-{number}"}
        fact |= {"occurred_at": "2026-02-10T15:00:00Z", "amount": "100.00"} | other
        try:
            return Client(headers=self.headers).post(
                f"/api/v1/activities{query}", json.dumps(fact), content_type="application/json"
            )
        finally:
            connection.close()

    def recorded(self) -> dict[datetime, set[str]]:
        """The accounts whose facts were recorded at the same instant: in one batch."""
        found: dict[datetime, set[str]] = {}
        with tenant_scope(self.tenant.id), transaction.atomic():
            for one in Activity.objects.select_related("account"):
                found.setdefault(one.recorded_at, set()).add(one.account.number)
        return found

    def balances(self) -> list[int]:
        with tenant_scope(self.tenant.id), transaction.atomic():
            wallets = Wallet.objects.order_by("account__number")
            return list(wallets.values_list("available", flat=True))


@pytest.fixture
def callers(committed) -> Iterator[Callers]:
    """Six dealers who get a point per dollar."""
    with transaction.atomic():
        tenant = factories.TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        program = factories.ProgramFactory(slug="rewards")
        factories.publish_rule(program)
        for number in NUMBERS:
            factories.enrolled_account(program, number=number, name=number)
        staff = factories.StaffFactory()
        _, secret = make_key(
            name="erp", scopes=["activities:write"], actor=staff, now=timezone.now()
        )
    callers = Callers(tenant, secret)
    yield callers
    callers.threads.shutdown()
    call_command("verify_books", verbosity=0)


@contextmanager
def locked(tenant: Tenant, number: str) -> Iterator[None]:
    """Somebody else works on the account, as an import does."""
    with tenant_scope(tenant.id), transaction.atomic():
        Account.objects.select_for_update().get(number=number)
        yield


def _wait_until(is_so) -> None:
    give_up = monotonic() + LONG
    while not is_so():
        assert monotonic() < give_up
        sleep(0.005)


def _waiting() -> int:
    return sum(len(calls) for calls in together._turnstile._waiting.values())


def _is_somebody_inside() -> bool:
    return bool(together._turnstile._waiting)


def test_who_waits_for_a_batch_goes_together_in_the_next(callers: Callers, monkeypatch):
    monkeypatch.setattr(together, "PATIENCE", LONG)
    with locked(callers.tenant, "D-1"):
        first = callers.call("D-1")
        _wait_until(_is_somebody_inside)
        others = [callers.call(number) for number in NUMBERS[1:]]
        _wait_until(lambda: _waiting() == len(NUMBERS) - 1)
    answers = [one.result() for one in [first, *others]]
    assert [answer.status_code for answer in answers] == [201] * 6
    assert [answer.json()["grants"][0]["granted"] for answer in answers] == [100] * 6
    assert sorted(callers.recorded().values(), key=len) == [{"D-1"}, set(NUMBERS[1:])]
    assert callers.balances() == [100] * 6
    assert not _is_somebody_inside()


def test_nobody_waits_long_for_an_account_that_is_not_theirs(callers: Callers):
    with locked(callers.tenant, "D-1"):
        first = callers.call("D-1")
        _wait_until(_is_somebody_inside)
        others = [callers.call(number) for number in NUMBERS[1:]]
        assert [one.result(LONG).status_code for one in others] == [201] * 5
        assert not first.done()
    assert first.result().status_code == 201
    assert callers.balances() == [100] * 6


def test_the_same_fact_twice_in_a_batch_is_taken_in_once(callers: Callers, monkeypatch):
    monkeypatch.setattr(together, "PATIENCE", LONG)
    with locked(callers.tenant, "D-1"):
        first = callers.call("D-1")
        _wait_until(_is_somebody_inside)
        twice = [callers.call("D-2"), callers.call("D-2")]
        _wait_until(lambda: _waiting() == 2)
    assert first.result().status_code == 201
    assert sorted(one.result().status_code for one in twice) == [200, 201]
    assert sum(callers.balances()) == 200


def test_a_fact_that_breaks_the_batch_leaves_the_others_alone(callers: Callers, monkeypatch):
    """What nobody foresaw: each call then goes on by itself."""
    take = together.take

    def breaks(raw, **about):
        if any(one["account"] == "D-3" for one in raw):
            raise RuntimeError("nobody foresaw this")
        return take(raw, **about)

    monkeypatch.setattr(together, "take", breaks)
    monkeypatch.setattr(together, "PATIENCE", LONG)
    with locked(callers.tenant, "D-1"):
        first = callers.call("D-1")
        _wait_until(_is_somebody_inside)
        others = [callers.call(number) for number in NUMBERS[1:]]
        _wait_until(lambda: _waiting() == 5)
    assert [one.result().status_code for one in [first, *others]] == [201] * 6
    assert callers.balances() == [100] * 6
    with tenant_scope(callers.tenant.id), transaction.atomic():
        assert rate_after(0, ApiKey.objects.get()).calls == 6


def test_a_second_try_in_the_same_batch_is_judged_by_itself(callers: Callers, monkeypatch):
    """The first was wrong and is refused; the one that puts it right is not refused with it."""
    monkeypatch.setattr(together, "PATIENCE", LONG)
    with locked(callers.tenant, "D-1"):
        first = callers.call("D-1")
        _wait_until(_is_somebody_inside)
        wrong = callers.call("D-2", kind="return", reverses={"external_id": "nothing"})
        _wait_until(lambda: _waiting() == 1)
        right = callers.call("D-2")
        _wait_until(lambda: _waiting() == 2)
    assert [one.result().status_code for one in (first, wrong, right)] == [201, 422, 201]
    assert sum(callers.balances()) == 200


def test_a_batch_goes_as_far_as_the_key_may_call(
    callers: Callers, monkeypatch, settings: LazySettings
):
    settings.API_CALLS_PER_MINUTE = 4
    monkeypatch.setattr(together, "PATIENCE", LONG)
    with locked(callers.tenant, "D-1"):
        first = callers.call("D-1")
        _wait_until(_is_somebody_inside)
        others = [callers.call(number) for number in NUMBERS[1:]]
        _wait_until(lambda: _waiting() == 5)
    statuses = sorted(one.result().status_code for one in [first, *others])
    assert statuses == [201, 201, 201, 201, 429, 429]
    assert sum(callers.balances()) == 400


@pytest.mark.parametrize(
    ("status", "fact"),
    [
        (201, {"external_id": "NEW"}),
        (200, {}),
        (409, {"amount": "7.00"}),
        (422, {"account": "D-9", "external_id": "NEW"}),
        (422, {"external_id": "NEW", "occurred_at": "yesterday"}),
    ],
)
def test_the_view_would_answer_the_same(callers: Callers, status: int, fact: dict[str, str]):
    assert callers.send("D-1").status_code == 201
    alike = []
    for query in ("?source=erp", "?source=%65rp"):  # what is written otherwise goes to the view
        assert callers.send("D-1", query).status_code in (200, 201)
        answer = callers.send("D-1", query, **fact)
        assert answer.status_code == status
        body = answer.json() | {"activity": ""}
        told = dict(answer.headers) | {"RateLimit": "", "Content-Length": ""}
        alike.append((body, told, answer["RateLimit"].partition(";")[0]))
        fact = fact | {"external_id": "NEWER"} if status == 201 else fact
    assert alike[0] == alike[1]


def test_a_key_without_the_scope_and_one_that_was_revoked_are_sent_to_the_view(callers: Callers):
    with tenant_scope(callers.tenant.id), transaction.atomic():
        ApiKey.objects.update(scopes=["accounts:read"])
    refused = callers.send("D-1")
    assert (refused.status_code, "activities:write" in refused.json()["detail"]) == (403, True)
    with tenant_scope(callers.tenant.id), transaction.atomic():
        ApiKey.objects.update(revoked_at=timezone.now())
    assert callers.send("D-1").status_code == 401
    assert callers.recorded() == {}
