"""The audit log: who did what, and what was there before."""

import re
from datetime import timedelta

import pytest
from django.conf import settings

from accounts import events
from accounts.brand import change_brand
from accounts.staffing import change_staff
from loyalty.console.happenings import TOLD
from loyalty.event_words import WORDS
from loyalty.history_words import ABOUT, changes_in
from rewards import publishing
from rewards.models import EarningRule
from tests.factories import StaffFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, running_program, text_of
from tests.rewards.stories import accepted, at, purchase

pytestmark = pytest.mark.usefixtures("stopped_clock")

LOG = "/console/history/"
FLOORS = ("accounts", "tiers", "rewards", "rebates", "partners")


@pytest.fixture
def olga(in_tenant):
    return StaffFactory(name="Olga Owner", role="owner")


@pytest.fixture
def log(in_tenant, olga):
    client = client_of(in_tenant, olga.user)
    return lambda query="": text_of(client.get(f"{LOG}{query}"))


def test_what_was_changed_is_told_with_what_was_there_before(log, olga, in_tenant):
    program = running_program()
    rule = EarningRule.objects.get(program=program)
    about = {"actor": olga.actor, "now": NOW}
    terms = {"kind": "purchase", "basis": "per_amount", "rate": 1}
    draft = publishing.draft_version(rule=rule, terms=terms, **about)
    publishing.change_draft(version=draft, terms=terms | {"rate": 3}, **about)
    looks = {"brand_color": "#101010", "accent_color": in_tenant.accent_color, "logo": None}
    change_brand(tenant=in_tenant, name="Acme Inc.", **looks, actor=olga, now=NOW)
    sam = StaffFactory(name="Sam", role="rep")
    change_staff(staff=sam, role="finance", is_active=True, actor=olga, now=NOW)

    text = log()
    assert "Rate 1 → 3" in text
    assert "Name Acme Corp. → Acme Inc." in text
    assert "Brand color #1d4ed8 → #101010" in text
    assert "Role rep → finance" in text
    assert "Olga Owner Draft of a rule changed" in text
    assert "Rate 1 → 3" in log(f"?subject=rule:{rule.pk}&actor={olga.actor}")
    assert "Role rep → finance" not in log("?about=rule")
    assert "Role rep → finance" in log("?since=2026-05-20&until=2026-05-20")
    assert "Nothing fits" in log("?until=2026-05-19&actor=" + olga.actor)
    assert "Nothing fits" in log(f"?actor={sam.actor}")


def test_no_kind_of_event_is_told_by_its_code_alone():
    packages = (settings.BASE_DIR / name for name in FLOORS)
    sources = [path.read_text() for package in packages for path in package.rglob("*.py")]
    kinds = {kind for source in sources for kind in re.findall(r'kind="(\w+\.\w+)"', source)}

    assert len(kinds) > 30
    assert kinds - set(TOLD) - set(WORDS) == set()


def test_whatever_is_recorded_can_be_asked_for_by_what_it_is_about(log, olga):
    """Of each kind of event, what it begins with is in the filter, once; nothing else is."""
    offered = [code for codes in ABOUT for code in codes]
    recorded = {kind.partition(".")[0] for kind in {*TOLD, *WORDS}}
    assert sorted(offered) == sorted(recorded)

    events.record(
        kind="lead_limit.changed",
        occurred_at=NOW,
        recorded_at=NOW,
        actor=olga.actor,
        subject="program:1",
        payload={},
    )
    assert "lead_limit.changed" in log("?about=lead")
    assert "Nothing fits" in log("?about=deal")


def test_what_every_fact_earned_is_told_where_it_is_asked_for(log):
    account = enrolled_account(running_program(), name="Northwind", on=at("2026-01-01 00:00"))
    accepted(purchase(account, "10.00", at("2026-05-02")), as_of=NOW - timedelta(days=1))

    assert "points.earned" not in log()
    assert "points.earned" in log("?about=points")
    assert "account.enrolled" in log(f"?account={account.pk}")
    assert "account.enrolled" in log("?q=northwind")
    assert "Nothing fits" in log("?account=nobody")


@pytest.mark.parametrize("count", [1, 3])
def test_the_log_costs_the_same_for_one_event_and_for_many(
    in_tenant, olga, count, django_assert_num_queries
):
    client = client_of(in_tenant, olga.user)
    for number in range(count):
        sam = StaffFactory(name=f"Sam {number}", role="rep")
        change_staff(staff=sam, role="finance", is_active=True, actor=olga, now=NOW)
    with django_assert_num_queries(16):
        client.get(LOG)


def test_a_threshold_within_a_ladder_is_one_line():
    silver = {"code": "silver", "name": "Silver", "criteria": {"threshold": 100}}
    gold = {"code": "gold", "name": "Gold", "criteria": {"threshold": 500}}
    dearer = gold | {"criteria": {"threshold": 900}}
    payload = {"before": {"rungs": [silver, gold]}, "after": {"rungs": [silver, dearer]}}

    (change,) = changes_in(payload)

    assert (change.name, change.before, change.after) == (
        "Rungs › Gold › Criteria › Threshold",
        "500",
        "900",
    )
    assert changes_in({"before": "other-ladder"}) == []
