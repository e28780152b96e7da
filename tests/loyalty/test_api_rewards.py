"""Rewards and redemptions through the API: exact points, one effect per key, reasons in words."""

import json

import pytest

from accounts.models import Account, Enrollment, Member, Program, Tenant
from rewards.models import Redemption, Reward, RewardCode, Wallet
from tests.factories import MemberFactory, ProgramFactory, enrolled_account, publish_rule
from tests.loyalty.test_api import Api, _secret
from tests.rewards.shop import ADDRESS, ask_for, offered, own_points, with_codes, with_slots
from tests.rewards.stories import accepted, at, purchase

pytestmark = pytest.mark.usefixtures("stopped_clock")

SCOPES = ("rewards:read", "redemptions:read", "redemptions:write", "redemptions:decide")
URL = "/api/v1/redemptions"


class Redeeming(Api):
    def send(self, path: str, body: dict | None = None, key: str = "K-1"):
        return self.client.post(
            path,
            json.dumps(body or {}),
            content_type="application/json",
            headers={"idempotency-key": key},
        )


@pytest.fixture
def program(in_tenant: Tenant) -> Program:
    program = ProgramFactory(slug="rewards")
    publish_rule(program)
    return program


@pytest.fixture
def account(program: Program) -> Account:
    """500 points."""
    account = enrolled_account(program, number="D-1")
    accepted(purchase(account, "500.00", at("2026-05-10"), "BUY"), as_of=at("2026-05-10 20:00"))
    return account


@pytest.fixture
def api(in_tenant: Tenant) -> Redeeming:
    return Redeeming(in_tenant, _secret(*SCOPES))


def points_of(account: Account) -> tuple[int, int]:
    wallet = Wallet.objects.get(account=account, unit="points", member=None)
    return wallet.available, wallet.reserved


def test_rewards_as_they_are_for_an_account(api, program, account):
    jacket = offered(program, "merchandise", code="a-jacket", name="Jacket", points=1_140, stock=3)
    voucher = offered(program, code="b-voucher", points=100)
    hidden = offered(program, code="c-draft")
    Reward.objects.filter(pk=hidden.pk).update(state="draft")

    answer = api.get("/api/v1/rewards?account=D-1&program=rewards")

    assert answer.status_code == 200
    first, second = answer.json()["items"]
    assert first == {
        "id": str(jacket.pk),
        "code": "a-jacket",
        "name": "Jacket",
        "description": "",
        "type": "merchandise",
        "points": 1_140,
        "list_points": 1_140,
        "left": 3,
        "needs_approval": True,
        "is_available": False,
        "hindrances": [{"code": "points", "missing": 640, "text": "640 points to go"}],
    }
    assert (second["id"], second["is_available"], second["left"]) == (str(voucher.pk), True, None)
    only = api.get("/api/v1/rewards?account=D-1&program=rewards&type=credit_note").json()["items"]
    assert [one["code"] for one in only] == ["b-voucher"]
    for query, status in (
        ("program=rewards", 400),
        ("account=D-1", 400),
        ("account=NOBODY&program=rewards", 404),
        ("account=D-1&program=none", 404),
        ("account=D-1&program=rewards&typ=x", 400),
    ):
        assert api.get(f"/api/v1/rewards?{query}").status_code == status


def test_a_redemption_from_request_to_refund(api, in_tenant, program, account):
    reward = offered(program, "merchandise", code="jacket", points=200)
    body = {"account": "D-1", "reward": str(reward.pk), "points": 200, "answers": ADDRESS}

    made = api.send(URL, body)

    assert made.status_code == 201
    redemption = Redemption.objects.get()
    told = made.json()
    assert made["Location"] == f"{URL}/{redemption.pk}"
    assert told["state"] == "requested"
    assert told["answers"] == ADDRESS
    assert (told["account"], told["reward_code"], told["points"]) == ("D-1", "jacket", 200)
    assert points_of(account) == (300, 200)
    again = api.send(URL, body)
    assert (again.content, again["Idempotent-Replayed"]) == (made.content, "true")
    assert points_of(account) == (300, 200)
    assert api.get(made["Location"]).json() == told

    own = api.send(f"{made['Location']}/approve", key="K-2")
    assert (own.status_code, own.json()["code"]) == (409, "redemption_own")
    assert own.json()["detail"] == "Whoever asked for it does not approve it."
    other = Redeeming(in_tenant, _secret("redemptions:decide"))
    assert other.send(f"{made['Location']}/approve", key="K-3").json()["state"] == "approved"
    assert points_of(account) == (300, 0)
    late = api.send(f"{made['Location']}/cancel", key="K-4")
    assert (late.status_code, late.json()["code"]) == (409, "redemption_state")
    note = {"note": "Tracking 17"}
    done = other.send(f"{made['Location']}/fulfill", note, key="K-5").json()
    assert (done["state"], done["note"]) == ("fulfilled", "Tracking 17")
    assert other.send(f"{made['Location']}/refund", key="K-6").json()["state"] == "refunded"
    assert points_of(account) == (500, 0)
    assert other.send(f"{URL}/{account.pk}/approve", key="K-7").status_code == 404


