"""Readings of measures: windows, best of, families; the two forms of the query agree."""

from datetime import date
from typing import Any

import pytest

from accounts.counting import Catalogue
from accounts.models import Account, Tenant
from accounts.postgres.statements import ask
from accounts.readings import BEST_OF, AsOf, Reading, Value, as_of, reading_sql, values_of
from accounts.starting_measures import starting_catalogue
from accounts.windows import Window
from tests.factories import AccountFactory, ProductFactory
from tests.rewards.stories import accepted, at, purchase

QUARTER = Window("quarter")


def read(
    tenant: Tenant,
    *readings: Reading,
    on: AsOf,
    catalogue: Catalogue | None = None,
    **more: Any,
) -> dict[Any, dict[Reading, Value]]:
    """The values by account, the same by either form."""
    found = []
    for accounts in (None, [account.pk for account in Account.objects.all()]):
        query = reading_sql(
            readings,
            catalogue=catalogue or starting_catalogue(),
            as_of=on,
            zone=tenant.zone,
            fiscal_year_starts=tenant.fiscal_year_starts,
            accounts=accounts,
            **more,
        )
        found += ask(values_of(query))
    assert found[0] == found[1]
    return found[0]


@pytest.fixture
def dealer(in_tenant) -> Account:
    for line in "ABC":
        ProductFactory(sku=line, line=line)
    return AccountFactory()


def test_the_best_line_of_a_quarter_says_which_line_carried(in_tenant, dealer):
    lone = AccountFactory()
    for line, amount in (("A", "120000"), ("B", "40000"), ("C", "300000")):
        bought = purchase(dealer, amount, at("2026-02-10"), line, product=line)
        accepted(bought, as_of=at("2026-02-10"))
    accepted(purchase(dealer, "7.00", at("2025-12-31"), "OLD"), as_of=at("2026-02-10"))
    best = Reading("revenue", QUARTER, BEST_OF, "product_line")
    total, orders = Reading("revenue", QUARTER), Reading("orders", QUARTER)
    year = Reading("units", Window("rolling", months=12))

    found = read(in_tenant, best, total, orders, year, on=as_of(at("2026-03-31"), in_tenant.zone))

    assert found == {
        dealer.pk: {
            best: Value(30_000_000, "C"),
            total: Value(46_000_000, ""),
            orders: Value(3, ""),
            year: Value(40_000, ""),
        },
        lone.pk: dict.fromkeys((best, total, orders, year), Value(0, "")),
    }


def test_a_family_is_read_as_one_from_any_of_its_accounts(in_tenant, dealer):
    branch = AccountFactory(parent=dealer, region="North")
    shop = AccountFactory(parent=branch, region="South")
    AccountFactory()
    for account, amount in ((dealer, "1.00"), (branch, "20.00"), (shop, "300.00")):
        accepted(purchase(account, amount, at("2026-02-10")), as_of=at("2026-02-10"))
    whole = Reading("revenue", QUARTER, family=True)
    best = Reading("revenue", QUARTER, BEST_OF, "region", family=True)

    found = read(in_tenant, whole, best, on=as_of(at("2026-03-31"), in_tenant.zone))

    for account in (dealer, branch, shop):
        assert found[account.pk] == {whole: Value(32_100, ""), best: Value(30_000, "South")}


def test_the_fiscal_year_decides_the_fiscal_windows(in_tenant, dealer):
    in_tenant.fiscal_year_starts = 3
    for month, amount in ((2, "1.00"), (3, "20.00"), (5, "300.00"), (6, "4000.00")):
        when = at(f"2026-{month:02}-28")
        accepted(purchase(dealer, amount, when), as_of=when)
    windows = (
        Window("fiscal_year"),
        Window("fiscal_quarter"),
        Window("fiscal_quarter", back=1),
        Window("fiscal_year", back=1),
    )
    wanted = [Reading("revenue", window) for window in windows]

    day = AsOf(date(2026, 6, 30), at("2026-06-30"), at("2026-06-30"))
    found = read(in_tenant, *wanted, on=day)

    assert [found[dealer.pk][one].value for one in wanted] == [432_000, 400_000, 32_000, 100]
