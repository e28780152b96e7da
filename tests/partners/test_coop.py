"""Co-op funds: a share of purchases by the quarter, net of returns; run again, nothing moves."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.segments import define_segment
from partners.funds import accruing
from partners.funds.budgets import Accrual, BadBudget, last_day_of
from partners.models import Fund, FundAccrual, FundBudget, FundGrant
from tests.factories import ProductFactory, ProgramFactory, StaffFactory, enrolled_account
from tests.partners.funded import (
    ZONE,
    activity_of,
    advanced,
    approved,
    asked,
    budget_of,
    sums_of,
    wrong,
)
from tests.rewards.stories import accepted as taken_in
from tests.rewards.stories import at, purchase, taken_back, wallet_of


@pytest.fixture
def program(in_tenant):
    return ProgramFactory()


@pytest.fixture
def manager(program):
    return StaffFactory()


@pytest.fixture
def partner(program):
    return enrolled_account(program, number="R-1", region="north")


def coop(program, manager, amount: int = 1_000_000, **said) -> FundBudget:
    accrual = Accrual(**({"share": Decimal("2.5"), "lines": ("Bikes",)} | said))
    return budget_of(program, manager, amount, name="Co-op 2026", accrual=accrual)


def accrue(day: date) -> int:
    return accruing.accrue(today=day, zone=ZONE, now=at(f"{day} 05:00"))


def grants() -> list[tuple[str, int, date | None]]:
    return list(FundGrant.objects.order_by("id").values_list("cause", "amount", "last_day"))


def test_a_share_of_purchases_by_the_quarter_less_what_came_back(program, manager, partner):
    ProductFactory(sku="BIKE", line="Bikes")
    ProductFactory(sku="BELL", line="Parts")
    other = enrolled_account(program, number="R-2")
    budget = coop(program, manager)
    assert last_day_of(budget) == date(2027, 3, 31)
    taken_in(
        purchase(partner, "10000.30", at("2026-02-10"), "A", product="BIKE"),
        purchase(partner, "500.00", at("2026-02-11"), "B", product="BELL"),
        purchase(partner, "700.00", at("2025-12-31"), "C", product="BIKE"),
        purchase(other, "0.39", at("2026-03-31 23:30"), "D", product="BIKE"),
        as_of=at("2026-04-01"),
    )
    assert accrue(date(2026, 4, 2)) == 1
    assert accrue(date(2026, 4, 2)) == 0
    # 2.5 % of 10,000.30 is 250.0075; of 0.39 less than a cent
    assert grants() == [("accrued", 25_000, date(2026, 6, 30))]
    assert not Fund.objects.filter(account=other).exists()

    taken_in(
        taken_back(partner, "4000.12", at("2026-04-20"), of="A", document="A-", product="BIKE",
                   quantity="0.4"),
        as_of=at("2026-04-20"),
    )  # fmt: skip
    assert accrue(date(2026, 4, 21)) == 1
    assert accrue(date(2026, 4, 21)) == 0
    assert grants()[1:] == [("taken_back", -10_000, None)]
    taken_in(
        purchase(partner, "8000.12", at("2026-05-20"), "E", product="BIKE"), as_of=at("2026-05-20")
    )
    assert accrue(date(2026, 5, 21)) == 1
    assert grants()[2:] == [("accrued", 20_000, date(2026, 9, 30))]
    assert [
        (row.since, row.measured, row.amount, row.credited)
        for row in FundAccrual.objects.order_by("since")
    ] == [
        (date(2026, 1, 1), 1_000_030, 25_000, 25_000),
        (date(2026, 4, 1), 400_000, 10_000, 10_000),
    ]
    # Of the first quarter's 250.00 the 150.00 that no return took are over with June.
    assert advanced(date(2026, 7, 1)).expired == 1
    fund = Fund.objects.get()
    assert sums_of(fund) == {"granted": 35_000, "expired": 15_000}
    assert wallet_of(partner, program, "funds").available == 20_000
    assert accrue(date(2026, 7, 2)) == 0
    assert wrong() == {}


def test_who_only_brought_back_owes_it_and_has_nothing_taken(program, manager, partner):
    """What was bought before the budget began comes back in its first quarter."""
    coop(program, manager, lines=(), share=Decimal(10))
    taken_in(purchase(partner, "90.00", at("2025-12-20"), "A"), as_of=at("2025-12-20"))
    taken_in(
        taken_back(partner, "90.00", at("2026-01-10"), of="A", document="A-"),
        as_of=at("2026-01-10"),
    )
    assert accrue(date(2026, 1, 11)) == 0
    assert grants() == []
    taken_in(purchase(partner, "200.00", at("2026-04-10"), "B"), as_of=at("2026-04-10"))
    assert accrue(date(2026, 4, 11)) == 1
    assert [amount for _cause, amount, _day in grants()] == [1_100]  # 20.00 less the 9.00 owed
    assert wrong() == {}


def test_what_was_promised_stays_and_the_next_accruals_make_up_for_it(program, manager, partner):
    budget = coop(program, manager, lines=(), every="month", good_months=6)
    taken_in(purchase(partner, "8000.00", at("2026-04-10"), "A"), as_of=at("2026-04-10"))
    accrue(date(2026, 4, 11))
    activity = activity_of()
    request = asked(partner, budget, activity, total_cost=30_000, asked=15_000)
    approved(request, manager, amount=15_000)
    taken_in(
        taken_back(partner, "8000.00", at("2026-05-02"), of="A", document="A-"),
        as_of=at("2026-05-02"),
    )
    assert accrue(date(2026, 5, 3)) == 1
    fund = Fund.objects.get()
    assert sums_of(fund) == {"granted": 15_000, "committed": 15_000}
    assert accrue(date(2026, 5, 4)) == 0  # 150.00 are still owed
    taken_in(purchase(partner, "5000.00", at("2026-06-05"), "B"), as_of=at("2026-06-05"))
    assert accrue(date(2026, 6, 6)) == 0  # 125.00 make up for a part of it
    assert list(FundAccrual.objects.order_by("since").values_list("amount", "credited")) == [
        (20_000, 20_000),
        (-20_000, -17_500),
        (12_500, 12_500),
    ]
    taken_in(purchase(partner, "2000.00", at("2026-06-08"), "C"), as_of=at("2026-06-08"))
    assert accrue(date(2026, 6, 9)) == 1
    assert grants()[-1] == ("accrued", 2_500, date(2026, 12, 31))
    assert sums_of(fund) == {"granted": 17_500, "committed": 15_000}
    assert wrong() == {}


def test_an_empty_budget_gives_what_it_has_and_the_rest_once_there_is_more(
    program, manager, partner
):
    segment = define_segment(
        code="north",
        name="North",
        condition={"field": "region", "op": "eq", "value": "north"},
        actor="system",
        now=at("2026-01-01"),
    )
    late = enrolled_account(program, number="R-2", region="north")
    south = enrolled_account(program, number="R-3", region="south")
    budget = coop(program, manager, 30_000, lines=(), segment=segment)
    taken_in(
        *(purchase(one, "8000.00", at("2026-04-10")) for one in (partner, late, south)),
        as_of=at("2026-04-10"),
    )
    assert accrue(date(2026, 4, 11)) == 2
    assert accrue(date(2026, 4, 11)) == 0
    assert sorted(Fund.objects.values_list("account__number", "granted")) == [
        ("R-1", 20_000),
        ("R-2", 10_000),
    ]
    FundBudget.objects.filter(pk=budget.pk).update(amount=100_000)
    assert accrue(date(2026, 4, 12)) == 1
    assert [one.granted for one in Fund.objects.order_by("account__number")] == [20_000, 20_000]
    assert wrong() == {}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"share": Decimal("0")}, "share"),
        ({"share": Decimal("100.01")}, "share"),
        ({"share": Decimal("1.005")}, "share"),
        ({"kinds": ("nothing",)}, "kinds"),
        ({"good_months": 25}, "good_months"),
    ],
)
def test_a_co_op_budget_that_makes_no_sense_names_its_field(program, manager, said, field):
    with pytest.raises(BadBudget) as refused:
        coop(program, manager, **said)
    assert refused.value.field == field
    assert not FundBudget.objects.exists()
