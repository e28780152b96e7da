"""Lots are closed by their day: what that leaves behind, and what comes too late for it."""

import pytest
from django.db import transaction

from accounts.clock import hold, reached
from accounts.ids import uuid7
from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from rewards import clock, ledger
from rewards.ledger import settling
from rewards.models import Entry, Lot, LotUse, Transfer, Wallet
from rewards.queries import expired_lately
from rewards.why import why
from tests.factories import MemberFactory, ProgramFactory, enrolled_account, publish_rule
from tests.loyalty.claims import ADJUSTED, HELD_OPEN
from tests.rewards.stories import accepted, at, entries_of, open_lots, purchase, taken_back

ENDS, AFTER = at("2026-04-01 00:00"), at("2026-04-02")
BEFORE = {"occurred_at": at("2026-03-20"), "recorded_at": at("2026-04-03")}


class Shop:
    """300 points in two lots that expire with March."""

    def __init__(self, number: int = 1) -> None:
        self.number = number
        self.program = ProgramFactory(points_expiry={"policy": "quarter_end"})
        publish_rule(self.program)
        publish_rule(self.program, code="held", kind="training", hold_days=80)
        self.account = enrolled_account(self.program)
        self.buy("100.00", "A", "2026-02-01")
        self.buy("200.00", "B", "2026-02-02")

    def buy(self, amount: str, document: str, day: str, **more) -> None:
        as_of = more.pop("as_of", at(day))
        document = document if self.number == 1 else f"{document}{self.number}"
        accepted(purchase(self.account, amount, at(day), document, **more), as_of=as_of)

    def spend(self, amount: int, **when) -> None:
        about = {"wallet_id": self.wallet.id, "amount": amount, "cause": uuid7()}
        ledger.spend(**about, actor="system", **(BEFORE | when))

    @property
    def wallet(self) -> Wallet:
        return Wallet.objects.get(account=self.account, member=None)

    def expiries(self) -> list[tuple]:
        found = Entry.objects.filter(wallet=self.wallet, kind="expire").order_by("id")
        return list(found.values_list("available", "occurred_at"))


def _violated(tenant: Tenant) -> list[str]:
    """What is given and set aside here is so by itself, without an adjustment or a redemption."""
    found = [one.invariant.claim for one in verify([tenant.id]) if one.violations]
    return [claim for claim in found if claim not in (ADJUSTED, HELD_OPEN)]


def _lots() -> list[tuple]:
    return list(Lot.objects.order_by("entry_id").values_list("amount", "remaining", "late"))


def test_an_expiry_is_one_entry_that_names_its_lots_and_touches_none(tenant: Tenant):
    with tenant_scope(tenant.id):
        shop = Shop()
        shop.spend(30, occurred_at=at("2026-02-10"))
        shop.buy("200.00", "C", "2026-04-01")
        before = _lots()

        clock.advance(upto=AFTER)

        assert _lots() == before == [(100, 70, False), (200, 200, False), (200, 200, False)]
        assert open_lots(shop.account) == [(200, 200)]
        [entry] = entries_of(shop.account, "expire")
        assert (entry.available, entry.occurred_at) == (-270, ENDS)
        assert not LotUse.objects.filter(tenant_id=tenant.id, entry=entry).exists()
        origins = why(entry).origins
        assert origins.credits == 2
        assert [(one.amount, one.document) for one in origins.first] == [(70, "A"), (200, "B")]
        [lately] = expired_lately(shop.wallet, limit=5)
        assert (lately.entry_id, lately.amount) == (entry.id, 270)

        clock.advance(upto=at("2026-04-03"))
        ledger.expire_due(upto=AFTER, actor="system")  # again, and of an earlier day
        assert shop.expiries() == [(-270, ENDS)]
    assert _violated(tenant) == []


