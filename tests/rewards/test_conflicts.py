"""What is said before a rule or a campaign is published: what it can never do, whom it meets."""

from decimal import Decimal

import pytest

from accounts.models import Event, Program, Tenant
from rewards import publishing
from rewards.budgets import set_budget
from rewards.campaigning import draft_campaign, publish_campaign
from rewards.conflicts import cautions_for_campaign, cautions_for_rule
from rewards.models import Campaign, RuleVersion
from rewards.publishing import CannotPublish
from rewards.voice import voice_of
from tests.factories import (
    ProductFactory,
    ProgramFactory,
    open_campaign,
    publish_rule,
    publish_scheme,
)
from tests.rewards.stories import at

NOW = at("2026-05-20 12:00")
BIKES = {"field": "line", "op": "eq", "value": "Bikes"}
PARTS = {"field": "line", "op": "eq", "value": "Parts"}


@pytest.fixture
def program(in_tenant: Tenant) -> Program:
    ProductFactory(sku="B-1", line="Bikes")
    ProductFactory(sku="P-1", line="Parts")
    return ProgramFactory()


def draft(program: Program, *, code: str = "new", name: str = "New", group: str = "", **terms):
    return publishing.draft_rule(
        program=program,
        code=code,
        name=name,
        exclusive_group=group,
        terms={"kind": "purchase", "basis": "per_amount", "rate": Decimal(1)} | terms,
        actor="staff:a",
        now=NOW,
    )


def said(version: RuleVersion, **more) -> list[tuple[str, str]]:
    about = {"starts": NOW, "voice": voice_of(Tenant.objects.get())} | more
    return [(one.code, one.other) for one in cautions_for_rule(version, **about)]


def sentence(version: RuleVersion, code: str) -> str:
    voice = voice_of(Tenant.objects.get())
    found = cautions_for_rule(version, starts=NOW, voice=voice)
    [one] = [one.sentence for one in found if one.code == code]
    return one


# ── What could never be ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ({"all": [BIKES, PARTS]}, "never"),
        ({"field": "amount", "op": "lt", "value": 0}, "never"),
        ({"field": "occurred_on", "op": "lt", "value": "2026-05-20"}, "over"),
        (
            {
                "all": [
                    {"field": "occurred_on", "op": "gte", "value": "2026-07-01"},
                    {"field": "occurred_on", "op": "lt", "value": "2026-06-01"},
                ]
            },
            "never",
        ),
    ],
)
def test_what_nothing_could_ever_meet_is_not_published(program, condition, code):
    version = draft(program, condition=condition)
    assert said(version) == [(code, "")]
    with pytest.raises(CannotPublish, match="nothing could ever meet"):
        publishing.publish_version(version=version, valid_from=None, actor="staff:a", now=NOW)
    version.refresh_from_db()
    assert version.published_at is None
    assert not Event.objects.filter(kind="rule.published").exists()


def test_a_first_version_that_reaches_back_may_ask_for_days_gone_by(program):
    version = draft(program, condition={"field": "occurred_on", "op": "lt", "value": "2026-05-20"})
    published = publishing.publish_version(
        version=version, valid_from=at("2026-05-19 00:00"), actor="staff:a", now=NOW
    )
    assert published.published_at == NOW


def test_a_campaign_that_nothing_could_meet_is_not_published(program):
    publish_rule(program)
    june = {"field": "occurred_on", "op": "gte", "value": "2026-06-01"}
    campaign = _campaign(program, condition=june, ends_at=at("2026-06-01 00:00"))
    [one] = _said_of(campaign)
    assert one == ("over", "")
    with pytest.raises(CannotPublish, match="none is between May 1, 2026 and May 31, 2026"):
        publish_campaign(campaign=campaign, actor="staff:a", now=NOW)
    campaign.refresh_from_db()
    assert campaign.published_at is None


# ── What is strange by itself ────────────────────────────────────────────────────────────────────


def test_what_nothing_has_is_named(program):
    publish_scheme(program, ("Silver", 0, "1"), ("Gold", 100_000, "1.5"))
    version = draft(
        program,
        condition={
            "all": [
                {"field": "line", "op": "in", "value": ["Bikes", "Bikez"]},
                {"field": "product", "op": "eq", "value": "B-2"},
                {"field": "tier", "op": "in", "value": ["Gold", "Platin"]},
            ]
        },
    )
    voice = voice_of(Tenant.objects.get())
    assert [one.sentence for one in cautions_for_rule(version, starts=NOW, voice=voice)] == [
        f"No {what}: as it is now, that part of its condition holds for nothing."
        for what in (
            "product is of the line “Bikez”",
            "product is called “B-2”",
            "tier is called “Platin”",
        )
    ]
    publishing.publish_version(version=version, valid_from=None, actor="staff:a", now=NOW)


def test_a_cap_or_a_budget_below_one_grant_is_said(program):
    set_budget(
        program=program, unit="points", amount=400, starts_at=NOW, ends_at=at("2026-07-01 00:00"),
        actor="staff:a", now=NOW,
    )  # fmt: skip
    fixed = {"basis": "fixed", "rate": Decimal(500)}
    small = draft(program, **fixed, cap=499, cap_window="month")
    assert said(small) == [("cap", ""), ("budget", "")]
    assert sentence(small, "cap") == (
        "The cap of “New” is 499, less than what one activity gives (500 points): "
        "none is paid in full."
    )
    assert "The budget until Jun 30, 2026 is 400" in sentence(small, "budget")
    dear = {"field": "amount", "op": "gte", "value": 50_000}
    by_amount = draft(program, code="dear", condition=dear, cap=400, cap_window="activity")
    assert said(by_amount) == [("cap", ""), ("budget", "")]
    fits = draft(program, code="fits", basis="fixed", rate=400, cap=400, cap_window="month")
    assert said(fits) == []
    nothing = draft(program, code="nothing", basis="fixed", rate=Decimal("0.5"))
    assert said(nothing) == [("nothing", "")]


