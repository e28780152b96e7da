"""One agreement from the draft to the money, with what goes wrong on its way."""

from datetime import date

import pytest

from accounts.models import Account, Event, Program, Tenant
from rebates import answering, clock, drafting, offering, settling
from rebates.models import (
    Acceptance,
    Accrual,
    Agreement,
    AgreementVersion,
    Dispute,
    Estimate,
    Settlement,
)
from rebates.stating import line_of, lines_of
from rewards import ledger
from rewards.models import Entry, Lot, Wallet
from tests.factories import AccountFactory, ProgramFactory, StaffFactory, enrolled_account
from tests.rebates.deals import (
    CHECKER,
    MAKER,
    PARTNER,
    agreed,
    bands,
    drafted,
    moves_of,
    owed,
    statements_of,
    violations,
    whole_story,
)
from tests.rewards.stories import accepted, at, purchase, taken_back

ONE_PERCENT = {"bands": bands((1_000_00, "1"))}


@pytest.fixture
def program(in_tenant) -> Program:
    return ProgramFactory()


@pytest.fixture
def account(program) -> Account:
    return enrolled_account(program)


def test_from_the_draft_to_the_money(in_tenant, program, account):
    agreement = whole_story(program, account)

    (statement,) = statements_of(agreement)
    lines = lines_of([statement])[statement.pk]
    told = [(one.product_line, one.amount, one.settles, one.state) for one in lines]
    assert told == [("Bikes", 20_00, 20_00, "settled"), ("Parts", 10_00, 12_00, "settled")]
    assert (statement.total, statement.prepared_by) == (30_00, "system")
    amounts = Settlement.objects.order_by("pk").values_list("amount", flat=True)
    assert list(amounts) == [20_00, 12_00]
    assert moves_of(agreement) == [
        (30_00, "actual", None),
        (2_00, "agreed", date(2026, 1, 1)),
        (-5_00, "true_up", date(2026, 1, 1)),
    ]
    wallet = Wallet.objects.get(account=account, unit="money")
    assert (wallet.available, wallet.pending, wallet.reserved) == (32_00, -5_00, 0)
    assert [one.expected for one in Estimate.objects.order_by("month")] == [20_00, 30_00, 30_00]
    version = AgreementVersion.objects.get(agreement=agreement)
    acceptance = Acceptance.objects.get(version=version)
    assert (acceptance.accepted_by, acceptance.digest) == (PARTNER, offering.digest_of(version))
    told = Event.objects.filter(kind__regex="^(agreement|rebate)[.]").order_by("id")
    assert list(told.values_list("kind", flat=True)) == [
        "agreement.drafted",
        "agreement.draft_changed",
        "agreement.offered",
        "agreement.accepted",
        "agreement.begun",
        "rebate.forecast",
        "rebate.statement_issued",
        "rebate.line_disputed",
        "rebate.statement_accepted",
        "rebate.approved",
        "rebate.dispute_resolved",
        "rebate.approved",
        "rebate.trued_up",
    ]
    assert violations(in_tenant) == []


def test_settled_money_is_reserved_spent_and_given_back_like_points(in_tenant, program, account):
    whole_story(program, account)
    wallet = Wallet.objects.get(account=account, unit="money")
    cause = Settlement.objects.latest("id").pk
    moment = {"actor": CHECKER, "occurred_at": at("2026-05-01"), "recorded_at": at("2026-05-01")}
    ledger.reserve(wallet_id=wallet.pk, amount=25_00, cause=cause, **moment)
    ledger.capture([cause], **moment)
    wallet.refresh_from_db()
    assert (wallet.available, wallet.pending, wallet.reserved) == (7_00, -5_00, 0)
    ledger.refund([cause], **moment)
    wallet.refresh_from_db()
    assert wallet.available == 32_00
    with pytest.raises(ledger.NotEnough):
        ledger.spend(wallet_id=wallet.pk, amount=32_01, cause=account.pk, **moment)
    # What was paid out before the true-up is settled becomes a debt, which the next one repays.
    ledger.spend(wallet_id=wallet.pk, amount=32_00, cause=account.pk, **moment)
    about = {"account_id": account.pk, "program_id": program.pk, "actor": CHECKER}
    clock.advance(at=at("2026-07-10"))
    (_, last) = statements_of(Agreement.objects.get())
    answering.accept_statement(statement=last, actor=PARTNER, now=at("2026-07-10"))
    settlement = settling.approve_statement(statement=last, actor=CHECKER, now=at("2026-07-10"))
    ledger.settle(amount=settlement.amount, cause=settlement.pk, at=at("2026-07-11"), **about)
    wallet.refresh_from_db()
    assert (wallet.available, wallet.pending) == (-5_00, 0)
    assert Lot.objects.filter(wallet=wallet, remaining__gt=0).count() == 0
    assert Entry.objects.filter(wallet=wallet, kind="settle").count() == 3
    # No payment has taken what was spent here.
    assert violations(in_tenant) == [
        "available money is what is left to be paid of settlements, less what they carry"
    ]


