"""The published vectors of rebates, R1 to R7, and the cumulative catch-up on a forecast."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.models import Account, Program
from rebates import answering, clock, forecasting, settling
from rebates.models import Accrual, Estimate
from rebates.stating import lines_of
from rebates.terms import parse_terms
from rebates.working import Sales, base_of, work_out
from rewards.models import Entry, Wallet
from tests.factories import ProgramFactory, enrolled_account
from tests.rebates.deals import (
    CHECKER,
    PARTNER,
    agreed,
    bands,
    moves_of,
    owed,
    statements_of,
    violations,
)
from tests.rewards.stories import accepted, at, purchase, taken_back

R1_BANDS = bands(("110", "2"), ("115", "3"), ("120", "4"))
R4_BANDS = bands((100_000_00, "1"), (200_000_00, "2"))
R5_BANDS = bands((5_000_00, "2"), (20_000_00, "4"))
CATCH_UP = {
    "measure": "quantity",
    "falling": True,
    "bands": bands((0, 480_00), (300 * 10_000, 432_00)),
}


@pytest.mark.parametrize(
    ("method", "amount"), [("whole", 70_500_00), ("excess", 10_500_00), ("incremental", 3_500_00)]
)
def test_r1_to_r3_three_methods_over_one_baseline(method, amount):
    terms = parse_terms(
        {
            "position": "baseline",
            "base": {"given": 2_000_000_00},
            "method": method,
            "bands": R1_BANDS,
        }
    )
    worked = work_out(terms, Sales(measured=2_350_000_00, earning=2_350_000_00, base=2_000_000_00))
    assert (worked.amount, worked.band) == (amount, 1)
    assert [step.code for step in worked.steps] == ["measured", "base", "position", "band"]
    assert worked.steps[2].result == Decimal("117.5")


def test_r4_some_lines_count_and_fewer_earn():
    terms = parse_terms({"method": "incremental", "bands": R4_BANDS, "earning_lines": ["Bikes"]})
    assert work_out(terms, Sales(measured=250_000_00, earning=250_000_00)).amount == 2_000_00
    worked = work_out(terms, Sales(measured=250_000_00, earning=40_000_00))
    assert worked.amount == 320_00
    assert [(step.code, step.result) for step in worked.steps] == [
        ("measured", 250_000_00),
        ("band", 2_000_00),
        ("earning", 320_00),
    ]


def test_r7_a_target_from_history():
    terms = parse_terms(
        {
            "position": "target",
            "base": {"periods": 4, "plus": "10", "floor": 5_000_00, "ceiling": 30_000_00},
            "bands": bands(("100", "1")),
        }
    )
    assert base_of(terms.base, [20_000_00, 20_000_00, 24_000_00, 16_000_00]) == 22_000_00
    assert base_of(terms.base, [1_000_00, 0, -50_00, 0]) == 5_000_00
    assert base_of(terms.base, [90_000_00] * 4) == 30_000_00


@pytest.fixture
def program(in_tenant) -> Program:
    return ProgramFactory()


@pytest.fixture
def account(program) -> Account:
    return enrolled_account(program)


def settled_at(instant) -> None:
    clock.advance(at=instant)


def test_r5_and_r6_monthly_differences_and_a_return_after_the_close(in_tenant, program, account):
    agreement = agreed(
        program,
        account,
        terms={"bands": R5_BANDS},
        starts_on=date(2025, 10, 1),
        said={"settles": "month", "grace_days": 3},
    )
    accepted(
        purchase(account, "3000.00", at("2025-10-15"), "O"),
        purchase(account, "4000.00", at("2025-11-15"), "N"),
        purchase(account, "20000.00", at("2025-12-15"), "D"),
        as_of=at("2025-12-31"),
    )
    # Nothing is calculated before its days of grace are over.
    clock.advance(at=at("2025-11-02"))
    assert statements_of(agreement) == []
    for day in ("2025-11-04", "2025-12-04", "2026-01-04"):
        clock.advance(at=at(day))
        clock.advance(at=at(day))  # once more changes nothing
    told = [(one.upto, one.total) for one in statements_of(agreement)]
    # October is 0.00, and nothing to say is no statement.
    assert told == [(date(2025, 12, 1), 140_00), (date(2026, 1, 1), 940_00)]

    for statement in statements_of(agreement):
        answering.accept_statement(statement=statement, actor=PARTNER, now=at("2026-01-05"))
        with pytest.raises(settling.CannotApprove, match="another person"):
            settling.approve_statement(statement=statement, actor="system", now=at("2026-01-06"))
        settling.approve_statement(statement=statement, actor=CHECKER, now=at("2026-01-06"))
    wallet = Wallet.objects.get(account=account, unit="money")
    assert (wallet.available, wallet.pending) == (1_080_00, 0)

    accepted(
        taken_back(account, "20000.00", at("2026-01-20"), of="D", document="R1"),
        taken_back(account, "1000.00", at("2026-01-21"), of="N", document="R2"),
        as_of=at("2026-01-31"),
    )
    assert owed(agreement, at=at("2026-01-31")) == [120_00, 0]
    assert moves_of(agreement)[-1] == (-960_00, "true_up", date(2025, 10, 1))
    entry = Entry.objects.filter(wallet=wallet, kind="accrue").latest("id")
    assert (entry.pending, entry.corrects) == (-960_00, date(2025, 10, 1))

    clock.advance(at=at("2026-02-04"))
    last = statements_of(agreement)[-1]
    lines = lines_of([last])[last.pk]
    assert [(one.kind, one.corrects, one.amount) for one in lines] == [
        ("true_up", date(2025, 10, 1), -960_00)
    ]
    assert (last.number, last.total) == (3, -960_00)
    answering.accept_statement(statement=last, actor=PARTNER, now=at("2026-02-05"))
    settling.approve_statement(statement=last, actor=CHECKER, now=at("2026-02-05"))
    wallet.refresh_from_db()
    assert (wallet.available, wallet.pending) == (120_00, 0)
    assert violations(in_tenant) == []


def test_cumulative_catch_up_on_a_forecast(in_tenant, program, account):
    agreement = agreed(program, account, terms=CATCH_UP, period="year")
    accepted(purchase(account, "0.00", at("2026-01-10"), "A", quantity=75), as_of=at("2026-01-10"))
    clock.advance(at=at("2026-01-11"))
    accrual = Accrual.objects.get(agreement=agreement)
    expect(agreement, account, 75, at("2026-01-12"))
    clock.advance(at=at("2026-02-01"))
    accepted(purchase(account, "0.00", at("2026-02-10"), "B", quantity=225), as_of=at("2026-02-10"))
    expect(agreement, account, 300, at("2026-02-11"))
    clock.advance(at=at("2026-03-01"))
    clock.advance(at=at("2026-03-02"))
    estimates = Estimate.objects.order_by("month").values_list(
        "month", "forecast__number", "actual", "expected", "moved"
    )
    assert list(estimates) == [
        (date(2026, 1, 1), 1, 36_000_00, 36_000_00, 36_000_00),
        (date(2026, 2, 1), 2, 129_600_00, 129_600_00, 93_600_00),
    ]
    accrual.refresh_from_db()
    assert accrual.amount == 129_600_00
    assert moves_of(agreement) == [(36_000_00, "actual", None), (93_600_00, "actual", None)]
    assert violations(in_tenant) == []


def expect(agreement, account, units: int, now) -> None:
    forecasting.forecast(
        agreement=agreement,
        holder=account,
        since=date(2026, 1, 1),
        expected=units * 10_000,
        actor=CHECKER,
        now=now,
    )