# ── A rule beside others ─────────────────────────────────────────────────────────────────────────


def test_rules_without_a_common_group_add_up_where_both_can_apply(program):
    publish_rule(program, code="bikes", condition=BIKES)
    publish_rule(program, code="parts", condition=PARTS)
    publish_rule(program, code="status", unit="credits")
    publish_rule(program, code="training", kind="training")
    publish_rule(program, code="over", valid_to=at("2026-05-01"))
    other = ProgramFactory(slug="other")
    publish_rule(other, code="elsewhere")
    assert said(draft(program, condition=BIKES)) == [("adds_up", "bikes")]
    assert sentence(RuleVersion.objects.get(rule__code="new"), "adds_up") == (
        "“Bikes” (bikes) gives points for the same activities too, and the two add up; put them "
        "into one exclusive group if only one should count."
    )
    tools = {"field": "line", "op": "not_in", "value": ["Bikes", "Parts"]}
    assert said(draft(program, code="rest", condition=tools)) == []


def test_in_one_group_a_tie_and_who_never_wins_are_told(program):
    publish_rule(program, code="all", rate=Decimal(2), exclusive_group="g")
    about = {"group": "g", "condition": BIKES}
    assert said(draft(program, code="same", rate=Decimal(2), **about)) == [("tie", "all")]
    assert said(draft(program, code="less", rate=Decimal(1), **about)) == [("never_wins", "all")]
    # more, but for bikes only: both count, each where it should
    assert said(draft(program, code="more", rate=Decimal(3), **about)) == []
    best = draft(program, code="best", rate=Decimal(3), group="g")
    assert said(best) == [("always_wins", "all")]
    assert said(draft(program, code="fixed", basis="fixed", rate=Decimal(3), group="g")) == []
    capped = draft(program, code="cap", rate=Decimal(3), group="g", cap=5_000, cap_window="month")
    assert said(capped) == []
    assert "all counts, because its code comes first" in sentence(
        RuleVersion.objects.get(rule__code="same"), "tie"
    )


def test_the_same_name_in_the_same_days_is_told(program):
    publish_rule(program, code="purchases", kind="training")
    assert said(draft(program, code="other", name="purchases ")) == [("same_name", "purchases")]


def test_its_own_versions_are_no_conflict_and_segments_are_looked_into(program):
    version = publish_rule(program, code="purchases")
    again = publishing.draft_version(
        rule=version.rule,
        terms={name: getattr(version, name) for name in publishing.TERMS},
        actor="staff:a",
        now=NOW,
    )
    assert said(again) == []


def test_campaigns_that_raise_it_are_told(program):
    open_campaign(
        program, code="spring", multiplier=2, condition=BIKES, ends_at=at("2026-06-01 00:00")
    )
    open_campaign(program, code="winter", multiplier=3, ends_at=at("2026-03-01 00:00"))
    version = draft(program, condition=BIKES)
    assert said(version) == [("raised", "spring")]
    assert sentence(version, "raised") == (
        "The campaign “Spring” raises it: × 2 until May 31, 2026."
    )
    assert said(draft(program, code="parts", condition=PARTS)) == []


# ── A campaign beside rules and others ───────────────────────────────────────────────────────────


def _campaign(program: Program, *, code: str = "summer", **terms) -> Campaign:
    return draft_campaign(
        program=program,
        code=code,
        terms={
            "name": code.title(),
            "kind": "purchase",
            "multiplier": Decimal(2),
            "starts_at": at("2026-05-01 00:00"),
            "ends_at": at("2026-07-01 00:00"),
        }
        | terms,
        actor="staff:a",
        now=NOW,
    )


def _said_of(campaign: Campaign) -> list[tuple[str, str]]:
    found = cautions_for_campaign(campaign, voice=voice_of(Tenant.objects.get()))
    return [(one.code, one.other) for one in found]


def test_a_campaign_that_raises_nothing_is_told(program):
    publish_rule(program, code="bikes", condition=BIKES)
    assert _said_of(_campaign(program, condition=PARTS)) == [("raises_nothing", "")]
    assert _said_of(_campaign(program, code="fits")) == []


def test_two_campaigns_at_once_multiply(program):
    publish_rule(program)
    open_campaign(program, code="spring", multiplier=3, ends_at=at("2026-06-01 00:00"))
    open_campaign(program, code="summer-2025", name="Summer", ends_at=at("2026-05-01 00:00"),
                  multiplier=2)  # fmt: skip
    campaign = _campaign(program)
    assert _said_of(campaign) == [("multiplies", "spring")]
    [one] = cautions_for_campaign(campaign, voice=voice_of(Tenant.objects.get()))
    assert one.sentence == (
        "“Spring” (spring) runs at the same time: what meets both gets × 6 in all."
    )


def test_a_campaign_for_one_rule_of_a_group_can_turn_who_wins(program):
    publish_rule(program, code="all", rate=Decimal(2), exclusive_group="g")
    bikes = publish_rule(program, code="bikes", condition=BIKES, exclusive_group="g")
    assert _said_of(_campaign(program, rule=bikes.rule, multiplier=Decimal(3))) == [
        ("turns_group", "all")
    ]


def test_a_cap_that_cuts_what_a_campaign_adds_is_told(program):
    publish_rule(program, basis="fixed", rate=Decimal(50), cap=60, cap_window="activity")
    assert _said_of(_campaign(program)) == [("cap", "")]
