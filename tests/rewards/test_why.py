"""Every number with its reason: what the sentences say, and that asking costs no query per line."""

from decimal import Decimal

import pytest

from rewards import clock
from rewards.ledger import spend
from rewards.models import Entry, EntryKind
from rewards.queries import entries, last_entries, ledger_page
from rewards.telling import details, sentence
from rewards.voice import Voice
from rewards.why import why, why_of
from tests.factories import ProgramFactory, enrolled_account, publish_rule, publish_scheme
from tests.rewards.stories import NEW_YORK, accepted, at, purchase, taken_back, wallet_of

VOICE = Voice(currency="USD", zone=NEW_YORK)
LADDER = (("Silver", 0, "1"), ("Gold", 100_000, "1.5"))


@pytest.fixture
def program(in_tenant):
    """1 point per dollar, times 1.5 at Gold; points end with the quarter after the next."""
    program = ProgramFactory(points_expiry={"policy": "quarter_end", "plus": 1})
    publish_scheme(program, *LADDER)
    return program


@pytest.fixture
def gold(program):
    """An account that has just joined; $1,000 make it Gold."""
    return enrolled_account(program, on=at("2025-12-01 00:00"))


def said(entry: Entry) -> str:
    return sentence(why(entry), voice=VOICE)


def only(kind: str, **fields) -> Entry:
    return Entry.objects.get(kind=kind, wallet__unit="points", **fields)


def test_an_earning_tells_rate_document_and_tier(program, gold):
    publish_rule(program)
    accepted(purchase(gold, "1000.00", at("2026-01-10"), "SO1"), as_of=at("2026-01-10 23:00"))
    accepted(purchase(gold, "1240.55", at("2026-02-15"), "SO123"), as_of=at("2026-02-15 23:00"))
    entry = only("earn", activity__external_id="SO123")

    assert said(entry) == (
        "1,860 points: 1 point per $1.00 of $1,240.55 (order SO123 line 1) × 1.5 as Gold"
    )
    assert details(why(entry), voice=VOICE) == [
        ("Rule", "Purchases (purchases, version 1)"),
        ("Happened", "Feb 15, 2026, 12:00 PM"),
        ("Tier", "Gold since Jan 10, 2026: 1.5 × points"),
        ("Expires", "After Jun 30, 2026"),
    ]


def test_the_reason_of_an_earning_carries_its_inputs(program, gold):
    publish_rule(program)
    accepted(purchase(gold, "80.00", at("2026-01-10"), "SO1"), as_of=at("2026-01-10 23:00"))

    reason = why(only("earn"))

    assert (reason.rule.code, reason.rule.version, reason.rule.rate) == ("purchases", 1, 1)
    assert (reason.fact.amount, reason.fact.document, reason.fact.line) == (8_000, "SO1", "1")
    assert (reason.tier, reason.multiplier, reason.tier_since) == (
        "Silver",
        Decimal(1),
        at("2025-12-01 00:00"),
    )
    assert (reason.desired, reason.moved, reason.is_capped) == (80, 80, False)


def test_a_capped_earning_tells_the_cap(program, gold):
    publish_rule(program, cap=2_000, cap_window="month", tier_multiplies=False)
    accepted(purchase(gold, "1800.00", at("2026-01-10"), "SO1"), as_of=at("2026-01-10 23:00"))
    accepted(purchase(gold, "600.00", at("2026-01-20"), "SO2"), as_of=at("2026-01-20 23:00"))

    assert said(only("earn", activity__external_id="SO2")) == (
        "200 of 600 points: the monthly cap of 2,000 is reached; "
        "1 point per $1.00 of $600.00 (order SO2 line 1)"
    )


def test_a_rate_below_one_is_told_the_other_way_round(program, gold):
    publish_rule(program, rate=Decimal("0.1"), tier_multiplies=False)
    accepted(purchase(gold, "250.00", at("2026-01-10"), "SO1"), as_of=at("2026-01-10 23:00"))

    assert said(only("earn")) == "25 points: 1 point per $10.00 of $250.00 (order SO1 line 1)"


def test_units_and_fixed_amounts(program, gold):
    publish_rule(program, code="units", basis="per_unit", rate=Decimal(5), tier_multiplies=False)
    publish_rule(
        program,
        code="training",
        kind="training",
        basis="fixed",
        rate=Decimal(500),
        tier_multiplies=False,
    )
    accepted(
        purchase(gold, "10.00", at("2026-01-10"), "SO1", quantity=12),
        purchase(gold, "0.00", at("2026-01-10"), "T7", kind="training", line=""),
        as_of=at("2026-01-10 23:00"),
    )

    assert said(only("earn", activity__external_id="SO1")) == (
        "60 points: 5 points per unit for 12 (order SO1 line 1)"
    )
    assert said(only("earn", activity__external_id="T7")) == ("500 points for training T7")