def test_rejecting_and_canceling_give_the_points_back(api, program, account):
    reward = offered(program, points=200)
    for key, action, state in (("A", "cancel", "canceled"), ("B", "reject", "rejected")):
        made = api.send(URL, {"account": "D-1", "reward": str(reward.pk)}, key=key)
        ended = api.send(f"{made['Location']}/{action}", {"note": "No"}, key=f"{key}-2")
        assert ended.json()["state"] == state
        assert points_of(account) == (500, 0)


def test_keys_that_only_begin_alike_are_two_commands(api, program, account):
    reward = offered(program, points=100)
    asked = {"account": "D-1", "reward": str(reward.pk)}
    keys = ["K" * 80 + end for end in ("1", "2", "1")]
    made = [api.send(URL, asked, key=key).json()["id"] for key in keys]
    assert (len(set(made)), made[0] == made[2]) == (2, True)
    assert points_of(account) == (300, 200)


def test_what_stands_in_the_way_is_said_and_nothing_moves(api, program, account):
    dear = offered(program, points=1_140)
    jacket = offered(program, "merchandise")
    session = with_slots(offered(program, "expert_session"), "2026-06-01 10:00")
    asked = {"account": "D-1", "reward": str(dear.pk)}
    cases = (
        (asked, 409, "reward_points", "640 points to go."),
        (asked | {"reward": str(session.pk), "answers": {"question": "?"}}, 409, "slot_taken", ""),
        (asked | {"reward": str(jacket.pk), "points": 99, "answers": ADDRESS}, 409, "price_changed",
         "It costs 100 points now; nothing moved."),
        (asked | {"reward": str(account.pk)}, 404, None, ""),
        (asked | {"account": "NOBODY"}, 404, None, ""),
        (asked | {"member": str(account.pk)}, 404, None, ""),
        (asked | {"points": "100"}, 422, None, ""),
        (asked | {"color": "red"}, 422, None, ""),
    )  # fmt: skip
    for number, (body, status, code, detail) in enumerate(cases):
        answer = api.send(URL, body, key=f"K-{number}")
        assert (answer.status_code, answer.json().get("code")) == (status, code)
        assert detail in answer.json()["detail"]
    unsaid = api.send(URL, asked | {"reward": str(jacket.pk), "answers": {"city": "X"}}, key="U")
    assert unsaid.status_code == 422
    assert {"pointer": "/answers/street", "detail": "This is needed."} in unsaid.json()["errors"]
    assert points_of(account) == (500, 0)
    assert not Redemption.objects.exists()


def test_for_a_person_from_their_own_points(api, program, account):
    member: Member = MemberFactory(account=account)
    own_points(member, program, 150)
    reward = offered(program, paid_by="member")
    body = {"account": "D-1", "reward": str(reward.pk), "member": str(member.pk)}
    made = api.send(URL, body | {"paid_by": "member"})
    assert (made.status_code, made.json()["member"]) == (201, str(member.pk))
    assert points_of(account) == (500, 0)
    assert Wallet.objects.get(member=member).reserved == 100


def test_codes_are_never_told_here(api, program, account):
    reward = with_codes(offered(program, "gift_card", needs_approval=False), "ABCD-EFGH-1234")
    made = api.send(URL, {"account": "D-1", "reward": str(reward.pk)})
    assert RewardCode.objects.get().redemption_id is not None
    assert made.json()["state"] == "fulfilled"
    assert b"EFGH" not in made.content + api.get(made["Location"]).content


@pytest.mark.parametrize("count", [1, 3])
def test_lists_page_and_cost_the_same(api, program, account, django_assert_num_queries, count):
    rewards = [offered(program, points=1) for _ in range(count)]
    for reward in rewards:
        ask_for(reward, account)
    with django_assert_num_queries(17):
        answer = api.get("/api/v1/rewards?account=D-1&program=rewards")
    assert len(answer.json()["items"]) == count
    with django_assert_num_queries(5):
        answer = api.get(f"{URL}?account=D-1&program=rewards&state=requested&since=2026-05-01")
    assert len(answer.json()["items"]) == count
    seen = []
    address = f"{URL}?limit=1"
    while address:
        page = api.get(address).json()
        seen += [one["id"] for one in page["items"]]
        address = page["next"] and page["next"].removeprefix("http://testserver")
    assert len(set(seen)) == len(seen) == count


def test_each_scope_opens_its_own(in_tenant, program, account):
    reward = offered(program)
    body = {"account": "D-1", "reward": str(reward.pk)}
    made = Redeeming(in_tenant, _secret("redemptions:write")).send(URL, body)
    calls = {
        "rewards:read": lambda api: api.get("/api/v1/rewards?account=D-1&program=rewards"),
        "redemptions:read": lambda api: api.get(URL),
        "redemptions:write": lambda api: api.send(f"{made['Location']}/cancel", key="C"),
        "redemptions:decide": lambda api: api.send(f"{made['Location']}/reject", key="D"),
    }
    for held in calls:
        api = Redeeming(in_tenant, _secret(held))
        for needed, call in calls.items():
            assert (call(api).status_code == 403) == (held != needed), (held, needed)
    assert Enrollment.objects.count() == 1
