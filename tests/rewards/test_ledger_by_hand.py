"""The ledger itself, called directly: what each of its movements does, and does once."""

import pytest
from django.db import transaction

from accounts.ids import uuid7
from rewards import ledger
from rewards.closing import is_open
from rewards.models import Entry, Lot, LotUse, Wallet
from tests.factories import MemberFactory, ProgramFactory, enrolled_account, publish_rule
from tests.rewards.stories import accepted, at, purchase, taken_back

NOW, MARCH, ENDS = at("2026-02-20"), at("2026-03-01 00:00"), at("2026-04-01 00:00")
STAMP = {"actor": "system", "occurred_at": NOW, "recorded_at": NOW}
HAND = {"actor": "system", "at": NOW}


class Holder:
    """An account with 500 points that expire with March."""

    def __init__(self, document: str = "A") -> None:
        self.program = ProgramFactory(points_expiry={"policy": "quarter_end"})
        publish_rule(self.program)
        publish_rule(self.program, code="held", kind="training", hold_days=30)
        self.account = enrolled_account(self.program)
        self.earn("500.00", document, "2026-02-10")

    def earn(self, amount: str, document: str, day: str, **more) -> None:
        accepted(purchase(self.account, amount, at(day), document, **more), as_of=at(day))

    @property
    def wallet(self) -> Wallet:
        return Wallet.objects.get(account=self.account, member=None)

    @property
    def held(self) -> tuple[int, int, int]:
        wallet = self.wallet
        return wallet.available, wallet.pending, wallet.reserved

    def lots(self, wallet: Wallet | None = None) -> list[tuple]:
        lots = Lot.objects.filter(is_open(), wallet=wallet or self.wallet)
        order = ("expires_at", "earned_at", "entry_id")
        return list(lots.order_by(*order).values_list("remaining", "expires_at"))

    def give(self, amount: int, expires_at=None, cause=None) -> None:
        gift = ledger.Gift(cause or uuid7(), amount, NOW, expires_at)
        ledger.give(wallet_id=self.wallet.id, gift=gift, **HAND)

    def deduct(self, amount: int, *, into_debt: bool = False, cause=None, at_=NOW) -> None:
        ledger.deduct(
            wallet_id=self.wallet.id,
            amount=amount,
            cause=cause or uuid7(),
            into_debt=into_debt,
            actor="system",
            at=at_,
        )

    def spend(self, amount: int, cause=None, when=NOW) -> None:
        moment = {"occurred_at": when, "recorded_at": when}
        ledger.spend(
            wallet_id=self.wallet.id,
            amount=amount,
            cause=cause or uuid7(),
            actor="system",
            **moment,
        )


def _refused(error, act) -> None:
    with pytest.raises(error), transaction.atomic():
        act()


def test_earnings_of_one_batch_repay_a_debt_once_and_expire_each_at_its_time(in_tenant):
    holder = Holder()
    holder.deduct(530, into_debt=True)
    other = enrolled_account(holder.program, number="D2")
    accepted(
        purchase(holder.account, "20.00", at("2026-02-11"), "B"),
        purchase(holder.account, "40.00", at("2026-02-12"), "C"),
        purchase(other, "7.00", at("2026-04-02"), "D"),
        purchase(other, "3.00", at("2026-02-12"), "E"),
        as_of=at("2026-04-02"),
    )
    assert (holder.held, holder.lots()) == ((30, 0, 0), [(30, ENDS)])
    theirs = Wallet.objects.get(account=other)
    assert ledger.expire_due(upto=ENDS, actor="system", wallet_id=theirs.id) == 1
    assert holder.lots(theirs) == [(7, at("2026-07-01 00:00"))]


def test_what_is_given_back_behind_the_clock_expires_at_once(in_tenant):
    holder, cause = Holder(), uuid7()
    ledger.reserve(wallet_id=holder.wallet.id, amount=200, cause=cause, **STAMP)
    ledger.expire_due(upto=ENDS, actor="system")
    ledger.release([cause], **STAMP)  # dated before the day that the wallet has passed
    assert (holder.held, holder.lots()) == ((0, 0, 0), [])


def test_a_gift_is_given_once_for_its_cause(in_tenant):
    holder, cause = Holder(), uuid7()
    for _ in range(2):
        holder.give(50, ENDS, cause)
    assert holder.held == (550, 0, 0)
    assert Entry.objects.filter(kind="adjust").count() == 1


def test_a_gift_repays_a_debt_first(in_tenant):
    holder = Holder()
    holder.deduct(520, into_debt=True)
    assert (holder.held, holder.lots()) == ((-20, 0, 0), [])
    holder.give(50, ENDS)
    assert (holder.held, holder.lots()) == ((30, 0, 0), [(30, ENDS)])


