"""Money by bank transfer: details that rest, a run of two people, the bank's file, a return."""

from datetime import date, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Event
from loyalty.rebate_statements import settlements_of
from rebates import answering, banking, clock, paying, settling
from rebates.books_of_payments import TRANSFERS
from rebates.models import (
    BankDetails,
    Payment,
    PaymentRun,
    PaymentState,
    RunState,
    Settlement,
    SettlementState,
    Statement,
)
from rebates.paying import CannotPay
from rewards import awarding, ledger, payouts
from rewards.models import Entry, Wallet
from rewards.voice import voice_of
from tests.factories import (
    LONG_AGO,
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    enrolled_account,
)
from tests.rebates.deals import (
    CHECKER,
    DUTCH,
    FRENCH,
    GERMAN,
    PARTNER,
    agreed,
    bands,
    statements_of,
    violations,
)
from tests.rebates.failing import seen_to_fail
from tests.rebates.transfer_file import EXPECTED
from tests.rewards.stories import accepted, at, purchase, taken_back

BEFORE, NOW = at("2026-02-01 09:00"), at("2026-02-10 09:00")
TODAY = date(2026, 2, 10)


@pytest.fixture
def world(in_tenant):
    """Two dealers are owed 70.00 and 30.00 euros, approved by bank transfer; a third nothing."""
    in_tenant.currency, in_tenant.name = "EUR", "Müller & Söhne"
    in_tenant.save()
    program = ProgramFactory()
    dealers = [enrolled_account(program, number=f"D-{n}", name=f"Dealer {n}") for n in (1, 2)]
    people = {name: StaffFactory(name=name, role="finance") for name in ("Ann", "Bob", "Cem")}
    banking.enter(account_id=None, holder="Müller & Söhne", iban=GERMAN, bic="COBADEFFXXX",
                  actor=people["Cem"].actor, now=LONG_AGO)  # fmt: skip
    for dealer, amount in zip(dealers, ("700.00", "300.00"), strict=True):
        agreed(
            program,
            dealer,
            code=f"a-{dealer.number[-1]}",
            period="month",
            terms={"bands": bands((0, "10"))},
            said={"method": "bank_transfer", "grace_days": 0},
        )
        bought = purchase(dealer, amount, at("2026-01-10"), f"P-{dealer.number}")
        accepted(bought, as_of=at("2026-01-10"))
    clock.advance(at=BEFORE)
    for dealer, iban in zip(dealers, (FRENCH, DUTCH), strict=True):
        [statement] = Statement.objects.filter(account=dealer)
        answering.accept_statement(statement=statement, actor=PARTNER, now=BEFORE)
        settling.approve_statement(statement=statement, actor=CHECKER, now=BEFORE)
        banking.enter(
            account_id=dealer.pk,
            holder=f"{dealer.name} Çelik/GmbH",
            iban=iban,
            bic="",
            actor=MemberFactory(account=dealer).actor,
            now=BEFORE,
        )
    return SimpleNamespace(
        tenant=in_tenant,
        program=program,
        dealers=dealers,
        **{k.lower(): v for k, v in people.items()},
    )


def prepared(world, *, by=None, now=NOW) -> PaymentRun:
    return paying.prepare(
        settlement_ids=set(Settlement.objects.values_list("pk", flat=True)),
        execute_on=TODAY + timedelta(days=1),
        today=TODAY,
        actor=(by or world.ann).actor,
        now=now,
    )


def approved(world, run: PaymentRun) -> PaymentRun:
    return paying.approve(run_id=run.pk, tenant=world.tenant, actor=world.bob.actor, now=NOW)


def notes_of(world, dealer) -> list[str]:
    statement = Statement.objects.get(account=dealer)
    [settled] = settlements_of(statement, voice=voice_of(world.tenant))
    return settled.notes


def wallets(world) -> list[int]:
    return [Wallet.objects.get(account=dealer, unit="money").available for dealer in world.dealers]


