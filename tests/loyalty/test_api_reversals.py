"""A fact is taken back at its own address: done once, in proportion, never more than there was."""

import json

import pytest

from accounts.models import Account, Activity, Command, Tenant
from rewards.models import Entry, Wallet
from tests.loyalty.test_api import ORDER, Api, _secret, company
from tests.rewards.stories import accepted, at, purchase

__all__ = ["company"]  # a fixture

BACK = {"external_id": "CN-1", "occurred_at": "2026-03-02T09:00:00Z", "quantity": "3"}


class Reversing(Api):
    def reverse(self, activity: str, body=BACK, key: str = "K-1"):
        headers = {"idempotency-key": key} if key else {}
        return self.client.post(
            f"/api/v1/activities/{activity}/reversals",
            json.dumps(body),
            content_type="application/json",
            headers=headers,
        )


@pytest.fixture
def api(company: Tenant) -> Reversing:
    return Reversing(company, _secret("activities:write", "activities:read"))


@pytest.fixture
def order(api: Reversing) -> str:
    """Ten pieces of 100.00; 1,000 points."""
    sent = api.post(ORDER | {"amount": "1000.00", "quantity": "10"}, "/api/v1/activities?source=e")
    return sent.json()["activity"]


def test_a_return_takes_back_its_share(api: Reversing, order: str):
    answer = api.reverse(order)
    assert answer.status_code == 201
    back = Activity.objects.get(kind="return")
    assert answer.json() == {
        "status": "accepted",
        "activity": str(back.pk),
        "reverses": order,
        "taken_back": [
            {
                "program": "rewards",
                "rule": "purchases",
                "rule_version": 1,
                "unit": "points",
                "granted": -300,
                "why": "in proportion to what is returned of the 1000 it had earned",
            }
        ],
    }
    assert answer["Location"] == f"/api/v1/activities/{back.pk}"
    assert api.get(answer["Location"]).json()["reverses"]["id"] == order
    assert (back.source, back.external_id, back.amount) == ("e", "CN-1", -30_000)
    assert Wallet.objects.get().available == 700


def test_sent_again_it_takes_nothing_more(api: Reversing, order: str):
    first = api.reverse(order)
    again = api.reverse(order)
    assert again.content == first.content
    assert (again.status_code, again["Location"]) == (201, first["Location"])
    assert again["Idempotent-Replayed"] == "true"
    by_its_own_identity = api.reverse(order, key="K-2")
    assert by_its_own_identity.status_code == 200
    assert by_its_own_identity.json()["status"] == "known"
    assert by_its_own_identity.json()["activity"] == first.json()["activity"]
    assert Wallet.objects.get().available == 700


def test_the_same_identity_with_other_content_is_a_conflict(api: Reversing, order: str):
    api.reverse(order)
    for body, key in ((BACK | {"quantity": "4"}, "K-1"), (BACK | {"quantity": "4"}, "K-2")):
        answer = api.reverse(order, body, key)
        assert answer.status_code == 409
        assert answer["Content-Type"] == "application/problem+json"
    assert Wallet.objects.get().available == 700


def test_the_same_key_for_another_fact_is_a_conflict(api: Reversing, order: str):
    other = api.post(ORDER | {"external_id": "SO-2", "quantity": "10"}).json()["activity"]
    api.reverse(order)
    assert api.reverse(other).json()["code"] == "idempotency_key_reused"
    assert Activity.objects.filter(kind="return").count() == 1


def test_more_than_is_left_is_refused_and_the_refusal_is_told_again(api: Reversing, order: str):
    api.reverse(order)
    second = BACK | {"external_id": "CN-2", "quantity": "8"}
    refused = api.reverse(order, second, "K-2")
    assert refused.status_code == 422
    assert refused.json()["detail"] == "8 to take back, but only 7 of 10 are left."
    again = api.reverse(order, second, "K-2")
    assert (again.status_code, again.content) == (422, refused.content)
    assert again["Content-Type"] == "application/problem+json"
    assert again["Idempotent-Replayed"] == "true"
    assert Command.objects.get(key="K-2").status == 422
    assert Wallet.objects.get().available == 700


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"quantity": 3}, "/quantity"),
        ({"amonut": "3"}, "/amonut"),
        ({"external_id": ""}, "/external_id"),
        ({"external_id": None}, "/external_id"),
        ({"line": "x" * 65}, "/line"),
        ({"a/b~c\ud800": "3"}, "/a~1b~0c?"),
    ],
)
def test_what_does_not_fit_is_pointed_at_and_may_be_sent_again(
    api: Reversing, order: str, body, pointer: str
):
    answer = api.reverse(order, BACK | body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert Command.objects.count() == 0
    assert api.reverse(order).status_code == 201


@pytest.mark.parametrize("body", [[], "text", 1, None, [BACK]])
def test_what_is_no_object_is_refused(api: Reversing, order: str, body):
    answer = api.reverse(order, body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == ""


def test_a_return_without_quantity_or_amount_is_refused(api: Reversing, order: str):
    answer = api.reverse(order, {key: BACK[key] for key in ("external_id", "occurred_at")})
    assert answer.status_code == 422
    assert "a quantity or an amount above zero" in answer.json()["detail"]
    assert Entry.objects.count() == 1


def test_without_a_key_of_its_own_a_command_is_not_begun(api: Reversing, order: str):
    answer = api.reverse(order, key="")
    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency_key_missing"
    assert Activity.objects.count() == 1


def test_what_does_not_exist_cannot_be_taken_back(api: Reversing, company: Tenant):
    answer = api.reverse("0197f7a0-0000-7000-8000-000000000002")
    assert answer.status_code == 404


def test_reading_alone_takes_nothing_back(company: Tenant, order: str):
    answer = Reversing(company, _secret("activities:read")).reverse(order)
    assert answer.status_code == 403
    assert Activity.objects.count() == 1


@pytest.mark.parametrize("source", ["deals", "referrals", "surveys", "system:training"])
def test_what_its_own_rules_take_back_nobody_else_does(api: Reversing, source: str):
    fact = purchase(Account.objects.get(), "1000.00", at("2026-02-10"))
    [outcome] = accepted(fact, source=source, as_of=at("2026-02-10"))
    answer = api.reverse(outcome.activity_id, BACK | {"amount": "1000.00", "quantity": "1"})
    assert answer.status_code == 422
    assert "cannot be returned" in answer.json()["detail"]
    assert Wallet.objects.get().available == 1000


def test_a_purchase_that_staff_has_approved_is_returned_as_any(api: Reversing):
    fact = purchase(Account.objects.get(), "1000.00", at("2026-02-10"))
    [outcome] = accepted(fact, source="claims", as_of=at("2026-02-10"))
    back = {"external_id": "CN-1", "occurred_at": "2026-03-02T09:00:00Z", "amount": "400.00"}
    assert api.reverse(outcome.activity_id, back).status_code == 201
    assert Wallet.objects.get().available == 600
