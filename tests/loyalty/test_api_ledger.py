"""Integrators read what moved and why, what expires when, and the facts behind it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import Activity
from rewards.budgets import set_budget
from rewards.models import Entry, Lot, Wallet
from tests import factories
from tests.loyalty.reading import FEBRUARY, MARCH, api, dealer, fact, program, read, walk
from tests.loyalty.test_api import Api
from tests.rewards.stories import NEW_YORK, accepted, purchase, taken_back
from tiers.models import Standing

__all__ = ["api", "dealer", "program"]  # fixtures


def test_entries_of_an_account_newest_first(api: Api, dealer):
    fact(dealer, "100.00")
    fact(dealer, "200.00", MARCH, "SO-2")
    newest, oldest = read(api, "accounts/D-1/entries")["items"]
    activity = Activity.objects.get(external_id="SO-2")
    assert newest == {
        "id": str(Entry.objects.get(activity=activity).pk),
        "account": "D-1",
        "member": None,
        "program": "rewards",
        "unit": "points",
        "kind": "earn",
        "available": 200,
        "pending": 0,
        "reserved": 0,
        "occurred_at": "2026-03-02T09:00:00Z",
        "recorded_at": "2026-03-02T10:00:00Z",
        "actor": "system",
        "activity": str(activity.pk),
    }
    assert oldest["available"] == 100
    assert read(api, f"entries/{newest['id']}") == newest


@pytest.mark.parametrize(
    ("query", "amounts"),
    [
        ("kind=reverse", [-50]),
        ("kind=earn&since=2026-03-01", [200]),
        ("until=2026-03-01", [100]),
        ("since=2026-03-02T09:00:00Z", [-50, 200]),
        ("since=2026-03-02T09:00:00.000001Z", [-50]),
        ("until=2026-03-02T04:00:00-05:00", [100]),
        ("since=2026-03-02T04:00:01+00:00&until=9999-12-31", [-50, 200]),
        ("since=0001-01-01&until=2026-03-02T04:00:00%2B22:36", [100]),
        ("program=rewards&unit=points", [-50, 200, 100]),
        ("program=other", []),
        ("unit=credits", []),
    ],
)
def test_entries_are_narrowed(api: Api, dealer, query: str, amounts: list[int]):
    fact(dealer, "100.00")
    fact(dealer, "200.00", MARCH, "SO-2")
    later = MARCH + timedelta(days=1)
    back = taken_back(dealer, "50.00", later, of="SO-2", document="CN-1", quantity=0)
    accepted(back, as_of=later)
    items = read(api, f"accounts/D-1/entries?{query}")["items"]
    assert [one["available"] for one in items] == amounts


def test_a_local_date_begins_at_the_tenants_midnight(api: Api, dealer):
    fact(dealer, "1.00", datetime(2026, 3, 1, 4, 59, tzinfo=UTC), "SO-1")  # February in New York
    fact(dealer, "2.00", datetime(2026, 3, 1, 5, 0, tzinfo=UTC), "SO-2")
    items = read(api, "accounts/D-1/entries?since=2026-03-01")["items"]
    assert [one["available"] for one in items] == [2]


def test_entries_of_the_same_instant_are_paged_one_by_one(api: Api, dealer):
    facts = [purchase(dealer, f"{n}.00", FEBRUARY, f"SO-{n}") for n in range(1, 6)]
    accepted(*facts, as_of=MARCH)
    pages = walk(api, "accounts/D-1/entries?limit=2")
    assert [[one["available"] for one in items] for items in pages] == [[5, 4], [3, 2], [1]]


def test_why_tells_rule_inputs_multiplier_and_caps(api: Api, program, dealer):
    factories.publish_rule(program, code="monthly", cap=500, cap_window="month")
    fact(dealer, "1000.00", FEBRUARY - timedelta(days=1), "SO-0")
    fact(dealer, "1240.55", product="SKU-1", quantity=2)
    capped = Entry.objects.get(activity__external_id="SO-1", desired__gt=0, rule_version__cap=500)
    plain = Entry.objects.get(activity__external_id="SO-1", rule_version__cap=None)
    body = read(api, f"entries/{plain.pk}/why")
    gold = Standing.objects.get(tier__name="Gold")
    assert body == {
        "entry": str(plain.pk),
        "sentence": "1,860 points: 1 point per $1.00 of $1,240.55 (order SO-1 line 1) × 1.5 "
        "as Gold",
        "kind": "earn",
        "unit": "points",
        "occurred_at": "2026-02-10T15:00:00Z",
        "actor": "system",
        "fact": {
            "kind": "purchase",
            "external_id": "SO-1",
            "line": "1",
            "occurred_at": "2026-02-10T15:00:00Z",
            "amount": "1240.55",
            "quantity": "2",
            "product": "City bike",
        },
        "reverses": None,
        "rule": {
            "code": "purchases",
            "name": "Purchases",
            "version": 1,
            "basis": "per_amount",
            "rate": "1",
            "cap": None,
            "cap_window": "",
            "beneficiary": "account",
        },
        "tier": {
            "name": "Gold",
            "since": gold.starts_at.isoformat().replace("+00:00", "Z"),
            "multiplier": "1.5",
        },
        "desired": 1860,
        "granted": 1860,
        "is_capped": False,
        "less_because": "",
        "budget": None,
        "raised_by": [],
        "clears_at": None,
        "expires_at": "2026-07-01T04:00:00Z",
        "taken_from": {"credits": 0, "first": []},
    }
    body = read(api, f"entries/{capped.pk}/why")
    assert (body["desired"], body["granted"], body["is_capped"]) == (1860, 0, True)
    assert (body["rule"]["cap"], body["rule"]["cap_window"]) == (500, "month")
    assert "the monthly cap of 500 is reached" in body["sentence"]
    assert body["less_because"] == "cap"


def test_why_names_the_campaigns_that_raised_an_earning(api: Api, program, dealer):
    factories.open_campaign(program, code="spring", multiplier=Decimal(2), ends_at=MARCH)
    fact(dealer, "100.00")
    body = read(api, f"entries/{Entry.objects.get().pk}/why")
    (raised,) = body["raised_by"]
    assert (raised["code"], raised["multiplier"], raised["bonus"]) == ("spring", "2", 0)
    assert (body["granted"], body["less_because"]) == (200, "")


def test_why_names_the_period_of_the_budget_that_lowered_an_earning(api: Api, program, dealer):
    terms = {"renews": "fiscal_quarter", "ends_at": None, "actor": "system"}
    start = datetime(2026, 1, 1, 5, tzinfo=UTC)
    set_budget(program=program, unit="points", amount=60, starts_at=start, now=start, **terms)
    fact(dealer, "100.00")
    body = read(api, f"entries/{Entry.objects.get().pk}/why")
    assert (body["granted"], body["less_because"]) == (60, "budget")
    assert body["budget"] == {"renews": "fiscal_quarter", "since": "2026-01-01"}


def test_a_fact_tells_of_each_rule_why_it_gave_nothing(api: Api, program, dealer):
    factories.publish_rule(
        program, code="gold-only", condition={"field": "tier", "op": "eq", "value": "Gold"}
    )
    fact(dealer, "100.00")
    activity = Activity.objects.get()
    (reason,) = read(api, f"activities/{activity.pk}/why-not")["items"]
    assert reason.pop("sentence")
    assert reason == {
        "program": "rewards",
        "rule": "gold-only",
        "reason": "condition",
        "unmet": [{"condition": {"field": "tier", "op": "eq", "value": "Gold"}, "found": "Bronze"}],
    }


def test_why_of_a_return_names_what_it_takes_back(api: Api, dealer):
    fact(dealer, "100.00", quantity=4)
    back = taken_back(dealer, "0.00", MARCH, of="SO-1", document="CN-1", quantity=1)
    accepted(back, as_of=MARCH)
    entry = Entry.objects.get(kind="reverse")
    body = read(api, f"entries/{entry.pk}/why")
    assert body["granted"] == -25
    assert (body["fact"]["external_id"], body["fact"]["quantity"]) == ("CN-1", "-1")
    assert (body["reverses"]["external_id"], body["reverses"]["amount"]) == ("SO-1", "100.00")
    assert body["taken_from"] == {
        "credits": 1,
        "first": [{"amount": 25, "earned_at": "2026-02-10T15:00:00Z", "external_id": "SO-1"}],
    }


# ── Lots ─────────────────────────────────────────────────────────────────────────────────────────


def days_ahead(days: int) -> datetime:
    return timezone.now() + timedelta(days=days)


@pytest.fixture
def lots(program, dealer):
    """Of D-1: 10 expire in 20 days, 20 in 50, 40 in 80, 80 in 200; of D-2: 5 in 20."""
    second = factories.enrolled_account(program, number="D-2")
    for account, amount, days in (
        (dealer, 10, 20),
        (dealer, 20, 50),
        (dealer, 40, 80),
        (dealer, 80, 200),
        (second, 5, 20),
    ):
        fact(account, f"{amount}.00", document=f"{account.number}-{days}")
        entry = Entry.objects.get(activity__external_id=f"{account.number}-{days}")
        Lot.objects.filter(entry=entry).update(expires_at=days_ahead(days))
    Wallet.objects.update(expires_next=timezone.now())


@pytest.mark.usefixtures("lots")
def test_lots_are_listed_soonest_expiry_first(api: Api):
    items = read(api, "lots")["items"]
    assert [(one["account"], one["remaining"]) for one in items][2:] == [
        ("D-1", 20),
        ("D-1", 40),
        ("D-1", 80),
    ]
    assert sorted(one["remaining"] for one in items[:2]) == [5, 10]
    lot = Lot.objects.get(tenant_id=Entry.objects.first().tenant_id, remaining=20)
    assert items[2] == {
        "entry": str(lot.entry_id),
        "account": "D-1",
        "member": None,
        "program": "rewards",
        "unit": "points",
        "state": "active",
        "amount": 20,
        "remaining": 20,
        "earned_at": "2026-02-10T15:00:00Z",
        "activates_at": None,
        "expires_at": lot.expires_at.isoformat().replace("+00:00", "Z"),
    }


@pytest.mark.usefixtures("lots")
@pytest.mark.parametrize(
    ("query", "amounts"),
    [
        ("account=D-2", [5]),
        ("account=D-9", []),
        (f"account=D-1&until={days_ahead(60):%Y-%m-%d}", [10, 20]),
        (f"since={days_ahead(60):%Y-%m-%d}", [40, 80]),
        ("state=pending", []),
    ],
)
def test_lots_are_narrowed(api: Api, query: str, amounts: list[int]):
    assert [one["remaining"] for one in read(api, f"lots?{query}")["items"]] == amounts


@pytest.mark.usefixtures("lots")
def test_what_expires_soon_is_summed_in_buckets(api: Api):
    today = datetime.now(NEW_YORK).date()

    def sums(path: str) -> list[tuple]:
        body = read(api, path)
        assert body["as_of"] == today.isoformat()
        items = body["items"]
        return [(one["program"], one["unit"], one["days"], one["amount"]) for one in items]

    assert sums("lots/expiring?account=D-1") == [
        ("rewards", "points", 30, 10),
        ("rewards", "points", 60, 30),
        ("rewards", "points", 90, 70),
    ]
    assert [amount for *_, amount in sums("lots/expiring")] == [15, 35, 75]
    assert sums("lots/expiring?account=D-9") == []


# ── Facts ────────────────────────────────────────────────────────────────────────────────────────


def test_facts_are_read_as_they_were_sent(api: Api, dealer):
    fact(dealer, "100.00", product="SKU-1", quantity=4, attributes={"color": "red"})
    back = taken_back(dealer, "0.00", MARCH, of="SO-1", document="CN-1", quantity=1)
    accepted(back, as_of=MARCH)
    returned, bought = read(api, "activities")["items"]
    original, back = Activity.objects.order_by("id")
    assert bought == {
        "id": str(original.pk),
        "account": "D-1",
        "kind": "purchase",
        "source": "erp",
        "external_id": "SO-1",
        "line": "1",
        "occurred_at": "2026-02-10T15:00:00Z",
        "recorded_at": "2026-02-10T16:00:00Z",
        "amount": "100.00",
        "quantity": "4",
        "product": "SKU-1",
        "product_line": "Bikes",
        "attributes": {"color": "red"},
        "reverses": None,
    }
    assert (returned["amount"], returned["quantity"]) == ("-25.00", "-1")
    assert returned["reverses"] == {
        "id": str(original.pk),
        "source": "erp",
        "external_id": "SO-1",
        "line": "1",
    }
    whole = read(api, f"activities/{original.pk}")
    assert whole.pop("returns") == [
        {"id": str(back.pk), "source": "erp", "external_id": "CN-1", "line": "1"}
    ]
    (entry,) = whole.pop("entries")
    assert (entry["kind"], entry["available"]) == ("earn", 100)
    assert whole == bought
    (entry,) = read(api, f"activities/{back.pk}")["entries"]
    assert (entry["kind"], entry["available"]) == ("reverse", -25)


@pytest.mark.parametrize(
    ("query", "documents"),
    [
        ("account=D-2", ["SO-3"]),
        ("kind=training", []),
        ("source=erp&external_id=SO-2", ["SO-2"]),
        ("source=shop", []),
        ("since=2026-03-01", ["SO-3", "SO-2"]),
        ("until=2026-03-01", ["SO-1"]),
    ],
)
def test_facts_are_narrowed(api: Api, program, dealer, query: str, documents: list[str]):
    second = factories.enrolled_account(program, number="D-2")
    fact(dealer, "1.00")
    fact(dealer, "2.00", MARCH, "SO-2")
    fact(second, "3.00", MARCH, "SO-3")
    items = read(api, f"activities?{query}")["items"]
    assert [one["external_id"] for one in items] == documents
