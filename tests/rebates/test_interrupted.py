"""Work on agreements, killed anywhere and begun again, ends where it would have ended."""

from typing import Any

import pytest
from django.db import transaction

from accounts.models import JobRun
from accounts.tenancy import tenant_scope
from rebates import accruing, clock, closing
from rebates.models import Accrual, AccrualMove, Statement
from rebates.tasks import advance_agreements
from rewards.ledger import accruing as ledger_accruing
from rewards.models import Entry, Wallet
from tests.factories import ProgramFactory, TenantFactory, enrolled_account
from tests.rebates.deals import agreed, bands, violations
from tests.rewards.stories import accepted, at, purchase

DUE = at("2026-04-10")


class Killed(Exception):
    pass


@pytest.fixture
def deals(in_tenant, monkeypatch) -> None:
    """Three agreements, each a batch of its own, with a quarter to accrue and to close."""
    monkeypatch.setattr(accruing, "BATCH", 1)
    monkeypatch.setattr(closing, "BATCH", 1)
    program = ProgramFactory()
    for n in range(3):
        account = enrolled_account(program)
        agreed(program, account, code=f"deal-{n}", terms={"bands": bands((0, "1.5"))})
        accepted(purchase(account, f"{n + 1}00.33", at("2026-02-10")), as_of=at("2026-02-10"))


def state() -> dict[str, list[Any]]:
    by_account = "account__number"
    return {
        "accruals": list(
            Accrual.objects.order_by(by_account, "since").values_list(
                by_account, "since", "amount", "stated", "stated_upto"
            )
        ),
        "moves": sorted(AccrualMove.objects.values_list("accrual__account__number", "amount")),
        "statements": sorted(Statement.objects.values_list(by_account, "number", "total", "upto")),
        "lines": sorted(Statement.objects.values_list("earned", "true_ups")),
        "entries": sorted(
            Entry.objects.filter(wallet__unit="money").values_list("kind", "available", "pending")
        ),
        "wallets": sorted(
            Wallet.objects.filter(unit="money").values_list(by_account, "available", "pending")
        ),
    }


def test_killed_anywhere_it_ends_the_same(in_tenant, deals, monkeypatch):
    with transaction.atomic():
        clock.advance(at=DUE)
        whole = state()
        transaction.set_rollback(True)
    assert [amount for _, amount in whole["moves"]] == [1_50, 3_00, 4_50]
    assert [total for _, _, total, _ in whole["statements"]] == [1_50, 3_00, 4_50]
    left = {"statements": 0}
    kept = {module: module.run for module in (accruing, closing, ledger_accruing)}

    def run_until_killed(module: Any) -> Any:
        def run(*asked: Any, **how: Any) -> Any:
            if left["statements"] == 0:
                raise Killed
            left["statements"] -= 1
            return kept[module](*asked, **how)

        return run

    for statements in (0, 3, 9, 14, 20, 25):
        with transaction.atomic():
            with monkeypatch.context() as patched:
                left["statements"] = statements
                for module in kept:
                    patched.setattr(module, "run", run_until_killed(module))
                with pytest.raises(Killed):
                    clock.advance(at=DUE)
            clock.advance(at=DUE)
            assert state() == whole
            clock.advance(at=DUE)
            assert state() == whole
            assert violations(in_tenant) == []
            transaction.set_rollback(True)


def test_the_job_does_all_of_it_outside_of_any_transaction(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    advance_agreements(tenant_id=str(tenant.id))
    with tenant_scope(tenant.id), transaction.atomic():
        assert JobRun.objects.get(job="rebates").state == "done"
