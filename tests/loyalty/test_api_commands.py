"""Sent twice, done once: what `loyalty.api.commands` and the edge promise of every operation."""

import json

import pytest
from django.conf import settings
from django.db import connection, transaction

from accounts import rates
from accounts.models import Activity, Command, Tenant
from accounts.tenancy import tenant_scope
from rewards.models import Entry, Wallet
from tests.factories import TenantFactory
from tests.loyalty.test_api import ORDER, Api, _secret, api, company

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
        tenant = TenantFactory()
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
