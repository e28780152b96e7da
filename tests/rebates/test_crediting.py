"""Settlements that are no transfer: a credit note, an account credit, points; each once."""

from types import SimpleNamespace

import pytest

from accounts.models import Event
from rebates import answering, clock, crediting, settling
from rebates.books_of_payments import CREDITS
from rebates.crediting import CannotCredit
from rebates.models import Credit, Settlement, SettlementState, Statement
from rewards import payouts
from rewards.adjusting import apply_decided
from rewards.adjustment_drafts import AdjustmentRefused, Wanted
from rewards.models import Wallet
from tests.factories import MemberFactory, ProgramFactory, StaffFactory, enrolled_account
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
