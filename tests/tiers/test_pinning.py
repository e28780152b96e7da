"""Tiers by hand and by invitation: pins, and who may be in at all."""

import pytest

from accounts.models import Account, Event, Tenant
from rewards import clock
from tests.rewards.stories import accepted, at, purchase
from tests.tiers.climbing import (
    SILVER_TO_PLATINUM,
    buy,
    dealer,
    published,
    revenue,
    rung,
    since,
    standing_of,
    tier_of,
    tiers_of,
)
from tiers import pinning
from tiers.models import Scheme

pytestmark = pytest.mark.usefixtures("books_agree")


def pin(account: Account, tier: str, *, until: str, on: str, by: str = "staff:robin"):
    enrollment = account.enrollments.get()
    return pinning.ask_for_pin(
        enrollment=enrollment,
        scheme=Scheme.objects.get(),
        tier_code=tier,
        reason="A promise made at the fair",
        ends_at=at(until),
        actor=by,
        now=at(on),
    )


def test_what_comes_in_after_a_pin_earns_at_the_tier_below(program):
    """Two minutes after the pin ended, before the job."""
    gold = rung("Gold", revenue(10_000), multiplier="2")
    published(program, rung("Bronze"), gold, kept_periods=0)
    account = dealer(program)
    buy(account, 1, "2026-02-10")
    pin(account, "gold", until="2026-05-01 00:00", on="2026-02-11")

    early = at("2026-05-01 00:02")
    [outcome] = accepted(purchase(account, "20", early), as_of=early)
    assert [one.granted for one in outcome.grants] == [20]
    assert tiers_of(account)[2:] == [("Bronze", "pin_ended")]
    assert since(account) == at("2026-05-01 00:00")


def test_a_pin_survives_every_evaluation_until_its_end(program):
    published(program, *SILVER_TO_PLATINUM, kept_periods=0)
    account = dealer(program)
    buy(account, 1, "2026-02-10")
    pin(account, "gold", until="2026-08-15 00:00", on="2026-02-11")
    assert tiers_of(account)[1:] == [("Gold", "pinned")]
    assert standing_of(account).evidence["reason"] == "A promise made at the fair"
    assert Event.objects.get(kind="tier.changed").actor == "staff:robin"

    buy(account, 100_000, "2026-02-12")
    clock.advance(upto=at("2026-08-14"))
    assert tier_of(account) == "Gold"
    clock.advance(upto=at("2026-08-15 00:00"))
    assert tiers_of(account)[2:] == [("Bronze", "pin_ended")]
    assert since(account) == at("2026-08-15 00:00")
    assert Event.objects.filter(kind="tier.changed").latest("id").actor == "system"


def test_where_two_have_to_agree_nobody_approves_his_own_pin(tenant, program):
    Tenant.objects.update(two_pairs_of_eyes=True)
    published(program, *SILVER_TO_PLATINUM)
    account = dealer(program)
    asked = pin(account, "gold", until="2026-08-15", on="2026-02-11")
    assert tier_of(account) == "Bronze"
    with pytest.raises(pinning.CannotPin, match="somebody else"):
        pinning.approve_pin(pin=asked, actor="staff:robin", now=at("2026-02-12"))
    assert tier_of(account) == "Bronze"

    pinning.approve_pin(pin=asked, actor="staff:kim", now=at("2026-02-12"))
    assert tiers_of(account)[1:] == [("Gold", "pinned")]
    with pytest.raises(pinning.CannotPin, match="decided already"):
        pinning.reject_pin(pin=asked, actor="staff:kim", now=at("2026-02-12"))


def test_a_pin_lifted_early_gives_way_to_what_is_met(program):
    published(program, *SILVER_TO_PLATINUM)
    account = dealer(program)
    buy(account, 1_000, "2026-02-10")
    held = pin(account, "platinum", until="2026-12-31", on="2026-02-11")
    pinning.lift_pin(pin=held, actor="staff:robin", now=at("2026-03-01"))
    assert tiers_of(account)[1:] == [
        ("Silver", "reached"),
        ("Platinum", "pinned"),
        ("Silver", "pin_ended"),
    ]
    with pytest.raises(pinning.CannotPin, match="not in force"):
        pinning.lift_pin(pin=held, actor="staff:robin", now=at("2026-03-02"))


def test_a_pin_ends_the_one_before_it_which_then_cannot_be_lifted(program):
    """Lifting the forgotten one once ended the one in force."""
    published(program, *SILVER_TO_PLATINUM)
    account = dealer(program)
    first = pin(account, "gold", until="2026-12-31", on="2026-02-11")
    pin(account, "platinum", until="2026-10-01", on="2026-03-01")
    first.refresh_from_db()
    assert (first.state, first.ends_at) == ("lifted", at("2026-03-01"))
    with pytest.raises(pinning.CannotPin, match="not in force"):
        pinning.lift_pin(pin=first, actor="staff:robin", now=at("2026-04-01"))
    clock.advance(upto=at("2026-09-30"))
    assert tiers_of(account)[1:] == [("Gold", "pinned"), ("Platinum", "pinned")]


def test_a_tier_by_invitation_wants_both(program):
    published(program, rung("Bronze"), rung("Circle", revenue(1_000), by_invitation=True))
    scheme = Scheme.objects.get()
    able, invited = dealer(program), dealer(program)
    buy(able, 1_000, "2026-02-10")
    assert tier_of(able) == "Bronze"
    about = {"scheme": scheme, "tier_code": "circle", "actor": "staff:robin"}
    pinning.invite(enrollment=able.enrollments.get(), now=at("2026-02-11"), **about)
    asked = pinning.invite(enrollment=invited.enrollments.get(), now=at("2026-02-11"), **about)
    assert tiers_of(able)[1:] == [("Circle", "reached")]
    assert tier_of(invited) == "Bronze"

    pinning.withdraw_invitation(invitation=asked, actor="staff:robin", now=at("2026-02-12"))
    buy(invited, 1_000, "2026-02-13")
    assert tier_of(invited) == "Bronze"
