"""What days bring to tell: points about to expire, months that are over, milestones; each once."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import clock as tenant_clock
from accounts.ids import uuid7
from accounts.kinds import add_starting_kinds
from accounts.models import Event
from accounts.notices.manners import change_terms
from rewards import campaigning, clock, ledger
from rewards.occasions import take_in_occasions
from rewards.reminding import remind
from rewards.statements import statements
from tests.factories import (
    LONG_AGO,
    ProgramFactory,
    enrolled_account,
    publish_rule,
)
from tests.rewards.stories import accepted, at, purchase, taken_back, wallet_of


@pytest.fixture
def program(in_tenant):
    """A point per dollar, good until the end of the quarter in which it was earned."""
    made = ProgramFactory(points_expiry={"policy": "quarter_end"})
    publish_rule(made)
    return made


@pytest.fixture
def dealer(program):
    return enrolled_account(program, on=at("2026-01-01 00:00"))


def buys(account, amount: str, day: str) -> None:
    accepted(purchase(account, amount, at(day), f"SO-{day}"), as_of=at(f"{day} 20:00"))


def spends(account, program, amount: int, day: str) -> None:
    ledger.spend(
        wallet_id=wallet_of(account, program).id,
        amount=amount,
        cause=uuid7(),
        actor="system",
        occurred_at=at(day),
        recorded_at=at(day),
    )


def live_through(*days: str) -> None:
    for day in days:
        clock.advance(upto=at(f"{day} 09:00"))
        remind(now=lambda day=day: at(f"{day} 09:00"))


def warned() -> list[tuple[int, str, int, int]]:
    """(points, last day, days left, warning) in their order."""
    events = Event.objects.filter(kind="points.expiring").order_by("id")
    return [
        (one.payload["points"], one.payload["day"], one.payload["days"], one.payload["stage"])
        for one in events
    ]


def test_points_are_warned_of_thirty_seven_and_one_day_before_their_last(program, dealer):
    buys(dealer, "100.00", "2026-04-10")

    live_through("2026-05-30")
    assert warned() == []
    live_through("2026-05-31", "2026-06-01", "2026-06-23", "2026-06-24", "2026-06-29", "2026-06-30")

    assert warned() == [
        (100, "2026-06-30", 30, 30),
        (100, "2026-06-30", 7, 7),
        (100, "2026-06-30", 1, 1),
    ]
    event = Event.objects.filter(kind="points.expiring").first()
    assert (event.account_id, event.payload["program"]) == (dealer.id, str(program.id))
    assert event.subject == f"wallet:{wallet_of(dealer, program).id}"


def test_running_again_warns_nobody_again(dealer):
    buys(dealer, "100.00", "2026-04-10")

    live_through("2026-05-31", "2026-05-31", "2026-05-31")

    assert len(warned()) == 1


def test_days_that_were_missed_are_made_good_by_the_nearest_warning(dealer):
    buys(dealer, "100.00", "2026-04-10")
    live_through("2026-05-30")

    live_through("2026-06-24")  # the worker was down for more than three weeks
    live_through("2026-06-27")

    assert warned() == [(100, "2026-06-30", 6, 7)]


def test_what_was_spent_meanwhile_is_warned_of_no_more(program, dealer):
    buys(dealer, "100.00", "2026-04-10")
    live_through("2026-05-31")
    spends(dealer, program, 60, "2026-06-10")
    live_through("2026-06-22", "2026-06-23")
    spends(dealer, program, 40, "2026-06-25")
    live_through("2026-06-28", "2026-06-29")

    assert [points for points, *_ in warned()] == [100, 40]


def test_the_tenant_says_how_long_before(dealer):
    change_terms(language="en", warn_days=[14], actor="staff:x", now=LONG_AGO)
    buys(dealer, "100.00", "2026-04-10")

    live_through("2026-05-31", "2026-06-15", "2026-06-16", "2026-06-17", "2026-06-29")

    assert warned() == [(100, "2026-06-30", 14, 14)]


def test_the_month_that_is_over_is_told_once_and_adds_up(program, dealer):
    idle = enrolled_account(program, on=at("2026-01-01 00:00"))
    buys(dealer, "500.00", "2026-04-10")
    live_through("2026-04-30")
    eight = purchase(dealer, "80.00", at("2026-05-05"), "SO-8", quantity=8)
    accepted(eight, as_of=at("2026-05-05 20:00"))
    three = taken_back(dealer, "30.00", at("2026-05-06"), of="SO-8", document="RMA", quantity=3)
    accepted(three, as_of=at("2026-05-06 20:00"))
    spends(dealer, program, 200, "2026-05-20")
    buys(dealer, "7.00", "2026-06-01")  # another month's

    live_through("2026-06-01", "2026-06-02")

    told = Event.objects.filter(kind="status.monthly").order_by("id")
    assert [one.payload for one in told if one.payload["month"] == "2026-05-01"] == [
        {
            "program": str(program.id),
            "month": "2026-05-01",
            "opening": 500,
            "earned": 80,
            "taken_back": -30,
            "redeemed": -200,
            "expired": 0,
            "adjusted": 0,
            "transferred": 0,
            "closing": 350,
            "available": 350,
        }
    ]
    assert {one.account_id for one in told} == {dealer.id}
    assert idle.id not in {one.account_id for one in told}


def test_statements_add_up_to_the_ledger_over_any_span(program, dealer):
    first = purchase(dealer, "100.00", at("2026-04-10"), "A")
    accepted(first, as_of=at("2026-04-10 20:00"))
    spends(dealer, program, 30, "2026-05-10")
    clock.advance(upto=at("2026-07-02"))  # what is left has expired

    [april, may, june, july] = [
        next(iter(statements(since=at(f"{a} 00:00"), until=at(f"{b} 00:00"), account_id=dealer.id)))
        for a, b in (
            ("2026-04-01", "2026-05-01"),
            ("2026-05-01", "2026-06-01"),
            ("2026-06-01", "2026-07-01"),
            ("2026-07-01", "2026-08-01"),
        )
    ]

    assert [one.opening for one in (april, may, june, july)] == [0, 100, 70, 70]
    assert [one.closing for one in (april, may, june, july)] == [100, 70, 70, 0]
    assert (april.moved["earned"], may.moved["redeemed"], july.moved["expired"]) == (100, -30, -70)
    assert july.closing == wallet_of(dealer, program).available == 0


def test_while_a_history_is_worked_off_nothing_is_told(dealer):
    buys(dealer, "100.00", "2026-04-10")
    tenant_clock.hold(at=at("2026-04-10"), reason="import:x")

    remind(now=lambda: at("2026-05-31 09:00"))

    assert Event.objects.filter(kind__in=("points.expiring", "status.monthly")).count() == 0


def test_a_milestone_is_told_when_it_is_reached(program, dealer):
    campaigning.add_milestone(
        program=program,
        code="big",
        name="First thousand",
        kind="purchase",
        counted="amount",
        threshold=1_000_00,
        actor="system",
        now=LONG_AGO,
    )
    add_starting_kinds()
    publish_rule(program, code="party", kind="milestone", basis="fixed", rate=5)
    buys(dealer, "1000.00", "2026-04-10")

    take_in_occasions(as_of=at("2026-04-11"))
    take_in_occasions(as_of=at("2026-04-12"))

    told = Event.objects.get(kind="milestone.reached")
    assert (told.account_id, told.occurred_at) == (dealer.id, at("2026-04-11"))
    assert told.payload == {"program": program.slug, "code": "big", "name": "First thousand"}


def test_days_are_the_tenants_also_where_its_clock_changes(program, dealer):
    """Points that expire when November begins: in New York summer time ends that very night."""
    program.points_expiry = {"policy": "dates", "dates": ["10-31"]}
    program.save()
    buys(dealer, "100.00", "2026-10-01")
    late_evening = datetime(2026, 10, 31, 3, 30, tzinfo=UTC)  # still October 30 in New York

    clock.advance(upto=late_evening)
    remind(now=lambda: late_evening)
    an_hour_later = late_evening + timedelta(hours=1)
    remind(now=lambda: an_hour_later)  # October 31: there is no warning of 0 days

    assert warned() == [(100, "2026-10-31", 1, 1)]