def test_nobody_approves_what_is_his_own(in_tenant, program, account):
    owner = StaffFactory()
    agreement = agreed(program, account, terms=ONE_PERCENT, owner=owner)
    accepted(purchase(account, "5000.00", at("2026-01-10")), as_of=at("2026-01-10"))
    clock.advance(at=at("2026-04-10"))
    (statement,) = statements_of(agreement)
    line = line_of(statement, 1)
    dispute = answering.dispute_line(
        line=line, reason="Too little", actor=PARTNER, now=at("2026-04-11")
    )
    with pytest.raises(settling.CannotApprove, match="has not accepted"):
        settling.approve_statement(statement=statement, actor=CHECKER, now=at("2026-04-12"))
    answering.accept_statement(statement=statement, actor=PARTNER, now=at("2026-04-12"))
    for actor in (owner.actor, "system"):
        with pytest.raises(settling.NeedsAnother):
            settling.approve_statement(statement=statement, actor=actor, now=at("2026-04-12"))
        with pytest.raises(answering.OwnDispute):
            answering.resolve_dispute(
                dispute=dispute, agreed=1, answer="No", actor=actor, now=at("2026-04-12")
            )
    about = {"dispute": dispute, "answer": "Yes", "actor": CHECKER, "now": at("2026-04-12")}
    with pytest.raises(answering.AnswerRefused, match="No rebate is as large"):
        answering.resolve_dispute(agreed=10**20, **about)
    # The disputed line freezes itself: nothing is left to settle, and the statement is approved.
    approved = settling.approve_statement(statement=statement, actor=CHECKER, now=at("2026-04-13"))
    assert approved is None
    assert not Settlement.objects.exists()
    answering.withdraw_dispute(dispute=dispute, actor=PARTNER, now=at("2026-04-14"))
    assert Dispute.objects.get().state == "withdrawn"
    settled = settling.approve_resolved(statement=statement, actor=CHECKER, now=at("2026-04-15"))
    assert settled.amount == 50_00
    with pytest.raises(answering.AnswerRefused, match="over"):
        answering.withdraw_dispute(dispute=dispute, actor=PARTNER, now=at("2026-04-16"))
    assert violations(in_tenant) == []


def test_silence_accepts_only_where_the_terms_say_so(in_tenant, program, account):
    loud = agreed(program, account, terms=ONE_PERCENT, code="loud")
    silent = agreed(
        program, account, terms=ONE_PERCENT, code="silent", said={"silence_accepts": True}
    )
    accepted(purchase(account, "5000.00", at("2026-01-10")), as_of=at("2026-01-10"))
    clock.advance(at=at("2026-04-10"))
    clock.advance(at=at("2026-04-24 23:00"))
    assert [statements_of(one)[0].state for one in (loud, silent)] == ["open", "open"]
    clock.advance(at=at("2026-04-25 01:00"))
    assert [statements_of(one)[0].state for one in (loud, silent)] == ["open", "accepted"]
    line = line_of(statements_of(loud)[0], 1)
    with pytest.raises(answering.WindowOver):
        answering.dispute_line(line=line, reason="No", actor=PARTNER, now=at("2026-04-26"))


