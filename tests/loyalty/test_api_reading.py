"""Integrators read back: accounts, entries and their reasons, lots, facts; page by page."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enrolling import enroll
from accounts.models import Activity, Program, Tenant
from accounts.tenancy import tenant_scope
from rewards.models import Entry, Lot
from tests import factories
from tests.loyalty.test_api import Api, _secret
from tests.rewards.stories import NEW_YORK, accepted, purchase, taken_back
from tiers.models import Standing

FEBRUARY = datetime(2026, 2, 10, 15, tzinfo=UTC)
MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)
READ = ("accounts:read", "activities:read", "entries:read")


@pytest.fixture
def program(in_tenant: Tenant) -> Program:
    """One point per dollar, half as much again at Gold, expiring two quarters later."""
    program = factories.ProgramFactory(
        slug="rewards", points_expiry={"policy": "quarter_end", "plus": 1}
    )
    factories.publish_rule(program)
    factories.publish_scheme(program, ("Bronze", 0, "1"), ("Gold", 100_000, "1.5"))
    factories.ProductFactory(sku="SKU-1", name="City bike", line="Bikes")
    return program


@pytest.fixture
def dealer(program: Program):
    return factories.enrolled_account(
        program, number="D-1", name="Dealer One", region="West", country="US"
    )


@pytest.fixture
def api(in_tenant: Tenant) -> Api:
    return Api(in_tenant, _secret(*READ))


def read(api: Api, path: str, status: int = 200):
    answer = api.get(f"/api/v1/{path}")
    assert (path, answer.status_code) == (path, status)
    kind = "application/json" if status == 200 else "application/problem+json"
    assert answer["Content-Type"] == kind
    return answer.json()


def walk(api: Api, path: str) -> list[list[dict]]:
    """Every page of a list, by the addresses in “next”."""
    pages, following = [], f"/api/v1/{path}"
    while following:
        answer = api.get(following).json()
        pages.append(answer["items"])
        parts = urlsplit(answer["next"] or "")
        following = f"{parts.path}?{parts.query}" if answer["next"] else None
    return pages


def fact(account, amount: str, when: datetime = FEBRUARY, document: str = "SO-1", **more) -> None:
    accepted(purchase(account, amount, when, document, **more), as_of=when + timedelta(hours=1))


# ── Accounts ─────────────────────────────────────────────────────────────────────────────────────


def test_accounts_tell_tiers_and_balances_ordered_by_number(api: Api, program, dealer):
    parent = factories.AccountFactory(number="D-0", name="Holding", domain="holding.example")
    dealer.parent = parent
    dealer.save()
    fact(dealer, "400.00")
    body = read(api, "accounts")
    assert body["next"] is None
    holding, one = body["items"]
    assert holding == {
        "number": "D-0",
        "name": "Holding",
        "domain": "holding.example",
        "country": "",
        "region": "",
        "vertical": "",
        "partner_type": "",
        "parent": None,
        "programs": [],
        "balances": [],
    }
    assert (one["number"], one["region"], one["parent"]) == ("D-1", "West", "D-0")
    assert one["balances"] == [
        {"program": "rewards", "unit": "points", "available": 400, "pending": 0, "reserved": 0}
    ]
    (where,) = one["programs"]
    assert (where["program"], where["state"], where["tier"]) == ("rewards", "active", "Bronze")
    assert (where["points_available"], where["points_pending"]) == (400, 0)
    assert read(api, "accounts/D-1") == one


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("region=West", ["D-1"]),
        ("region=East", []),
        ("number=D-2", ["D-2"]),
        ("parent=D-1", ["D-2"]),
        ("domain=two.example&region=East", []),
    ],
)
def test_accounts_are_narrowed(api: Api, dealer, query: str, numbers: list[str]):
    factories.AccountFactory(number="D-2", parent=dealer, domain="two.example")
    assert [one["number"] for one in read(api, f"accounts?{query}")["items"]] == numbers


def test_pages_neither_skip_nor_repeat_what_is_added_meanwhile(api: Api, program):
    for number in ("B", "D", "F", "H"):
        factories.AccountFactory(number=number)
    first = read(api, "accounts?limit=2")
    assert [one["number"] for one in first["items"]] == ["B", "D"]
    for number in ("A", "C", "E", "Z"):
        factories.AccountFactory(number=number)
    parts = urlsplit(first["next"])
    following = walk(api, f"accounts?{parts.query}")
    assert [[one["number"] for one in items] for items in following] == [["E", "F"], ["H", "Z"]]


def test_the_next_page_is_linked_in_a_header_too(api: Api):
    for number in ("A", "B"):
        factories.AccountFactory(number=number)
    answer = api.get("/api/v1/accounts?limit=1")
    assert answer["Link"] == f'<{answer.json()["next"]}>; rel="next"'
    assert "Link" not in api.get("/api/v1/accounts?limit=2")


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1.0", "x", "", "９", "00001"])
def test_a_limit_is_a_whole_number_up_to_200(api: Api, limit: str):
    body = read(api, f"accounts?limit={limit}", status=400)
    assert body["detail"] == "“limit” is a whole number from 1 to 200."


def test_a_cursor_is_good_for_its_own_list_of_its_own_tenant(api: Api, other_tenant, in_tenant):
    for number in ("A", "B"):
        factories.AccountFactory(number=number)
    with tenant_scope(other_tenant.id):
        for number in ("A", "B"):
            factories.AccountFactory(number=number)
        theirs = Api(other_tenant, _secret(*READ)).get("/api/v1/accounts?limit=1").json()["next"]
    foreign = urlsplit(theirs).query
    own = urlsplit(read(api, "accounts?limit=1")["next"]).query
    detail = "This is no “cursor” of this list; take the one in “next”."
    for path in (f"accounts?{foreign}", f"activities?{own}", "accounts?cursor=x", "lots?cursor="):
        assert read(api, path, status=422)["detail"] == detail


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("accounts?regoin=West", "“regoin” is no parameter of this; there are cursor, domain,"),
        ("accounts/D-1?limit=1", "“limit” is no parameter of this, which takes none."),
        ("accounts/D-1/entries?kind=hug", "“kind” is one of earn, activate, reserve,"),
        ("accounts/D-1/entries?since=soon", "“since” is a date such as 2026-03-31, or an instant"),
        ("accounts?region=%00", "The query contains the control character U+0000."),
        ("accounts?region=" + "x" * 81, "“region” has 1 to 80 characters."),
    ],
)
def test_what_a_list_cannot_be_asked_is_refused(api: Api, dealer, path: str, detail: str):
    assert read(api, path, status=400)["detail"].startswith(detail)


# ── Entries and their reasons ────────────────────────────────────────────────────────────────────


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
        },
        "tier": {
            "name": "Gold",
            "since": gold.starts_at.isoformat().replace("+00:00", "Z"),
            "multiplier": "1.5",
        },
        "desired": 1860,
        "granted": 1860,
        "is_capped": False,
        "clears_at": None,
        "expires_at": "2026-07-01T04:00:00Z",
        "taken_from": {"credits": 0, "first": []},
    }
    body = read(api, f"entries/{capped.pk}/why")
    assert (body["desired"], body["granted"], body["is_capped"]) == (1860, 0, True)
    assert (body["rule"]["cap"], body["rule"]["cap_window"]) == (500, "month")
    assert "the monthly cap of 500 is reached" in body["sentence"]


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


# ── Enrollments and standings ────────────────────────────────────────────────────────────────────


def test_enrollments_tell_where_an_account_stands(api: Api, dealer):
    now = timezone.now()
    fact(dealer, "400.00", now - timedelta(hours=2))
    (one,) = read(api, "accounts/D-1/enrollments")["items"]
    by = one["next_tier"].pop("by")
    assert datetime.fromisoformat(by) > now
    assert one == {
        "program": "rewards",
        "state": "active",
        "enrolled_at": "2020-01-01T00:00:00Z",
        "tier": "Bronze",
        "tier_since": "2020-01-01T00:00:00Z",
        "multiplier": "1",
        "kept_until": None,
        "value": 40_000,
        "missing_to_keep": 0,
        "next_tier": {"name": "Gold", "threshold": 100_000, "missing": 60_000, "percent": 40},
    }
    assert read(api, "accounts/D-1/enrollments?program=other")["items"] == []


def test_standings_tell_tiers_over_time_with_their_evidence(api: Api, dealer):
    fact(dealer, "1000.00")
    gold, bronze = read(api, "accounts/D-1/standings")["items"]
    assert (gold["tier"], gold["cause"], gold["ends_at"]) == ("Gold", "reached", None)
    assert (bronze["tier"], bronze["cause"]) == ("Bronze", "enrolled")
    assert bronze["ends_at"] == gold["starts_at"]
    assert gold["evidence"] == Standing.objects.get(tier__name="Gold").evidence
    reached = read(api, "accounts/D-1/standings?cause=reached")["items"]
    assert [one["tier"] for one in reached] == ["Gold"]


# ── What holds of all ────────────────────────────────────────────────────────────────────────────

LISTS = (
    ("accounts", 10),
    ("accounts/D-1/enrollments", 9),
    ("accounts/D-1/standings", 6),
    ("accounts/D-1/entries", 6),
    ("lots", 5),
    ("lots/expiring", 5),
    ("activities", 5),
)


@pytest.mark.parametrize(("path", "queries"), LISTS)
@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_costs_the_same_few_queries_however_long(
    api: Api, program, dealer, path: str, queries: int, rows: int
):
    for number in range(1, rows):
        factories.enrolled_account(program, number=f"E-{number}")
        other = factories.ProgramFactory(slug=f"other-{number}")
        factories.publish_scheme(other, ("Bronze", 0, "1"), ("Gold", 100_000, "1.5"))
        enroll(
            program=other,
            account_ids=[dealer.id],
            enrolled_at=factories.LONG_AGO,
            recorded_at=factories.LONG_AGO,
            actor="system",
        )
    for number in range(rows):
        fact(dealer, "1.00", document=f"SO-{number}")
    read(api, path)  # the first call of a day notes that the key was used
    with CaptureQueriesContext(connection) as captured:
        body = read(api, path)
    assert len(body["items"]) == (3 if path == "lots/expiring" else rows)
    assert len(captured) == queries


@pytest.mark.parametrize(
    "path",
    [
        "accounts/D-404",
        "accounts/D-404/enrollments",
        "accounts/D-404/standings",
        "accounts/D-404/entries",
        "accounts/%00",
        "entries/0197f7a0-0000-7000-8000-000000000002",
        "entries/0197f7a0-0000-7000-8000-000000000002/why",
        "activities/0197f7a0-0000-7000-8000-000000000002",
    ],
)
def test_what_does_not_exist_is_not_found(api: Api, path: str):
    assert read(api, path, status=404)["detail"] == "There is nothing at this address."


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("accounts", "accounts:read"),
        ("accounts/D-1", "accounts:read"),
        ("accounts/D-1/enrollments", "accounts:read"),
        ("accounts/D-1/standings", "accounts:read"),
        ("accounts/D-1/entries", "entries:read"),
        ("lots", "entries:read"),
        ("lots/expiring", "entries:read"),
        ("activities", "activities:read"),
    ],
)
def test_each_address_needs_its_own_scope(in_tenant: Tenant, dealer, path: str, scope: str):
    read(Api(in_tenant, _secret(scope)), path)
    others = set(READ) - {scope} | {"activities:write"}
    body = read(Api(in_tenant, _secret(*others)), path, status=403)
    assert body["detail"].startswith(f"This key lacks the scope {scope};")


def test_a_method_that_an_address_does_not_have_is_named_as_such(api: Api, dealer):
    answer = api.client.delete("/api/v1/accounts/D-1")
    assert answer.status_code == 405
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Allow"] == "GET, HEAD, OPTIONS"
    assert api.client.head("/api/v1/accounts/D-1").status_code == 200


def test_json_is_answered_whatever_is_asked_for(api: Api, dealer):
    answer = api.client.get("/api/v1/accounts/D-1", headers={"accept": "text/html"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
