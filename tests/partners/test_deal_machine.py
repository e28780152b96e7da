"""A deal against an independent model: any order of steps by partner, staff and clock.

Hypothesis looks for a story after which the product allows a step that the model forbids, or the
other way round; every story ends with the self-check of all books.
"""

from datetime import timedelta

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

from accounts.models import Activity, JobRun, Tenant
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from partners.deals import clock, deciding
from partners.deals.closing import lose, win, withdraw
from partners.deals.conflicts import conflicts_of
from partners.deals.steps import NotNow
from partners.models import Deal
from tests.factories import ProgramFactory, StaffFactory, TenantFactory, enrolled_account
from tests.partners.stories import TODAY, ZONE, deal_form, deals_earn, registered
from tests.rewards.stories import at, wallet_of

DAYS, MORE, AMOUNT = 10, 5, 50_000

# step -> from which states it can be taken, and the state it leads to
STEPS = {
    "approve": ({"registered"}, "approved"),
    "reject": ({"registered"}, "rejected"),
    "appeal": ({"rejected"}, "registered"),
    "ask": ({"approved"}, "approved"),
    "extend": ({"approved"}, "approved"),
    "refuse": ({"approved"}, "approved"),
    "withdraw": ({"registered", "approved"}, "withdrawn"),
    "win": ({"approved"}, "won"),
    "lose": ({"approved", "won"}, "lost"),
}


class DealMachine(RuleBasedStateMachine):
    tenant: Tenant  # of the running test

    @initialize()
    def open(self) -> None:
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.scope = tenant_scope(self.tenant.id)
        self.scope.__enter__()
        self.program = ProgramFactory()
        deals_earn(self.program)
        deal_form(exclusive_days=DAYS, extension_days=MORE, most_extensions=2, remind_days=3)
        self.account = enrolled_account(self.program)
        self.by = StaffFactory().actor
        self.today, self.minutes = TODAY, 0
        self.deal = registered(self.account, now=self.now())
        self.state, self.until = "registered", None
        self.asked = self.appealed = self.was_won = False
        self.extensions = 0

    def teardown(self) -> None:
        if not hasattr(self, "undone"):
            return
        JobRun.objects.create(job="advance_deals", period="d", state="done", started_at=self.now())
        clock.advance(today=self.today, now=self.now())
        self.scope.__exit__(None, None, None)
        try:
            found = verify([self.tenant.id])
            violated = {one.invariant.claim: one.sample for one in found if one.violations}
        finally:
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)
        assert violated == {}

    def now(self):
        self.minutes += 1
        return at(f"{self.today} 01:00") + timedelta(minutes=self.minutes)

    def allowed(self, step: str) -> bool:
        if self.state not in STEPS[step][0]:
            return False
        if step == "appeal":
            return not self.appealed
        if step == "ask":
            return not self.asked and self.extensions < 2 and self.until >= self.today
        return self.asked if step in ("extend", "refuse") else True

    @rule(step=st.sampled_from(sorted(STEPS)))
    def take(self, step: str) -> None:
        if not self.allowed(step):
            with pytest.raises(NotNow), transaction.atomic():
                self.do(step)
            return
        self.do(step)
        self.state = STEPS[step][1]
        if step == "refuse" and self.until < self.today:
            self.state = "expired"
        if step == "approve":
            self.until = self.today + timedelta(days=DAYS - 1)
        if step == "extend":
            self.until = max(self.until, self.today - timedelta(days=1)) + timedelta(days=MORE)
            self.extensions += 1
        self.asked = step == "ask"
        self.appealed |= step == "appeal"
        self.was_won |= step == "win"

    def do(self, step: str) -> None:
        pk, now, today = self.deal.pk, self.now(), self.today
        by, said = self.by, {"actor": "system", "now": now}
        {
            "approve": lambda: deciding.approve(pk, by=by, note="", today=today, now=now),
            "reject": lambda: deciding.reject(pk, by=by, reason="No", now=now),
            "appeal": lambda: deciding.appeal(pk, text="But", **said),
            "ask": lambda: deciding.ask_extension(pk, reason="Late", today=today, **said),
            "extend": lambda: deciding.extend(pk, by=by, today=today, now=now),
            "refuse": lambda: deciding.refuse_extension(
                pk, by=by, reason="No", today=today, now=now
            ),
            "withdraw": lambda: withdraw(pk, note="", **said),
            "win": lambda: win(pk, amount=AMOUNT, won_on=today, today=today, zone=ZONE, **said),
            "lose": lambda: lose(pk, note="No budget", may_undo=True, **said),
        }[step]()

    @rule(days=st.integers(1, 6))
    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)
        self.minutes = 0
        done = clock.advance(today=self.today, now=self.now())
        over = self.state == "approved" and not self.asked and self.until < self.today
        assert done.expired == over
        self.state = "expired" if over else self.state
        again = clock.advance(today=self.today, now=self.now())
        assert (again.reminded, again.expired, again.retired) == (0, 0, 0)

    @invariant()
    def is_as_the_model_has_it(self) -> None:
        if not hasattr(self, "state"):
            return
        deal = Deal.objects.get()
        assert (deal.state, deal.extensions) == (self.state, self.extensions)
        assert bool(deal.extension_asked_at) == self.asked
        if self.state in ("approved", "won", "expired"):
            assert deal.exclusive_until == self.until
        facts = Activity.objects.filter(source="deals").count()
        assert facts == self.was_won + (self.was_won and self.state == "lost")
        if self.was_won:
            left = wallet_of(self.account, self.program).available
            assert left == (0 if self.state == "lost" else AMOUNT // 1000)
        twin = Deal(registered_at=deal.registered_at, id=self.tenant.id, customer=deal.customer)
        seen = conflicts_of(twin, today=self.today)
        assert bool(seen) == (self.state in ("registered", "approved", "won"))


def test_every_order_of_steps_ends_as_the_model_says(db):
    tenant = TenantFactory()

    class Machine(DealMachine):
        pass

    Machine.tenant = tenant
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=8,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
