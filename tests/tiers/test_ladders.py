"""Ladders of any kind: certificates, several side by side, new versions."""

import pytest
from django.db import DatabaseError, transaction

from accounts import clock as tenant_clock
from accounts.attributes import Attribute
from accounts.kinds import add_kind
from accounts.models import Account, Event, Tenant
from accounts.tenancy import tenant_scope
from rewards import clock
from rewards.models import Entry
from tests.factories import LONG_AGO, ProgramFactory, enrolled_account
from tests.rewards.stories import accepted, at, purchase
from tests.tiers.climbing import (
    SILVER_TO_PLATINUM,
    buy,
    dealer,
    orders,
    published,
    revenue,
    rolling,
    rung,
    standing_of,
    tier_of,
    tiers_of,
)
from tiers import publishing
from tiers.evidence import evidence_of
from tiers.ladders import BadLadder, published_ladders
from tiers.models import Scheme, SchemeVersion, Standing, Tier

pytestmark = pytest.mark.usefixtures("books_agree")


# ── Measures of many kinds ───────────────────────────────────────────────────────────────────────


def certify(account: Account, on: str, until: str, document: str) -> None:
    clock.advance(upto=at(on))
    earned = purchase(
        account,
        "0",
        at(on),
        document,
        kind="certificate",
        quantity=0,
        attributes={"valid_until": until},
    )
    accepted(earned, as_of=at(on))


def test_t2_the_sixth_certificate_makes_gold_at_once_and_an_expired_one_ends_it(program):
    add_kind(
        code="certificate",
        name="Certificate earned",
        attributes=(Attribute("valid_until", "date"),),
        actor="system",
        now=LONG_AGO,
    )
    certificates = {
        "measure": "certificates",
        "window": {"window": "valid_now"},
        "op": "gte",
        "threshold": 6,
    }
    published(
        program,
        rung("Bronze"),
        rung("Gold", {"all": [revenue(250_000, window=rolling(12)), certificates]}),
        kept_periods=0,
        grace_days=10,
    )
    account = dealer(program)
    buy(account, 400_000, "2026-02-10")
    for n in range(5):
        certify(account, "2026-02-11", "2027-12-31", f"C{n}")
    assert tier_of(account) == "Bronze"

    certify(account, "2026-02-12", "2026-05-15", "C5")
    assert tiers_of(account) == [("Bronze", "enrolled"), ("Gold", "reached")]

    clock.advance(upto=at("2026-07-01 00:00"))
    assert tier_of(account) == "Gold"
    assert standing_of(account).falls_at == at("2026-07-11 00:00")
    clock.advance(upto=at("2026-07-11 00:00"))
    assert tiers_of(account)[2:] == [("Bronze", "grace_ended")]
    gold = evidence_of(standing_of(account)).above
    assert gold is not None
    assert [(part.value, part.missing) for part in gold.parts] == [(400_000_00, 0), (5, 1)]


# ── Several ladders ──────────────────────────────────────────────────────────────────────────────


def test_an_audience_climbs_its_own_track_and_others_stay_below(program):
    published(program, rung("Bronze"), rung("Gold", revenue(100)))
    published(
        program,
        rung("Starter"),
        rung("Expert", revenue(100)),
        code="north",
        audience={"field": "region", "op": "eq", "value": "North"},
    )
    north, south = dealer(program, region="North"), dealer(program, region="South")
    buy(north, 100, "2026-02-10")
    buy(south, 100, "2026-02-10")
    assert tier_of(north) == tier_of(south) == "Gold"
    assert tiers_of(north, ladder="north") == [("Starter", "enrolled"), ("Expert", "reached")]
    assert tiers_of(south, ladder="north") == [("Starter", "enrolled")]


def test_an_overall_tier_follows_the_tracks_in_the_same_breath(program):
    published(program, rung("Base"), rung("Gold", revenue(100)), code="sales", kept_periods=0)
    published(program, rung("Base"), rung("Gold", orders(2)), code="care", kept_periods=0)
    tracks = [
        {"ladder": "sales", "op": "gte", "tier": "gold"},
        {"ladder": "care", "op": "gte", "tier": "gold"},
    ]
    published(
        program,
        rung("Member"),
        rung("Silver", {"any": tracks}),
        rung("Gold", {"n_of": 2, "of": tracks}),
        code="overall",
        kept_periods=0,
    )
    account = dealer(program)
    buy(account, 100, "2026-02-10")
    assert tier_of(account, ladder="overall") == "Silver"
    buy(account, 1, "2026-02-11")
    assert tiers_of(account, ladder="overall") == [
        ("Member", "enrolled"),
        ("Silver", "reached"),
        ("Gold", "reached"),
    ]
    clock.advance(upto=at("2026-04-01 00:00"))
    assert tier_of(account, ladder="sales") == tier_of(account, ladder="care") == "Base"
    assert tiers_of(account, ladder="overall")[3:] == [("Member", "evaluated")]


