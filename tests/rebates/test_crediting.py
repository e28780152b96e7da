"""Settlements that are no transfer: a credit note, an account credit, points; each once."""

from types import SimpleNamespace

import pytest

from accounts.enrolling import enroll
from accounts.models import Event, Tenant
from loyalty.ledger_lines import Line, ledger_lines
from rebates import answering, clock, crediting, settling
from rebates.books_of_payments import CREDITS
from rebates.crediting import CannotCredit
from rebates.models import Credit, Settlement, SettlementState, Statement
from rewards import payouts
from rewards.adjusting import apply_decided
from rewards.adjustment_drafts import AdjustmentRefused, Wanted
from rewards.models import Entry, Wallet
from rewards.voice import voice_of
from tests.factories import (
    AccountFactory,
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    enrolled_account,
)
from tests.loyalty.faces import client_of, text_of
from tests.rebates.deals import CHECKER, PARTNER, agreed, bands, violations
from tests.rebates.failing import seen_to_fail
from tests.rewards.stories import accepted, at, purchase

BEFORE, NOW = at("2026-02-01 09:00"), at("2026-02-10 09:00")
METHODS = {"credit_note": {}, "account_credit": {}, "points": {"points_rate": "2.5"}}

# There is no third note, and the fourth credits a copy of a settlement.
A_NOTE_TOO_MANY = """
WITH copied AS (
    INSERT INTO rebates_settlement
        (tenant_id, id, statement_id, account_id, method, amount, set_off, state, prepared_by,
         approved_by, approved_at, paid_at)
    SELECT tenant_id, gen_random_uuid(), statement_id, account_id, method, amount, set_off, state,
           prepared_by, approved_by, approved_at, paid_at
    FROM rebates_settlement WHERE method = 'credit_note' LIMIT 1
    RETURNING tenant_id, id, account_id, method, amount, approved_by, approved_at
)
INSERT INTO rebates_credit
    (tenant_id, id, settlement_id, account_id, method, number, amount, issued_by, issued_at)
SELECT tenant_id, gen_random_uuid(), id, account_id, method, 4, amount, approved_by, approved_at
FROM copied
"""


@pytest.fixture
def world(in_tenant):
    """Dealers D-1 to D-4 are owed 33.33 each, to be settled in as many ways; two by credit note."""
    program = ProgramFactory()
    dealers = [enrolled_account(program, number=f"D-{n}", name=f"Dealer {n}") for n in range(1, 5)]
    methods = [*METHODS, "credit_note"]
    for dealer, method in zip(dealers, methods, strict=True):
        agreed(
            program,
            dealer,
            code=f"a-{dealer.number[-1]}",
            period="month",
            terms={"bands": bands((0, "10"))},
            said={"method": method, "grace_days": 0} | METHODS[method],
        )
        bought = purchase(dealer, "333.30", at("2026-01-10"), f"P-{dealer.number}")
        accepted(bought, as_of=at("2026-01-10"))
    clock.advance(at=BEFORE)
    for statement in Statement.objects.order_by("account__number"):
        answering.accept_statement(statement=statement, actor=PARTNER, now=BEFORE)
        settling.approve_statement(statement=statement, actor=CHECKER, now=BEFORE)
    return SimpleNamespace(
        tenant=in_tenant, program=program, dealers=dealers, ann=StaffFactory(role="finance")
    )


def issue(world, *, by=None, only=None) -> list[Credit]:
    return crediting.issue(
        settlement_ids={
            one.pk for one in Settlement.objects.all() if only in (None, one.account.number)
        },
        tenant=world.tenant,
        actor=(by or world.ann).actor,
        now=NOW,
    )


