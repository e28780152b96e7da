"""Real threads on one budget and on one fund: to the cent as much as there is, and no more."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction

from accounts.tenancy import tenant_scope
from partners.funds.deciding import NotEnough
from partners.funds.granting import NotLeft
from partners.models import Fund, FundBudget, FundRequest
from rewards.models import Wallet
from tests.factories import ProgramFactory, StaffFactory, TenantFactory, enrolled_account
from tests.partners.funded import activity_of, approved, asked, budget_of, granted, wrong

TOGETHER = 16  # threads at the same time; their connections are as many as a worker's


def rush(tenant, each: Callable[[int], None], *, of: int = 64) -> list[str]:
    """What each of the 64 comes to, in order of their names: the refusal's, or "done"."""
    start = threading.Barrier(TOGETHER)

    def one(number: int) -> str:
        if number < TOGETHER:
            start.wait()
        try:
            with tenant_scope(tenant.id), transaction.atomic():
                each(number)
        except (NotEnough, NotLeft) as refused:
            return type(refused).__name__
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(TOGETHER) as threads:
        return sorted(threads.map(one, range(of)))


def counted(said: Sequence[str]) -> dict[str, int]:
    return {one: said.count(one) for one in set(said)}


def test_64_requests_and_their_approvals_against_one_budget_take_what_there_is(committed):
    """Of 1,000.00 with 64 accounts that ask for 40.00 each, 25 are approved; then 64 more ask
    against one account's fund of 100.00, and 64 are allocated 1.00 each of the last 50.00."""
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        program, manager = ProgramFactory(), StaffFactory()
        budget = budget_of(program, manager, 100_000, on_request=True)
        activity = activity_of(fields=(), proofs=())
        accounts = [enrolled_account(program) for _ in range(64)]
        fixed = budget_of(program, manager, 15_000, name="Fixed")
        granted(fixed, {accounts[0]: 10_000}, manager)

    def ask_and_approve(whose, of: FundBudget, amount: int) -> None:
        said = {"total_cost": 2 * amount, "asked": amount, "answers": {}}
        request = asked(whose, of, activity, **said)
        approved(request, manager, amount=amount)

    said = rush(tenant, lambda n: ask_and_approve(accounts[n], budget, 4_000))
    assert counted(said) == {"done": 25, "NotEnough": 39}
    with tenant_scope(tenant.id), transaction.atomic():
        open_ = [asked(accounts[0], fixed, activity, total_cost=1_400, asked=700, answers={})
                 for _ in range(64)]  # fmt: skip
    said = rush(tenant, lambda n: approved(open_[n], manager, amount=700))
    assert counted(said) == {"done": 14, "NotEnough": 50}
    said = rush(tenant, lambda n: granted(fixed, {accounts[n]: 100}, manager))
    assert counted(said) == {"done": 50, "NotLeft": 14}

    with tenant_scope(tenant.id), transaction.atomic():
        allocated = dict(FundBudget.objects.values_list("name", "allocated"))
        assert allocated == {"MDF 2026": 100_000, "Fixed": 15_000}
        states = FundRequest.objects.filter(budget=budget).values_list("state", flat=True)
        assert counted(list(states)) == {"approved": 25}  # who was refused left nothing behind
        wallets = Wallet.objects.filter(unit="funds")
        assert sum(one.reserved for one in wallets) == 25 * 4_000 + 14 * 700
        assert sum(one.available for one in wallets) == 10_000 - 14 * 700 + 50 * 100
        assert sum(one.committed for one in Fund.objects.all()) == 25 * 4_000 + 14 * 700
        assert wrong() == {}
