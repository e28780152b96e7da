"""Integrators send facts and read accounts; every answer says what happened and why."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.middleware import SessionMiddleware
from django.test import Client
from django.utils import timezone

from accounts.keys import make_key, revoke_key
from accounts.models import Activity, ApiKey, Tenant
from accounts.tenancy import tenant_scope
from rewards.models import Entry, Wallet
from tests import factories

ORDER = {
    "account": "D-1",
    "kind": "purchase",
    "external_id": "SO-1",
    "line": "1",
    "occurred_at": "2026-02-10T15:00:00Z",
    "amount": "1240.55",
}


class Api:
    """An integrator's client: the tenant's host, a key, JSON both ways."""

    def __init__(self, tenant: Tenant, secret: str = "") -> None:
        headers = {"authorization": f"Bearer {secret}"} if secret else {}
        self.client = Client(headers={"host": f"{tenant.slug}.localhost"} | headers)

    def post(self, body, path: str = "/api/v1/activities"):
        return self.client.post(path, json.dumps(body), content_type="application/json")

    def get(self, path: str):
        return self.client.get(path)


@pytest.fixture
def company(in_tenant: Tenant) -> Tenant:
    """One dealer, enrolled; one point per dollar, half as much again at Gold."""
    program = factories.ProgramFactory(slug="rewards")
    factories.publish_rule(program)
    factories.publish_scheme(program, ("Bronze", 0, "1"), ("Gold", 100_000, "1.5"))
    factories.enrolled_account(program, number="D-1", name="Dealer One")
    return in_tenant


def _secret(*scopes: str) -> str:
    staff = factories.StaffFactory()
    _, secret = make_key(name="erp", scopes=scopes, actor=staff, now=timezone.now())
    return secret


@pytest.fixture
def api(company: Tenant) -> Api:
    return Api(company, _secret("activities:write", "accounts:read"))


def test_one_fact_earns_and_says_why(api: Api):
    answer = api.post(ORDER)
    assert answer.status_code == 201
    body = answer.json()
    assert body["activity"] == str(Activity.objects.get().pk)
    del body["activity"]
    assert body == {
        "status": "accepted",
        "reason": "",
        "grants": [
            {
                "program": "rewards",
                "rule": "purchases",
                "rule_version": 1,
                "unit": "points",
                "desired": 1240,
                "granted": 1240,
                "multiplier": "1",
                "tier": "Bronze",
                "why": "1 per 1.00 of 1,240.55",
            }
        ],
    }
    assert Wallet.objects.get().available == 1240


def test_the_same_fact_again_moves_nothing(api: Api):
    first = api.post(ORDER).json()
    again = api.post(ORDER)
    assert again.status_code == 200
    assert again.json()["status"] == "known"
    assert again.json()["activity"] == first["activity"]
    assert Entry.objects.count() == 1
    assert Wallet.objects.get().available == 1240


def test_the_same_identity_with_other_content_is_a_conflict(api: Api):
    api.post(ORDER)
    answer = api.post(ORDER | {"amount": "1240.56"})
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "Conflict"
    assert "SO-1, line 1 was taken in before with other content" in answer.json()["detail"]
    assert Wallet.objects.get().available == 1240


def test_nobody_speaks_for_the_system(api: Api):
    answer = api.post(ORDER, "/api/v1/activities?source=system:occasions")
    assert answer.status_code == 400
    assert "Sources of the system itself" in answer.json()["detail"]


def test_identities_of_different_sources_do_not_meet(api: Api):
    assert api.post(ORDER, "/api/v1/activities?source=erp").status_code == 201
    assert api.post(ORDER, "/api/v1/activities?source=shop").status_code == 201
    assert Wallet.objects.get().available == 2480


def test_a_misspelled_source_gives_facts_no_other_identity(api: Api):
    answer = api.post(ORDER, "/api/v1/activities?sorce=erp")
    assert answer.status_code == 400
    assert answer.json()["detail"] == "“sorce” is no parameter of this; there are source."
    assert Activity.objects.count() == 0


def test_a_list_takes_the_good_ones_and_says_what_is_wrong_with_the_others(api: Api):
    answer = api.post(
        [
            ORDER,
            ORDER | {"external_id": "SO-2", "account": "D-9"},
            ORDER | {"external_id": "SO-3", "amount": "twelve"},
            ORDER | {"external_id": "SO-4", "kind": "hug"},
            ORDER,
            ORDER | {"amount": "1"},
            "no object",
        ]
    )
    assert answer.status_code == 200
    body = answer.json()
    items = body.pop("items")
    assert body == {"accepted": 1, "known": 1, "conflict": 1, "rejected": 4}
    assert [item["status"] for item in items] == [
        "accepted",
        "rejected",
        "rejected",
        "rejected",
        "known",
        "conflict",
        "rejected",
    ]
    assert "There is no account with the number “D-9”" in items[1]["reason"]
    assert "amount" in items[2]["reason"]
    assert (
        "There is no activity kind “hug”; use one of purchase, return, training"
        in (items[3]["reason"])
    )
    assert Activity.objects.count() == 1


def test_a_single_fact_that_cannot_be_taken_in_is_a_problem(api: Api):
    answer = api.post(ORDER | {"amount": "1e999"})
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 422
    assert Activity.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[]", 400), (b'"text"', 422), (b"null", 422), (b"\xff", 400)],
)
def test_what_is_no_fact_at_all_is_refused_with_a_sentence(api: Api, body: bytes, status: int):
    answer = api.client.post("/api/v1/activities", body, content_type="application/json")
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_more_than_ten_thousand_facts_are_too_many(api: Api):
    answer = api.post([ORDER] * 10_001)
    assert answer.status_code == 413
    assert answer.json()["detail"] == "Send 1 to 10,000 facts at a time; these are 10,001."
    assert Activity.objects.count() == 0


@pytest.mark.parametrize(("number", "cents"), [("1240.55", 124_055), ("0.1", 10), ("1e2", 10_000)])
def test_json_numbers_are_read_as_decimal_text(api: Api, number: str, cents: int):
    body = json.dumps(ORDER).replace('"1240.55"', number)
    answer = api.client.post("/api/v1/activities", body, content_type="application/json")
    assert answer.status_code == 201
    assert Activity.objects.get().amount == cents


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_know_are_refused(api: Api, number: str):
    body = json.dumps(ORDER).replace('"1240.55"', number)
    answer = api.client.post("/api/v1/activities", body, content_type="application/json")
    assert answer.status_code == 400
    assert Activity.objects.count() == 0


@pytest.mark.parametrize("number", ["1e999999999", "0.001", "-5.00", "1e16"])
def test_amounts_that_are_no_amount_are_rejected(api: Api, number: str):
    body = json.dumps(ORDER).replace('"1240.55"', number)
    answer = api.client.post("/api/v1/activities", body, content_type="application/json")
    assert answer.status_code == 422
    assert Activity.objects.count() == 0


def test_reaching_a_tier_counts_from_the_next_fact_on(api: Api):
    now = timezone.now()
    early = (now - timedelta(hours=1)).isoformat()
    api.post(ORDER | {"amount": "1000.00", "occurred_at": early})
    second = api.post(ORDER | {"external_id": "SO-2", "occurred_at": timezone.now().isoformat()})
    (grant,) = second.json()["grants"]
    assert (grant["granted"], grant["multiplier"], grant["tier"]) == (1860, "1.5", "Gold")
    assert grant["why"] == "1 per 1.00 of 1,240.55 × 1.5 as Gold"


def test_an_account_tells_tier_balance_and_what_is_missing(api: Api):
    now = datetime.now(UTC)
    api.post(ORDER | {"amount": "400.00", "occurred_at": now.isoformat()})
    answer = api.get("/api/v1/accounts/D-1")
    assert answer.status_code == 200
    body = answer.json()
    (program,) = body["programs"]
    assert (body["number"], body["name"]) == ("D-1", "Dealer One")
    assert program["tier"] == "Bronze"
    assert program["points_available"] == 400
    assert program["next_tier"]["name"] == "Gold"
    assert [one["missing"] for one in program["next_tier"]["conditions"]] == [60_000]
    assert program["next_tier"]["percent"] == 40


def test_an_unknown_account_is_not_found(api: Api):
    answer = api.get("/api/v1/accounts/D-404")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_without_a_key_the_answer_says_how_to_send_one(company: Tenant):
    answer = Api(company).post(ORDER)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert "Authorization: Bearer" in answer.json()["detail"]
    assert Activity.objects.count() == 0


def test_a_key_without_the_scope_is_refused(company: Tenant):
    answer = Api(company, _secret("accounts:read")).post(ORDER)
    assert answer.status_code == 403
    assert "activities:write" in answer.json()["detail"]
    assert Activity.objects.count() == 0


def test_a_revoked_key_opens_nothing(company: Tenant):
    secret = _secret("activities:write")
    revoke_key(key=ApiKey.objects.get(), actor=factories.StaffFactory(), now=timezone.now())
    assert Api(company, secret).post(ORDER).status_code == 401
    assert Activity.objects.count() == 0


def test_another_tenants_key_does_not_exist_here(company: Tenant, other_tenant: Tenant):
    with tenant_scope(other_tenant.id):
        secret = _secret("activities:write")
    assert Api(company, secret).post(ORDER).status_code == 401
    assert Activity.objects.count() == 0


def test_at_the_plain_host_the_key_names_the_tenant(company: Tenant):
    secret = _secret("activities:write")
    client = Client(headers={"host": "localhost", "authorization": f"Bearer {secret}"})
    answer = client.post("/api/v1/activities", json.dumps(ORDER), content_type="application/json")
    assert answer.status_code == 201
    assert Activity.objects.get().tenant_id == company.pk


def test_at_the_plain_host_nobody_gets_in_without_a_key(company: Tenant):
    for headers in ({}, {"authorization": "Bearer loy_wrong"}):
        answer = Client(headers={"host": "localhost"} | headers).post(
            "/api/v1/activities", json.dumps(ORDER), content_type="application/json"
        )
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
    assert Activity.objects.count() == 0


def test_a_call_with_a_key_passes_by_sessions_and_brings_headers_of_its_own(api: Api, monkeypatch):
    def nobody_signs_in(*args):
        raise AssertionError("a key has no session")

    monkeypatch.setattr(SessionMiddleware, "process_request", nobody_signs_in)
    answer = api.post(ORDER)
    assert answer.status_code == 201
    assert answer["Content-Length"] == str(len(answer.content))
    assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer["X-Frame-Options"] == "DENY"
    assert not answer.cookies


def test_addresses_that_are_no_edge_go_the_whole_way_with_a_key_too(api: Api):
    assert api.get("/api/v1/nothing").status_code == 404
    assert "script-src 'self'" in api.get("/api/v1/docs/")["Content-Security-Policy"]
