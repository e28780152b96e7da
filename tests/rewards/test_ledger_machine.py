"""The ledger against an independent model: any order of earning, setting aside, spending, giving
back, returning, adjusting, extending, reinstating, passing on, and time.

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
from rewards import adjusting, adjustment_drafts, clock, ledger
from rewards.closing import is_open
from rewards.models import CorrectionTerms, Entry, Lot, LotUse, Wallet
from rewards.transferring import TransferRefused, transfer_points
from tests.factories import (
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    TenantFactory,
    enrolled_account,
    publish_rule,
)
from tests.rewards.stories import accepted, purchase, taken_back
from tests.rewards.wallet_model import NEVER, Refused, WalletModel

ZONE = ZoneInfo("America/New_York")
START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
HOLD_DAYS = 20
GRACE_DAYS = 9


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
        self.member = MemberFactory(account=self.account)
        self.staff = StaffFactory(role="owner")
        self.terms = CorrectionTerms.objects.create(
            program=self.program, transfers=True, approval_above=10**6
        )
        self.now = START
        self.reached: datetime | None = None  # by the clock
        self.policy = "never"
        self.model = WalletModel()
        self.members = WalletModel()
        self.commands = 0
        self.bought: dict[str, Bought] = {}
        self.returns = 0
        self.spent: dict = {}

    def teardown(self) -> None:
        if not hasattr(self, "undone"):
            return
        self.scope.__exit__(None, None, None)
        try:
            # Invariant 8 compares with redemptions; what is reserved here is reserved by itself.
            violated = {
                one.invariant.claim: one.sample
                for one in verify([self.tenant.id])
                if one.violations and one.invariant.number != 8
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
        self.policy = policy
        stored, expiry_of = POLICIES[policy]
        Program.objects.update(points_expiry=stored)
        closed_until = self.reached and month_after(self.reached, since=3, months=0)
        self.reached = self.reached or as_of
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
            expires_at = expiry_of(occurred_at)
            if expires_at and closed_until and occurred_at < closed_until:
                expires_at = max(expires_at, as_of)
            until = midnight(occurred_at.astimezone(ZONE).date() + timedelta(days=HOLD_DAYS))
            self.model.earn(
                document,
                price * units,
                earned_at=occurred_at,
                expires_at=expires_at,
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
        return ledger.spend(
            wallet_id=self.wallet().id,
            amount=amount,
            cause=cause,
            actor="system",
            occurred_at=as_of,
            recorded_at=as_of,
        )

    def wallet(self, *, of_member: bool = False) -> Wallet:
        return Wallet.objects.get(account=self.account, member=self.member if of_member else None)

    # ── Set aside, spent, given back ──

    def _stamp(self, as_of: datetime) -> dict:
        return {"actor": "system", "occurred_at": as_of, "recorded_at": as_of}

    @precondition(lambda self: self.model.granted)
    @rule(amount=st.integers(1, 500))
    def reserve(self, amount: int) -> None:
        cause, as_of = uuid7(), self.later(seconds=1)
        about = {"wallet_id": self.wallet().id, "amount": amount, "cause": cause}
        try:
            self.model.reserve(cause, amount, at=as_of)
        except Refused:
            with pytest.raises(ledger.NotEnough), transaction.atomic():
                ledger.reserve(**about, **self._stamp(as_of))
        else:
            ledger.reserve(**about, **self._stamp(as_of))

    @precondition(lambda self: self.model.held)
    @rule(data=st.data(), again=st.booleans())
    def capture(self, data, again: bool) -> None:
        cause = data.draw(st.sampled_from(sorted(self.model.held)))
        self.model.capture(cause)
        stamp = self._stamp(self.later(seconds=1))
        assert ledger.capture([cause], **stamp) == 1
        if again:
            assert ledger.capture([cause], **stamp) == 0

    @precondition(lambda self: self.model.held)
    @rule(data=st.data(), again=st.booleans())
    def release(self, data, again: bool) -> None:
        cause = data.draw(st.sampled_from(sorted(self.model.held)))
        as_of = self.later(seconds=1)
        self.model.release(cause, at=as_of)
        assert ledger.release([cause], **self._stamp(as_of)) == 1
        if again:
            assert ledger.release([cause], **self._stamp(as_of)) == 0

    @precondition(lambda self: self.model.captured)
    @rule(data=st.data(), with_grace=st.booleans())
    def refund(self, data, with_grace: bool) -> None:
        cause = data.draw(st.sampled_from(sorted(self.model.captured)))
        as_of = self.later(seconds=1)
        CorrectionTerms.objects.update(grace_days=GRACE_DAYS if with_grace else None)
        day = as_of.astimezone(ZONE).date() + timedelta(days=GRACE_DAYS + 1)
        self.model.refund(cause, at=as_of, grace_until=midnight(day) if with_grace else None)
        assert ledger.refund([cause], **self._stamp(as_of)) == 1

    # ── Put right by hand ──

    def _adjust(self, as_of: datetime, **wanted) -> None:
        """Drafted, sent off; and sent off again, which moves nothing."""
        identity = uuid7()
        made = adjustment_drafts.Wanted(
            program_id=self.program.id, account_id=self.account.id, reason="Put right", **wanted
        )
        adjustment_drafts.draft(made, identity=identity, actor=self.staff.actor, now=as_of)
        for _ in range(2):
            adjusting.submit(adjustment_id=identity, author=self.staff, now=as_of)

    @rule(amount=st.integers(1, 300))
    def credit_by_hand(self, amount: int) -> None:
        as_of = self.later(seconds=1)
        self.commands += 1
        expires_at = POLICIES[self.policy][1](as_of)
        self.model.give(f"credit {self.commands}", amount, earned_at=as_of, expires_at=expires_at)
        self._adjust(as_of, action="credit", amount=amount)

    @precondition(lambda self: self.model.made)
    @rule(amount=st.integers(1, 400), into_debt=st.booleans())
    def debit_by_hand(self, amount: int, into_debt: bool) -> None:
        as_of = self.later(seconds=1)
        wanted = {"action": "debit", "amount": amount, "into_debt": into_debt}
        try:
            self.model.debit(amount, at=as_of, into_debt=into_debt)
        except Refused:
            with pytest.raises(adjustment_drafts.AdjustmentRefused), transaction.atomic():
                self._adjust(as_of, **wanted)
        else:
            self._adjust(as_of, **wanted)

    def _open_expiries(self) -> list[datetime]:
        lots = self.model.lots.values()
        return sorted({lot.expires_at for lot in lots if lot.expires_at and lot.remaining})

    @precondition(lambda self: self._open_expiries())
    @rule(data=st.data(), days=st.integers(1, 200))
    def extend(self, data, days: int) -> None:
        as_of = self.later(seconds=1)
        expiring_at = data.draw(st.sampled_from(self._open_expiries()))
        until = expiring_at + timedelta(days=days)
        wanted = {"action": "extend", "expiring_at": expiring_at, "expires_at": until}
        self.model.settle(as_of)
        if expiring_at > as_of:
            self.model.extend(expiring_at, until=until)
            self._adjust(as_of, **wanted)
        else:  # its day has come
            ledger.activate_due(upto=as_of, actor="system")
            ledger.expire_due(upto=as_of, actor="system")
            with pytest.raises(adjustment_drafts.AdjustmentRefused), transaction.atomic():
                self._adjust(as_of, **wanted)

    def _expired_by(self, entry: Entry) -> list[tuple[Lot, int]]:
        """What it took: by uses, or else all that was left of the wallet's lots of its day."""
        lots = Lot.objects.filter(tenant_id=self.tenant.id).order_by("earned_at", "entry_id")
        lots = lots.select_related("entry__activity")
        uses = dict(
            LotUse.objects.filter(tenant_id=self.tenant.id, entry=entry).values_list(
                "lot_id", "amount"
            )
        )
        if uses:
            return [(lot, uses[lot.entry_id]) for lot in lots.filter(entry_id__in=uses)]
        closed = lots.filter(wallet=entry.wallet, expires_at=entry.occurred_at, state="active")
        return [(lot, lot.remaining) for lot in closed.filter(remaining__gt=0, late=False)]

    @rule(data=st.data())
    def reinstate(self, data) -> None:
        wallets = Entry.objects.filter(wallet__account=self.account, wallet__member=None)
        expired = sorted(wallets.filter(kind="expire").values_list("id", flat=True))
        if not expired:
            return
        gone = data.draw(st.sampled_from(expired))
        lots = [
            (lot, part)
            for lot, part in self._expired_by(Entry.objects.get(id=gone))
            if not Entry.objects.filter(cause=lot.entry_id, kind="adjust").exists()
        ]
        if any(lot.entry.kind != "earn" for lot, _ in lots):
            return  # the model calls what was made by hand by other names
        as_of = self.later(seconds=1)
        wanted = {"action": "reinstate", "expired_by_id": gone}
        wanted["expires_at"] = as_of + timedelta(days=30)
        self.model.settle(as_of)
        if lots:
            self.model.reinstate(
                [(self.model.lots[lot.entry.activity.external_id], part) for lot, part in lots],
                names=[f"again {lot.entry_id}" for lot, _ in lots],
                expires_at=wanted["expires_at"],
            )
            self._adjust(as_of, **wanted)
        else:  # everything of it came back before
            ledger.activate_due(upto=as_of, actor="system")
            ledger.expire_due(upto=as_of, actor="system")
        with pytest.raises(adjustment_drafts.AdjustmentRefused), transaction.atomic():
            self._adjust(as_of, **wanted)

    # ── Passed on ──

    @precondition(lambda self: self.model.made)
    @rule(amount=st.integers(1, 300), back=st.booleans())
    def pass_on(self, amount: int, back: bool) -> None:
        as_of = self.later(seconds=1)
        self.commands += 1
        giver, taker = (self.members, self.model) if back else (self.model, self.members)
        ids = [None, self.member.id]
        about = {
            "program_id": self.program.id,
            "account_id": self.account.id,
            "giver_id": ids[back],
            "taker_id": ids[not back],
            "amount": amount,
            "command": uuid7(),
            "reason": "",
            "actor": self.staff.actor,
            "now": as_of,
        }
        try:
            giver.pass_on(taker, amount, name=f"transfer {self.commands}", at=as_of)
        except Refused:
            with pytest.raises(TransferRefused), transaction.atomic():
                transfer_points(**about)
        else:
            for _ in range(2):  # a second time changes nothing
                transfer_points(**about)

    # ── Returned ──

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
        self.model.settle(instant)
        self.members.settle(instant)
        if self.reached:
            self.reached = instant

    # ── What must be so after every step ──

    @invariant()
    def wallet_is_as_the_model_says(self) -> None:
        if not hasattr(self, "model"):
            return
        found = {
            wallet.member_id: (wallet.available, wallet.pending, wallet.reserved)
            for wallet in Wallet.objects.filter(account=self.account)
        }
        for holder, model in ((None, self.model), (self.member.id, self.members)):
            expected = (model.available, model.pending, model.reserved)
            assert found.get(holder, (0, 0, 0)) == expected

    @invariant()
    def lots_are_as_the_model_says(self) -> None:
        if not hasattr(self, "model"):
            return
        lots = Lot.objects.filter(is_open(), tenant_id=self.tenant.id)
        for holder, model in ((None, self.model), (self.member.id, self.members)):
            found = [
                (lot.expires_at, lot.earned_at, lot.remaining, lot.state == "active")
                for lot in sorted(
                    lots.filter(wallet__member=holder),
                    key=lambda lot: (lot.expires_at or NEVER, lot.earned_at, lot.entry_id),
                )
            ]
            assert found == model.open_lots()


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