def test_a_deduction_is_made_once_and_no_further_than_there_is(in_tenant):
    holder, cause = Holder(), uuid7()
    _refused(ledger.NotEnough, lambda: holder.deduct(501))
    for _ in range(2):
        holder.deduct(500, cause=cause)
    assert (holder.held, holder.lots()) == ((0, 0, 0), [])
    [entry] = Entry.objects.filter(kind="adjust")
    assert [use.amount for use in LotUse.objects.filter(entry=entry)] == [500]


def test_what_expires_first_is_spent_first_and_what_never_expires_last(in_tenant):
    holder = Holder()
    holder.give(10)
    holder.give(20, MARCH)
    holder.spend(25)
    assert holder.lots() == [(495, ENDS), (10, None)]
    holder.spend(500)
    assert holder.lots() == [(5, None)]


def test_a_spending_is_made_once_up_to_the_last_point(in_tenant):
    holder, cause = Holder(), uuid7()
    for _ in range(2):
        holder.spend(200, cause)
    assert holder.held == (300, 0, 0)
    _refused(ledger.NotEnough, lambda: holder.spend(301))
    holder.spend(300)
    assert (holder.held, holder.lots()) == ((0, 0, 0), [])


def test_spending_sees_what_has_cleared_and_not_what_has_expired(in_tenant):
    holder = Holder()
    holder.earn("40.00", "HELD", "2026-02-11", kind="training")
    assert holder.held == (500, 40, 0)
    _refused(ledger.NotEnough, lambda: holder.spend(501))
    holder.spend(540, when=at("2026-03-14"))
    assert holder.held == (0, 0, 0)
    late = Holder("LATE")
    _refused(ledger.NotEnough, lambda: late.spend(1, when=ENDS))
    late.spend(1, when=at("2026-03-31 23:59"))


def test_whatever_takes_points_passes_over_pending_lots(in_tenant):
    for moves in ("spend", "deduct", "reserve", "transfer"):
        _take_beside_a_pending_lot(moves)


def _take_beside_a_pending_lot(moves: str) -> None:
    """100 that clear in March, earned before the 500 that are there, with the same expiry."""
    holder = Holder(moves)
    holder.earn("100.00", f"HELD {moves}", "2026-02-05", kind="training")
    if moves == "reserve":
        ledger.reserve(wallet_id=holder.wallet.id, amount=40, cause=uuid7(), **STAMP)
    elif moves == "transfer":
        taker = MemberFactory(account=holder.account)
        wallets = ledger.open_wallets(
            account_id=holder.account.id, program_id=holder.program.id, unit="points",
            member_ids=[None, taker.id],
        )  # fmt: skip
        about = {"source_id": wallets[None], "target_id": wallets[taker.id], "reason": ""}
        ledger.transfer(amount=40, command=uuid7(), **about, **HAND)
    else:
        getattr(holder, moves)(40)
    assert holder.held == (460, 100, 40 if moves == "reserve" else 0)
    lots = Lot.objects.filter(wallet=holder.wallet).order_by("earned_at")
    assert [(lot.state, lot.remaining) for lot in lots] == [("pending", 100), ("active", 460)]


def test_what_is_pending_is_neither_spent_nor_repays_a_debt_before_its_day(in_tenant):
    holder = Holder()
    holder.deduct(530, into_debt=True)
    holder.earn("40.00", "HELD", "2026-02-20", kind="training")
    assert (holder.held, holder.lots()) == ((-30, 40, 0), [(40, ENDS)])
    ledger.activate_due(upto=at("2026-03-22 00:00"), actor="system")
    assert (holder.held, holder.lots()) == ((10, 0, 0), [(10, ENDS)])


def test_pending_lots_do_not_expire_and_expiries_are_dated_at_their_instant(in_tenant):
    holder = Holder()
    holder.earn("40.00", "HELD", "2026-03-20", kind="training")
    assert ledger.expire_due(upto=ENDS, actor="system") == 1
    assert ledger.expire_due(upto=ENDS, actor="system") == 0
    assert holder.held == (0, 40, 0)
    later = at("2026-04-02")
    assert ledger.expire_due(upto=later, actor="system") == 0
    [entry] = Entry.objects.filter(kind="expire")
    assert (entry.available, entry.occurred_at) == (-500, ENDS)


def test_a_return_takes_from_its_own_lot_then_from_others_then_makes_a_debt(in_tenant):
    holder = Holder()
    holder.earn("100.00", "B", "2026-02-12", quantity=10)
    holder.earn("40.00", "HELD", "2026-02-12", kind="training")

    def back(amount: str, document: str, of: str, quantity: int = 1) -> None:
        about = {"of": of, "document": document, "quantity": quantity}
        accepted(taken_back(holder.account, amount, NOW, **about), as_of=NOW)

    back("30.00", "R1", "B", 3)
    assert [amount for amount, _ in holder.lots()] == [500, 70, 40]
    holder.spend(560)
    back("500.00", "R2", "A")
    assert holder.held == (-490, 40, 0)
    assert [amount for amount, _ in holder.lots()] == [40]
    back("40.00", "R3", "HELD")
    assert (holder.held, holder.lots()) == ((-490, 0, 0), [])


