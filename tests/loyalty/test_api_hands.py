"""Points moved by hand through the API: passed on within an account, added, taken off."""

import json

import pytest

from accounts.ids import uuid7
from accounts.keys import make_key
from accounts.models import Account, ApiKey, Enrollment, Event, Member, Program, Staff, Tenant
from loyalty.books import verify
from rewards import adjusting
from rewards.adjustment_drafts import AdjustmentRefused, Wanted, draft
from rewards.correction_terms import save_limits
from rewards.models import Adjustment, CorrectionTerms, Entry, Lot, Transfer, Wallet
from tests.factories import MemberFactory, ProgramFactory, StaffFactory, enrolled_account
from tests.factories import publish_rule as rule
from tests.loyalty.claims import VISIBLE
from tests.loyalty.faces import NOW
from tests.loyalty.reading import walk
from tests.loyalty.test_api import Api, _secret
from tests.rewards.stories import accepted, at, purchase

pytestmark = pytest.mark.usefixtures("stopped_clock")

TRANSFERS, ADJUSTMENTS = "/api/v1/transfers", "/api/v1/adjustments"
SCOPES = ("transfers:read", "transfers:write", "adjustments:read", "adjustments:write")


class Sending(Api):
    def send(self, path: str, body: dict, key: str = "K-1"):
        return self.client.post(
            path,
            json.dumps(body),
            content_type="application/json",
            headers={"idempotency-key": key},
        )


@pytest.fixture
def program(in_tenant: Tenant) -> Program:
    program = ProgramFactory(slug="rewards", points_expiry={"policy": "quarter_end", "plus": 1})
    rule(program)
    CorrectionTerms.objects.create(program=program, transfers=True, approval_above=1_000)
    return program


@pytest.fixture
def account(program: Program) -> Account:
    """500 points: 300 that expire with September, 200 that expire with June."""
    account = enrolled_account(program, number="D-1")
    for amount, day in (("300.00", "2026-04-10"), ("200.00", "2026-03-10")):
        accepted(purchase(account, amount, at(day), f"BUY {day}"), as_of=at("2026-04-10 20:00"))
    return account


@pytest.fixture
def pat(account: Account) -> Member:
    return MemberFactory(account=account)


@pytest.fixture
def api(in_tenant: Tenant) -> Sending:
    return Sending(in_tenant, _secret(*SCOPES))


def held(account: Account, member: Member | None = None) -> int:
    wallet = Wallet.objects.filter(account=account, member=member, unit="points").first()
    return wallet.available if wallet else 0


def violated() -> list[str]:
    found = verify([Tenant.objects.get().id])
    return [
        one.invariant.claim for one in found if one.violations and one.invariant.claim != VISIBLE
    ]


def passing(pat: Member, points: int, **more) -> dict:
    return {
        "account": "D-1",
        "program": "rewards",
        "giver": None,
        "taker": str(pat.pk),
        "points": points,
        "reason": "Best seller",
    } | more


# ── Passing on ───────────────────────────────────────────────────────────────────────────────────


def test_points_are_passed_on_once_whatever_is_repeated(api, account, pat):
    made = api.send(TRANSFERS, passing(pat, 250))

    assert made.status_code == 201
    told = made.json()
    assert Transfer.objects.count() == 2  # out of two lots, and one passing on
    assert told == passing(pat, 250) | {
        "id": str(Transfer.objects.first().command),
        "moved_at": "2026-05-20T16:00:00Z",
        "actor": ApiKey.objects.get().actor,
    }
    assert made["Location"] == f"{TRANSFERS}/{told['id']}"
    assert api.get(made["Location"]).json() == told
    lots = Lot.objects.filter(wallet__member=pat).order_by("expires_at")
    assert [(lot.remaining, lot.expires_at) for lot in lots] == [
        (200, at("2026-07-01 00:00")),
        (50, at("2026-10-01 00:00")),
    ]
    again = api.send(TRANSFERS, passing(pat, 250))
    assert (again.content, again["Idempotent-Replayed"]) == (made.content, "true")
    other = api.send(TRANSFERS, passing(pat, 251))
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert (held(account), held(account, pat)) == (250, 250)
    back = api.send(TRANSFERS, passing(pat, 50, giver=str(pat.pk), taker=None), key="K-2")
    assert back.status_code == 201
    assert (held(account), held(account, pat)) == (300, 200)
    assert violated() == []


