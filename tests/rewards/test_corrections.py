"""What comes in late or goes back: closed quarters stay as they are, and are named."""

from datetime import UTC, date, datetime

from accounts.ids import uuid7
from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from rewards import clock, ledger
from rewards.closing import is_open
from rewards.models import CorrectionTerms, Lot, Unit
from rewards.tallying import Moved, add_up, moved_in
from tests.factories import ProgramFactory, enrolled_account, publish_rule
from tests.rewards.stories import (
    NEW_YORK,
    accepted,
    at,
    entries_of,
    open_lots,
    purchase,
    taken_back,
    wallet_of,
)


def _violated(tenant: Tenant) -> list[str]:
    return [one.invariant.claim for one in verify([tenant.id]) if one.violations]


def _program(**fields):
    program = ProgramFactory(**fields)
    publish_rule(program)
    return program, enrolled_account(program)


def _first_quarter(program) -> Moved:
    add_up(before=datetime.now(UTC), zone=NEW_YORK)
    spans = [(date(2026, 1, 1), date(2026, 4, 1))]
    [moved], _as_of = moved_in(spans, program_id=program.id, unit=Unit.POINTS, zone=NEW_YORK)
    return moved


def test_a_late_fact_of_a_closed_quarter_is_dated_now_and_names_it(tenant: Tenant):
    with tenant_scope(tenant.id):
        program, account = _program()
        accepted(purchase(account, "100.00", at("2026-02-10"), "A"), as_of=at("2026-02-10"))
        clock.advance(upto=at("2026-04-01 00:05"))
        before = _first_quarter(program)

        late = purchase(account, "40.00", at("2026-03-30"), "LATE")
        accepted(late, as_of=at("2026-04-02"))

        [entry] = entries_of(account, document="LATE")
        assert (entry.available, entry.occurred_at) == (40, at("2026-04-02"))
        assert entry.corrects == date(2026, 1, 1)
        assert entry.activity.occurred_at == at("2026-03-30")
        assert _first_quarter(program) == before == Moved(issued=100)
    assert _violated(tenant) == []


def test_a_late_fact_of_the_running_quarter_is_dated_when_it_happened(tenant: Tenant):
    with tenant_scope(tenant.id):
        _, account = _program()
        accepted(purchase(account, "1.00", at("2026-02-10"), "A"), as_of=at("2026-02-10"))
        clock.advance(upto=at("2026-05-01"))
        accepted(purchase(account, "40.00", at("2026-04-01 00:00"), "B"), as_of=at("2026-05-01"))
        [entry] = entries_of(account, document="B")
        assert (entry.occurred_at, entry.corrects) == (at("2026-04-01 00:00"), None)
    assert _violated(tenant) == []


def test_a_late_fact_whose_points_are_over_expires_now_and_not_in_a_closed_quarter(tenant: Tenant):
    with tenant_scope(tenant.id):
        program, account = _program(points_expiry={"policy": "quarter_end"})
        accepted(purchase(account, "1.00", at("2026-02-10"), "A"), as_of=at("2026-02-10"))
        clock.advance(upto=at("2026-07-02"))
        before = _first_quarter(program)

        late = purchase(account, "40.00", at("2026-01-20"), "LATE")
        accepted(late, as_of=at("2026-07-02 12:00"))
        clock.advance(upto=at("2026-07-03"))

        assert wallet_of(account, program).available == 0
        expired = entries_of(account, "expire")[-1]
        assert (expired.available, expired.occurred_at) == (-40, at("2026-07-02 12:00"))
        assert _first_quarter(program) == before
    assert _violated(tenant) == []


def test_a_return_of_what_was_bought_in_a_closed_quarter_names_it(tenant: Tenant):
    with tenant_scope(tenant.id):
        program, account = _program()
        bought = purchase(account, "100.00", at("2026-02-10"), "A", quantity=10)
        accepted(bought, as_of=at("2026-02-10"))
        clock.advance(upto=at("2026-04-20"))
        before = _first_quarter(program)

        back = taken_back(account, "30.00", at("2026-04-18"), of="A", document="R", quantity=3)
        accepted(back, as_of=at("2026-04-20"))
        # this one happened in March already, and is heard of now
        late = taken_back(account, "20.00", at("2026-03-20"), of="A", document="R2", quantity=2)
        accepted(late, as_of=at("2026-04-21"))

        first, second = entries_of(account, "reverse")
        assert (first.available, first.occurred_at) == (-30, at("2026-04-18"))
        assert (second.available, second.occurred_at) == (-20, at("2026-04-21"))
        assert first.corrects == second.corrects == date(2026, 1, 1)
        assert _first_quarter(program) == before
    assert _violated(tenant) == []