def test_only_the_leading_ladder_multiplies_points(program):
    published(program, rung("Bronze"), rung("Gold", revenue(1_000_000)))
    published(program, rung("Base", multiplier="3"), code="side")
    account = dealer(program)
    buy(account, 100, "2026-02-10")
    assert Entry.objects.get(wallet__account=account).available == 100


def test_ladders_never_ask_for_each_other_in_a_circle(program):
    about = {"program": program, "actor": "system", "now": LONG_AGO}
    published(program, rung("Base"), rung("Gold", revenue(1)), code="one")
    of_one = {"ladder": "one", "op": "gte", "tier": "gold"}
    published(program, rung("Base"), rung("Gold", of_one), code="two")
    draft = publishing.draft_version(
        scheme=Scheme.objects.get(code="one"),
        terms={"rungs": [rung("Base"), rung("Gold", of_one | {"ladder": "two"})]},
        actor="system",
        now=LONG_AGO,
    )
    with pytest.raises(BadLadder, match="in a circle"):
        publishing.publish(version=draft, valid_from=at("2026-02-01"), actor="x", now=LONG_AGO)
    unknown = publishing.draft_scheme(
        code="three",
        name="Three",
        terms={"rungs": [rung("Base"), rung("Gold", of_one | {"tier": "pearl"})]},
        **about,
    )
    with pytest.raises(BadLadder, match="There is no tier “pearl” on a ladder “one”"):
        publishing.publish(version=unknown, valid_from=None, actor="x", now=LONG_AGO)
    assert SchemeVersion.objects.filter(state="published").count() == 2


# ── Versions ─────────────────────────────────────────────────────────────────────────────────────


def redraft(*rungs: dict, **policies: object) -> SchemeVersion:
    return publishing.draft_version(
        scheme=Scheme.objects.get(),
        terms={"rungs": list(rungs), **policies},
        actor="staff:author",
        now=at("2026-02-15"),
    )


HARDER = [rung("Bronze"), rung("Silver", revenue(5_000)), rung("Gold", revenue(50_000))]


def test_a_new_version_evaluates_everybody_when_it_comes_into_force(program):
    published(program, *SILVER_TO_PLATINUM)
    silver, gold = dealer(program), dealer(program)
    buy(silver, 1_000, "2026-02-10")
    buy(gold, 60_000, "2026-02-10")
    publishing.publish(
        version=redraft(*HARDER),
        valid_from=at("2026-03-10 00:00"),
        actor="staff:kim",
        now=at("2026-02-20"),
    )
    clock.advance(upto=at("2026-03-09"))
    assert (tier_of(silver), tier_of(gold)) == ("Silver", "Gold")
    clock.advance(upto=at("2026-03-10 00:00"))
    assert (tier_of(silver), tier_of(gold)) == ("Bronze", "Gold")
    assert standing_of(gold).tier.version.number == 2
    assert tiers_of(silver)[2:] == [("Bronze", "published")]
    assert Event.objects.filter(kind="tier.changed", account=gold).count() == 1
    # What was decided under the first version reads as it did.
    first = Standing.objects.select_related("tier__version__scheme").get(
        enrollment__account=silver, tier__name="Silver"
    )
    verdict = evidence_of(first).verdict
    assert verdict is not None
    assert (verdict.value, verdict.threshold) == (1_000_00, 1_000_00)


def test_a_new_version_may_give_grace(program):
    published(program, *SILVER_TO_PLATINUM)
    account = dealer(program)
    buy(account, 1_000, "2026-02-10")
    publishing.publish(
        version=redraft(*HARDER),
        valid_from=None,
        grace_days=20,
        actor="staff:kim",
        now=at("2026-02-20"),
    )
    assert tiers_of(account)[2:] == [("Silver", "published")]
    assert standing_of(account).falls_at == at("2026-03-12 00:00")
    clock.advance(upto=at("2026-03-12 00:00"))
    assert tiers_of(account)[3:] == [("Bronze", "grace_ended")]


def test_a_fact_does_not_wait_for_the_clock_to_stand_on_the_new_version(program):
    published(program, *SILVER_TO_PLATINUM)
    account, other = dealer(program), dealer(program)
    buy(account, 1_000, "2026-02-10")
    publishing.publish(
        version=redraft(*HARDER),
        valid_from=at("2026-03-10 00:00"),
        actor="staff:kim",
        now=at("2026-02-20"),
    )
    clock.advance(upto=at("2026-03-09 23:59"))
    early = at("2026-03-10 00:01")
    accepted(purchase(account, "4000", early), as_of=early)
    assert tiers_of(account)[2:] == [("Bronze", "published"), ("Silver", "reached")]
    clock.advance(upto=at("2026-03-10 00:05"))
    assert tiers_of(account)[4:] == []
    assert tiers_of(other) == [("Bronze", "enrolled"), ("Bronze", "published")]