def test_an_extension_moves_only_what_expires_then_and_has_not_expired(in_tenant):
    holder = Holder()
    holder.give(10, MARCH)
    cause = uuid7()
    ledger.reserve(wallet_id=holder.wallet.id, amount=110, cause=cause, **STAMP)
    until = at("2026-07-01 00:00")
    about = {"wallet_id": holder.wallet.id, "until": until, "actor": "system"}
    assert ledger.extend(expiring_at=ENDS, at=NOW, **about) == 400
    assert holder.lots() == [(400, until)]
    _refused(ledger.NothingExpires, lambda: ledger.extend(expiring_at=ENDS, at=NOW, **about))
    ledger.release([cause], **STAMP)
    assert holder.lots() == [(10, MARCH), (500, until)]
    _refused(ledger.NothingExpires, lambda: ledger.extend(expiring_at=MARCH, at=MARCH, **about))


def test_a_reinstatement_brings_back_each_expired_lot_once_and_nothing_else(in_tenant):
    holder = Holder()
    holder.spend(100)
    spent = Entry.objects.get(kind="spend")
    ledger.expire_due(upto=ENDS, actor="system")
    gone = Entry.objects.get(kind="expire")
    until = at("2026-07-01 00:00")
    about = {"wallet_id": holder.wallet.id, "until": until, "actor": "system", "at": ENDS}
    _refused(ledger.NothingToReinstate, lambda: ledger.reinstate(expired_by=spent.id, **about))
    assert ledger.reinstate(expired_by=gone.id, **about) == 400
    _refused(ledger.NothingToReinstate, lambda: ledger.reinstate(expired_by=gone.id, **about))
    assert (holder.held, holder.lots()) == ((400, 0, 0), [(400, until)])


def test_a_transfer_moves_lots_once_within_the_account_and_repays_the_takers_debt(in_tenant):
    holder, stranger = Holder(), enrolled_account(ProgramFactory())
    holder.give(20, MARCH)
    pat = MemberFactory(account=holder.account)
    wallets = ledger.open_wallets(
        account_id=holder.account.id,
        program_id=holder.program.id,
        unit="points",
        member_ids=[None, pat.id],
    )
    taker = Wallet.objects.get(id=wallets[pat.id])
    ledger.deduct(
        wallet_id=taker.id, amount=30, cause=uuid7(), into_debt=True, actor="system", at=NOW
    )
    about = {"source_id": wallets[None], "reason": "", "actor": "system", "at": NOW}
    command = uuid7()
    first = {"target_id": taker.id, "amount": 100, "command": command}
    assert [ledger.transfer(**first, **about) for _ in range(2)] == [True, False]
    assert holder.lots() == [(420, ENDS)]
    assert holder.lots(taker) == [(70, ENDS)]
    _refused(
        ledger.NotEnough,
        lambda: ledger.transfer(target_id=taker.id, amount=421, command=uuid7(), **about),
    )
    foreign = ledger.open_wallets(
        account_id=stranger.id, program_id=holder.program.id, unit="points", member_ids=[None]
    )
    _refused(
        ledger.OtherAccount,
        lambda: ledger.transfer(target_id=foreign[None], amount=1, command=uuid7(), **about),
    )
    assert holder.held == (420, 0, 0)


def test_set_aside_and_given_back_once_after_a_debt(in_tenant):
    holder, cause = Holder(), uuid7()
    for _ in range(2):
        ledger.reserve(wallet_id=holder.wallet.id, amount=200, cause=cause, **STAMP)
    assert holder.held == (300, 0, 200)
    holder.deduct(350, into_debt=True)
    assert [ledger.release([cause], **STAMP) for _ in range(2)] == [1, 0]
    assert (holder.held, holder.lots()) == ((150, 0, 0), [(150, ENDS)])
    _refused(ledger.NotHeld, lambda: ledger.capture([cause], **STAMP))
    _refused(
        ledger.NotEnough,
        lambda: ledger.reserve(wallet_id=holder.wallet.id, amount=151, cause=uuid7(), **STAMP),
    )
    other = uuid7()
    ledger.reserve(wallet_id=holder.wallet.id, amount=150, cause=other, **STAMP)
    assert [ledger.capture([other], **STAMP) for _ in range(2)] == [1, 0]
    _refused(ledger.NotHeld, lambda: ledger.release([other], **STAMP))
    assert holder.held == (0, 0, 0)
    assert [ledger.refund([other], **STAMP) for _ in range(2)] == [1, 0]
    assert holder.held == (150, 0, 0)
