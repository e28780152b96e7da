"""A fund request against an independent model: any order of steps by partner, staff and clock.

Hypothesis looks for a story after which a cent is elsewhere than in the model, or a step is allowed
that the model forbids; every story ends with the self-check of all books.
"""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.ids import uuid7
from accounts.models import JobRun, Tenant
from accounts.tenancy import tenant_scope
from partners.funds import claiming, clock, deciding
from partners.funds.granting import take_back
from partners.funds.steps import NotNow
from partners.models import Fund, FundBudget, FundRequest
from tests.factories import ProgramFactory, StaffFactory, TenantFactory, enrolled_account
from tests.partners.funded import (
    ZONE,
    activity_of,
    approved,
    asked,
    budget_of,
    claimed,
    granted,
    paid,
    wrong,
)
from tests.rewards.stories import at, wallet_of

FIRST, LAST = date(2026, 5, 20), date(2026, 6, 9)  # of the fund
CLAIM_DAYS = 10

# step -> from which states it can be taken, and the state it leads to
STEPS = {
    "approve": ({"requested"}, "approved"),
    "reject": ({"requested"}, "rejected"),
    "withdraw": ({"requested", "approved", "incomplete"}, "withdrawn"),
    "claim": ({"approved", "incomplete"}, "claimed"),
    "more": ({"claimed"}, "incomplete"),
    "accept": ({"claimed"}, "accepted"),
    "refuse": ({"claimed"}, "refused"),
    "pay": ({"accepted"}, "paid"),
}


class FundMachine(RuleBasedStateMachine):
    """The model has four numbers of the fund and, of the running request, its state, what is
    committed, and until when a claim may come."""

    tenant: Tenant  # of the running test

    @initialize()
    def open(self) -> None:
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.scope = tenant_scope(self.tenant.id)
        self.scope.__enter__()
        program = ProgramFactory()
        self.account, self.program = enrolled_account(program), program
        self.staff, self.finance = StaffFactory(), StaffFactory(role="finance")
        self.budget = budget_of(program, self.staff, 200_000)
        self.activity = activity_of(fields=(), claim_days=CLAIM_DAYS)
        self.today, self.minutes = FIRST, 0
        granted(self.budget, {self.account: 100_000}, self.staff, last_day=LAST, now=self.now())
        self.free, self.granted, self.committed, self.paid, self.over = 100_000, 100_000, 0, 0, 0
        self.ask()

    def teardown(self) -> None:
        if not hasattr(self, "undone"):
            return
        JobRun.objects.create(job="advance_funds", period="d", state="done", started_at=self.now())
        clock.advance(today=self.today, zone=ZONE, now=self.now())
        violated = wrong()
        self.scope.__exit__(None, None, None)
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)
        assert violated == {}

    def now(self):
        self.minutes += 1
        return at(f"{self.today} 01:00") + timedelta(minutes=self.minutes)

    def ask(self) -> None:
        self.state, self.held, self.until = "requested", 0, None
        self.request = asked(
            self.account, self.budget, self.activity, now=self.now(), today=self.today,
            starts_on=self.today, ends_on=self.today, total_cost=100_000, asked=1, answers={},
        )  # fmt: skip

    @rule()
    def ask_again(self) -> None:
        if self.state in ("paid", "rejected", "withdrawn", "refused", "lapsed") and self.free:
            self.ask()

    @rule(step=st.sampled_from(sorted(STEPS)), amount=st.integers(1, 60_000))
    def take(self, step: str, amount: int) -> None:
        if not self.allowed(step, amount):
            with pytest.raises(NotNow), transaction.atomic():
                self.do(step, amount)
            return
        self.do(step, amount)
        self.state = STEPS[step][1]
        if step == "approve":
            self.free, self.committed, self.held = (
                self.free - amount, self.committed + amount, amount,
            )  # fmt: skip
            self.until = self.today + timedelta(days=CLAIM_DAYS)
        elif step == "more":
            self.until = max(self.until, self.today + timedelta(days=14))
        elif step == "accept":
            self.let_go(self.held - amount)
        elif step in ("withdraw", "refuse"):
            self.let_go(self.held)
        elif step == "pay":
            self.committed, self.paid, self.held = 0, self.paid + self.held, 0

    def let_go(self, amount: int) -> None:
        self.committed, self.held = self.committed - amount, self.held - amount
        if self.today <= LAST:
            self.free += amount
        else:
            self.over += amount

    def allowed(self, step: str, amount: int) -> bool:
        if self.state not in STEPS[step][0]:
            return False
        if step == "approve":
            return amount <= min(50_000, self.free)
        if step == "claim":
            return self.until >= self.today
        return amount <= min(self.held, 30_000) if step == "accept" else True

    def do(self, step: str, amount: int) -> None:
        pk, now, today = self.request.pk, self.now(), self.today
        staff = {"by": self.staff.actor, "now": now}
        kinds = () if FundRequest.objects.get(pk=pk).claimed_at else ("Invoice", "Photo")
        {
            "approve": lambda: approved(
                self.request, self.staff, amount=amount, today=today, now=now
            ),
            "reject": lambda: deciding.reject(pk, reason="No", **staff),
            "withdraw": lambda: deciding.withdraw(pk, note="", actor="system", now=now),
            "claim": lambda: claimed(self.request, cost=60_000, kinds=kinds, today=today, now=now),
            "more": lambda: claiming.ask_for_more(pk, note="More", today=today, **staff),
            "accept": lambda: claiming.accept(pk, amount=amount, note="", **staff),
            "refuse": lambda: claiming.refuse(pk, reason="No", **staff),
            "pay": lambda: paid(self.request, self.finance, today=today, now=now),
        }[step]()

    @rule(amount=st.integers(1, 30_000))
    def take_some_back(self, amount: int) -> None:
        fund = Fund.objects.get()
        said = {"fund_id": fund.pk, "amount": amount, "reason": "Less", "by": self.staff.actor}
        said |= {"key": str(uuid7())}
        if amount > self.free:
            with pytest.raises(NotNow), transaction.atomic():
                take_back(**said, now=self.now())
            return
        take_back(**said, now=self.now())
        self.free, self.granted = self.free - amount, self.granted - amount

    @rule(days=st.integers(1, 6))
    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)
        self.minutes = 0
        lapses = self.state in ("approved", "incomplete") and self.until < self.today
        done = clock.advance(today=self.today, zone=ZONE, now=self.now())
        assert done.lapsed == lapses
        if lapses:
            self.state = "lapsed"
            self.let_go(self.held)
        if self.today > LAST:
            self.free, self.over = 0, self.over + self.free
        again = clock.advance(today=self.today, zone=ZONE, now=self.now())
        assert (again.lapsed, again.expired, again.reminded) == (0, 0, 0)

    @invariant()
    def is_as_the_model_has_it(self) -> None:
        if not hasattr(self, "state"):
            return
        assert FundRequest.objects.get(pk=self.request.pk).state == self.state
        fund = Fund.objects.get()
        assert (fund.granted, fund.committed, fund.paid, fund.expired) == (
            self.granted, self.committed, self.paid, self.over,
        )  # fmt: skip
        wallet = wallet_of(self.account, self.program, "funds")
        assert (wallet.available, wallet.reserved) == (self.free, self.committed)
        assert FundBudget.objects.get().allocated == self.granted - self.over
        assert self.free + self.committed + self.paid + self.over == self.granted


def test_every_order_of_steps_ends_as_the_model_says(db):
    tenant = TenantFactory()

    class Machine(FundMachine):
        pass

    Machine.tenant = tenant
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=8,
            stateful_step_count=16,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
