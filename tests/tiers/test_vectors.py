"""The published vectors of tiers: T1 and T5."""

from datetime import date

import pytest

from accounts.ids import uuid7
from accounts.models import Account, Program
from rewards import clock, ledger
from tests.factories import (
    ProductFactory,
    ProgramFactory,
    enrolled_account,
    publish_rule,
    publish_scheme,
)
from tests.rewards.stories import accepted, at, purchase, wallet_of
from tiers.evidence import evidence_of
from tiers.models import Standing
from tiers.queries import tier_on

BRONZE_TO_PLATINUM = (
    ("Bronze", 0, "1"),
    ("Silver", 25_000_00, "1.1"),
    ("Gold", 100_000_00, "1.25"),
    ("Platinum", 250_000_00, "1.5"),
)


@pytest.fixture
def account(in_tenant) -> Account:
    program = ProgramFactory()
    publish_rule(program)
    publish_scheme(program, *BRONZE_TO_PLATINUM, span="best_line", keep_quarters=1)
    for line in "ABC":
        ProductFactory(sku=f"SKU-{line}", line=line)
    return enrolled_account(program, on=at("2026-01-01 00:00"))


def buy(account: Account, day: str, **amounts: str) -> None:
    """`amounts` in dollars by product line."""
    clock.advance(upto=at(day))
    facts = [
        purchase(account, amount, at(day), f"{day}-{line}", product=f"SKU-{line}")
        for line, amount in amounts.items()
    ]
    accepted(*facts, as_of=at(day))


def history(account: Account) -> list[tuple[str, str, str]]:
    """(tier, cause, line that carried it) of each standing, oldest first."""
    standings = Standing.objects.filter(enrollment__account=account).order_by("starts_at")
    return [
        (standing.tier.name, standing.cause, "".join(evidence_of(standing).carriers.values()))
        for standing in standings.select_related("tier__version__scheme")
    ]


def held_on(account: Account, day: str) -> str | None:
    tier = tier_on(enrollment_id=account.enrollments.get().id, instant=at(day))
    return tier.name if tier else None


def test_t1_the_best_line_carries_the_tier_through_the_next_quarter(account):
    buy(account, "2026-02-10", A="120000.00", B="40000.00", C="300000.00")
    assert history(account) == [("Bronze", "enrolled", ""), ("Platinum", "reached", "C")]

    buy(account, "2026-05-10", A="120000.00")
    clock.advance(upto=at("2026-06-30 23:59"))
    assert [tier for tier, *_ in history(account)] == ["Bronze", "Platinum"]  # still Platinum

    clock.advance(upto=at("2026-07-01 00:00"))
    assert history(account)[2:] == [("Gold", "evaluated", "A")]
    gold = Standing.objects.get(enrollment__account=account, ends_at=None)
    assert gold.starts_at == at("2026-07-01 00:00")
    tiers = {day: held_on(account, day) for day in ("2025-12-31", "2026-02-10", "2026-06-30")}
    assert tiers == {"2025-12-31": None, "2026-02-10": "Bronze", "2026-06-30": "Platinum"}
    assert held_on(account, "2026-07-01 00:00") == "Gold"
    evidence = evidence_of(gold)
    assert evidence.verdict is not None
    assert evidence.verdict.value == 120_000_00
    assert evidence.verdict.threshold == 100_000_00
    assert evidence.period == (date(2026, 4, 1), date(2026, 7, 1))


def test_t1_lines_do_not_add_up(account):
    buy(account, "2026-02-10", A="24999.99", B="24999.99", C="24999.99")
    assert history(account) == [("Bronze", "enrolled", "")]

    buy(account, "2026-02-11", B="0.01")
    assert history(account)[1:] == [("Silver", "reached", "B")]


def test_t5_spending_every_point_changes_no_tier(account):
    program: Program = account.enrollments.get().program
    buy(account, "2026-02-10", A="120000.00")
    before = history(account)
    wallet = wallet_of(account, program)
    assert wallet.available == 120_000

    ledger.spend(
        wallet_id=wallet.id,
        amount=wallet.available,
        cause=uuid7(),
        actor="system",
        occurred_at=at("2026-03-01"),
        recorded_at=at("2026-03-01"),
    )
    clock.advance(upto=at("2026-06-30"))

    assert wallet_of(account, program).available == 0
    assert history(account) == before == [("Bronze", "enrolled", ""), ("Gold", "reached", "A")]
