"""Points put right by hand, by whom, and how often: once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.ids import uuid7
from accounts.models import Event, Tenant
from accounts.tenancy import tenant_scope
from rewards import adjusting
from rewards.adjustment_drafts import AdjustmentConflict, AdjustmentRefused
from rewards.closing import is_open
from rewards.correction_terms import limit_for
from rewards.models import Adjustment, AdjustmentLimit, Lot
from tests.factories import ProgramFactory, TenantFactory
from tests.rewards.desk import NOW, Desk, refused, violated
from tests.rewards.stories import at, entries_of, open_lots


@pytest.fixture
def desk(in_tenant: Tenant) -> Desk:
    return Desk()


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
    assert violated() == []


def test_a_credit_may_bring_its_own_expiry_and_repays_a_debt_first(desk: Desk):
    desk.do("debit", 600, into_debt=True)
    assert desk.available == -100
    assert open_lots(desk.account) == []
    desk.do("credit", 250, expires_at=at("2027-01-01 00:00"))
    assert desk.available == 150
    lot = Lot.objects.get(is_open())
    assert (lot.amount, lot.remaining, lot.expires_at) == (150, 150, at("2027-01-01 00:00"))
    assert violated() == []


def test_a_debit_takes_what_expires_first_and_makes_no_debt_unless_it_may(desk: Desk):
    desk.do("credit", 100, expires_at=at("2026-03-01 00:00"))
    desk.do("debit", 150)
    assert open_lots(desk.account) == [(500, 450)]
    drafted = desk.draft("debit", 451)
    refused(
        lambda: adjusting.submit(adjustment_id=drafted.id, author=desk.manager, now=NOW),
        "Only 450 are available",
    )
    drafted.refresh_from_db()
    assert drafted.state == "draft"
    assert violated() == []


def test_what_a_debit_finds_is_what_has_not_expired_by_then(desk: Desk):
    """The clock has not come by; the day is over all the same."""
    drafted = desk.draft("debit", 10)
    refused(
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
    refused(lambda: desk.draft(**wanted), text)


def test_points_of_a_program_the_account_is_not_in_are_refused(desk: Desk):
    other = ProgramFactory()
    refused(lambda: desk.draft("credit", 5, program_id=other.id), "not enrolled")


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
    refused(
        lambda: adjusting.approve(adjustment_id=asked.id, actor=desk.manager.actor, now=NOW),
        "Somebody else",
    )
    for _ in range(2):
        done = adjusting.approve(adjustment_id=asked.id, actor=desk.owner.actor, now=NOW)
        assert (done.state, done.decided_by) == ("applied", desk.owner.actor)
    assert desk.available == 1_501
    assert entries_of(desk.account, "adjust")[0].actor == desk.owner.actor
    assert violated() == []


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
        refused(
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
    refused(
        lambda: adjusting.submit(adjustment_id=drafted.id, author=desk.owner, now=NOW), "Only the"
    )
    refused(
        lambda: adjusting.discard(adjustment_id=drafted.id, actor=desk.owner.actor, now=NOW),
        "Only the",
    )
    refused(
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