def test_a_return_within_an_open_quarter_corrects_nothing(tenant: Tenant):
    with tenant_scope(tenant.id):
        _, account = _program()
        accepted(purchase(account, "10.00", at("2026-02-10"), "A"), as_of=at("2026-02-10"))
        clock.advance(upto=at("2026-02-11"))
        back = taken_back(account, "10.00", at("2026-02-12"), of="A", document="R")
        accepted(back, as_of=at("2026-02-12"))
        [entry] = entries_of(account, "reverse")
        assert entry.corrects is None


def test_a_cap_is_given_back_to_the_month_of_the_fact_not_to_that_of_its_late_entry(tenant: Tenant):
    with tenant_scope(tenant.id):
        program = ProgramFactory()
        publish_rule(program, cap=100, cap_window="month")
        account = enrolled_account(program)
        accepted(purchase(account, "1.00", at("2026-01-10"), "A"), as_of=at("2026-01-10"))
        clock.advance(upto=at("2026-04-02"))
        accepted(purchase(account, "150.00", at("2026-03-30"), "LATE"), as_of=at("2026-04-02"))
        back = taken_back(account, "150.00", at("2026-04-03"), of="LATE", document="R")
        accepted(back, as_of=at("2026-04-03"))
        assert [entry.available for entry in entries_of(account, document="LATE")] == [100]
        assert wallet_of(account, program).available == 1
    assert _violated(tenant) == []


# ── What comes back after its day: the program's choice ──────────────────────────────────────────


def _redeemed(account, program, amount: int, day: str):
    cause, moment = uuid7(), at(day)
    stamp = {"actor": "system", "occurred_at": moment, "recorded_at": moment}
    ledger.reserve(wallet_id=wallet_of(account, program).id, amount=amount, cause=cause, **stamp)
    ledger.capture([cause], **stamp)
    return cause


def _refund(cause, day: str) -> None:
    moment = at(day)
    ledger.refund([cause], actor="system", occurred_at=moment, recorded_at=moment)


def _two_lots(**terms):
    """100 points that expire with March and 50 that expire with June, of which 120 are redeemed."""
    program, account = _program(points_expiry={"policy": "quarter_end"})
    if terms:
        CorrectionTerms.objects.create(program=program, **terms)
    accepted(purchase(account, "100.00", at("2026-02-10"), "A"), as_of=at("2026-02-10"))
    accepted(purchase(account, "50.00", at("2026-04-10"), "B"), as_of=at("2026-03-30"))
    cause = _redeemed(account, program, 120, "2026-03-30")
    clock.advance(upto=at("2026-04-20"))
    return program, account, cause


def test_points_refunded_after_their_day_expire_in_the_same_movement(tenant: Tenant):
    with tenant_scope(tenant.id):
        program, account, cause = _two_lots()
        _refund(cause, "2026-04-20")
        assert wallet_of(account, program).available == 50
        assert open_lots(account) == [(50, 50)]
        [refund], [expired] = entries_of(account, "refund"), entries_of(account, "expire")
        assert (refund.available, expired.available) == (120, -100)
        assert refund.occurred_at == expired.occurred_at == at("2026-04-20")
    assert _violated(tenant) == []


def test_or_they_come_back_for_some_days_of_grace(tenant: Tenant):
    with tenant_scope(tenant.id):
        program, account, cause = _two_lots(grace_days=14)
        _refund(cause, "2026-04-20")
        assert wallet_of(account, program).available == 150
        assert entries_of(account, "expire") == []
        lots = Lot.objects.filter(is_open(), tenant_id=tenant.id).order_by("expires_at")
        assert [(lot.remaining, lot.expires_at) for lot in lots] == [
            (100, at("2026-05-05 00:00")),
            (50, at("2026-07-01 00:00")),
        ]
        _refund(cause, "2026-04-21")  # again moves nothing
        assert wallet_of(account, program).available == 150
        clock.advance(upto=at("2026-05-04 23:59"))
        assert wallet_of(account, program).available == 150
        clock.advance(upto=at("2026-05-05 00:00"))
        assert wallet_of(account, program).available == 50
    assert _violated(tenant) == []


