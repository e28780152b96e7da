"""What the system says happened: enrollments, anniversaries, milestones."""

import pytest

from accounts.kinds import add_kind, add_starting_kinds
from accounts.models import Account, Activity, Program, Tenant
from rewards import campaigning, clock
from rewards.models import Entry, Wallet
from rewards.occasions import take_in_occasions
from rewards.telling import sentence
from rewards.voice import voice_of
from rewards.why import why
from tests.factories import LONG_AGO, ProgramFactory, enrolled_account, publish_rule
from tests.rewards.stories import accepted, at, purchase, take, taken_back


@pytest.fixture
def program(in_tenant: Tenant) -> Program:
    add_starting_kinds()
    return ProgramFactory()


@pytest.fixture
def dealer(program: Program) -> Account:
    return enrolled_account(program, number="D1", region="North")


def test_enrollment_is_rewarded_once(program: Program):
    publish_rule(
        program, kind="enrollment", basis="fixed", rate=100, valid_from=at("2026-01-01 00:00")
    )
    enrolled_account(program, number="old", on=at("2025-12-31"))
    new = enrolled_account(program, number="new", on=at("2026-02-01"))
    assert take_in_occasions(as_of=at("2026-02-02")) == 1
    assert take_in_occasions(as_of=at("2026-02-03")) == 0
    assert [(w.account_id, w.available) for w in Wallet.objects.all()] == [(new.id, 100)]
    told = sentence(why(Entry.objects.get()), voice=voice_of(Tenant.objects.get()))
    assert told == "100 points for joining the program"
    assert Activity.objects.get().occurred_at == at("2026-02-01")


def test_occasion_of_one_program_earns_in_that_one_only(program: Program):
    publish_rule(program, kind="enrollment", basis="fixed", rate=100)
    second = ProgramFactory(slug="second")
    publish_rule(second, kind="enrollment", basis="fixed", rate=7)
    account = enrolled_account(program, on=at("2026-02-01"))
    from accounts.enrolling import enroll

    enroll(
        program=second,
        account_ids=[account.id],
        enrolled_at=at("2026-01-01"),
        recorded_at=at("2026-01-01"),
        actor="system",
    )
    assert take_in_occasions(as_of=at("2026-02-02")) == 2
    assert {w.program_id: w.available for w in Wallet.objects.all()} == {
        program.id: 100,
        second.id: 7,
    }


def test_anniversaries_are_rewarded_on_their_day(program: Program):
    publish_rule(
        program,
        kind="anniversary",
        basis="fixed",
        rate=10,
        condition={"field": "attributes.years", "op": "gte", "value": 2},
    )
    enrolled_account(program, on=at("2024-02-29 10:00"))
    assert take_in_occasions(as_of=at("2026-02-28 09:59")) == 1  # the first, which earns nothing
    assert not Wallet.objects.exists()
    assert take_in_occasions(as_of=at("2026-02-28 10:00")) == 1
    assert Wallet.objects.get().available == 10
    assert take_in_occasions(as_of=at("2026-12-31")) == 0


def test_milestone_is_reached_once_for_ever(program: Program, dealer: Account):
    campaigning.add_milestone(
        program=program,
        code="big",
        name="First 1,000",
        kind="purchase",
        counted="amount",
        threshold=1_000_00,
        actor="system",
        now=LONG_AGO,
    )
    publish_rule(
        program,
        kind="milestone",
        basis="fixed",
        rate=500,
        condition={"field": "attributes.milestone", "op": "eq", "value": "big"},
    )
    accepted(purchase(dealer, "999.99", at("2026-03-01"), "A"), as_of=at("2026-03-01"))
    assert take_in_occasions(as_of=at("2026-03-02")) == 0
    accepted(purchase(dealer, "0.01", at("2026-03-03"), "B"), as_of=at("2026-03-03"))
    assert take_in_occasions(as_of=at("2026-03-04")) == 1
    accepted(
        taken_back(dealer, "0.01", at("2026-03-05"), of="B", document="R", quantity=1),
        as_of=at("2026-03-05"),
    )
    accepted(purchase(dealer, "5.00", at("2026-03-06"), "C"), as_of=at("2026-03-06"))
    assert take_in_occasions(as_of=at("2026-03-07")) == 0
    assert Wallet.objects.get().available == 500


def test_nobody_else_may_say_that_an_account_enrolled(program: Program, dealer: Account):
    publish_rule(program, kind="enrollment", basis="fixed", rate=100)
    [outcome] = take(
        purchase(dealer, "0.00", at("2026-03-01"), "X", kind="enrollment"), as_of=at("2026-03-02")
    )
    assert outcome.status == "rejected"
    assert "made by the system itself" in outcome.reason
    assert not Entry.objects.exists()


def test_occasions_wait_while_a_history_is_worked_off(program: Program, dealer: Account):
    from accounts import clock as tenant_clock

    publish_rule(program, kind="enrollment", basis="fixed", rate=100)
    tenant_clock.hold(at=at("2026-01-01"), reason="import:x")
    assert take_in_occasions(as_of=at("2026-03-04")) == 0
    tenant_clock.release()
    assert take_in_occasions(as_of=at("2026-03-04")) == 1
    assert clock.advance(upto=at("2026-03-05"))


def test_kind_with_types_refuses_what_does_not_fit_and_keeps_the_rest_typed(
    program: Program, dealer: Account
):
    from accounts.attributes import Attribute

    add_kind(
        code="audit",
        name="Audit",
        attributes=[
            Attribute("score", "number", required=True),
            Attribute("grade", "choice", ("A", "B")),
        ],
        actor="system",
        now=LONG_AGO,
    )
    publish_rule(
        program,
        kind="audit",
        basis="fixed",
        rate=10,
        condition={"field": "attributes.score", "op": "gte", "value": 9},
    )

    def audit(document: str, **attributes):
        return purchase(
            dealer, "0.00", at("2026-03-01"), document, kind="audit", attributes=attributes
        )

    outcomes = take(
        audit("A", score="9.5", color="red"),
        audit("B", score="nine"),
        audit("C", grade="A"),
        audit("D", score=8, grade="C"),
        audit("E", score=10, grade="B"),
        as_of=at("2026-03-02"),
    )
    assert [(one.status, one.reason) for one in outcomes] == [
        ("accepted", ""),
        (
            "rejected",
            "attributes.score “nine” must be a number such as 8.5; correct it where it comes from.",
        ),
        ("rejected", "attributes.score is missing; give a number such as 8.5."),
        (
            "rejected",
            "attributes.grade “C” must be one of A, B; correct it where it comes from.",
        ),
        ("accepted", ""),
    ]
    assert [len(one.grants) for one in outcomes] == [1, 0, 0, 0, 1]
    stored = Activity.objects.get(external_id="A").attributes
    assert stored == {"score": 9.5, "color": "red"}
    [again] = take(audit("A", score="9.5", color="red"), as_of=at("2026-03-03"))
    assert again.status == "known"
