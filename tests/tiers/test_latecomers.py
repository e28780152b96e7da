"""Those whom a new version, or a decision, might miss: enrolled for later, or seen too late."""

from datetime import timedelta

import pytest

from accounts import enrolling
from accounts.models import Activity, JobRun
from rewards import clock
from rewards.intake import take_in
from tests.factories import enrolled_account
from tests.rewards.stories import accepted, at, purchase
from tests.tiers.climbing import SILVER_TO_PLATINUM, buy, published, since, tiers_of
from tiers import due, publishing
from tiers.models import SchemeVersion, Standing

pytestmark = pytest.mark.usefixtures("books_agree")

INSTANT = timedelta(microseconds=1)


def changed(version: SchemeVersion, *, on: str) -> SchemeVersion:
    """The same tiers as a new version, published at once."""
    about = {"actor": "staff:author", "now": at(on)}
    terms = {"rungs": version.rungs}
    draft = publishing.draft_version(scheme=version.scheme, terms=terms, **about)
    return publishing.publish(version=draft, valid_from=None, actor="system", now=at(on))


def stands_on(number: int) -> list[str]:
    """The accounts whose present standing is on the version of this number."""
    there = Standing.objects.filter(ends_at=None, tier__version__number=number)
    return list(
        there.order_by("enrollment__account__number").values_list(
            "enrollment__account__number", flat=True
        )
    )


def test_who_is_enrolled_from_later_on_begins_on_the_version_in_force_then(program):
    first = published(program, *SILVER_TO_PLATINUM)
    enrolled_account(program, on=at("2026-01-01"), number="D-1")
    later = enrolled_account(program, on=at("2026-07-01"), number="D-2")
    changed(first, on="2026-03-01")
    assert stands_on(2) == ["D-1", "D-2"]
    assert tiers_of(later) == [("Bronze", "enrolled")]
    buy(later, 1_000, "2026-07-02")
    assert tiers_of(later) == [("Bronze", "enrolled"), ("Silver", "reached")]


def test_whoever_a_new_version_missed_is_brought_onto_it_by_the_clock(program, monkeypatch):
    """While everybody was brought onto it, facts raised one on the version before, and another was
    enrolled: neither was to be seen yet."""
    first = published(program, *SILVER_TO_PLATINUM)
    risen = enrolled_account(program, on=at("2026-01-01"), number="D-1")
    buy(risen, 1_000, "2026-02-10")
    monkeypatch.setattr(enrolling, "WHEN_ENROLLED", [])
    unseen = enrolled_account(program, on=at("2026-02-20"), number="D-2")
    second = changed(first, on="2026-03-01")
    clock.advance(upto=at("2026-03-01 12:00"))  # as far as nothing is under way any more
    before = Standing.objects.get(enrollment__account=risen, cause="reached")
    silver = Standing.objects.filter(enrollment__account=risen, ends_at=None)
    silver.update(tier=before.tier, cause="reached", evidence=before.evidence)
    assert stands_on(2) == []

    clock.advance(upto=at("2026-03-02"))
    assert stands_on(2) == ["D-1", "D-2"]
    assert tiers_of(risen)[-1] == ("Silver", "published")
    assert tiers_of(unseen)[0] == ("Bronze", "enrolled")
    assert JobRun.objects.get(job=due.ENTERED, period=str(second.pk)).outcome == due.SURE
    buy(risen, 10_000, "2026-03-03")
    assert tiers_of(risen)[-1] == ("Gold", "reached")


def test_facts_that_waited_are_recorded_after_what_was_decided_meanwhile(program):
    """Stamped on arrival, they once came before the tier that others had brought, and were lost
    for the next one."""
    published(program, *SILVER_TO_PLATINUM)
    account = enrolled_account(program, on=at("2026-01-01"))
    noon = at("2026-02-10 12:00")
    accepted(purchase(account, "1000", noon, "SO-1"), as_of=noon + INSTANT * 9)
    [outcome] = take_in(
        [purchase(account, "9000", noon, "SO-2")], source="erp", actor="key:erp", as_of=noon
    )
    assert outcome.status == "accepted"
    assert tiers_of(account)[1:] == [("Gold", "reached")]
    assert since(account) == noon + INSTANT * 10
    assert Activity.objects.get(external_id="SO-2").recorded_at == noon + INSTANT * 9
