"""Points that people of one account pass on to each other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts.ids import uuid7
from accounts.models import Event, Tenant
from accounts.tenancy import tenant_scope
from rewards import clock
from rewards.closing import is_open
from rewards.models import CorrectionTerms, Entry, Lot, Wallet
from rewards.transferring import transfer_points
from tests.factories import MemberFactory, TenantFactory
from tests.rewards.desk import ENDS, NOW, Desk, refused, violated
from tests.rewards.stories import accepted, at, taken_back


@pytest.fixture
def desk(in_tenant: Tenant) -> Desk:
    return Desk()


def _pass_on(desk: Desk, amount: int, giver, taker, *, command: UUID | None = None, **more) -> None:
    about = {"program_id": desk.program.id, "account_id": desk.account.id, "reason": "For you"}
    transfer_points(
        giver_id=giver and giver.id,
        taker_id=taker and taker.id,
        amount=amount,
        command=command or uuid7(),
        actor=desk.manager.actor,
        now=NOW,
        **(about | more),
    )


def _held(member) -> list[tuple[int, datetime | None]]:
    lots = Lot.objects.filter(is_open(), wallet__member=member).order_by("expires_at")
    return list(lots.values_list("remaining", "expires_at"))


def test_points_are_passed_on_with_their_expiry(desk: Desk):
    pat, kim = MemberFactory(account=desk.account), MemberFactory(account=desk.account)
    soon = at("2026-03-01 00:00")
    desk.do("credit", 40, expires_at=soon)
    command = uuid7()
    for _ in range(2):  # the second time moves nothing
        _pass_on(desk, 100, None, pat, command=command)
    _pass_on(desk, 50, pat, kim)
    assert desk_available(desk) == 440
    assert _held(pat) == [(50, ENDS)]
    assert _held(kim) == [(40, soon), (10, ENDS)]
    moved = Entry.objects.filter(kind="transfer")
    assert sum(entry.available for entry in moved) == 0
    assert Event.objects.filter(kind="points.transferred").count() == 2
    assert violated() == []


def desk_available(desk: Desk) -> int:
    return Wallet.objects.get(account=desk.account, member=None).available


def test_passing_on_is_refused_where_it_must_not_be(desk: Desk):
    pat, stranger = MemberFactory(account=desk.account), MemberFactory()
    gone = MemberFactory(account=desk.account, is_active=False)
    refused(lambda: _pass_on(desk, 501, None, pat), "Only 500")
    refused(lambda: _pass_on(desk, 1, None, stranger), "one account only")
    refused(lambda: _pass_on(desk, 1, stranger, None), "one account only")
    refused(lambda: _pass_on(desk, 1, None, gone), "no access")
    refused(lambda: _pass_on(desk, 1, None, None), "somebody else")
    refused(lambda: _pass_on(desk, 0, None, pat), "how many")
    command = uuid7()
    _pass_on(desk, 1, None, pat, command=command)
    refused(lambda: _pass_on(desk, 2, None, pat, command=command), "under this identity")
    CorrectionTerms.objects.update(transfers=False)
    refused(lambda: _pass_on(desk, 1, None, pat), "does not allow")


def test_what_expired_at_a_member_is_not_taken_back_by_a_return(desk: Desk):
    pat = MemberFactory(account=desk.account)
    _pass_on(desk, 300, None, pat)
    clock.advance(upto=ENDS)
    back = taken_back(desk.account, "500.00", at("2026-04-03"), of="A", document="R")
    accepted(back, as_of=at("2026-04-03"))
    assert desk_available(desk) == 0
    assert violated() == []


def test_two_who_pass_on_to_each_other_at_once_do_not_lock_each_other_out(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        desk = Desk()
        pat, kim = MemberFactory(account=desk.account), MemberFactory(account=desk.account)
        _pass_on(desk, 200, None, pat)
        _pass_on(desk, 200, None, kim)

    def swap(number: int) -> None:
        try:
            with tenant_scope(tenant.id):
                _pass_on(desk, 10, *((pat, kim) if number % 2 else (kim, pat)))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(swap, range(24)))
    with tenant_scope(tenant.id), transaction.atomic():
        for person in (pat, kim):
            assert sum(amount for amount, _ in _held(person)) == 200
        assert violated() == []