def test_each_is_handed_over_once_in_its_own_way(world):
    [first] = issue(world, only="D-4")
    assert (first.number, first.amount) == (1, 33_33)
    rest = issue(world)
    assert [(one.method, one.number, one.amount, one.points) for one in rest] == [
        ("credit_note", 2, 33_33, None),
        ("account_credit", None, 33_33, None),
        ("points", None, 33_33, 83),  # 83.325, rounded down
    ]
    with pytest.raises(CannotCredit, match="None of these"):
        issue(world)
    assert set(Settlement.objects.values_list("state", flat=True)) == {SettlementState.PAID}
    money = Wallet.objects.filter(unit="money").values_list("available", flat=True)
    assert set(money) == {0}
    assert Wallet.objects.get(account=world.dealers[2], unit="points").available == 83
    told = Event.objects.filter(kind="rebate.credited").order_by("recorded_at", "id").first()
    assert told.payload == {
        "method": "credit_note",
        "number": 1,
        "amount": 33_33,
        "points": None,
        "agreement": "a-4",
        "name": "A-4",
        "currency": "USD",
        "statement": 1,
    }
    assert violations(world.tenant) == []
    damage = {
        "UPDATE rebates_settlement SET amount = amount - 1": [1],
        "UPDATE rewards_adjustment SET amount = amount + 1": [1],
        "UPDATE rewards_wallet SET unit = 'funds' WHERE unit = 'money'": [1],
        A_NOTE_TOO_MANY: [0, 1],
    }
    assert seen_to_fail(CREDITS, damage) == damage


def test_not_to_ones_own_account_nor_while_payouts_are_stopped(world):
    both = StaffFactory(role="owner")
    MemberFactory(account=world.dealers[0], user=both.user)
    with pytest.raises(CannotCredit):
        issue(world, by=both, only="D-1")
    payouts.follow_check([{"claim": "c", "number": 1, "rows": 1, "sample": ""}], at=NOW)
    with pytest.raises(payouts.PayoutsStopped):
        issue(world)
    assert not Credit.objects.exists()
    wanted = Wanted(
        program_id=world.program.pk, account_id=world.dealers[0].pk, action="credit",
        reason="Why", amount=5,
    )  # fmt: skip
    with pytest.raises(AdjustmentRefused, match="Somebody else has to approve"):
        apply_decided(wanted, identity=both.pk, asked_by="a", approved_by="a", now=NOW)
    assert violations(world.tenant) == []


