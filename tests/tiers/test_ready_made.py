"""Every ready-made scheme loads by its name and passes its own worked example."""

import pytest

from accounts.declaring import catalogue
from accounts.models import ActivityKind, DeclaredMeasure
from tests.factories import ProgramFactory
from tests.rewards.stories import at
from tiers import publishing
from tiers.ladders import as_ladder
from tiers.models import Scheme, State
from tiers.ready_made import READY_MADE, worked
from tiers.starting import missing_from, start_from

NOW = at("2026-05-20")


@pytest.fixture
def program(in_tenant):
    ActivityKind.objects.bulk_create(
        ActivityKind(code=code, name=code.title())
        for code in ("certificate", "deal", "renewal", "satisfaction")
    )
    return ProgramFactory()


def started(ready, program, **more):
    about = {"code": ready, "name": "Tiers", "places": 2, "actor": "staff:1", "now": NOW}
    return start_from(READY_MADE[ready], program=program, **(about | more))


def test_there_are_eight():
    assert list(READY_MADE) == [
        "starter",
        "revenue-and-badges",
        "weighted-score",
        "users-people-retention",
        "best-portfolio",
        "sold-and-managed",
        "client-club",
        "points-by-activity",
    ]


@pytest.mark.parametrize("code", READY_MADE)
def test_it_passes_its_own_example_and_can_be_published(program, code):
    version = started(code, program)
    known = catalogue()
    told = list(worked(READY_MADE[code], scale=lambda one: known[one].scale or 100))
    assert [one.earned for one in told] == [one.case.tier for one in told]
    assert len(told) >= 3

    assert version.state == State.DRAFT
    publishing.publish(version=version, valid_from=NOW, actor="staff:1", now=NOW)
    tiers = version.tiers.order_by("rank")
    assert [tier.name for tier in tiers] == [step.name for step in READY_MADE[code].steps]


def test_what_it_needs_is_added_once(program):
    scheme = READY_MADE["users-people-retention"]
    assert set(missing_from(scheme).measures) == {
        "net_new_users",
        "users_acquired",
        "user_retention",
    }
    started("users-people-retention", program)
    kind = ActivityKind.objects.get(code="users_sold")
    assert (kind.name, kind.attributes[0]["name"]) == ("Users sold", "contract")
    assert DeclaredMeasure.objects.get(code="user_retention").terms == {
        "counts": "ratio",
        "of": "net_new_users",
        "to": "users_acquired",
    }
    assert not missing_from(scheme).measures
    assert not missing_from(scheme).kinds
    started("users-people-retention", program, code="again")
    assert DeclaredMeasure.objects.count() == 3


def test_thresholds_are_in_the_currency_and_the_scale_of_their_measures(program):
    version = started("users-people-retention", program)
    silver = version.rungs[1]["criteria"]["all"]
    assert [one["threshold"] for one in silver] == [75 * 10_000, 3, 70 * 100]
    assert started("starter", program).rungs[1]["criteria"]["threshold"] == 25_000_00
    yen = started("best-portfolio", program, places=0)
    assert yen.rungs[1]["criteria"]["threshold"] == 25_000


def test_a_code_that_is_taken_leaves_nothing_behind(program):
    started("starter", program)
    with pytest.raises(publishing.CodeTaken, match="“starter” already"):
        started("client-club", program, code="starter")
    assert Scheme.objects.count() == 1
    assert not DeclaredMeasure.objects.exists()


def test_a_second_ladder_does_not_lead(program):
    first, second = started("starter", program), started("best-portfolio", program)
    assert (as_ladder(first).is_leading, as_ladder(second).is_leading) == (True, False)
