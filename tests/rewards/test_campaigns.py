"""What raises earning: campaigns, and boosts that an account brings about itself."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.kinds import add_starting_kinds
from accounts.models import Account, Event, Program, Tenant
from rewards import campaigning
from rewards.models import Boost, Campaign, Entry, GrantNote, Wallet
from rewards.telling import sentence
from rewards.voice import voice_of
from rewards.why import why
from tests.factories import (
    ProgramFactory,
    enrolled_account,
    open_campaign,
    publish_rule,
    publish_scheme,
)
from tests.rewards.stories import accepted, at, granted, purchase, taken_back


@pytest.fixture
def program(in_tenant: Tenant) -> Program:
    add_starting_kinds()
    return ProgramFactory()


@pytest.fixture
def dealer(program: Program) -> Account:
    return enrolled_account(program, number="D1", region="North")


def certificate(account: Account, when: str, document: str):
    return purchase(account, "0.00", at(when), document, kind="certificate")


# ── Campaigns ────────────────────────────────────────────────────────────────────────────────────


def test_tier_then_campaigns_then_one_rounding(program: Program):
    publish_scheme(program, ("Gold", 0, "1.5"))
    account = enrolled_account(program)
    publish_rule(program)
    open_campaign(program, code="double", multiplier=2, ends_at=at("2027-01-01"))
    open_campaign(program, code="bit", multiplier=Decimal("1.125"), ends_at=at("2027-01-01"))
    [outcome] = accepted(purchase(account, "1.37", at("2026-03-01"), "P"), as_of=at("2026-03-02"))
    # 1.37 x 1.5 x 2 x 1.125 = 4.62…; rounded in between it would have been 4.5 -> 4, or 2 x 2 = 4
    assert granted([outcome]) == [[("purchases", 4, 4)]]
    [big] = accepted(purchase(account, "1371.37", at("2026-03-01"), "Q"), as_of=at("2026-03-02"))
    assert granted([big]) == [[("purchases", 4628, 4628)]]
    note = GrantNote.objects.get(entries__activity__external_id="Q")
    assert (note.factor, note.bonus, note.less_because) == (Decimal("2.25"), 0, "")
    assert [one["code"] for one in note.campaigns] == ["bit", "double"]


def test_campaign_counts_in_its_dates_for_its_segment_only(program: Program, dealer: Account):
    south = enrolled_account(program, number="D2", region="South")
    publish_rule(program)
    open_campaign(
        program,
        code="march",
        multiplier=2,
        condition={"field": "region", "op": "eq", "value": "North"},
        starts_at=at("2026-03-01 00:00"),
        ends_at=at("2026-04-01 00:00"),
    )
    outcomes = accepted(
        purchase(dealer, "100.00", at("2026-02-28 23:59"), "A"),
        purchase(dealer, "100.00", at("2026-03-01 00:00"), "B"),
        purchase(dealer, "100.00", at("2026-03-31 23:59"), "C"),
        purchase(dealer, "100.00", at("2026-04-01 00:00"), "D"),
        purchase(south, "100.00", at("2026-03-15"), "E"),
        as_of=at("2026-04-02"),
    )
    assert [one.grants[0].granted for one in outcomes] == [100, 200, 200, 100, 100]


def test_bonus_comes_on_top_of_one_rule_and_is_explained(program: Program, dealer: Account):
    rule = publish_rule(program).rule
    publish_rule(program, code="status", unit="credits")
    open_campaign(
        program, code="spring", rule=rule, bonus=50, multiplier=2, ends_at=at("2027-01-01")
    )
    [outcome] = accepted(purchase(dealer, "10.00", at("2026-03-01"), "P"), as_of=at("2026-03-02"))
    assert granted([outcome]) == [[("purchases", 70, 70), ("status", 10, 10)]]
    assert outcome.grants[0].why == "1 per 1.00 of 10.00 × 2 + 50 in Spring"
    entry = Entry.objects.get(wallet__unit="points")
    told = sentence(why(entry), voice=voice_of(Tenant.objects.get()))
    assert told == "70 points: 1 point per $1.00 of $10.00 (order P line 1) × 2 + 50 in Spring"


def test_a_return_takes_back_what_the_campaign_gave(program: Program, dealer: Account):
    publish_rule(program)
    open_campaign(program, code="double", multiplier=2, ends_at=at("2026-04-01"))
    accepted(purchase(dealer, "100.00", at("2026-03-01"), "P", quantity=10), as_of=at("2026-03-02"))
    accepted(
        taken_back(dealer, "0.00", at("2026-05-01"), of="P", document="R", quantity=3),
        as_of=at("2026-05-02"),
    )
    assert Wallet.objects.get().available == 140


def test_published_campaign_never_changes_but_for_its_end(program: Program, dealer: Account):
    campaign = open_campaign(program, code="double", multiplier=2, ends_at=at("2026-04-01"))
    with pytest.raises(campaigning.NotADraft):
        campaigning.change_campaign(
            campaign=campaign, terms={"multiplier": 3}, actor="system", now=at("2026-03-01")
        )
    with pytest.raises(IntegrityError, match="what is published stays"), transaction.atomic():
        Campaign.objects.filter(pk=campaign.pk).update(multiplier=3)
    campaigning.end_campaign(campaign=campaign, actor="system", now=at("2026-03-15"))
    publish_rule(program)
    outcomes = accepted(
        purchase(dealer, "10.00", at("2026-03-14"), "A"),
        purchase(dealer, "10.00", at("2026-03-16"), "B"),
        as_of=at("2026-03-17"),
    )
    assert [one.grants[0].granted for one in outcomes] == [20, 10]


# ── Responsive rates ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def responsive(program: Program) -> Campaign:
    """Three certificates in a month: double points on purchases for 14 days."""
    publish_rule(program)
    return open_campaign(
        program,
        code="skilled",
        multiplier=2,
        trigger_kind="certificate",
        trigger_counted="count",
        trigger_threshold=3,
        trigger_window="month",
        days=14,
    )


@pytest.mark.parametrize("at_once", [True, False])
def test_three_certificates_in_a_month_double_points_for_14_days(
    program: Program, dealer: Account, responsive: Campaign, at_once: bool
):
    facts = [
        certificate(dealer, "2026-02-27", "C0"),
        certificate(dealer, "2026-03-02", "C1"),
        certificate(dealer, "2026-03-03", "C2"),
        purchase(dealer, "10.00", at("2026-03-04"), "before"),
        certificate(dealer, "2026-03-05", "C3"),
        purchase(dealer, "10.00", at("2026-03-05 12:01"), "first"),
        purchase(dealer, "10.00", at("2026-03-19 23:59"), "last"),
        purchase(dealer, "10.00", at("2026-03-20 00:00"), "after"),
        certificate(dealer, "2026-03-21", "C4"),
        purchase(dealer, "10.00", at("2026-03-22"), "no second"),
    ]
    batches = [facts] if at_once else [[fact] for fact in facts]
    for batch in batches:
        accepted(*batch, as_of=at("2026-03-25"))
    points = {
        entry.activity.external_id: entry.available
        for entry in Entry.objects.filter(kind="earn").select_related("activity")
    }
    assert points == {"before": 10, "first": 20, "last": 20, "after": 10, "no second": 10}
    boost = Boost.objects.get()
    assert (boost.activity.external_id, boost.reached) == ("C3", 3)
    assert (boost.starts_at, boost.ends_at) == (at("2026-03-05"), at("2026-03-20 00:00"))
    told = Event.objects.get(kind="campaign.boosted")
    assert told.payload["campaign"] == "skilled"


def test_certificates_of_another_account_or_month_do_not_count(
    program: Program, dealer: Account, responsive: Campaign
):
    other = enrolled_account(program, number="D2")
    accepted(
        certificate(dealer, "2026-03-30", "C1"),
        certificate(dealer, "2026-03-31", "C2"),
        certificate(other, "2026-03-31", "C3"),
        certificate(dealer, "2026-04-01", "C4"),
        as_of=at("2026-04-02"),
    )
    assert not Boost.objects.exists()


def test_what_an_account_did_before_it_joined_raises_nothing(
    program: Program, responsive: Campaign
):
    late = enrolled_account(program, number="D3", on=at("2026-03-10"))
    facts = [certificate(late, f"2026-03-0{day}", f"C{day}") for day in (2, 3, 4)]
    accepted(*facts, as_of=at("2026-03-11"))
    assert not Boost.objects.exists()
