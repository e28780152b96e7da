"""Integrators read accounts and where they stand; and what holds of every list."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enrolling import enroll
from accounts.models import Enrollment, Program, Tenant
from accounts.tenancy import tenant_scope
from tests import factories
from tests.loyalty.reading import READ, api, dealer, fact, program, read, walk
from tests.loyalty.test_api import Api, _secret
from tiers.models import Scheme, SchemeVersion
from tiers.publishing import create_scheme, draft_version, publish

__all__ = ["api", "dealer", "program"]  # fixtures


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
        "to_keep": [],
        "next_tier": {
            "name": "Gold",
            "percent": 40,
            "by_invitation": False,
            "conditions": [
                {
                    "asks": "measure",
                    "measure": "revenue",
                    "window": "quarter",
                    "ladder": "",
                    "operator": "gte",
                    "value": 40_000,
                    "threshold": 100_000,
                    "missing": 60_000,
                    "percent": 40,
                    "met": False,
                    "on_the_way": True,
                }
            ],
        },
    }
    assert read(api, "accounts/D-1/enrollments?program=other")["items"] == []


def test_standings_tell_tiers_over_time_with_their_evidence(api: Api, dealer):
    fact(dealer, "1000.00")
    gold, bronze = read(api, "accounts/D-1/standings")["items"]
    assert (gold["tier"], gold["cause"], gold["ends_at"]) == ("Gold", "reached", None)
    assert (gold["ladder"], gold["is_leading"], gold["tier_code"]) == ("tiers", True, "gold")
    assert (bronze["tier"], bronze["cause"], bronze["evidence"]) == ("Bronze", "enrolled", None)
    assert bronze["ends_at"] == gold["starts_at"]
    (held,) = gold["evidence"].pop("held")
    assert (held["measure"], held["window"]) == ("revenue", "quarter")
    assert (held["value"], held["threshold"], held["met"]) == (100_000, 100_000, True)
    assert (gold["evidence"]["version"], gold["evidence"]["meets"]) == (1, "gold")
    assert gold["evidence"]["next"] == []
    reached = read(api, "accounts/D-1/standings?cause=reached")["items"]
    assert [one["tier"] for one in reached] == ["Gold"]


def test_the_tier_of_any_time_is_told(api: Api, dealer):
    fact(dealer, "1000.00")
    gold, bronze = read(api, "accounts/D-1/standings")["items"]
    start = gold["starts_at"].replace("+00:00", "Z")

    for on, held in ((start, [gold]), ("2020-06-30", [bronze]), ("2019-12-31", [])):
        assert read(api, f"accounts/D-1/standings?on={on}")["items"] == held
    assert read(api, "accounts/D-1/standings?ladder=other")["items"] == []
    read(api, "accounts/D-1/standings?on=yesterday", 400)


def test_benefits_are_those_of_the_tiers_held(api: Api, program, dealer):
    draft_with_benefits(program)
    fact(dealer, "50.00")
    (plain,) = read(api, "accounts/D-1/benefits?ladder=tiers")["items"]
    assert plain == {
        "program": "rewards",
        "ladder": "tiers",
        "is_leading": True,
        "tier": "bronze",
        "tier_name": "Bronze",
        "since": "2020-01-01T00:00:00Z",
        "multiplier": "1",
        "discount_percent": None,
        "funds_share_percent": None,
        "support_level": None,
        "directory_place": None,
        "early_access": False,
        "entitlements": {},
    }

    fact(dealer, "0.00", kind="training", document="T-1")

    (given,) = read(api, "accounts/D-1/benefits?ladder=experts")["items"]
    assert (given["tier"], given["is_leading"], given["discount_percent"]) == (
        "expert",
        False,
        "7.5",
    )
    assert given["entitlements"] == {"demo-units": 3}
    (before,) = read(api, "accounts/D-1/benefits?ladder=experts&on=2020-01-02")["items"]
    assert (before["tier"], before["entitlements"]) == ("novice", {})
    Enrollment.objects.update(state="left")
    assert read(api, "accounts/D-1/benefits")["items"] == []


def draft_with_benefits(program: Program) -> SchemeVersion:
    """A second ladder: who completed a training is an expert."""
    trained = {"measure": "trainings", "window": {"window": "lifetime"}, "op": "gte"}
    rungs = [
        {"code": "novice", "name": "Novice", "criteria": {}, "multiplier": "1"},
        {
            "code": "expert",
            "name": "Expert",
            "criteria": trained | {"threshold": 1},
            "multiplier": "1",
            "benefits": {"discount_percent": "7.5", "entitlements": {"demo-units": 3}},
        },
    ]
    about = {"actor": "system", "now": factories.LONG_AGO}
    scheme = create_scheme(program=program, code="experts", name="Experts", **about)
    version = draft_version(scheme=scheme, terms={"rungs": rungs}, **about)
    return publish(version=version, valid_from=None, **about)


def test_ladders_are_told_as_published_version_by_version(api: Api, program):
    draft_with_benefits(program)
    by_code = {one["code"]: one for one in read(api, "ladders?program=rewards")["items"]}
    tiers, experts = by_code["tiers"], by_code["experts"]
    assert (tiers["is_leading"], tiers["audience"], experts["is_leading"]) == (True, {}, False)
    assert tiers["version"]["number"] == 1
    assert [one["code"] for one in tiers["version"]["tiers"]] == ["bronze", "gold"]
    assert tiers["version"]["tiers"][1]["criteria"]["threshold"] == 100_000
    assert experts["version"]["tiers"][1]["benefits"]["discount_percent"] == "7.5"

    rungs = SchemeVersion.objects.get(scheme__code="tiers").rungs
    rungs[1]["criteria"]["threshold"] = 200_000
    about = {"actor": "system", "now": timezone.now()}
    scheme = Scheme.objects.get(code="tiers")
    draft = draft_version(scheme=scheme, terms={"rungs": rungs}, **about)
    assert len(read(api, f"ladders/{scheme.pk}/versions")["items"]) == 1
    publish(version=draft, valid_from=None, **about)

    newest, first = read(api, f"ladders/{scheme.pk}/versions")["items"]
    assert (newest["number"], newest["ends_at"]) == (2, None)
    assert (first["number"], first["ends_at"]) == (1, newest["valid_from"])
    assert newest["tiers"][1]["criteria"]["threshold"] == 200_000
    assert first["tiers"][1]["criteria"]["threshold"] == 100_000
    (now,) = read(api, "ladders?code=tiers")["items"]
    assert now["version"] == newest


# ── What holds of all ────────────────────────────────────────────────────────────────────────────

# Progress costs a query for each ladder that any of the rows is on.
BY_LADDER = {"accounts", "accounts/D-1/enrollments"}
LISTS = (
    ("accounts", 10),
    ("accounts/D-1/enrollments", 9),
    ("accounts/D-1/standings", 6),
    ("accounts/D-1/benefits", 6),
    ("ladders", 7),
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
    assert len(captured) == queries + (rows - 1 if path in BY_LADDER else 0)


@pytest.mark.parametrize(
    "path",
    [
        "accounts/D-404",
        "accounts/D-404/enrollments",
        "accounts/D-404/standings",
        "accounts/D-404/benefits",
        "ladders/0197f7a0-0000-7000-8000-000000000002/versions",
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
        ("accounts/D-1/benefits", "accounts:read"),
        ("ladders", "accounts:read"),
        ("measures", "accounts:read"),
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