def test_what_comes_in_after_its_day_expires_by_itself(tenant: Tenant):
    with tenant_scope(tenant.id):
        shop = Shop()
        clock.advance(upto=at("2026-03-31"))
        # a spending settles its wallet ahead of the clock, and so of a fact of March
        shop.spend(1, occurred_at=at("2026-02-10"))
        ledger.expire_due(upto=ENDS, actor="system", wallet_id=shop.wallet.id)
        shop.buy("50.00", "LATE", "2026-03-10", as_of=at("2026-03-31"))
        assert shop.wallet.available == 50
        assert open_lots(shop.account) == [(50, 50)]

        clock.advance(upto=AFTER)

        assert shop.wallet.available == 0
        assert open_lots(shop.account) == []
        assert shop.expiries() == [(-299, ENDS), (-50, ENDS)]
        [late] = LotUse.objects.filter(tenant_id=tenant.id, entry__kind="expire")
        assert (late.amount, late.lot.remaining) == (50, 0)
        assert [one.amount for one in expired_lately(shop.wallet, limit=5)] == [50, 299]
    assert _violated(tenant) == []


def test_what_clears_after_its_day_expires_by_itself(tenant: Tenant):
    with tenant_scope(tenant.id):
        shop = Shop()
        shop.buy("40.00", "HELD", "2026-03-01", kind="training")  # clears on May 20
        clock.advance(upto=AFTER)
        assert (shop.wallet.available, shop.wallet.pending) == (0, 40)

        clock.advance(upto=at("2026-05-21"))

        assert (shop.wallet.available, shop.wallet.pending) == (0, 0)
        assert shop.expiries() == [(-300, ENDS), (-40, ENDS)]
    assert _violated(tenant) == []


def _closed(shop: Shop) -> None:
    shop.buy("200.00", "C", "2026-04-01", quantity=40)
    clock.advance(upto=AFTER)


def test_nothing_takes_from_closed_lots_whatever_its_date(tenant: Tenant):
    with tenant_scope(tenant.id):
        shop = Shop()
        _closed(shop)
        before = _lots()[:2]
        shop.spend(10)
        about = {"wallet_id": shop.wallet.id, "amount": 20, "cause": uuid7(), "actor": "system"}
        ledger.reserve(**about, **BEFORE)
        accepted(
            taken_back(shop.account, "5.00", at("2026-04-03"), of="C", document="R"),
            as_of=at("2026-04-03"),
        )
        # nor is what they had taken a second time
        back = taken_back(shop.account, "200.00", at("2026-04-03"), of="B", document="S")
        accepted(back, as_of=at("2026-04-03"))
        with pytest.raises(ledger.NotEnough), transaction.atomic():
            shop.spend(166)
        assert _lots()[:2] == before
        assert open_lots(shop.account) == [(200, 165)]
        assert entries_of(shop.account, "reverse", document="S") == []
    assert _violated(tenant) == []


def test_closed_lots_are_not_extended_passed_on_or_kept_alive(tenant: Tenant):
    with tenant_scope(tenant.id):
        shop = Shop()
        _closed(shop)
        before = list(Lot.objects.order_by("entry_id").values_list("expires_at", flat=True))
        with pytest.raises(ledger.NothingExpires), transaction.atomic():
            ledger.extend(
                wallet_id=shop.wallet.id, expiring_at=ENDS, until=at("2026-12-01"),
                actor="system", at=at("2026-03-20"),
            )  # fmt: skip
        type(shop.program).objects.update(points_expiry={"policy": "inactivity", "months": 1})
        shop.spend(10)
        found = list(Lot.objects.order_by("entry_id").values_list("expires_at", flat=True))
        assert found == before
        member = MemberFactory(account=shop.account)
        ids = ledger.open_wallets(
            account_id=shop.account.id, program_id=shop.program.id, unit="points",
            member_ids=[member.id],
        )  # fmt: skip
        ledger.give(
            wallet_id=shop.wallet.id,
            gift=ledger.Gift(uuid7(), 1, ENDS, at("2026-05-01")),
            actor="system",
            at=AFTER,
        )
        type(shop.program).objects.update(points_expiry={"policy": "never"})
        shop.spend(186)
        ledger.transfer(
            source_id=shop.wallet.id, target_id=ids[member.id], amount=5, command=uuid7(),
            reason="", actor="system", at=at("2026-03-20"),
        )  # fmt: skip
        [moved] = Transfer.objects.all()
        assert moved.lot.entry.activity.external_id == "C"
        clock.advance(upto=at("2026-07-02"))
        assert Wallet.objects.get(member=member).available == 0


