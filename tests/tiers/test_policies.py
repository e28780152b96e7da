"""Policies of ladders, one story each: when one rises, how long a tier is kept, how one falls."""

import pytest

from accounts.models import Event, Tenant
from accounts.tenancy import tenant_scope
from rewards import clock
from tests.rewards.stories import accepted, at, purchase, wallet_of
from tests.tiers.climbing import (
    SILVER_TO_PLATINUM,
    buy,
    dealer,
    period_of,
    published,
    revenue,
    rolling,
    rung,
    since,
    standing_of,
    tier_of,
    tiers_of,
)

pytestmark = pytest.mark.usefixtures("books_agree")


def test_rising_at_the_evaluation_waits_for_the_period_to_end(program):
    published(program, *SILVER_TO_PLATINUM, rises="at_evaluation", kept_periods=0)
    account = dealer(program)
    buy(account, 10_000, "2026-02-10")
    assert tiers_of(account) == [("Bronze", "enrolled")]

    clock.advance(upto=at("2026-04-01 00:00"))
    assert tiers_of(account)[1:] == [("Gold", "evaluated")]
    assert since(account) == at("2026-04-01 00:00")

    # It is Gold for the second quarter, whatever that brings; then it starts afresh.
    clock.advance(upto=at("2026-06-30 23:59"))
    assert tier_of(account) == "Gold"
    clock.advance(upto=at("2026-07-01 00:00"))
    assert tier_of(account) == "Bronze"


def test_what_was_reached_at_an_evaluation_is_kept_for_a_period_more(program):
    published(program, *SILVER_TO_PLATINUM, rises="at_evaluation", kept_periods=1)
    account = dealer(program)
    buy(account, 10_000, "2026-02-10")
    clock.advance(upto=at("2026-07-01 00:00"))
    assert tier_of(account) == "Gold"
    clock.advance(upto=at("2026-10-01 00:00"))
    assert tiers_of(account) == [
        ("Bronze", "enrolled"),
        ("Gold", "evaluated"),
        ("Bronze", "evaluated"),
    ]


def test_kept_to_the_end_of_the_fiscal_year_and_a_year_more(tenant, program):
    """Evaluated quarterly, from 1 March: reached in May 2026, kept until the end of February
    2028, a leap year."""
    Tenant.objects.update(fiscal_year_starts=3)
    published(
        program,
        *SILVER_TO_PLATINUM[:2],
        rung("Gold", revenue(10_000, window={"window": "fiscal_year"})),
        evaluated="fiscal_quarter",
        kept_unit="fiscal_year",
        kept_periods=1,
    )
    account = dealer(program)
    buy(account, 10_000, "2026-05-10")
    clock.advance(upto=at("2028-02-29 23:59"))
    assert tiers_of(account) == [("Bronze", "enrolled"), ("Gold", "reached")]
    clock.advance(upto=at("2028-03-01 00:00"))
    assert tiers_of(account)[2:] == [("Bronze", "evaluated")]
    assert since(account) == at("2028-03-01 00:00")


def test_an_earlier_period_names_itself_where_it_keeps_a_tier(program):
    """Platinum in the first quarter, Gold in the second; both kept for two quarters more."""
    published(program, *SILVER_TO_PLATINUM, kept_periods=2)
    account = dealer(program)
    buy(account, 100_000, "2026-02-10")
    buy(account, 10_000, "2026-05-10")
    clock.advance(upto=at("2026-09-30"))
    assert tier_of(account) == "Platinum"
    clock.advance(upto=at("2026-10-01 00:00"))
    assert tier_of(account) == "Gold"
    assert period_of(account) == ("2026-04-01", "2026-07-01")
    clock.advance(upto=at("2027-01-01 00:00"))
    assert tier_of(account) == "Bronze"


def test_falling_never(program):
    published(program, *SILVER_TO_PLATINUM, falls="never")
    account = dealer(program)
    buy(account, 10_000, "2026-02-10")
    clock.advance(upto=at("2027-07-01"))
    assert tiers_of(account) == [("Bronze", "enrolled"), ("Gold", "reached")]


