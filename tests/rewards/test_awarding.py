"""Awards: given once, held until a day, taken back wherever their points have gone meanwhile."""

from uuid import uuid4

import pytest
from django.db import transaction

from rewards import adjusting, adjustment_drafts, awarding, ledger
from rewards.awarding import CannotAward, OtherAward, Wanted, left_of
from rewards.ledger import activate_due, expire_due
from rewards.models import CorrectionTerms, Recall, Wallet
from tests.factories import MemberFactory, ProgramFactory, enrolled_account
from tests.rewards.stories import at, entries_of, open_lots, wallet_of, wrong

NOW = at("2026-05-20")


@pytest.fixture
def program(in_tenant):
    return ProgramFactory(points_expiry={"policy": "quarter_end", "plus": 0})


@pytest.fixture
def dealer(program):
    return enrolled_account(program, number="D-1")


def wanted(program, dealer, amount=100, **said) -> Wanted:
    about = {"program_id": program.pk, "account_id": dealer.pk, "unit": "points"}
    return Wanted(**(about | {"amount": amount, "reason": "A sale"} | said))


def given(program, dealer, amount=100, now=NOW, **said):
    asked = wanted(program, dealer, amount, **said)
    return awarding.give(asked, identity=uuid4(), actor="staff:x", now=now)


def back(award, amount, now=NOW, identity=None) -> Recall:
    return awarding.take_back(
        award.pk,
        amount=amount,
        reason="It came back",
        identity=identity or uuid4(),
        actor="staff:x",
        now=now,
    )


def held(dealer, program, unit="points") -> tuple[int, int]:
    wallet = wallet_of(dealer, program, unit)
    return wallet.available, wallet.pending


def test_an_award_is_given_once_and_taken_back_in_parts(in_tenant, program, dealer):
    asked, identity = wanted(program, dealer), uuid4()
    first = awarding.give(asked, identity=identity, actor="staff:x", now=NOW)
    assert awarding.give(asked, identity=identity, actor="staff:y", now=NOW) == first
    other = wanted(program, dealer, 101)
    with pytest.raises(OtherAward), transaction.atomic():
        awarding.give(other, identity=identity, actor="staff:x", now=NOW)
    assert held(dealer, program) == (100, 0)
    assert back(first, 30, identity=identity).taken == 30
    assert back(first, 30, identity=identity).taken == 30  # the same one
    assert (held(dealer, program), left_of(first)) == ((70, 0), 70)
    with pytest.raises(CannotAward, match="70 are left"), transaction.atomic():
        back(first, 71)
    for said in ({"unit": "credits"}, {"amount": 0}, {"reason": " "}):
        with pytest.raises(CannotAward), transaction.atomic():
            given(program, dealer, **said)
    with pytest.raises(CannotAward, match="not enrolled"), transaction.atomic():
        given(ProgramFactory(), dealer)
    assert len(entries_of(dealer, "award", "recall")) == 2
    assert wrong(in_tenant) == set()


def test_what_is_held_is_taken_from_itself_and_what_is_spent_becomes_a_debt(
    in_tenant, program, dealer
):
    day = at("2026-06-01 00:00")
    one, other = given(program, dealer, activates_at=day), given(program, dealer, 50)
    money = given(program, dealer, 12_34, unit="money", activates_at=day)
    assert (held(dealer, program), held(dealer, program, "money")) == ((50, 100), (0, 12_34))
    back(one, 40)
    assert held(dealer, program) == (50, 60)  # the other's are not touched
    activate_due(upto=day, actor="system")
    assert (held(dealer, program), held(dealer, program, "money")) == ((110, 0), (12_34, 0))
    ledger.spend(
        wallet_id=wallet_of(dealer, program).pk,
        amount=100,
        cause=uuid4(),
        actor="member:x",
        occurred_at=day,
        recorded_at=day,
    )
    back(one, 60, now=day)
    assert held(dealer, program) == (-50, 0)
    given(program, dealer, 80, now=day)  # repays it first
    assert (held(dealer, program), open_lots(dealer)) == ((30, 0), [(30, 30)])
    back(money, 12_34, now=day)
    assert held(dealer, program, "money") == (0, 0)
    assert left_of(other) == 50
    assert wrong(in_tenant) == set()