def test_a_return_tells_how_many_of_how_many(program, gold):
    publish_rule(program, tier_multiplies=False)
    accepted(
        purchase(gold, "1000.00", at("2026-01-10"), "SO1", quantity=10),
        as_of=at("2026-01-10 23:00"),
    )
    accepted(
        taken_back(gold, "300.00", at("2026-01-20"), of="SO1", document="RMA1", quantity=3),
        as_of=at("2026-01-20 23:00"),
    )

    assert said(only("reverse")) == "300 points taken back: returned 3 of 10 (order SO1 line 1)"


def test_clearing_expiring_and_spending(program, gold):
    publish_rule(program, hold_days=10, tier_multiplies=False)
    accepted(purchase(gold, "100.00", at("2026-01-10"), "SO1"), as_of=at("2026-01-10 23:00"))
    earned = only("earn")
    assert why(earned).is_pending
    clock.advance(upto=at("2026-02-01"))
    assert not why(only("earn")).is_pending
    spend(
        wallet_id=wallet_of(gold, program).id,
        amount=40,
        cause=earned.id,
        actor="system",
        occurred_at=at("2026-02-02"),
        recorded_at=at("2026-02-02"),
    )
    clock.advance(upto=at("2026-07-02"))

    assert said(only("activate")) == "100 points cleared for order SO1 line 1: ready to use"
    assert said(only("spend")) == "40 points redeemed, those that expire soonest first"
    assert ("Taken from", "40 of Jan 10, 2026 (SO1)") in details(why(only("spend")), voice=VOICE)
    assert said(only("expire")) == (
        "60 points expired: earned on Jan 10, 2026, not used by Jun 30, 2026"
    )


def test_one_expiry_of_many_credits_names_the_first_three(program, gold):
    publish_rule(program, tier_multiplies=False)
    for day in range(10, 15):
        when = at(f"2026-01-{day}")
        accepted(purchase(gold, "10.00", when, f"SO{day}"), as_of=at(f"2026-01-{day} 23:00"))
    clock.advance(upto=at("2026-07-02"))

    entry = only("expire")
    assert said(entry) == "50 points expired: not used by Jun 30, 2026"
    assert details(why(entry), voice=VOICE) == [
        (
            "Taken from",
            ", ".join([*(f"10 of Jan {d}, 2026 (SO{d})" for d in (10, 11, 12)), "2 more"]),
        )
    ]


def test_every_kind_of_entry_has_its_words():
    from rewards.telling import TOLD

    assert set(TOLD) == set(EntryKind)


@pytest.mark.parametrize("count", [1, 3])
def test_reasons_cost_the_same_for_one_line_and_for_many(
    program, gold, count, django_assert_num_queries
):
    publish_rule(program, tier_multiplies=True)
    for day in range(10, 10 + count):
        when = at(f"2026-01-{day}")
        accepted(purchase(gold, "10.00", when, f"SO{day}"), as_of=at(f"2026-01-{day} 23:00"))
    found = list(entries().filter(wallet__unit="points"))

    with django_assert_num_queries(2):  # where tiers began, what was used up
        reasons = why_of(found)

    assert len(reasons) == count


def test_the_ledger_reads_on_with_the_balance_after_each_entry(program, gold):
    publish_rule(program, tier_multiplies=False)
    for day in range(10, 15):
        when = at(f"2026-01-{day}")
        accepted(purchase(gold, f"{day}.00", when, f"SO{day}"), as_of=at(f"2026-01-{day} 23:00"))
    wallet = wallet_of(gold, program)

    def page(since=None, until=None, older_than=None, newer_than=None):
        found = ledger_page(
            wallet,
            since=since,
            until=until,
            older_than=older_than,
            newer_than=newer_than,
            size=2,
        )
        amounts = [(entry.available, balance) for entry, balance in found.lines]
        return amounts, found.older, found.newer

    first, older, newer = page()
    assert (first, newer) == ([(14, 60), (13, 46)], None)
    second, older, newer = page(older_than=older)
    assert second == [(12, 33), (11, 21)]
    third, end, back = page(older_than=older)
    assert (third, end) == ([(10, 10)], None)
    assert page(newer_than=back)[0] == second
    assert page(newer_than=newer) == (first, page()[1], None)
    until, _, _ = page(since=at("2026-01-11 00:00"), until=at("2026-01-13 00:00"))
    assert until == second


def test_the_last_entries_of_several_wallets_are_the_newest_of_all(program, gold):
    publish_rule(program, tier_multiplies=False)
    publish_rule(program, code="credits", unit="credits", tier_multiplies=False)
    for day in range(10, 14):
        when = at(f"2026-01-{day}")
        accepted(purchase(gold, f"{day}.00", when, f"SO{day}"), as_of=at(f"2026-01-{day} 23:00"))
    wallets = [wallet_of(gold, program), wallet_of(gold, program, "credits")]

    found = last_entries(wallets, limit=4)

    assert sorted(entry.available for entry in found) == [12, 12, 13, 13]