def test_who_wrote_a_draft_does_not_publish_it_where_two_have_to_agree(program):
    published(program, *SILVER_TO_PLATINUM)
    Tenant.objects.update(two_pairs_of_eyes=True)
    draft = redraft(*HARDER)
    with pytest.raises(publishing.NeedsSecondPair):
        publishing.publish(
            version=draft, valid_from=None, actor="staff:author", now=at("2026-02-20")
        )
    assert [one.number for one in published_ladders()] == [1]


def test_what_is_published_stays(program, tenant):
    version = published(program, *SILVER_TO_PLATINUM)
    for change in (
        lambda: SchemeVersion.objects.filter(pk=version.pk).update(kept_periods=9),
        lambda: Tier.objects.filter(version=version).update(multiplier=9),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    with pytest.raises(publishing.NotADraft):
        publishing.change_draft(version=version, terms={}, actor="x", now=LONG_AGO)


def test_a_draft_may_lose_a_tier_and_asks_only_for_measures_there_are(program):
    draft = publishing.draft_scheme(
        program=program,
        code="tiers",
        name="Tiers",
        terms={"rungs": SILVER_TO_PLATINUM},
        actor="x",
        now=LONG_AGO,
    )
    unknown = revenue(1) | {"measure": "luck"}
    publishing.change_draft(
        version=draft,
        terms={"rungs": [rung("Bronze"), rung("Lucky", unknown)]},
        actor="y",
        now=LONG_AGO,
    )
    with pytest.raises(BadLadder, match="There is no measure “luck”"):
        publishing.publish(version=draft, valid_from=None, actor="z", now=LONG_AGO)
    draft.refresh_from_db()
    assert (draft.state, draft.authors, len(draft.rungs)) == ("draft", ["x", "y"], 2)
    assert not Tier.objects.exists()


def test_enrolled_accounts_of_another_tenant_are_nobodys_business(program, other_tenant):
    published(program, *SILVER_TO_PLATINUM)
    with tenant_scope(other_tenant.id):
        rival = ProgramFactory()
        published(rival, rung("Bronze"), rung("Gold", revenue(1)))
        account = enrolled_account(rival, on=at("2026-01-01 00:00"))
        accepted(purchase(account, "10", at("2026-02-10")), as_of=at("2026-02-10"))
        assert tier_of(account) == "Gold"
    assert Standing.objects.count() == 0


# ── Near the next tier ───────────────────────────────────────────────────────────────────────────


def told_near(account: Account) -> list[tuple[str, list[str]]]:
    told = Event.objects.filter(kind="tier.near", account=account).order_by("recorded_at")
    return [(one.payload["tier"], one.payload["period"]) for one in told]


def test_who_is_near_the_next_tier_is_told_once_a_period(program):
    published(program, *SILVER_TO_PLATINUM, near_percent=85)
    near, far = dealer(program), dealer(program)
    buy(near, 8_499, "2026-02-10")
    buy(far, 8_499, "2026-02-10")
    clock.tell_near_ones(at=at("2026-02-11"))
    assert told_near(near) == []

    buy(near, 1, "2026-02-12")  # it is told at once
    assert told_near(near) == [("Gold", ["2026-01-01", "2026-04-01"])]
    buy(near, 1, "2026-02-13")
    clock.tell_near_ones(at=at("2026-02-14"))
    assert len(told_near(near)) == 1
    assert told_near(far) == []

    # While a history comes in nobody is told; the day's look makes up for it.
    clock.advance(upto=at("2026-05-10"))
    tenant_clock.hold(at=at("2026-05-10"), reason="test")
    accepted(purchase(near, "8500", at("2026-05-10")), as_of=at("2026-05-10"))
    tenant_clock.release()
    assert len(told_near(near)) == 1
    clock.tell_near_ones(at=at("2026-05-11"))
    clock.tell_near_ones(at=at("2026-05-11 23:00"))  # that day was looked at
    clock.tell_near_ones(at=at("2026-05-12"))
    assert told_near(near)[1:] == [("Gold", ["2026-04-01", "2026-07-01"])]


def test_a_ladder_that_waits_for_the_evaluation_tells_who_is_near_at_once_too(program):
    rungs = SILVER_TO_PLATINUM[:2]
    published(program, *rungs, near_percent=50, rises="at_evaluation", code="waits")
    account = dealer(program)
    buy(account, 499, "2026-02-10")
    assert told_near(account) == []
    buy(account, 1, "2026-02-11")
    assert told_near(account) == [("Silver", ["2026-01-01", "2026-04-01"])]
    buy(account, 500, "2026-02-12")
    assert (tier_of(account, ladder="waits"), len(told_near(account))) == ("Bronze", 1)