def test_no_transfer_is_larger_than_a_bank_takes(world):
    """Ten percent each of what brings 999,999,999.99 and one cent more."""
    for number, amount in (("D-3", "9999999999.90"), ("D-4", "10000000000.00")):
        dealer = enrolled_account(world.program, number=number, name=number)
        agreed(
            world.program, dealer, code=number.lower(), period="month",
            terms={"bands": bands((0, "10"))}, said={"method": "bank_transfer", "grace_days": 0},
        )  # fmt: skip
        when = at("2026-01-10")
        accepted(purchase(dealer, amount, when, f"P-{number}"), as_of=when)
        clock.advance(at=BEFORE)
        [statement] = Statement.objects.filter(account=dealer)
        answering.accept_statement(statement=statement, actor=PARTNER, now=BEFORE)
        settling.approve_statement(statement=statement, actor=CHECKER, now=BEFORE)
        banking.enter(account_id=dealer.pk, holder=number, iban=DUTCH, bic="",
                      actor=MemberFactory(account=dealer).actor, now=BEFORE)  # fmt: skip
    run = prepared(world)
    assert list(run.payments.order_by("amount").values_list("account__number", "amount")) == [
        ("D-2", 30_00), ("D-1", 70_00), ("D-3", 999_999_999_99)
    ]  # fmt: skip
    [left] = paying.due(actor=world.ann.actor, now=NOW)
    assert (left.amount, "at most €999,999,999.99" in left.why_not) == (1_000_000_000_00, True)
    with pytest.raises(CannotPay, match="A SEPA transfer carries at most"):  # not “see beside each”
        prepared(world)
    assert (PaymentRun.objects.count(), violations(world.tenant)) == (1, [])


def test_a_run_pays_what_was_approved_once_and_the_file_is_what_the_bank_takes(world):
    run = prepared(world)
    with pytest.raises(CannotPay, match="None of these can be paid now"):
        prepared(world)  # they are on their way
    assert wallets(world) == [70_00, 30_00]
    approved(world, run)
    assert wallets(world) == [0, 0]

    name, content = paying.take_file(
        run_id=run.pk, tenant=world.tenant, actor=world.ann.actor, now=NOW
    )
    first, second = Payment.objects.order_by("id")
    assert name == "payments-000001.xml"
    assert content.decode() == EXPECTED.format(
        slug=world.tenant.slug, first=first.reference, second=second.reference
    )
    again = paying.take_file(run_id=run.pk, tenant=world.tenant, actor=world.bob.actor, now=NOW)
    assert again == (name, content)

    paying.mark_executed(run_id=run.pk, actor=world.ann.actor, now=NOW)
    with pytest.raises(CannotPay, match="another state by now: Executed"):
        paying.mark_executed(run_id=run.pk, actor=world.ann.actor, now=NOW)
    assert set(Settlement.objects.values_list("state", "paid_at")) == {(SettlementState.PAID, NOW)}
    assert violations(world.tenant) == []

    say = {"payment_id": first.pk, "actor": world.ann.actor, "now": NOW}
    with pytest.raises(CannotPay, match="Say why"):
        paying.give_back(reason=" ", **say)
    with pytest.raises(CannotPay, match="Say why"):
        paying.give_back(reason="Account\0closed", **say)
    paying.give_back(reason="Account closed", **say)
    with pytest.raises(CannotPay, match="not one that was carried out"):
        paying.give_back(reason="Account closed", **say)
    assert wallets(world) == [70_00, 0]
    assert first.settlement.__class__.objects.get(pk=first.settlement_id).state == "returned"
    assert violations(world.tenant) == []

    anew = prepared(world, by=world.bob)
    with pytest.raises(CannotPay, match="You said that a payment of it came back"):
        paying.approve(run_id=anew.pk, tenant=world.tenant, actor=world.ann.actor, now=NOW)
    paying.cancel(run_id=anew.pk, actor=world.bob.actor, now=NOW)
    anew = prepared(world)
    assert (anew.number, anew.total, anew.payments.get().account) == (3, 70_00, world.dealers[0])
    approved(world, anew)
    assert wallets(world) == [0, 0]
    assert Entry.objects.filter(kind="spend", wallet__unit="money").count() == 3
    assert violations(world.tenant) == []
    kinds = Event.objects.filter(kind__startswith="payment").order_by("recorded_at", "id")
    assert [one.kind.rpartition(".")[2] for one in kinds] == [
        "prepared", "approved", "file_taken", "file_taken", "executed", "returned", "prepared",
        "canceled", "prepared", "approved",
    ]  # fmt: skip