def test_a_return_does_not_take_what_expired_after_its_days_of_grace(tenant: Tenant):
    """Two purchases were redeemed together and came back; of the first, 40 are spent again."""
    with tenant_scope(tenant.id):
        program, account = _program(points_expiry={"policy": "quarter_end"})
        CorrectionTerms.objects.create(program=program, grace_days=14)
        for document, amount, day in (("A", "100.00", "02-10"), ("B", "60.00", "02-20")):
            bought = purchase(account, amount, at(f"2026-{day}"), document)
            accepted(bought, as_of=at(f"2026-{day}"))
        cause = _redeemed(account, program, 160, "2026-03-30")
        clock.advance(upto=at("2026-04-20"))
        _refund(cause, "2026-04-20")
        assert [entry.available for entry in entries_of(account, "refund")] == [0, 100, 60]
        _redeemed(account, program, 40, "2026-04-21")
        clock.advance(upto=at("2026-05-05 00:00"))
        assert [entry.available for entry in entries_of(account, "expire")] == [-120]
        for document, amount in (("A", "100.00"), ("B", "60.00")):
            back = taken_back(
                account, amount, at("2026-05-06"), of=document, document=f"R{document}"
            )
            accepted(back, as_of=at("2026-05-06"))
        assert [entry.available for entry in entries_of(account, "reverse")] == [-40]
        assert wallet_of(account, program).available == -40  # what was spent, and nothing else
    assert _violated(tenant) == []


def test_a_return_in_days_of_grace_takes_its_own_points_before_those_of_others(tenant: Tenant):
    """Of two purchases that came back together the second is returned at once, the first after the
    grace: each loses what it earned, and the account nothing besides."""
    with tenant_scope(tenant.id):
        program, account = _program(points_expiry={"policy": "quarter_end"})
        CorrectionTerms.objects.create(program=program, grace_days=14)
        for document, amount, day in (("A", "100.00", "02-10"), ("B", "60.00", "02-20")):
            bought = purchase(account, amount, at(f"2026-{day}"), document)
            accepted(bought, as_of=at(f"2026-{day}"))
        cause = _redeemed(account, program, 160, "2026-03-30")
        clock.advance(upto=at("2026-04-20"))
        _refund(cause, "2026-04-20")
        back = taken_back(account, "60.00", at("2026-04-21"), of="B", document="RB")
        accepted(back, as_of=at("2026-04-21"))
        assert open_lots(account) == [(100, 100)]  # the first purchase's, and whole
        clock.advance(upto=at("2026-05-05 00:00"))
        back = taken_back(account, "100.00", at("2026-05-06"), of="A", document="RA")
        accepted(back, as_of=at("2026-05-06"))
        assert wallet_of(account, program).available == 0
    assert _violated(tenant) == []


def test_what_comes_back_in_grace_repays_a_debt_first(tenant: Tenant):
    with tenant_scope(tenant.id):
        program, account, cause = _two_lots(grace_days=14)
        back = taken_back(account, "50.00", at("2026-04-20"), of="B", document="R")
        accepted(back, as_of=at("2026-04-20"))
        assert wallet_of(account, program).available == -20
        _refund(cause, "2026-04-21")
        assert wallet_of(account, program).available == 100
        assert sorted(open_lots(account)) == [(50, 20), (80, 80)]
    assert _violated(tenant) == []


def test_a_canceled_redemption_lets_what_is_over_expire_whatever_the_grace(tenant: Tenant):
    with tenant_scope(tenant.id):
        program, account = _program(points_expiry={"policy": "quarter_end"})
        CorrectionTerms.objects.create(program=program, grace_days=14)
        accepted(purchase(account, "100.00", at("2026-02-10"), "A"), as_of=at("2026-02-10"))
        cause, moment = uuid7(), at("2026-03-30")
        stamp = {"actor": "system", "occurred_at": moment, "recorded_at": moment}
        wallet = wallet_of(account, program)
        ledger.reserve(wallet_id=wallet.id, amount=60, cause=cause, **stamp)
        clock.advance(upto=at("2026-04-02"))
        assert [entry.available for entry in entries_of(account, "expire")] == [-40]
        late = {"actor": "system", "occurred_at": at("2026-04-02"), "recorded_at": at("2026-04-02")}
        ledger.release([cause], **late)
        wallet = wallet_of(account, program)
        assert (wallet.available, wallet.reserved) == (0, 0)
        assert [entry.available for entry in entries_of(account, "expire")] == [-40, -60]
    assert _violated(tenant) == []
