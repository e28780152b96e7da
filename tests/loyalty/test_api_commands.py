"""Sent twice, done once: what `loyalty.api.commands` and the edge promise of every operation."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts import rates
from accounts.models import Activity, Command, Tenant
from accounts.tenancy import tenant_scope
from rewards.intake import take_in
from rewards.models import Entry, Wallet
from tests import factories
from tests.journeys.site import Site, serving
from tests.loyalty.test_api import ORDER, Api, _secret, api, company
from tests.rewards.stories import accepted, purchase

__all__ = ["api", "company"]  # fixtures


def post(api: Api, body, key: str, path: str = "/api/v1/activities"):
    return api.client.post(
        path, json.dumps(body), content_type="application/json", headers={"idempotency-key": key}
    )


def test_the_same_command_again_is_answered_as_the_first_time(api: Api):
    first = post(api, ORDER, "K-1")
    again = post(api, ORDER, "K-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["Content-Type"] == first["Content-Type"] == "application/json"
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert Activity.objects.count() == Entry.objects.count() == Command.objects.count() == 1
    assert Wallet.objects.get().available == 1240


@pytest.mark.parametrize("key", ["K-1", '"K-1"'])
def test_the_order_of_names_and_the_quotes_of_the_key_do_not_matter(api: Api, key: str):
    post(api, ORDER, "K-1")
    again = post(api, dict(reversed(ORDER.items())), key)
    assert again["Idempotent-Replayed"] == "true"


def test_the_same_key_with_other_content_is_a_conflict_and_nothing_moves(api: Api):
    post(api, ORDER, "K-1")
    other = post(api, ORDER | {"external_id": "SO-2"}, "K-1")
    elsewhere = post(api, ORDER, "K-1", "/api/v1/activities?source=shop")
    for answer in (other, elsewhere):
        assert answer.status_code == 409
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "idempotency_key_reused"
    assert Activity.objects.count() == Command.objects.count() == 1


def test_another_key_of_the_same_tenant_repeats_the_command_too(api: Api, company: Tenant):
    """An integrator that replaced its API key in the middle of a retry does not do things twice."""
    first = post(api, ORDER, "K-1")
    again = post(Api(company, _secret("activities:write")), ORDER, "K-1")
    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"


def test_a_refused_fact_may_come_again_under_its_key(api: Api):
    assert post(api, ORDER | {"account": "D-9"}, "K-1").status_code == 422
    assert Command.objects.count() == 0
    assert post(api, ORDER, "K-1").status_code == 201


@pytest.mark.parametrize("key", ["x" * 256, "ä", "a b", '""x y""'])
def test_a_key_that_is_none_is_refused(api: Api, key: str):
    answer = post(api, ORDER, key)
    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency_key_unfit"
    assert Activity.objects.count() == 0


def test_what_is_still_being_done_is_to_be_asked_for_later(committed):
    with transaction.atomic():
        tenant = factories.TenantFactory()
    other = connection.copy()
    with tenant_scope(tenant.id), transaction.atomic():
        secret = _secret("activities:write")
    try:
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_lock(hashtextextended(%s, 0))",
                [f"command/{tenant.id}/api/K-1"],
            )
        answer = post(Api(tenant, secret), ORDER, "K-1")
    finally:
        other.close()
    assert answer.status_code == 409
    assert answer["Retry-After"] == "1"
    assert answer.json()["code"] == "idempotency_key_in_progress"


# ── How often ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def _two_calls(monkeypatch):
    monkeypatch.setattr(settings, "API_CALLS_PER_MINUTE", 2)
    monkeypatch.setattr(rates, "_away_until", 0.0)


@pytest.mark.usefixtures("_two_calls")
def test_too_many_calls_are_refused_until_the_window_ends(api: Api, company: Tenant):
    answers = [api.get("/api/v1/accounts/D-1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert {answer["RateLimit-Policy"] for answer in answers} == {'"requests";q=2;w=60'}
    assert [answer["RateLimit"] for answer in answers] == [
        '"requests";r=1;t=60',
        '"requests";r=0;t=60',
        '"requests";r=0;t=60',
    ]
    refused = answers[2]
    assert refused["Retry-After"] == "60"
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "too_many_calls"
    assert Api(company, _secret("accounts:read")).get("/api/v1/accounts/D-1").status_code == 200


@pytest.mark.usefixtures("_two_calls")
def test_a_call_too_many_moves_nothing(api: Api):
    for number in range(3):
        api.post(ORDER | {"external_id": f"SO-{number}"})
    assert Activity.objects.count() == 2


def test_while_valkey_is_away_everybody_is_served(api: Api, monkeypatch):
    monkeypatch.setattr(rates, "_away_until", float("inf"))
    answer = api.get("/api/v1/accounts/D-1")
    assert answer.status_code == 200
    assert "RateLimit" not in answer


# ── At once, and gone wrong ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("callers", [2, 16])
def test_sent_many_times_at_once_it_is_done_once(
    committed, process_env, tmp_path: Path, callers: int
):
    """Over HTTP, against a service with several threads: each caller is told the one outcome, or
    to ask again; asked again, all are told the same."""
    with transaction.atomic():
        tenant = factories.TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        program = factories.ProgramFactory(slug="rewards")
        factories.publish_rule(program)
        account = factories.enrolled_account(program, number="D-1")
        now = timezone.now()
        accepted(purchase(account, "100.00", now, "SO-1", quantity=10), as_of=now)
        original, secret = Activity.objects.get(), _secret("activities:write")
    with serving(process_env, files=tmp_path) as site:
        call = partial(_take_back, site, str(original.pk), secret, now.isoformat())
        with ThreadPoolExecutor(callers) as pool:
            at_once = [one.result() for one in [pool.submit(call) for _ in range(callers)]]
        later = [call() for _ in range(3)]
    outcomes = {told for told in (*at_once, *later) if told[0] != 409}
    assert len(outcomes) == 1
    assert outcomes.pop()[0] == 201
    assert all("is still being done" in body for status, body in at_once if status == 409)
    with tenant_scope(tenant.id), transaction.atomic():
        assert Wallet.objects.get().available == 70
        assert Entry.objects.count() == 2
        assert Command.objects.count() == 1


def _take_back(site: Site, activity: str, secret: str, when: str) -> tuple[int, str]:
    connection = HTTPConnection("localhost", site.port, timeout=60)
    body = {"external_id": "CN-1", "occurred_at": when, "quantity": "3"}
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    headers["Idempotency-Key"] = "K-1"
    path = f"/api/v1/activities/{activity}/reversals"
    with closing(connection):
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_below_the_api_a_program_reads_every_answer(api: Api):
    for path in ("/api/v1/nothing", "/api/v1/entries/none", "/api/v2/activities"):
        answer = api.get(path)
        assert (path, answer.status_code) == (path, 404)
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["detail"] == "There is nothing at this address."
    assert api.get("/nothing")["Content-Type"].startswith("text/html")


def test_a_failure_is_told_as_a_problem_and_leaves_nothing_behind(api: Api, monkeypatch):
    def take_in_and_fail(*args, **options):
        take_in(*args, **options)
        raise RuntimeError("out of the blue")

    monkeypatch.setattr("loyalty.api.taking.take_in", take_in_and_fail)
    api.client.raise_request_exception = False
    answer = post(api, ORDER, "K-1")
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert "out of the blue" not in answer.text
    assert Activity.objects.count() == Entry.objects.count() == Command.objects.count() == 0
