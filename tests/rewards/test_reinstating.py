"""Expiries put off by hand, and what has expired given back."""

import pytest
from django.db import transaction

from accounts.ids import uuid7
from accounts.models import Tenant
from rewards import adjusting, clock, ledger
from rewards.closing import is_open
from rewards.models import Lot
from rewards.queries import expired_lately
from rewards.reasons import reasons_by_hand
from tests.rewards.desk import ENDS, NOW, Desk, refused, violated
from tests.rewards.stories import accepted, at, entries_of, open_lots, taken_back, wallet_of

LATER = at("2026-07-01 00:00")


@pytest.fixture
def desk(in_tenant: Tenant) -> Desk:
    return Desk()


def test_an_expiry_is_extended_for_all_that_expires_then(desk: Desk):
    desk.do("credit", 40, expires_at=at("2026-03-01 00:00"))
    done = desk.do("extend", expiring_at=ENDS, expires_at=LATER)
    assert (done.state, done.amount) == ("applied", 500)
    assert len(entries_of(desk.account, "adjust")) == 1  # nothing moved
    clock.advance(upto=ENDS)
    assert desk.available == 500
    clock.advance(upto=LATER)
    assert desk.available == 0
    assert violated() == []


def test_points_set_aside_come_back_to_the_extended_day(desk: Desk):
    cause, stamp = uuid7(), {"actor": "system", "occurred_at": NOW, "recorded_at": NOW}
    wallet = wallet_of(desk.account, desk.program)
    ledger.reserve(wallet_id=wallet.id, amount=500, cause=cause, **stamp)
    desk.do("credit", 1, expires_at=ENDS)
    desk.do("extend", expiring_at=ENDS, expires_at=LATER)
    clock.advance(upto=ENDS)
    then = {"actor": "system", "occurred_at": ENDS, "recorded_at": ENDS}
    ledger.release([cause], **then)
    assert desk.available == 501
    assert set(Lot.objects.values_list("expires_at", flat=True)) == {LATER}
    assert violated() == []


def test_what_has_expired_is_not_extended(desk: Desk):
    drafted = desk.draft("extend", expiring_at=ENDS, expires_at=LATER)
    refused(
        lambda: adjusting.submit(adjustment_id=drafted.id, author=desk.manager, now=ENDS),
        "meanwhile",
    )


def test_expired_points_are_reinstated_once(desk: Desk):
    desk.do("credit", 40, expires_at=ENDS)
    clock.advance(upto=ENDS)
    [gone] = entries_of(desk.account, "expire")
    now = at("2026-04-02")
    both = [desk.draft("reinstate", expired_by_id=gone.id, now=now) for _ in range(2)]
    done = adjusting.submit(adjustment_id=both[0].id, author=desk.manager, now=now)
    assert (done.amount, desk.available) == (540, 540)
    assert open_lots(desk.account) == [(500, 500), (40, 40)]
    assert {lot.expires_at for lot in Lot.objects.filter(is_open())} == {LATER}
    again = adjusting.submit(adjustment_id=both[1].id, author=desk.manager, now=now)
    assert again.state == "pending"  # two of 540 are above the limit
    refused(
        lambda: adjusting.approve(adjustment_id=again.id, actor=desk.owner.actor, now=now),
        "meanwhile",
    )
    refused(lambda: desk.draft("reinstate", expired_by_id=gone.id, now=now), "nothing to adjust")
    assert violated() == []


def test_a_return_takes_back_what_was_reinstated_but_not_what_expired_again(desk: Desk):
    clock.advance(upto=ENDS)
    [gone] = entries_of(desk.account, "expire")
    desk.do("reinstate", expired_by_id=gone.id, now=at("2026-04-02"))
    back = taken_back(desk.account, "500.00", at("2026-04-03"), of="A", document="R")
    with transaction.atomic():
        accepted(back, as_of=at("2026-04-03"))
        assert desk.available == 0
        assert violated() == []
        transaction.set_rollback(True)
    clock.advance(upto=LATER)
    assert desk.available == 0
    accepted(back, as_of=at("2026-07-02"))
    assert desk.available == 0
    assert entries_of(desk.account, "reverse") == []
    assert violated() == []


def test_what_a_late_release_let_expire_comes_back_beside_what_its_day_took(desk: Desk):
    """Of one lot 300 expired by its day, and 200 when they were given back after it."""
    cause, stamp = uuid7(), {"actor": "system", "occurred_at": NOW, "recorded_at": NOW}
    wallet = wallet_of(desk.account, desk.program)
    ledger.reserve(wallet_id=wallet.id, amount=200, cause=cause, **stamp)
    clock.advance(upto=ENDS)
    now = at("2026-04-02")
    ledger.release([cause], actor="system", occurred_at=now, recorded_at=now)
    expired = sorted(expired_lately(wallet, limit=5), key=lambda one: one.amount)
    assert [one.amount for one in expired] == [200, 300]
    for one in expired:
        done = desk.do("reinstate", expired_by_id=one.entry_id, now=now)
        assert (done.state, done.amount) == ("applied", one.amount)
    assert desk.available == 500
    assert expired_lately(wallet, limit=5) == []
    for one in expired:
        refused(
            lambda one=one: desk.draft("reinstate", expired_by_id=one.entry_id, now=now),
            "nothing to adjust",
        )
    returned = entries_of(desk.account, "adjust")
    assert set(reasons_by_hand(returned)) == {entry.id for entry in returned}
    back = taken_back(desk.account, "500.00", at("2026-04-03"), of="A", document="R")
    accepted(back, as_of=at("2026-04-03"))
    assert desk.available == 0
    assert violated() == []


def test_reinstated_points_repay_a_debt_first(desk: Desk):
    desk.do("credit", 40, expires_at=ENDS)
    clock.advance(upto=ENDS)
    [gone] = entries_of(desk.account, "expire")
    desk.do("debit", 510, into_debt=True, now=ENDS)
    desk.do("reinstate", expired_by_id=gone.id, now=at("2026-04-03"))
    assert desk.available == 30
    assert open_lots(desk.account) == [(30, 30)]
    assert violated() == []
