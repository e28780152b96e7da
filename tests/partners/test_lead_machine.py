"""A lead against an independent model: any order of steps by partners, staff and clock.

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

from accounts.models import JobRun, Tenant
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from partners.leads import assigning, clock, reporting
from partners.leads.answering import accept, decline
from partners.leads.desk import NotNow
from partners.models import Lead, LeadOffer
from tests.factories import ProgramFactory, TenantFactory
from tests.partners import lead_stories as stories
from tests.partners.lead_stories import HOUR, NOON, ZONE

HOURS, PARTNERS = 6, 3
WORKED = {"accepted", "contacted", "qualified"}

# step -> from which states it can be taken, and the state it leads to; None: to the next partner
STEPS = {
    "accept": ({"offered"}, "accepted"),
    "decline": ({"offered"} | WORKED, None),
    "contact": ({"accepted", "contacted"}, "contacted"),
    "qualify": (WORKED, "qualified"),
    "win": (WORKED, "won"),
    "lose": (WORKED, "lost"),
    "assign": ({"open", "offered"} | WORKED, "offered"),
    "distribute": ({"open"}, None),
    "close": ({"open", "offered"} | WORKED, "closed"),
}


class LeadMachine(RuleBasedStateMachine):
    tenant: Tenant  # of the running test

    @initialize()
    def open(self) -> None:
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.scope = tenant_scope(self.tenant.id)
        self.scope.__enter__()
        stories.terms(answer_hours=HOURS)
        program = ProgramFactory()
        self.partners = [stories.partner(program, f"P-{n}") for n in range(PARTNERS)]
        stories.rule()
        self.at = NOON
        self.lead = stories.received(now=self.at)
        self.state, self.holder, self.until = "offered", 0, NOON + HOURS * HOUR
        self.asked = [0]  # by the rules, or by hand before

    def teardown(self) -> None:
        if not hasattr(self, "undone"):
            return
        clock.advance(now=self.now())
        JobRun.objects.create(job="advance_leads", period="x", state="done", started_at=self.at)
        self.scope.__exit__(None, None, None)
        try:
            found = verify([self.tenant.id])
            violated = {one.invariant.claim: one.sample for one in found if one.violations}
        finally:
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)
        assert violated == {}

    def now(self):
        self.at += timedelta(minutes=1)
        return self.at

    def goes_on(self) -> None:
        """To the next in turn who never had it, else to nobody."""
        turns = [(self.served + 1 + n) % PARTNERS for n in range(PARTNERS)]
        left = [one for one in turns if one not in self.asked]
        self.state, self.holder, self.until = "open", None, None
        if left:
            self.offered(left[0])
            self.served = left[0]

    served = 0

    def offered(self, to: int) -> None:
        self.state, self.holder = "offered", to
        self.until = self.at + HOURS * HOUR
        self.asked.append(to)

    @rule(step=st.sampled_from(sorted(STEPS)), who=st.integers(0, PARTNERS - 1))
    def take(self, step: str, who: int) -> None:
        before, after = STEPS[step]
        whose = who if step == "assign" else self.holder if self.holder is not None else who
        allowed = self.state in before and not (step == "assign" and who == self.holder)
        now = self.now()
        if step == "accept" and allowed:
            allowed = now < self.until
        if not allowed:
            with pytest.raises((NotNow, Lead.DoesNotExist)), transaction.atomic():
                self.do(step, whose, now)
            return
        self.do(step, whose, now)
        if step == "assign":
            self.offered(who)
        elif after is None:
            self.goes_on()
        else:
            self.state = after
            self.until = None
            self.holder = None if after == "closed" else self.holder

    def do(self, step: str, who: int, now) -> None:
        pk, account = self.lead.pk, self.partners[who]
        its = {"account_id": account.pk, "actor": "system", "now": now}
        {
            "accept": lambda: accept(pk, **its),
            "decline": lambda: decline(pk, reason="No", **its),
            "contact": lambda: reporting.report(pk, state="contacted", note="", **its),
            "qualify": lambda: reporting.report(pk, state="qualified", note="", **its),
            "win": lambda: reporting.win(
                pk, amount=5, won_on=now.astimezone(ZONE).date(), zone=ZONE, **its
            ),
            "lose": lambda: reporting.lose(pk, reason="No budget", **its),
            "assign": lambda: assigning.assign(
                pk, account=account, note="So", by="system", now=now
            ),
            "distribute": lambda: assigning.distribute(pk, by="system", now=now),
            "close": lambda: assigning.close(pk, reason="Spam", by="system", now=now),
        }[step]()

    @rule(who=st.integers(0, PARTNERS - 1), step=st.sampled_from(["accept", "decline", "lose"]))
    def another_tries(self, who: int, step: str) -> None:
        if who == self.holder:
            return
        with pytest.raises((NotNow, Lead.DoesNotExist)), transaction.atomic():
            self.do(step, who, self.now())

    @rule(hours=st.integers(1, 8), killed=st.booleans())
    def hours_pass(self, hours: int, killed: bool) -> None:
        self.at += hours * HOUR
        if killed:  # in the middle of its work, which is undone
            with transaction.atomic():
                clock.advance(now=self.at)
                transaction.set_rollback(True)
        over = self.state == "offered" and self.until <= self.at
        assert clock.advance(now=self.at).passed_on == over
        if over:
            self.goes_on()
        assert clock.advance(now=self.at).passed_on == 0

    @invariant()
    def is_as_the_model_has_it(self) -> None:
        if not hasattr(self, "state"):
            return
        lead = Lead.objects.get()
        holder = None if self.holder is None else self.partners[self.holder]
        assert (lead.state, lead.account) == (self.state, holder)
        assert lead.answer_by == (self.until if self.state == "offered" else None)
        by_rule = LeadOffer.objects.filter(by_hand=False).values_list("account_id", flat=True)
        assert len(set(by_rule)) == len(by_rule)
        assert LeadOffer.objects.count() == len(self.asked)


def test_every_order_of_steps_ends_as_the_model_says(db):
    tenant = TenantFactory()

    class Machine(LeadMachine):
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