def test_two_people_and_neither_of_them_wrote_the_bank_details(world):
    first, second = world.dealers
    both = StaffFactory()
    MemberFactory(account=second, user=both.user)
    banking.enter(account_id=first.pk, holder="D", iban=GERMAN, bic="", actor=world.ann.actor,
                  now=at("2026-02-02"))  # fmt: skip

    def why_not(who, now=NOW) -> list[str]:
        return [one.why_not for one in paying.due(actor=who.actor, now=now)]

    assert why_not(world.bob) == ["", ""]
    assert why_not(world.ann)[0].startswith("You entered the bank details")
    assert why_not(both)[1].startswith("You belong to this account")
    assert why_not(world.bob, at("2026-02-05")) == [
        "The bank details are new; they rest until Feb 9, 2026.",
        "The bank details are new; they rest until Feb 8, 2026.",
    ]
    run = prepared(world, by=world.bob)
    for who, says in (
        (world.bob, "You prepared this run"),
        (world.ann, "You entered bank details"),
        (world.cem, "You entered bank details"),
        (both, "You belong to an account"),
    ):
        with pytest.raises(CannotPay, match=says):
            paying.approve(run_id=run.pk, tenant=world.tenant, actor=who.actor, now=NOW)
    banking.enter(account_id=second.pk, holder="Thief", iban=GERMAN, bic="", actor=PARTNER,
                  now=NOW)  # fmt: skip
    with pytest.raises(CannotPay, match="Bank details have changed since"):
        paying.approve(run_id=run.pk, tenant=world.tenant, actor=StaffFactory().actor, now=NOW)
    assert wallets(world) == [70_00, 30_00]
    paying.cancel(run_id=run.pk, actor=world.bob.actor, now=NOW)
    assert set(Payment.objects.values_list("state", flat=True)) == {PaymentState.CANCELED}
    left = prepared(world, by=world.bob)
    assert (left.number, left.total) == (2, 70_00)
    assert violations(world.tenant) == []


def test_nothing_is_paid_while_payouts_are_stopped_nor_what_was_taken_back(world):
    run = prepared(world)
    payouts.follow_check([{"claim": "c", "number": 1, "rows": 1, "sample": ""}], at=NOW)
    with pytest.raises(payouts.PayoutsStopped):
        approved(world, run)
    payouts.follow_check([], at=NOW)
    paying.cancel(run_id=run.pk, actor=world.ann.actor, now=NOW)
    first = world.dealers[0]
    accepted(
        taken_back(first, "650.00", at("2026-02-03"), of="P-D-1", document="R-1"),
        as_of=at("2026-02-03"),
    )
    clock.advance(at=at("2026-03-01 09:00"))
    later = statements_of(Settlement.objects.get(account=first).statement.agreement)[-1]
    answering.accept_statement(statement=later, actor=PARTNER, now=NOW)
    settling.approve_statement(statement=later, actor=CHECKER, now=NOW)
    assert wallets(world) == [5_00, 30_00]

    run = prepared(world)
    assert sorted(run.payments.values_list("amount", flat=True)) == [5_00, 30_00]
    approved(world, run)
    assert wallets(world) == [0, 0]
    assert violations(world.tenant) == []


def test_money_of_awards_is_never_paid_out_as_rebates(world):
    first = world.dealers[0]
    said = {"account_id": first.pk, "program_id": world.program.pk, "unit": "money"}
    won = awarding.Wanted(amount=100_00, reason="R-1", **said)
    awarding.give(won, identity=uuid4(), actor="system", now=NOW)
    run = prepared(world)
    accepted(
        taken_back(first, "650.00", at("2026-02-03"), of="P-D-1", document="R-1"),
        as_of=at("2026-02-03"),
    )
    clock.advance(at=at("2026-03-01 09:00"))
    later = statements_of(Settlement.objects.get(account=first).statement.agreement)[-1]
    answering.accept_statement(statement=later, actor=PARTNER, now=NOW)
    settling.approve_statement(statement=later, actor=CHECKER, now=NOW)
    assert wallets(world) == [105_00, 30_00]
    with pytest.raises(CannotPay, match="taken back part"), transaction.atomic():
        approved(world, run)
    paying.cancel(run_id=run.pk, actor=world.ann.actor, now=NOW)

    run = prepared(world)
    assert sorted(run.payments.values_list("amount", flat=True)) == [5_00, 30_00]
    approved(world, run)
    assert wallets(world) == [100_00, 0]
    assert violations(world.tenant) == []