def test_what_has_expired_is_not_taken_a_second_time(in_tenant, program, dealer):
    one = given(program, dealer)
    expire_due(upto=at("2026-07-01 00:00"), actor="system")
    assert held(dealer, program) == (0, 0)
    recall = back(one, 100, now=at("2026-07-02"))
    assert (recall.amount, recall.taken, left_of(one)) == (100, 0, 0)
    assert held(dealer, program) == (0, 0)
    late = given(program, dealer, now=at("2026-07-02"))
    ledger.spend(
        wallet_id=wallet_of(dealer, program).pk,
        amount=30,
        cause=uuid4(),
        actor="member:x",
        occurred_at=at("2026-07-03"),
        recorded_at=at("2026-07-03"),
    )
    expire_due(upto=at("2026-10-01 00:00"), actor="system")
    assert back(late, 100, now=at("2026-10-02")).taken == 30
    assert held(dealer, program) == (-30, 0)
    assert wrong(in_tenant) == set()


def test_what_was_reinstated_is_taken_back_again_and_not_what_expired_again(
    in_tenant, program, dealer
):
    one, ends = given(program, dealer), at("2027-01-01 00:00")
    expire_due(upto=at("2026-07-01 00:00"), actor="system")
    [gone] = entries_of(dealer, "expire")
    again = {"action": "reinstate", "expired_by_id": gone.pk, "expires_at": ends}
    adjusting.apply_decided(
        adjustment_drafts.Wanted(
            program_id=program.pk, account_id=dealer.pk, reason="By courtesy", **again
        ),
        identity=uuid4(),
        asked_by="staff:x",
        approved_by="staff:y",
        now=at("2026-07-02"),
    )
    other = given(program, dealer, 50, now=at("2026-07-02"))
    assert back(one, 40, now=at("2026-07-03")).taken == 40
    # Of its own points, though those of the other sale are the first to end.
    assert (held(dealer, program), open_lots(dealer)) == ((110, 0), [(100, 60), (50, 50)])
    expire_due(upto=ends, actor="system")
    assert [back(each, left_of(each), now=ends).taken for each in (one, other)] == [0, 0]
    assert held(dealer, program) == (0, 0)
    assert wrong(in_tenant) == set()


def test_what_has_expired_with_whom_it_was_passed_on_to_is_not_taken_a_second_time(
    in_tenant, program, dealer
):
    one, person = given(program, dealer), MemberFactory(account=dealer)
    wallets = ledger.open_wallets(
        account_id=dealer.pk, program_id=program.pk, unit="points", member_ids=[None, person.pk]
    )
    ledger.transfer(
        source_id=wallets[None],
        target_id=wallets[person.pk],
        amount=70,
        command=uuid4(),
        reason="",
        actor="staff:x",
        at=NOW,
    )
    expire_due(upto=at("2026-07-01 00:00"), actor="system")
    assert back(one, 100, now=at("2026-07-02")).taken == 0
    assert [(w.available, w.pending) for w in Wallet.objects.all()] == [(0, 0), (0, 0)]
    assert wrong(in_tenant) == set()


def test_what_expired_after_its_days_of_grace_is_not_taken_a_second_time(
    in_tenant, program, dealer
):
    CorrectionTerms.objects.create(program=program, grace_days=14)
    one, other, cause = given(program, dealer), given(program, dealer, 50), uuid4()
    wallet = wallet_of(dealer, program)
    asked = {"actor": "member:x", "occurred_at": NOW, "recorded_at": NOW}
    ledger.reserve(wallet_id=wallet.pk, amount=100, cause=cause, **asked)
    ledger.capture([cause], **asked)
    expire_due(upto=at("2026-07-01 00:00"), actor="system")
    again = asked | {"occurred_at": at("2026-07-02"), "recorded_at": at("2026-07-02")}
    ledger.refund([cause], **again)
    assert held(dealer, program) == (100, 0)
    with transaction.atomic():
        assert back(one, 100, now=at("2026-07-03")).taken == 100
        assert held(dealer, program) == (0, 0)
        assert wrong(in_tenant) == set()
        transaction.set_rollback(True)
    expire_due(upto=at("2026-07-17 00:00"), actor="system")
    assert held(dealer, program) == (0, 0)
    assert (back(one, 100, now=at("2026-07-18")).taken, left_of(other)) == (0, 50)
    assert held(dealer, program) == (0, 0)
    assert wrong(in_tenant) == set()