def test_finance_hands_over_and_the_partner_saves_the_credit_note(world, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    ann = client_of(world.tenant, world.ann.user)
    page = "/console/credits/"
    assert "Nothing is to be handed over" not in text_of(ann.get(page))
    picked = [str(one) for one in Settlement.objects.values_list("pk", flat=True)]
    answer = ann.post(page, {"pick": picked}, follow=True)
    assert "4 settlements are handed over." in text_of(answer)
    assert "None of these can be handed over" in text_of(ann.post(page, {}, follow=True))
    note = Credit.objects.get(account=world.dealers[0])

    partner = client_of(world.tenant, MemberFactory(account=world.dealers[0]).user)
    theirs = f"/portal/{world.dealers[0].enrollments.get().id}/entries/credits/"
    assert "A-1 Credit note 1, Feb 10, 2026 Save as PDF: 1 $33.33" in text_of(partner.get(theirs))
    paper = partner.get(f"{theirs}{note.pk}/file/")
    assert paper["Content-Disposition"] == 'attachment; filename="credit-note-000001.pdf"'
    assert paper.content.startswith(b"%PDF-")
    assert ann.get(f"{page}{note.pk}/file/").content == paper.content
    other = Credit.objects.get(account=world.dealers[3])
    assert partner.get(f"{theirs}{other.pk}/file/").status_code == 404
    settled = partner.get(
        f"/portal/{world.dealers[0].enrollments.get().id}/rebates/statements/"
        f"{note.settlement.statement_id}/"
    )
    said = "Credit note $33.33 · Handed over Feb 10, 2026 Credit note 1 as PDF"
    assert said in text_of(settled)
    assert f"{theirs}{note.pk}/file/" in settled.content.decode()


def _money_lines(tenant: Tenant) -> list[Line]:
    """The last first."""
    moved = Entry.objects.filter(wallet__unit="money").order_by("-id")
    return ledger_lines(list(moved), voice=voice_of(tenant))


def test_what_is_below_one_point_is_carried_to_the_next_settlement(in_tenant, monkeypatch):
    """A point for each 100.00 of the rebate: 0.4, 0.4 and 0.3 are one; 0.05 and 19.95 are 20."""
    dealer = enrolled_account(ProgramFactory(), number="D-1", name="Dealer 1")
    agreement = agreed(
        dealer.enrollments.get().program, dealer, period="month", terms={"bands": bands((0, "10"))},
        said={"method": "points", "points_rate": "0.01", "grace_days": 0},
    )  # fmt: skip
    ann = StaffFactory(role="finance")
    about = {"tenant": in_tenant, "actor": ann.actor}

    def month(number: int, amount: str) -> list[tuple[int, int]]:
        """What is handed over for it, after its statement was approved."""
        day = at(f"2026-0{number}-10")
        accepted(purchase(dealer, amount, day, f"M-{number}"), as_of=day)
        now = at(f"2026-0{number + 1}-02")
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)
        clock.advance(at=now)
        [statement] = Statement.objects.filter(agreement=agreement, state="open")
        answering.accept_statement(statement=statement, actor=PARTNER, now=now)
        made = settling.approve_statement(statement=statement, actor=CHECKER, now=now)
        issued = crediting.issue(settlement_ids={made.pk}, now=now, **about)
        return [(one.amount, one.points) for one in issued]

    for number in (1, 2):
        with pytest.raises(CannotCredit, match="less than one point"):
            month(number, "400.00")
    member = MemberFactory(account=dealer)

    def first() -> str:
        statement = Statement.objects.get(number=1)
        theirs = f"/portal/{dealer.enrollments.get().id}/rebates/statements/{statement.pk}/"
        return text_of(client_of(in_tenant, member.user).get(theirs))

    assert "it is carried to your next rebate in points" in first()

    assert month(3, "300.00") == [(30_00, 1), (40_00, 0), (40_00, 0)]
    assert "its worth is in the points of your next rebate" in first()
    with pytest.raises(CannotCredit):
        month(4, "50.00")
    [small] = crediting.creditable(**about)
    with pytest.raises(CannotCredit):  # by itself it would be lost
        crediting.issue(settlement_ids={small.settlement.pk}, now=at("2026-05-03"), **about)
    assert month(5, "19950.00") == [(1_995_00, 20), (5_00, 0)]
    moves = f"/portal/{dealer.enrollments.get().id}/entries/"
    read = text_of(client_of(in_tenant, member.user).get(moves))
    assert f"20 points added: {agreement.name}, 5" in read
    told = [line.sentence for line in _money_lines(in_tenant)]
    assert told[:2] == [
        "$5.00, set aside before, are now paid or credited",
        "$5.00 set aside, to be paid or credited",
    ]
    assert Wallet.objects.get(unit="points").available == 21
    assert Wallet.objects.get(unit="money").available == 0
    assert violations(in_tenant) == []


def test_points_are_given_to_who_takes_part_in_the_program_alone(in_tenant):
    program, ann = ProgramFactory(), StaffFactory(role="finance")
    stranger = AccountFactory(number="D-9")
    agreed(program, stranger, period="month", terms={"bands": bands((0, "10"))},
           said={"method": "points", "points_rate": "1", "grace_days": 0})  # fmt: skip
    when = at("2026-01-10")
    accepted(purchase(stranger, "500.00", when, "P"), as_of=when)
    clock.advance(at=BEFORE)
    statement = Statement.objects.get()
    answering.accept_statement(statement=statement, actor=PARTNER, now=BEFORE)
    made = settling.approve_statement(statement=statement, actor=CHECKER, now=BEFORE)
    about = {"settlement_ids": {made.pk}, "tenant": in_tenant, "actor": ann.actor, "now": NOW}
    with pytest.raises(CannotCredit, match="enroll it"):
        crediting.issue(**about)
    enroll(program=program, account_ids=[stranger.pk], enrolled_at=NOW, recorded_at=NOW, actor="x")
    assert [one.points for one in crediting.issue(**about)] == [50]
    assert violations(in_tenant) == []