def test_a_passing_on_that_must_not_be_says_why_and_moves_nothing(api, program, account, pat):
    stranger = MemberFactory()
    gone = MemberFactory(account=account, is_active=False)
    none = "0197f7a0-0000-7000-8000-000000000001"
    refused = [
        (passing(pat, 501), 409, "Only 500 are available to pass on."),
        (passing(pat, 1, taker=None), 409, "Choose somebody else to pass points on to."),
        (passing(gone, 1), 409, "This person has no access any more."),
        (passing(stranger, 1), 404, ""),
        (passing(pat, 1, taker=none), 404, ""),
        (passing(pat, 1, giver=str(stranger.pk)), 404, ""),
        (passing(pat, 1, program="none"), 404, ""),
        (passing(pat, 1, account="NOBODY"), 404, ""),
        (passing(pat, 0), 422, ""),
        (passing(pat, 1) | {"points": "1"}, 422, ""),
        ({name: value for name, value in passing(pat, 1).items() if name != "giver"}, 422, ""),
    ]
    for number, (body, status, said) in enumerate(refused):
        answer = api.send(TRANSFERS, body, key=f"R-{number}")
        assert (number, answer.status_code) == (number, status)
        assert said in answer.json()["detail"]
    Enrollment.objects.update(state="paused")
    answer = api.send(TRANSFERS, passing(pat, 1), key="P")
    assert (answer.status_code, answer.json()["detail"][:35]) == (
        409, "The account does not take part at t"
    )  # fmt: skip
    Enrollment.objects.update(state="active")
    CorrectionTerms.objects.update(transfers=False)
    answer = api.send(TRANSFERS, passing(pat, 1), key="T")
    assert answer.json()["detail"] == "This program does not allow points to be passed on."
    assert (held(account), held(account, pat), Transfer.objects.count()) == (500, 0, 0)


def test_the_list_tells_each_passing_on_once_page_by_page(api, account, pat, monkeypatch):
    for number, points in enumerate((250, 20, 30)):
        monkeypatch.setattr(
            "django.utils.timezone.now", lambda number=number: NOW.replace(minute=number)
        )
        api.send(TRANSFERS, passing(pat, points), key=f"K-{number}")
    pages = walk(api, "transfers?limit=2&account=D-1&program=rewards")
    assert [[one["points"] for one in page] for page in pages] == [[30, 20], [250]]
    assert walk(api, "transfers?account=D-2") == [[]]
    assert api.get(f"{TRANSFERS}?acount=D-1").status_code == 400


# ── Adding and taking off ────────────────────────────────────────────────────────────────────────


def wanted(points: int, action: str = "credit", **more) -> dict:
    return {
        "account": "D-1",
        "program": "rewards",
        "action": action,
        "points": points,
        "reason": "Made good",
    } | more


def test_up_to_the_limit_of_keys_it_is_applied_at_once(api, account, pat):
    made = api.send(ADJUSTMENTS, wanted(700, expires_at="2026-12-31"))

    assert made.status_code == 201
    told = made.json()
    adjustment = Adjustment.objects.get()
    key = ApiKey.objects.get()
    assert told == wanted(700) | {
        "id": str(adjustment.pk),
        "member": None,
        "into_debt": False,
        "expires_at": "2026-12-31T05:00:00Z",
        "state": "applied",
        "waits_for_approval": False,
        "asked_by": key.actor,
        "asked_at": "2026-05-20T16:00:00Z",
        "decided_by": key.actor,
        "decided_at": "2026-05-20T16:00:00Z",
        "note": "",
    }
    assert api.get(made["Location"]).json() == told
    again = api.send(ADJUSTMENTS, wanted(700, expires_at="2026-12-31"))
    assert (again.content, again["Idempotent-Replayed"]) == (made.content, "true")
    assert held(account) == 1_200
    own = api.send(ADJUSTMENTS, wanted(5, member=str(pat.pk)), key="K-2").json()
    assert (own["member"], held(account, pat)) == (str(pat.pk), 5)
    assert violated() == []


def test_above_it_nothing_moves_until_another_person_approves(api, account):
    made = api.send(ADJUSTMENTS, wanted(1_001))

    assert made.status_code == 201
    told = made.json()
    assert (told["state"], told["waits_for_approval"], told["decided_by"]) == ("pending", True, "")
    assert held(account) == 500
    maker = Staff.objects.get(pk=ApiKey.objects.get().created_by.removeprefix("staff:"))
    about = {"adjustment_id": Adjustment.objects.get().pk, "now": NOW}
    for decide in (adjusting.approve, lambda **kw: adjusting.reject(note="", **kw)):
        with pytest.raises(AdjustmentRefused):
            decide(actor=maker.actor, **about)  # the key is in their own hand
    assert held(account) == 500
    other = StaffFactory(role="finance")
    adjusting.approve(actor=other.actor, **about)
    told = api.get(made["Location"]).json()
    assert (told["state"], told["decided_by"]) == ("applied", other.actor)
    assert held(account) == 1_501
    assert violated() == []


def test_small_ones_by_one_key_count_together_and_keys_have_a_limit_of_their_own(
    api, program, account
):
    save_limits(program_id=program.pk, limits={"key": 100}, actor=StaffFactory().actor, now=NOW)
    states = [
        api.send(ADJUSTMENTS, wanted(60), key=f"K-{number}").json()["state"] for number in (1, 2)
    ]
    assert states == ["applied", "pending"]
    assert held(account) == 560