def test_what_awards_owe_is_taken_off_a_settlement_and_both_sides_read_why(world):
    first, last = world.dealers
    said = {"account_id": first.pk, "program_id": world.program.pk, "unit": "money"}
    won = awarding.Wanted(amount=50_00, reason="R-1", **said)
    award = awarding.give(won, identity=uuid4(), actor="system", now=NOW)
    stamp, paid = {"actor": "system", "occurred_at": NOW, "recorded_at": NOW}, uuid4()
    wallet = Wallet.objects.get(account=first, unit="money")
    ledger.reserve(wallet_id=wallet.pk, amount=50_00, cause=paid, **stamp)
    ledger.capture([paid], **stamp)
    assert notes_of(world, first) == []
    again = {"reason": "R-1", "identity": uuid4(), "actor": "system", "now": NOW}
    awarding.take_back(award.pk, amount=50_00, **again)
    assert wallets(world) == [20_00, 30_00]

    made_up = "Awards were taken back from this account, and rebates make that up: "
    assert notes_of(world, first) == [f"{made_up}at most €20.00 of it can be paid now"]
    run = prepared(world)
    assert notes_of(world, first) == [f"{made_up}at most €20.00 of it can be paid now"]
    approved(world, run)
    less = "€20.00 paid; €50.00 make up for awards that were taken back from this account"
    assert notes_of(world, first) == [less]
    paying.mark_executed(run_id=run.pk, actor=world.ann.actor, now=NOW)
    assert (notes_of(world, first), notes_of(world, last)) == ([less], [])
    assert violations(world.tenant) == []


def test_even_the_database_refuses_what_would_pay_twice(world):
    run = prepared(world)
    payment = run.payments.order_by("id").first()
    with pytest.raises(IntegrityError, match="settlement_paid_once"), transaction.atomic():
        Payment.objects.create(
            run=run, settlement=payment.settlement, account=payment.account, bank=payment.bank,
            amount=1,
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="goes_step_by_step"), transaction.atomic():
        PaymentRun.objects.filter(pk=run.pk).update(
            state=RunState.APPROVED, decided_by=run.prepared_by, decided_at=NOW, digest="x"
        )
    with pytest.raises(IntegrityError, match="one_at_a_time"), transaction.atomic():
        BankDetails.objects.create(
            account=None, holder="x", sealed=b"x", country="DE", hint="0000",
            entered_by="x", entered_at=NOW, usable_from=NOW,
        )  # fmt: skip


NUMBERS, ONCE, MOVED = 0, 1, 2
DAMAGE = {
    "UPDATE rebates_payment SET amount = amount - 1": [NUMBERS, MOVED],
    "UPDATE rebates_paymentrun SET number = 7": [NUMBERS],
    "UPDATE rebates_paymentrun SET total = total + 1": [NUMBERS],
    "UPDATE rebates_payment SET state = 'prepared'": [NUMBERS, ONCE, MOVED],
    "UPDATE rebates_settlement SET state = 'approved', paid_at = NULL": [ONCE],
    "UPDATE rebates_payment SET bank_id = (SELECT debtor_id FROM rebates_paymentrun)": [ONCE],
    "UPDATE rewards_wallet SET unit = 'funds' WHERE unit = 'money'": [MOVED],
}


def test_the_books_find_what_was_tampered_with(world):
    run = approved(world, prepared(world))
    paying.mark_executed(run_id=run.pk, actor=world.ann.actor, now=NOW)
    assert seen_to_fail(TRANSFERS, DAMAGE) == DAMAGE
