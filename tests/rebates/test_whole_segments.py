"""Thousands of accounts under one agreement: worked out as a set, whatever Postgres knows of it."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from accounts.models import Measure, Segment
from accounts.postgres.statements import run
from rebates import accruing
from rebates.calculating import WORKED
from rebates.models import Accrual
from rebates.sharing import shares_at
from tests.factories import ProgramFactory, enrolled_account
from tests.rebates.deals import agreed, bands
from tests.rewards.stories import at

ACCOUNTS = 150
NOW = at("2026-05-20")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def test_no_step_is_taken_once_for_each_pair_of_accounts(in_tenant):
    """Where tables are new, Postgres takes what a statement was given for a single row, and joins
    by loops: of a thousand accounts each line once for each account."""
    program = ProgramFactory()
    accounts = [enrolled_account(program) for _ in range(ACCOUNTS)]
    month = {"month": date(2026, 4, 1), "kind": "purchase", "count": 1, "quantity": 1, "points": 0}
    Measure.objects.bulk_create(
        Measure(tenant=in_tenant, account=account, product_line=line, amount=100_00, **month)
        for account in accounts
        for line in ("Bikes", "Parts")
    )
    everybody = Segment.objects.create(code="everybody", name="Everybody", condition={})
    terms = {"bands": bands(("0", "2.00"))}
    agreement = agreed(
        program, None, party="segment", segment=everybody, terms=terms, starts_on=date(2026, 4, 1)
    )
    shares = shares_at([agreement], tenant=in_tenant, at=NOW)
    values = accruing.asked_of(shares, [agreement], tenant=in_tenant, at=NOW)
    wanted = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {WORKED} SELECT * FROM worked"
    [([said],)] = run(wanted, values, planned=True)

    assert len(shares) == ACCOUNTS
    touched = {
        (node["Node Type"], node.get("CTE Name")): node["Actual Loops"]
        * (node["Actual Rows"] + node.get("Rows Removed by Join Filter", 0))
        for node in nodes(said["Plan"])
    }
    assert {name: rows for name, rows in touched.items() if rows > 20 * ACCOUNTS} == {}
    assert accruing.accrue_some([agreement.pk], tenant=in_tenant, at=NOW) == ACCOUNTS
    assert set(Accrual.objects.values_list("amount", flat=True)) == {4_00}