def test_what_comes_back_into_its_lot_is_found_when_it_expires(tenant: Tenant):
    with tenant_scope(tenant.id):
        shop = Shop()
        cause = uuid7()
        now = {"actor": "system", "occurred_at": at("2026-02-20"), "recorded_at": at("2026-02-20")}
        ledger.reserve(wallet_id=shop.wallet.id, amount=300, cause=cause, **now)
        ledger.give(
            wallet_id=shop.wallet.id,
            gift=ledger.Gift(uuid7(), 7, at("2026-02-20"), at("2026-02-25")),
            actor="system",
            at=at("2026-02-20"),
        )
        clock.advance(upto=at("2026-02-26"))
        assert shop.wallet.expires_next is None
        ledger.release([cause], **(now | {"occurred_at": at("2026-02-27")}))
        clock.advance(upto=AFTER)
        assert shop.wallet.available == 0
        assert shop.expiries() == [(-7, at("2026-02-25")), (-300, ENDS)]


def test_batches_end_where_one_run_ends_and_go_on_after_a_kill(tenant: Tenant, monkeypatch):
    monkeypatch.setattr(settling, "BATCH", 2)
    with tenant_scope(tenant.id):
        shops = [Shop(number) for number in range(1, 6)]
        full = [ledger.expire_some(upto=ENDS, actor="system") for _ in range(2)]
        assert sorted(shop.wallet.available for shop in shops) == [0, 0, 0, 0, 300]

        clock.advance(upto=AFTER)  # the process was killed there; another one goes on

        assert full == [True, True]
        assert not ledger.expire_some(upto=AFTER, actor="system")
        for shop in shops:
            assert shop.expiries() == [(-300, ENDS)]
            assert shop.wallet.expired_upto >= ENDS
    assert _violated(tenant) == []


def test_a_history_that_takes_the_clock_on_its_way_is_left_alone(tenant: Tenant, monkeypatch):
    """Its facts are still to come: what they earned would find its day passed."""
    with tenant_scope(tenant.id):
        shop = Shop()
        began = reached()

        def taken(*_: object) -> bool:
            hold(at=ENDS, reason="import:1")
            return False

        monkeypatch.setattr(clock, "_enter_waiting", taken)
        assert clock.advance(upto=AFTER)
        assert (shop.wallet.available, shop.wallet.expired_upto < ENDS) == (300, True)
        assert reached() == began
        assert clock.advance(upto=AFTER, holder="import:1")
        assert (shop.wallet.available, reached()) == (0, AFTER)


def test_one_step_or_two_make_the_same_entries(tenant: Tenant):
    with tenant_scope(tenant.id):
        slow, fast = Shop(1), Shop(2)
        for shop in (slow, fast):
            shop.buy("200.00", "C", "2026-03-31")
            ledger.give(
                wallet_id=shop.wallet.id,
                gift=ledger.Gift(uuid7(), 9, at("2026-02-20"), at("2026-03-05")),
                actor="system",
                at=at("2026-02-20"),
            )
        for day in (at("2026-03-06"), AFTER):
            ledger.expire_due(upto=day, actor="system", wallet_id=slow.wallet.id)
        ledger.expire_due(upto=AFTER, actor="system", wallet_id=fast.wallet.id)
        assert slow.expiries() == sorted(fast.expiries(), reverse=True)
        assert slow.wallet.available == fast.wallet.available == 0
    assert _violated(tenant) == []
