"""Points put right by hand, by whom, and how often: once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.ids import uuid7
from accounts.models import Account, Event, Program, Staff, Tenant
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from rewards import adjusting, adjustment_drafts, clock, ledger
from rewards.adjustment_drafts import AdjustmentConflict, AdjustmentRefused, Wanted
from rewards.closing import is_open
from rewards.correction_terms import limit_for
from rewards.models import Adjustment, AdjustmentLimit, CorrectionTerms, Entry, Lot, Wallet
from rewards.queries import expired_lately
from rewards.reasons import reasons_by_hand
from rewards.transferring import TransferRefused, transfer_points
from tests.factories import (
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    TenantFactory,
    enrolled_account,
    publish_rule,
)
from tests.loyalty.claims import VISIBLE
from tests.rewards.stories import (
    accepted,
    at,
    entries_of,
    open_lots,
    purchase,
    taken_back,
    wallet_of,
)

NOW = at("2026-02-20")


class Desk:
    """A program whose points expire with the quarter, a dealer with 500, a manager and an owner."""

    def __init__(self) -> None:
        self.program: Program = ProgramFactory(points_expiry={"policy": "quarter_end"})
        publish_rule(self.program)
        self.account: Account = enrolled_account(self.program)
        self.manager: Staff = StaffFactory(role="manager")
        self.owner: Staff = StaffFactory(role="owner")
        self.terms = CorrectionTerms.objects.create(
            program=self.program, transfers=True, approval_above=1_000
        )
        accepted(purchase(self.account, "500.00", at("2026-02-10"), "A"), as_of=at("2026-02-10"))

    def wanted(self, action: str, amount: int = 0, **more) -> Wanted:
        about = {"program_id": self.program.id, "account_id": self.account.id, "reason": "Because"}
        return Wanted(action=action, amount=amount, **(about | more))

    def draft(
        self, action: str, amount: int = 0, *, now: datetime = NOW, identity: UUID | None = None,
        **more,
    ) -> Adjustment:  # fmt: skip
        return adjustment_drafts.draft(
            self.wanted(action, amount, **more),
            identity=identity or uuid7(),
            actor=self.manager.actor,
            now=now,
        )

    def do(self, action: str, amount: int = 0, *, now: datetime = NOW, **more) -> Adjustment:
        drafted = self.draft(action, amount, now=now, **more)
        return adjusting.submit(adjustment_id=drafted.id, author=self.manager, now=now)

    @property
    def available(self) -> int:
        return wallet_of(self.account, self.program).available


@pytest.fixture
def desk(in_tenant: Tenant) -> Desk:
    return Desk()


def _violated() -> list[str]:
    """Of the open tenant; one claim is about having none open."""
    found = verify([Tenant.objects.get().id])
    return [
        one.invariant.claim for one in found if one.violations and one.invariant.claim != VISIBLE
    ]


def _lots() -> list[tuple]:
    return list(Lot.objects.order_by("entry_id").values_list("remaining", "expires_at"))


def _refused(act: Callable[[], object], text: str) -> None:
    """It is refused in these words, and nothing moved."""
    before = list(Entry.objects.order_by("id").values_list("id", flat=True))
    lots = _lots()
    with pytest.raises((AdjustmentRefused, TransferRefused), match=text), transaction.atomic():
        act()
    assert list(Entry.objects.order_by("id").values_list("id", flat=True)) == before
    assert _lots() == lots


# ── Adding and taking off ────────────────────────────────────────────────────────────────────────


def test_a_credit_within_the_limit_is_applied_at_once_and_expires_by_the_policy(desk: Desk):
    done = desk.do("credit", 200)
    assert (done.state, done.decided_by) == ("applied", desk.manager.actor)
    assert desk.available == 700
    [entry] = entries_of(desk.account, "adjust")
    assert (entry.available, entry.cause, entry.actor) == (200, done.id, desk.manager.actor)
    assert entry.lot.expires_at == at("2026-04-01 00:00")
    event = Event.objects.get(kind="points.adjusted")
    assert (event.actor, event.account_id) == (desk.manager.actor, desk.account.id)
    assert (event.payload["points"], event.payload["reason"]) == (200, "Because")
    assert _violated() == []


def test_a_credit_may_bring_its_own_expiry_and_repays_a_debt_first(desk: Desk):
    desk.do("debit", 600, into_debt=True)
    assert desk.available == -100
    assert open_lots(desk.account) == []
    desk.do("credit", 250, expires_at=at("2027-01-01 00:00"))
    assert desk.available == 150
    lot = Lot.objects.get(is_open())
    assert (lot.amount, lot.remaining, lot.expires_at) == (150, 150, at("2027-01-01 00:00"))
    assert _violated() == []


def test_a_debit_takes_what_expires_first_and_makes_no_debt_unless_it_may(desk: Desk):
    desk.do("credit", 100, expires_at=at("2026-03-01 00:00"))
    desk.do("debit", 150)
    assert open_lots(desk.account) == [(500, 450)]
    drafted = desk.draft("debit", 451)
    _refused(
        lambda: adjusting.submit(adjustment_id=drafted.id, author=desk.manager, now=NOW),
        "Only 450 are available",
    )
    drafted.refresh_from_db()
    assert drafted.state == "draft"
    assert _violated() == []


def test_what_a_debit_finds_is_what_has_not_expired_by_then(desk: Desk):
    """The clock has not come by; the day is over all the same."""
    drafted = desk.draft("debit", 10)
    _refused(
        lambda: adjusting.submit(
            adjustment_id=drafted.id, author=desk.manager, now=at("2026-04-01 00:00")
        ),
        "Only 0 are available",
    )


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"action": "credit", "amount": 0}, "zero"),
        ({"action": "credit", "amount": -5}, "zero"),
        ({"action": "credit", "amount": 5, "reason": "  "}, "Say why"),
        ({"action": "gift", "amount": 5}, "There is no adjustment"),
        ({"action": "credit", "amount": 5, "expires_at": NOW}, "future"),
        ({"action": "extend"}, "names an expiry"),
        ({"action": "reinstate"}, "which expiry"),
    ],
)
def test_nonsense_is_refused(desk: Desk, wanted: dict, text: str):
    _refused(lambda: desk.draft(**wanted), text)


def test_points_of_a_program_the_account_is_not_in_are_refused(desk: Desk):
    other = ProgramFactory()
    _refused(lambda: desk.draft("credit", 5, program_id=other.id), "not enrolled")


def test_the_same_identity_adjusts_once_and_with_other_content_conflicts(desk: Desk):
    identity = uuid7()
    for _ in range(2):
        drafted = desk.draft("credit", 5, identity=identity)
        adjusting.submit(adjustment_id=drafted.id, author=desk.manager, now=NOW)
    assert desk.available == 505
    assert len(entries_of(desk.account, "adjust")) == 1
    for other in ({"amount": 6}, {"amount": 5, "reason": "Another"}):
        with pytest.raises(AdjustmentConflict), transaction.atomic():
            desk.draft("credit", identity=identity, **other)
    assert desk.available == 505


# ── Two pairs of eyes ────────────────────────────────────────────────────────────────────────────


def test_above_the_limit_somebody_else_approves(desk: Desk):
    asked = desk.do("credit", 1_001)
    assert (asked.state, desk.available) == ("pending", 500)
    _refused(
        lambda: adjusting.approve(adjustment_id=asked.id, actor=desk.manager.actor, now=NOW),
        "Somebody else",
    )
    for _ in range(2):
        done = adjusting.approve(adjustment_id=asked.id, actor=desk.owner.actor, now=NOW)
        assert (done.state, done.decided_by) == ("applied", desk.owner.actor)
    assert desk.available == 1_501
    assert entries_of(desk.account, "adjust")[0].actor == desk.owner.actor
    assert _violated() == []


def test_exactly_the_limit_needs_nobody_else_and_a_role_may_have_its_own(desk: Desk):
    assert desk.do("credit", 1_000).state == "applied"
    AdjustmentLimit.objects.create(program=desk.program, role="manager", amount=50)
    later = NOW + timedelta(hours=25)
    assert desk.do("credit", 51, now=later).state == "pending"
    assert desk.do("credit", 50, now=later).state == "applied"
    assert limit_for(program_id=desk.program.id, role="owner") == 1_000


def test_a_large_adjustment_cannot_be_cut_into_small_ones(desk: Desk):
    assert desk.do("credit", 600).state == "applied"
    assert desk.do("debit", 400).state == "applied"
    assert desk.do("credit", 1).state == "pending"
    assert desk.do("credit", 1, now=NOW + timedelta(hours=24, seconds=1)).state == "applied"


def test_what_is_rejected_or_discarded_never_moves(desk: Desk):
    asked, regretted = desk.do("credit", 5_000), desk.do("credit", 6_000)
    adjusting.reject(adjustment_id=asked.id, note="No", actor=desk.owner.actor, now=NOW)
    adjusting.discard(adjustment_id=regretted.id, actor=desk.manager.actor, now=NOW)
    for one in (asked, regretted):
        _refused(
            lambda one=one: adjusting.approve(
                adjustment_id=one.id, actor=desk.owner.actor, now=NOW
            ),
            "already",
        )
    asked.refresh_from_db()
    assert (asked.state, asked.note, asked.decided_by) == ("rejected", "No", desk.owner.actor)
    assert desk.available == 500
    assert Event.objects.filter(kind="adjustment.rejected").count() == 1


def test_only_its_author_sends_off_or_discards_a_draft_and_rejects_none_of_his_own(desk: Desk):
    drafted, asked = desk.draft("credit", 5), desk.do("credit", 5_000)
    _refused(
        lambda: adjusting.submit(adjustment_id=drafted.id, author=desk.owner, now=NOW), "Only the"
    )
    _refused(
        lambda: adjusting.discard(adjustment_id=drafted.id, actor=desk.owner.actor, now=NOW),
        "Only the",
    )
    _refused(
        lambda: adjusting.reject(
            adjustment_id=asked.id, note="", actor=desk.manager.actor, now=NOW
        ),
        "somebody else",
    )


def test_the_database_too_refuses_who_approves_his_own(desk: Desk):
    asked = desk.do("credit", 5_000)
    with pytest.raises(IntegrityError), transaction.atomic():
        Adjustment.objects.filter(pk=asked.pk).update(
            state="applied", decided_by=asked.drafted_by, decided_at=NOW
        )


def test_approved_by_eight_at_once_it_moves_once(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        desk = Desk()
        asked = desk.do("credit", 5_000)

    def approve(number: int) -> None:
        try:
            with tenant_scope(tenant.id):
                adjusting.approve(adjustment_id=asked.id, actor=f"staff:{number}", now=NOW)
        except AdjustmentRefused:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(approve, range(8)))
    with tenant_scope(tenant.id), transaction.atomic():
        assert desk.available == 5_500
        assert len(entries_of(desk.account, "adjust")) == 1


def test_several_small_ones_sent_off_at_once_count_together(committed):
    """Each is within the limit of 1,000, two of them are not: one is applied, the others wait."""
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        desk = Desk()
        drafts = [desk.draft("credit", 600) for _ in range(8)]

    def submit(drafted: Adjustment) -> None:
        try:
            with tenant_scope(tenant.id):
                adjusting.submit(adjustment_id=drafted.id, author=desk.manager, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(submit, drafts))
    with tenant_scope(tenant.id), transaction.atomic():
        states = sorted(Adjustment.objects.values_list("state", flat=True))
        assert states == ["applied", *["pending"] * 7]
        assert desk.available == 1_100


# ── Extending and reinstating ────────────────────────────────────────────────────────────────────

ENDS = at("2026-04-01 00:00")
LATER = at("2026-07-01 00:00")


def test_an_expiry_is_extended_for_all_that_expires_then(desk: Desk):
    desk.do("credit", 40, expires_at=at("2026-03-01 00:00"))
    done = desk.do("extend", expiring_at=ENDS, expires_at=LATER)
    assert (done.state, done.amount) == ("applied", 500)
    assert len(entries_of(desk.account, "adjust")) == 1  # nothing moved
    clock.advance(upto=ENDS)
    assert desk.available == 500
    clock.advance(upto=LATER)
    assert desk.available == 0
    assert _violated() == []


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
    assert _violated() == []


def test_what_has_expired_is_not_extended(desk: Desk):
    drafted = desk.draft("extend", expiring_at=ENDS, expires_at=LATER)
    _refused(
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
    _refused(
        lambda: adjusting.approve(adjustment_id=again.id, actor=desk.owner.actor, now=now),
        "meanwhile",
    )
    _refused(lambda: desk.draft("reinstate", expired_by_id=gone.id, now=now), "nothing to adjust")
    assert _violated() == []


def test_a_return_takes_back_what_was_reinstated_but_not_what_expired_again(desk: Desk):
    clock.advance(upto=ENDS)
    [gone] = entries_of(desk.account, "expire")
    desk.do("reinstate", expired_by_id=gone.id, now=at("2026-04-02"))
    back = taken_back(desk.account, "500.00", at("2026-04-03"), of="A", document="R")
    with transaction.atomic():
        accepted(back, as_of=at("2026-04-03"))
        assert desk.available == 0
        assert _violated() == []
        transaction.set_rollback(True)
    clock.advance(upto=LATER)
    assert desk.available == 0
    accepted(back, as_of=at("2026-07-02"))
    assert desk.available == 0
    assert entries_of(desk.account, "reverse") == []
    assert _violated() == []


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
        _refused(
            lambda one=one: desk.draft("reinstate", expired_by_id=one.entry_id, now=now),
            "nothing to adjust",
        )
    returned = entries_of(desk.account, "adjust")
    assert set(reasons_by_hand(returned)) == {entry.id for entry in returned}
    back = taken_back(desk.account, "500.00", at("2026-04-03"), of="A", document="R")
    accepted(back, as_of=at("2026-04-03"))
    assert desk.available == 0
    assert _violated() == []


def test_reinstated_points_repay_a_debt_first(desk: Desk):
    desk.do("credit", 40, expires_at=ENDS)
    clock.advance(upto=ENDS)
    [gone] = entries_of(desk.account, "expire")
    desk.do("debit", 510, into_debt=True, now=ENDS)
    desk.do("reinstate", expired_by_id=gone.id, now=at("2026-04-03"))
    assert desk.available == 30
    assert open_lots(desk.account) == [(30, 30)]
    assert _violated() == []


# ── Passing on ───────────────────────────────────────────────────────────────────────────────────


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
    assert _violated() == []


def desk_available(desk: Desk) -> int:
    return Wallet.objects.get(account=desk.account, member=None).available


def test_passing_on_is_refused_where_it_must_not_be(desk: Desk):
    pat, stranger = MemberFactory(account=desk.account), MemberFactory()
    gone = MemberFactory(account=desk.account, is_active=False)
    _refused(lambda: _pass_on(desk, 501, None, pat), "Only 500")
    _refused(lambda: _pass_on(desk, 1, None, stranger), "one account only")
    _refused(lambda: _pass_on(desk, 1, stranger, None), "one account only")
    _refused(lambda: _pass_on(desk, 1, None, gone), "no access")
    _refused(lambda: _pass_on(desk, 1, None, None), "somebody else")
    _refused(lambda: _pass_on(desk, 0, None, pat), "how many")
    command = uuid7()
    _pass_on(desk, 1, None, pat, command=command)
    _refused(lambda: _pass_on(desk, 2, None, pat, command=command), "under this identity")
    CorrectionTerms.objects.update(transfers=False)
    _refused(lambda: _pass_on(desk, 1, None, pat), "does not allow")


def test_what_expired_at_a_member_is_not_taken_back_by_a_return(desk: Desk):
    pat = MemberFactory(account=desk.account)
    _pass_on(desk, 300, None, pat)
    clock.advance(upto=ENDS)
    back = taken_back(desk.account, "500.00", at("2026-04-03"), of="A", document="R")
    accepted(back, as_of=at("2026-04-03"))
    assert desk_available(desk) == 0
    assert _violated() == []


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
        assert _violated() == []