def test_what_one_person_moves_with_several_keys_counts_together(in_tenant, account):
    """Else whoever may make keys makes one for each slice, and nobody looks a second time."""
    maker = StaffFactory(role="manager")
    keys = [make_key(name="erp", scopes=SCOPES, actor=maker, now=NOW)[1] for _ in range(2)]
    states = [
        Sending(in_tenant, secret).send(ADJUSTMENTS, wanted(600), key=f"K-{number}").json()["state"]
        for number, secret in enumerate(keys)
    ]
    assert states == ["applied", "pending"]
    by_hand = draft(
        Wanted(
            program_id=Program.objects.get().pk,
            account_id=account.pk,
            member_id=None,
            action="credit",
            amount=600,
            reason="R",
        ),
        identity=uuid7(),
        actor=maker.actor,
        now=NOW,
    )
    assert adjusting.submit(adjustment_id=by_hand.pk, author=maker, now=NOW).state == "pending"
    other = _secret(*SCOPES)  # somebody else's
    sent = Sending(in_tenant, other).send(ADJUSTMENTS, wanted(600), key="K-9")
    assert sent.json()["state"] == "applied"
    assert held(account) == 500 + 600 + 600
    assert violated() == []


def test_what_it_does_not_do_it_refuses_and_nothing_moves(api, account):
    ends = "2026-07-01T00:00:00-04:00"
    refused = [
        (wanted(501, "debit"), 422, "Only 500 are available"),
        (wanted(5, into_debt=True), 422, "“into_debt” means nothing to: add points."),
        (wanted(5, "debit", expires_at="2027-01-01"), 422, "“expires_at” means nothing to"),
        (wanted(5, expires_at="2026-01-01"), 422, "has to be in the future"),
        (wanted(5, expires_at="soon"), 400, "“expires_at” is a date"),
        (wanted(5, "extend", expiring_at=ends, expires_at="2027-01-01"), 422, "“amount” means"),
        (wanted(5, reason="  "), 422, ""),
        (wanted(5, action="give"), 422, ""),
        (wanted(5, member="0197f7a0-0000-7000-8000-000000000001"), 404, ""),
        (wanted(5, account="NOBODY"), 404, ""),
        (wanted(5, program="none"), 404, ""),
        ({"account": "D-1", "program": "rewards", "action": "credit", "reason": "R"}, 422, "zero"),
    ]
    for number, (body, status, said) in enumerate(refused):
        answer = api.send(ADJUSTMENTS, body, key=f"R-{number}")
        assert (number, answer.status_code) == (number, status)
        assert said in answer.json()["detail"]
    assert (held(account), Adjustment.objects.count()) == (500, 0)
    assert Entry.objects.filter(kind="adjust").count() == 0
    assert Event.objects.filter(kind="points.adjusted").count() == 0


def test_an_expiry_is_extended_and_what_expired_is_reinstated(api, account):
    body = wanted(0, "extend", expiring_at="2026-07-01", expires_at="2026-09-01")
    del body["points"]
    extended = api.send(ADJUSTMENTS, body).json()
    assert (extended["points"], extended["state"]) == (200, "applied")
    dates = Lot.objects.filter(remaining__gt=0).order_by("expires_at")
    assert list(dates.values_list("remaining", "expires_at")) == [
        (200, at("2026-09-01 00:00")),
        (300, at("2026-10-01 00:00")),
    ]
    assert violated() == []


def test_the_list_of_adjustments(api, account):
    for number, points in enumerate((10, 20, 2_000)):
        api.send(ADJUSTMENTS, wanted(points), key=f"K-{number}")
    assert [[one["points"] for one in page] for page in walk(api, "adjustments?limit=2")] == [
        [2_000, 20],
        [10],
    ]
    waiting = api.get(f"{ADJUSTMENTS}?state=pending&account=D-1&action=credit").json()["items"]
    assert [one["points"] for one in waiting] == [2_000]


def test_each_scope_opens_its_own_door_only(in_tenant, account, pat):
    calls = {
        "transfers:read": lambda api: api.get(TRANSFERS),
        "transfers:write": lambda api: api.send(TRANSFERS, passing(pat, 1)),
        "adjustments:read": lambda api: api.get(ADJUSTMENTS),
        "adjustments:write": lambda api: api.send(ADJUSTMENTS, wanted(1)),
    }
    for held_scope in calls:
        staff = StaffFactory()
        _, secret = make_key(name="erp", scopes=[held_scope], actor=staff, now=NOW)
        api = Sending(in_tenant, secret)
        for needed, call in calls.items():
            assert (call(api).status_code == 403) == (held_scope != needed), (held_scope, needed)