def test_a_new_version_holds_from_the_period_for_which_it_was_accepted(in_tenant, program, account):
    in_tenant.two_pairs_of_eyes = True
    in_tenant.save()
    first = drafted(program, account, terms=ONE_PERCENT, now=at("2025-12-01"))
    with pytest.raises(offering.NeedsSecondPair):
        offering.offer_version(version=first, valid_from=None, actor=MAKER, now=at("2025-12-02"))
    Tenant.objects.update(currency="EUR")
    with pytest.raises(drafting.AgreementRefused, match="drafted in USD"):
        offering.offer_version(version=first, valid_from=None, actor=CHECKER, now=at("2025-12-02"))
    Tenant.objects.update(currency="USD")
    offering.offer_version(version=first, valid_from=None, actor=CHECKER, now=at("2025-12-02"))
    accepted(
        purchase(account, "5000.00", at("2026-01-10"), "A"),
        purchase(account, "5000.00", at("2026-04-10"), "B"),
        as_of=at("2026-04-10"),
    )
    agreement = first.agreement
    assert owed(agreement, at=at("2026-02-01")) == []  # not accepted, and so nothing is owed
    with pytest.raises(offering.NotOffered):
        offering.accept_version(
            version=first, account=AccountFactory(), actor=PARTNER, now=at("2026-02-02")
        )
    offering.accept_version(version=first, account=account, actor=PARTNER, now=at("2026-02-02"))
    assert owed(agreement, at=at("2026-02-03")) == [50_00]
    second = drafting.draft_version(
        agreement=agreement,
        said={"terms": {"bands": bands((1_000_00, "2"))}},
        actor=MAKER,
        now=at("2026-02-04"),
    )
    for day, says in ((date(2026, 1, 1), "accrued already"), (date(2026, 5, 1), "with a period")):
        with pytest.raises(drafting.AgreementRefused, match=says):
            offering.offer_version(
                version=second, valid_from=day, actor=CHECKER, now=at("2026-02-05")
            )
    offering.offer_version(
        version=second, valid_from=date(2026, 4, 1), actor=CHECKER, now=at("2026-02-05")
    )
    # Offered and not accepted, it changes nothing; accepted too late, it waits for the next period.
    assert owed(agreement, at=at("2026-04-11")) == [50_00, 50_00]
    offering.accept_version(version=second, account=account, actor=PARTNER, now=at("2026-04-12"))
    accepted(purchase(account, "5000.00", at("2026-07-10"), "C"), as_of=at("2026-07-10"))
    assert owed(agreement, at=at("2026-07-11")) == [50_00, 50_00, 100_00]
    numbers = Accrual.objects.order_by("since").values_list("version__number", flat=True)
    assert list(numbers) == [1, 1, 2]
    assert violations(in_tenant) == []


def test_a_buying_group_counts_together_and_shares_to_the_cent(in_tenant, program, account):
    children = [AccountFactory(parent=account), AccountFactory(parent=account)]
    agreement = agreed(
        program, account, terms={"bands": bands((100_00, "1"))}, party="family", paid_to="each"
    )
    for n, (one, amount) in enumerate(
        zip([account, *children], ("50.01", "50.01", "50.00"), strict=True)
    ):
        accepted(purchase(one, amount, at("2026-01-10"), f"G{n}"), as_of=at("2026-01-10"))
    assert owed(agreement, at=at("2026-01-11")) == [50, 50, 50]
    accepted(purchase(children[1], "66.00", at("2026-01-12"), "G9"), as_of=at("2026-01-12"))
    # 216.02 at 1 % is 2.16: 50.006, 50.006 and 115.99 cents.
    assert owed(agreement, at=at("2026-01-13")) == [50, 50, 116]
    # Who leaves the group takes its sales along, and what was accrued on them.
    children[1].parent = None
    children[1].save()
    assert owed(agreement, at=at("2026-01-14")) == [50, 50, 0]
    # After the close it stays as it was then.
    clock.advance(at=at("2026-04-10"))
    children[1].parent = account
    children[1].save()
    assert owed(agreement, at=at("2026-04-11"))[:3] == [50, 50, 0]
    assert violations(in_tenant) == []


def test_crossing_a_band_down_and_up_comes_back_to_the_cent(in_tenant, program, account):
    agreement = agreed(program, account, terms={"bands": bands((0, "1.37"), (900_00, "2.73"))})
    accepted(purchase(account, "1000.01", at("2026-01-10"), "A"), as_of=at("2026-01-10"))
    assert owed(agreement, at=at("2026-01-11")) == [27_30]
    back = taken_back(account, "333.33", at("2026-01-12"), of="A", document="B")
    accepted(back, as_of=at("2026-01-12"))
    assert owed(agreement, at=at("2026-01-13")) == [9_13]
    accepted(purchase(account, "333.33", at("2026-01-14"), "C"), as_of=at("2026-01-14"))
    assert owed(agreement, at=at("2026-01-15")) == [27_30]
    assert [amount for amount, *_ in moves_of(agreement)] == [27_30, -18_17, 18_17]
    assert violations(in_tenant) == []
