"""The ledger against an independent model: any order of earning, spending, returning and time.

Hypothesis looks for a story after which the product and a page of arithmetic disagree, on real
Postgres and through the real door; every story ends with the self-check of all books.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.ids import uuid7
from accounts.models import Program, Tenant
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from rewards import clock, ledger
from rewards.models import Lot, Wallet
from tests.factories import ProgramFactory, TenantFactory, enrolled_account, publish_rule
from tests.rewards.stories import accepted, purchase, taken_back
from tests.rewards.wallet_model import NEVER, Refused, WalletModel

ZONE = ZoneInfo("America/New_York")
START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
HOLD_DAYS = 20


@dataclass(slots=True)
class Bought:
    price: int  # dollars, and so points, for each unit
    units: int
    returned: int = 0


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)


def month_after(instant: datetime, *, since: int, months: int) -> datetime:
    """Local midnight `months` after the first month of the period of `since` months it is in."""
    day = instant.astimezone(ZONE).date()
    count = day.year * 12 + (day.month - 1) // since * since + months
    return midnight(date(count // 12, count % 12 + 1, 1))


# Changed between facts, so that lots expire in another order than they were earned.
POLICIES: dict[str, tuple[dict, Callable[[datetime], datetime | None]]] = {
    "never": ({"policy": "never"}, lambda instant: None),
    "end of quarter": (
        {"policy": "quarter_end", "plus": 0},
        lambda instant: month_after(instant, since=3, months=3),
    ),
    "end of quarter + 1": (
        {"policy": "quarter_end", "plus": 1},
        lambda instant: month_after(instant, since=3, months=6),
    ),
    "2 months": (
        {"policy": "months", "months": 2},
        lambda instant: month_after(instant, since=1, months=3),
    ),
}


class LedgerMachine(RuleBasedStateMachine):
    tenant: Tenant  # of the running test

    @initialize()
    def open(self) -> None:
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.scope = tenant_scope(self.tenant.id)
        self.scope.__enter__()
        self.program = ProgramFactory()
        publish_rule(self.program)
        publish_rule(self.program, code="held", kind="training", hold_days=HOLD_DAYS)
        self.account = enrolled_account(self.program)
        self.now = START
        self.model = WalletModel()
        self.bought: dict[str, Bought] = {}
        self.returns = 0
        self.spent: dict = {}

    def teardown(self) -> None:
        if not hasattr(self, "undone"):
            return
        self.scope.__exit__(None, None, None)
        try:
            violated = {
                one.invariant.claim: one.sample
                for one in verify([self.tenant.id])
                if one.violations
            }
        finally:
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)
        assert violated == {}

    def later(self, **time) -> datetime:
        self.now += timedelta(**time)
        return self.now

    # ── What happens ──

    @rule(
        lines=st.lists(
            st.tuples(
                st.integers(1, 90),  # price
                st.integers(1, 7),  # units
                st.integers(0, 200),  # days ago
                st.booleans(),  # held back for the time of returns
            ),
            min_size=1,
            max_size=3,
        ),
        policy=st.sampled_from(sorted(POLICIES)),
    )
    def earn(self, lines: list[tuple[int, int, int, bool]], policy: str) -> None:
        as_of = self.later(seconds=1)
        stored, expiry_of = POLICIES[policy]
        Program.objects.update(points_expiry=stored)
        facts = []
        for price, units, days_ago, held in lines:
            document = f"D{len(self.bought)}"
            occurred_at = as_of - timedelta(days=days_ago)
            kind = "training" if held else "purchase"
            facts.append(
                purchase(
                    self.account, str(price * units), occurred_at, document,
                    quantity=units, kind=kind,
                )
            )  # fmt: skip
            self.bought[document] = Bought(price, units)
            until = midnight(occurred_at.astimezone(ZONE).date() + timedelta(days=HOLD_DAYS))
            self.model.earn(
                document,
                price * units,
                earned_at=occurred_at,
                expires_at=expiry_of(occurred_at),
                activates_at=until if held and until > as_of else None,
            )
        accepted(*facts, as_of=as_of)

    @precondition(lambda self: self.model.granted)
    @rule(amount=st.integers(1, 700))
    def spend(self, amount: int) -> None:
        cause = uuid7()
        as_of = self.later(seconds=1)
        try:
            self.model.spend(amount, at=as_of)
        except Refused:
            with pytest.raises(ledger.NotEnough), transaction.atomic():
                self._spend(amount, cause, as_of)
        else:
            self.spent[cause] = (amount, self._spend(amount, cause, as_of))

    @precondition(lambda self: self.model.available > 0)
    @rule(share=st.integers(1, 4))
    def spend_a_share(self, share: int) -> None:
        self.spend(max(1, self.model.available // share))

    @precondition(lambda self: self.spent)
    @rule(data=st.data())
    def spend_again_under_the_same_cause(self, data) -> None:
        cause = data.draw(st.sampled_from(sorted(self.spent)))
        amount, entry = self.spent[cause]
        assert self._spend(amount, cause, self.later(seconds=1)) == entry

    def _spend(self, amount: int, cause, as_of):
        wallet = Wallet.objects.get(account=self.account)
        return ledger.spend(
            wallet_id=wallet.id,
            amount=amount,
            cause=cause,
            actor="system",
            occurred_at=as_of,
            recorded_at=as_of,
        )

    def _returnable(self) -> list[str]:
        return [name for name, one in self.bought.items() if one.returned < one.units]

    @precondition(lambda self: self._returnable())
    @rule(data=st.data())
    def take_back(self, data) -> None:
        document = data.draw(st.sampled_from(self._returnable()))
        bought = self.bought[document]
        units = data.draw(st.integers(1, bought.units - bought.returned))
        as_of = self.later(seconds=1)
        self.returns += 1
        fact = taken_back(
            self.account,
            str(bought.price * units),
            as_of,
            of=document,
            document=f"R{self.returns}",
            quantity=units,
        )
        accepted(fact, as_of=as_of)
        bought.returned += units
        self.model.take_back(document, bought.price * units)

    @rule(days=st.integers(1, 150))
    def time_passes(self, days: int) -> None:
        self.pass_to(self.later(days=days))

    @rule(days=st.integers(2, 150), parts=st.integers(2, 5))
    def time_passes_in_parts(self, days: int, parts: int) -> None:
        """The same as in one step, which is what the model takes."""
        for _ in range(parts - 1):
            clock.advance(upto=self.later(days=days / parts))
        self.pass_to(self.later(days=days / parts))

    def pass_to(self, instant: datetime) -> None:
        clock.advance(upto=instant)
        clock.advance(upto=instant)  # a second time changes nothing
        self.model.activate(instant)
        self.model.expire(instant)

    # ── What must be so after every step ──

    @invariant()
    def wallet_is_as_the_model_says(self) -> None:
        if not hasattr(self, "model") or not self.model.granted:
            return
        wallet = Wallet.objects.get(account=self.account)
        assert (wallet.available, wallet.pending, wallet.reserved) == (
            self.model.available,
            self.model.pending,
            0,
        )

    @invariant()
    def lots_are_as_the_model_says(self) -> None:
        if not hasattr(self, "model"):
            return
        lots = Lot.objects.filter(tenant_id=self.tenant.id, remaining__gt=0)
        found = [
            (lot.expires_at, lot.earned_at, lot.remaining, lot.state == "active")
            for lot in sorted(
                lots, key=lambda lot: (lot.expires_at or NEVER, lot.earned_at, lot.entry_id)
            )
        ]
        assert found == self.model.open_lots()


def test_no_story_makes_the_ledger_and_the_model_disagree(db):
    LedgerMachine.tenant = TenantFactory()
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=40,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