def test_falling_one_step_at_each_evaluation(program):
    published(program, *SILVER_TO_PLATINUM, falls="one_step", kept_periods=0)
    account = dealer(program)
    buy(account, 100_000, "2026-02-10")
    clock.advance(upto=at("2026-10-01 00:00"))
    assert tiers_of(account)[2:] == [
        ("Gold", "evaluated"),
        ("Silver", "evaluated"),
        ("Bronze", "evaluated"),
    ]


def test_one_step_is_one_step_however_often_the_boundary_is_looked_at(program):
    """A fact comes in two minutes after midnight, before the job: its account is decided then, and
    not once more by the job."""
    published(program, *SILVER_TO_PLATINUM, falls="one_step", kept_periods=0)
    account = dealer(program)
    buy(account, 100_000, "2026-02-10")
    early = at("2026-04-01 00:02")
    accepted(purchase(account, "1", early), as_of=early)
    clock.advance(upto=at("2026-04-01 00:05"))
    assert tiers_of(account)[2:] == [("Gold", "evaluated")]


def test_without_skipping_one_rises_one_tier_at_a_time(program):
    published(program, *SILVER_TO_PLATINUM, skips_tiers=False)
    account = dealer(program)
    buy(account, 100_000, "2026-02-10")
    buy(account, 1, "2026-02-11")
    assert tiers_of(account)[1:] == [("Silver", "reached"), ("Gold", "reached")]
    clock.advance(upto=at("2026-04-01 00:00"))
    assert tiers_of(account)[3:] == [("Platinum", "evaluated")]


def test_grace_puts_a_fall_off_and_says_until_when(program):
    published(program, *SILVER_TO_PLATINUM, grace_days=30, kept_periods=0)
    account = dealer(program)
    buy(account, 10_000, "2026-02-10")
    clock.advance(upto=at("2026-04-01 00:00"))
    assert tier_of(account) == "Gold"
    assert standing_of(account).falls_at == at("2026-05-01 00:00")
    told = Event.objects.get(kind="tier.at_risk", account=account)
    assert told.payload["tier"] == "Gold"

    clock.advance(upto=at("2026-04-30 23:59"))
    assert tier_of(account) == "Gold"
    clock.advance(upto=at("2026-05-01 00:00"))
    assert tiers_of(account)[2:] == [("Bronze", "grace_ended")]
    assert Event.objects.filter(kind="tier.at_risk").count() == 1


def test_meeting_the_tier_again_within_the_grace_keeps_it(program):
    published(program, *SILVER_TO_PLATINUM, grace_days=30, kept_periods=0)
    account = dealer(program)
    buy(account, 10_000, "2026-02-10")
    buy(account, 10_000, "2026-04-20")
    clock.advance(upto=at("2026-05-02"))
    assert tiers_of(account) == [("Bronze", "enrolled"), ("Gold", "reached")]
    assert standing_of(account).falls_at is None


def test_a_rolling_window_falls_at_the_evaluation_after_it_is_no_longer_met(program):
    published(
        program,
        rung("Bronze"),
        rung("Gold", revenue(10_000, window=rolling(12))),
        kept_periods=0,
    )
    account = dealer(program)
    buy(account, 10_000, "2026-02-10")
    clock.advance(upto=at("2026-12-31"))
    assert tier_of(account) == "Gold"
    # On 1 January the last twelve months still begin with February.
    clock.advance(upto=at("2027-01-01 00:00"))
    assert tier_of(account) == "Gold"
    clock.advance(upto=at("2027-04-01 00:00"))
    assert tiers_of(account)[2:] == [("Bronze", "evaluated")]


def test_a_late_fact_raises_by_the_period_it_belongs_to_and_says_so(program):
    published(program, *SILVER_TO_PLATINUM)
    account = dealer(program)
    buy(account, 1, "2026-02-10")
    clock.advance(upto=at("2026-04-10"))

    late = purchase(account, "10000", at("2026-03-15"), "LATE")
    accepted(late, as_of=at("2026-04-11"))
    assert tiers_of(account)[1:] == [("Gold", "reconsidered")]
    assert period_of(account) == ("2026-01-01", "2026-04-01")
    assert since(account) > at("2026-04-11")


def test_a_late_return_never_demotes_before_the_next_evaluation(program):
    published(program, *SILVER_TO_PLATINUM)
    account = dealer(program)
    buy(account, 10_000, "2026-02-10", document="BIG")
    clock.advance(upto=at("2026-04-10"))
    back = purchase(account, "9999", at("2026-03-15"), "BACK", kind="return", reverses=("BIG", "1"))
    accepted(back, as_of=at("2026-04-11"))
    assert tier_of(account) == "Gold"
    clock.advance(upto=at("2026-06-30"))
    assert tiers_of(account) == [("Bronze", "enrolled"), ("Gold", "reached")]


def test_a_tier_reached_at_midnight_before_the_clocks_change(program):
    """The second quarter of a New York tenant begins at 04:00 UTC, the first at 05:00."""
    published(program, *SILVER_TO_PLATINUM, kept_periods=0)
    account = dealer(program)
    clock.advance(upto=at("2026-03-31 23:59"))
    buy(account, 10_000, "2026-03-31 23:59")
    clock.advance(upto=at("2026-04-01 00:00"))
    assert since(account).isoformat() == "2026-04-01T04:00:00+00:00"
    assert tiers_of(account)[1:] == [("Gold", "reached"), ("Bronze", "evaluated")]


def test_monthly_evaluation(program):
    published(
        program,
        rung("Bronze"),
        rung("Gold", revenue(100, window={"window": "month"})),
        evaluated="month",
        kept_unit="month",
        kept_periods=0,
    )
    account = dealer(program)
    buy(account, 100, "2026-02-28")
    clock.advance(upto=at("2026-03-01 00:00"))
    assert tiers_of(account)[1:] == [("Gold", "reached"), ("Bronze", "evaluated")]


def test_evaluating_again_changes_nothing(program, tenant):
    published(program, *SILVER_TO_PLATINUM, kept_periods=0)
    account = dealer(program)
    buy(account, 10_000, "2026-02-10")
    clock.advance(upto=at("2026-04-02"))
    before, events = tiers_of(account), Event.objects.count()
    clock.advance(upto=at("2026-04-02"))
    with tenant_scope(tenant.id):
        clock.advance(upto=at("2026-04-02 13:00"))
    assert (tiers_of(account), Event.objects.count()) == (before, events)


def test_what_comes_in_after_the_grace_earns_at_the_tier_below(program):
    """A fact comes in two minutes after the grace ended, before the job: its account has fallen by
    then, and the points are those of the lower tier."""
    gold = rung("Gold", revenue(10_000), multiplier="2")
    published(program, rung("Bronze"), gold, grace_days=30, kept_periods=0)
    account = dealer(program)
    buy(account, 10_000, "2026-02-10")
    clock.advance(upto=at("2026-04-30 23:59"))
    assert standing_of(account).falls_at == at("2026-05-01 00:00")

    early = at("2026-05-01 00:02")
    accepted(purchase(account, "20", early), as_of=early)
    assert tiers_of(account)[2:] == [("Bronze", "grace_ended")]
    assert since(account) == at("2026-05-01 00:00")
    assert wallet_of(account, program).available == 10_020
    clock.advance(upto=at("2026-05-01 00:05"))
    assert len(tiers_of(account)) == 3


def test_a_late_fact_raises_on_a_ladder_that_asks_for_another_too(program):
    published(program, *SILVER_TO_PLATINUM)
    on_both = {"all": [revenue(10_000), {"ladder": "tiers", "op": "gte", "tier": "silver"}]}
    published(program, rung("Outside"), rung("Inside", on_both), code="club")
    account = dealer(program)
    buy(account, 1, "2026-02-10")
    clock.advance(upto=at("2026-04-10"))

    late = purchase(account, "10000", at("2026-03-15"), "LATE")
    accepted(late, as_of=at("2026-04-11"))
    assert tiers_of(account)[1:] == [("Gold", "reconsidered")]
    assert tiers_of(account, ladder="club")[1:] == [("Inside", "reconsidered")]
