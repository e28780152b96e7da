"""Every policy of expiry, to the instant; and what keeps points alive."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from accounts.ids import uuid7
from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from rewards import adjusting, adjustment_drafts, awarding, clock, ledger
from rewards.closing import is_open
from rewards.expiring import buckets, expiring_lots
from rewards.expiry import UnknownPolicy, check_policy, expires_at
from rewards.models import Lot, Wallet
from rewards.promises import expiry_text
from rewards.voice import Voice
from tests.factories import ProgramFactory, TenantFactory, enrolled_account, publish_rule
from tests.rewards.stories import accepted, at, entries_of, open_lots, purchase, wallet_of

ZONE = ZoneInfo("America/New_York")
INACTIVE = {"policy": "inactivity", "months": 6}


@pytest.mark.parametrize(
    ("policy", "day", "last_day"),
    [
        ({"policy": "never"}, "2026-02-15", None),
        ({"policy": "quarter_end"}, "2026-02-15", "2026-03-31"),
        ({"policy": "quarter_end", "plus": 1}, "2026-02-15", "2026-06-30"),
        ({"policy": "quarter_end", "plus": 4}, "2026-12-31", "2027-12-31"),
        ({"policy": "half_end"}, "2026-02-15", "2026-06-30"),
        ({"policy": "half_end", "plus": 1}, "2026-07-01", "2027-06-30"),
        ({"policy": "year_end"}, "2026-02-15", "2026-12-31"),
        ({"policy": "year_end", "plus": 2}, "2026-02-15", "2028-12-31"),
        # the fiscal year of this tenant starts on April 1, its quarters with April, July, …
        ({"policy": "year_end", "fiscal": True}, "2026-03-31", "2026-03-31"),
        ({"policy": "year_end", "fiscal": True}, "2026-04-01", "2027-03-31"),
        ({"policy": "half_end", "fiscal": True}, "2026-02-15", "2026-03-31"),
        ({"policy": "half_end", "fiscal": True, "plus": 1}, "2026-05-01", "2027-03-31"),
        ({"policy": "quarter_end", "fiscal": True}, "2026-02-15", "2026-03-31"),
        ({"policy": "months", "months": 12}, "2026-02-15", "2027-02-28"),
        ({"policy": "months", "months": 12, "round_up": False}, "2026-02-15", "2027-02-15"),
        ({"policy": "months", "months": 1, "round_up": False}, "2026-01-31", "2026-02-28"),
        ({"policy": "months", "months": 24, "round_up": False}, "2026-02-28", "2028-02-28"),
        ({"policy": "dates", "dates": ["06-30", "12-31"]}, "2026-02-15", "2026-06-30"),
        ({"policy": "dates", "dates": ["12-31", "06-30"]}, "2026-06-30", "2026-06-30"),
        ({"policy": "dates", "dates": ["06-30", "12-31"]}, "2026-07-01", "2026-12-31"),
        ({"policy": "dates", "dates": ["06-30", "12-31"], "plus": 3}, "2026-07-01", "2028-06-30"),
        ({"policy": "dates", "dates": ["02-29"]}, "2026-03-01", "2027-02-28"),
        ({"policy": "dates", "dates": ["02-29"]}, "2027-03-01", "2028-02-29"),
        (INACTIVE, "2026-02-15", "2026-08-15"),
        (INACTIVE, "2026-08-31", "2027-02-28"),
    ],
)
def test_points_are_good_through_the_last_day(policy, day, last_day):
    expires = expires_at(policy, occurred_at=at(day), zone=ZONE, fiscal_year_starts=4)
    if last_day is None:
        assert expires is None
        return
    assert expires is not None
    local = expires.astimezone(ZONE)
    assert (local.hour, local.minute) == (0, 0)
    assert local.date() - datetime.fromisoformat(last_day).date() == timedelta(days=1)
    check_policy(policy)


def test_half_years_of_a_fiscal_year_that_starts_in_february():
    policy = {"policy": "half_end", "fiscal": True}
    found = [
        expires_at(policy, occurred_at=at(day), zone=ZONE, fiscal_year_starts=2)
        for day in ("2026-01-31", "2026-02-01", "2026-07-31", "2026-08-01")
    ]
    wanted = ("2026-02-01", "2026-08-01", "2026-08-01", "2027-02-01")
    assert found == [at(f"{day} 00:00") for day in wanted]


def test_points_may_count_from_the_day_on_which_they_could_be_used():
    policy = {"policy": "months", "months": 3, "round_up": False}
    days = {"occurred_at": at("2026-01-10"), "activates_at": at("2026-02-09 00:00"), "zone": ZONE}
    assert expires_at(policy, **days) == at("2026-04-11 00:00")
    assert expires_at(policy | {"from": "activation"}, **days) == at("2026-05-10 00:00")


@pytest.mark.parametrize(
    "policy",
    [
        {"policy": "sometimes"},
        {"policy": "months"},
        {"policy": "months", "months": 0},
        {"policy": "months", "months": True},
        {"policy": "quarter_end", "plus": -1},
        {"policy": "year_end", "plus": 0.5},
        {"policy": "dates", "dates": []},
        {"policy": "dates", "dates": ["02-30"]},
        {"policy": "dates", "dates": ["6-30"]},
        {"policy": "never", "from": "birth"},
    ],
)
def test_a_policy_that_could_not_be_followed_is_refused(policy):
    with pytest.raises(UnknownPolicy):
        check_policy(policy)


# ── Through the door ─────────────────────────────────────────────────────────────────────────────


def _spend(account, program, amount: int, when: datetime) -> None:
    ledger.spend(
        wallet_id=wallet_of(account, program).id,
        amount=amount,
        cause=uuid7(),
        actor="system",
        occurred_at=when,
        recorded_at=when,
    )


def _expiries(tenant: Tenant) -> list[datetime | None]:
    lots = Lot.objects.filter(is_open(), tenant_id=tenant.id)
    return list(lots.order_by("earned_at", "entry_id").values_list("expires_at", flat=True))


def _violated(tenant: Tenant) -> list[str]:
    return [one.invariant.claim for one in verify([tenant.id]) if one.violations]


def test_the_tenants_fiscal_year_decides(db):
    tenant = TenantFactory(fiscal_year_starts=4)
    with tenant_scope(tenant.id):
        program = ProgramFactory(points_expiry={"policy": "year_end", "fiscal": True})
        publish_rule(program)
        account = enrolled_account(program)
        accepted(purchase(account, "10.00", at("2026-03-31"), "A"), as_of=at("2026-03-31"))
        accepted(purchase(account, "10.00", at("2026-04-01"), "B"), as_of=at("2026-04-01"))
    with tenant_scope(tenant.id):
        assert _expiries(tenant) == [at("2026-04-01 00:00"), at("2027-04-01 00:00")]


def test_a_hold_that_is_over_counts_from_its_end_as_well(tenant: Tenant):
    policy = {"policy": "months", "months": 1, "round_up": False, "from": "activation"}
    with tenant_scope(tenant.id):
        program = ProgramFactory(points_expiry=policy)
        publish_rule(program, hold_days=30)
        account = enrolled_account(program)
        now = at("2026-03-15")
        accepted(
            purchase(account, "10.00", at("2026-01-10"), "OVER"),
            purchase(account, "10.00", at("2026-03-01"), "ON"),
            as_of=now,
        )
        # cleared on February 9 and on March 31
        assert _expiries(tenant) == [at("2026-03-10 00:00"), at("2026-05-01 00:00")]


def test_every_earning_and_spending_keeps_all_points_alive(tenant: Tenant):
    with tenant_scope(tenant.id):
        program = ProgramFactory(points_expiry=INACTIVE)
        publish_rule(program)
        account, other = enrolled_account(program), enrolled_account(program)
        for one in (account, other):
            accepted(purchase(one, "100.00", at("2026-01-10")), as_of=at("2026-01-10"))
        assert _expiries(tenant) == [at("2026-07-11 00:00")] * 2

        accepted(purchase(account, "50.00", at("2026-03-10"), "B"), as_of=at("2026-03-10"))
        assert sorted(_expiries(tenant)) == [at("2026-07-11 00:00")] + [at("2026-09-11 00:00")] * 2

        clock.advance(upto=at("2026-07-11 00:00"))  # the other one did nothing more
        assert wallet_of(other, program).available == 0
        _spend(account, program, 30, at("2026-08-20"))
        assert _expiries(tenant) == [at("2027-02-21 00:00")] * 2

        clock.advance(upto=at("2027-02-20 23:59"))
        assert wallet_of(account, program).available == 120
        clock.advance(upto=at("2027-02-21 00:00"))
        assert wallet_of(account, program).available == 0
        [expired] = entries_of(account, "expire")
        assert (expired.available, expired.occurred_at) == (-120, at("2027-02-21 00:00"))
    assert _violated(tenant) == []


def test_an_award_is_earned_too_and_a_present_by_hand_is_not(tenant: Tenant):
    with tenant_scope(tenant.id):
        program = ProgramFactory(points_expiry=INACTIVE)
        publish_rule(program)
        account = enrolled_account(program)
        accepted(purchase(account, "100.00", at("2026-01-10")), as_of=at("2026-01-10"))
        about = {"program_id": program.pk, "account_id": account.pk, "unit": "points"}
        for day, held_until in (("2026-03-10", None), ("2026-05-20", at("2026-06-20"))):
            wanted = awarding.Wanted(**about, amount=5, reason="A sale", activates_at=held_until)
            awarding.give(wanted, identity=uuid7(), actor="staff:x", now=at(day))
        # the held one counts from the day on which it can be used
        ends = [at("2026-11-21 00:00")] * 2 + [at("2026-12-21 00:00")]
        assert _expiries(tenant) == ends

        present = {"program_id": program.pk, "account_id": account.pk, "action": "credit"}
        present |= {"amount": 7, "expires_at": at("2027-01-02 00:00")}
        adjusting.apply_decided(
            adjustment_drafts.Wanted(**present, reason="Sorry for the wait"),
            identity=uuid7(),
            asked_by="staff:x",
            approved_by="staff:y",
            now=at("2026-07-01"),
        )
        assert _expiries(tenant) == [*ends, at("2027-01-02 00:00")]
    assert _violated(tenant) == []


def test_a_late_fact_does_not_bring_back_what_has_expired(tenant: Tenant):
    """The clock has not come by yet, but the day is over."""
    with tenant_scope(tenant.id):
        program = ProgramFactory(points_expiry=INACTIVE)
        publish_rule(program)
        account = enrolled_account(program)
        accepted(purchase(account, "100.00", at("2026-01-10"), "A"), as_of=at("2026-01-10"))

        accepted(purchase(account, "5.00", at("2026-07-09"), "LATE"), as_of=at("2026-07-12"))

        clock.advance(upto=at("2026-07-13"))
        assert wallet_of(account, program).available == 5
        assert open_lots(account) == [(5, 5)]
    assert _violated(tenant) == []


def test_spending_and_expiring_at_once_leave_one_truth(committed):
    """Whoever comes first: points spent from live on, or all of them are gone and none is spent."""
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        program = ProgramFactory(points_expiry=INACTIVE)
        publish_rule(program)
        accounts = [enrolled_account(program) for _ in range(12)]
        for account in accounts:
            accepted(purchase(account, "100.00", at("2026-01-10")), as_of=at("2026-01-10"))
        wallets = [wallet_of(account, program).id for account in accounts]
    ends = at("2026-07-11 00:00")

    def spend(wallet_id) -> None:
        try:
            with tenant_scope(tenant.id), transaction.atomic():
                moment = at("2026-07-10 23:59")
                ledger.spend(
                    wallet_id=wallet_id, amount=40, cause=uuid7(), actor="system",
                    occurred_at=moment, recorded_at=moment,
                )  # fmt: skip
        except ledger.NotEnough:
            pass
        finally:
            connection.close()

    def expire() -> None:
        try:
            with tenant_scope(tenant.id), transaction.atomic():
                ledger.expire_due(upto=ends, actor="system")
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        jobs = [threads.submit(spend, wallet) for wallet in wallets]
        jobs.insert(4, threads.submit(expire))
        for job in jobs:
            job.result()

    with tenant_scope(tenant.id), transaction.atomic():
        left = {wallet_of(account, program).available for account in accounts}
        assert left <= {0, 60}
        for lot in Lot.objects.filter(is_open(), tenant_id=tenant.id):
            assert (lot.remaining, lot.expires_at) == (60, at("2027-01-11 00:00"))
    assert _violated(tenant) == []


# ── What expires soon ────────────────────────────────────────────────────────────────────────────


def test_what_expires_soon_is_one_query_by_buckets(in_tenant, django_assert_num_queries):
    program = ProgramFactory(points_expiry={"policy": "months", "months": 1, "round_up": False})
    publish_rule(program)
    account, other = enrolled_account(program), enrolled_account(program)
    now = at("2026-03-10")
    for number, (who, day) in enumerate(
        [(account, "2026-02-10"), (account, "2026-02-20"), (other, "2026-03-01")]
    ):
        accepted(purchase(who, "100.00", at(day), f"D{number}"), as_of=at(day))
    Lot.objects.filter(tenant_id=in_tenant.id, wallet__account=other).update(
        expires_at=at("2026-05-20")
    )
    with django_assert_num_queries(1):
        found = buckets(as_of=now, zone=ZONE)
    assert [(one.days, one.amount) for one in found] == [(30, 200), (60, 200), (90, 300)]
    ledger.expire_due(upto=at("2026-03-11 00:00"), actor="system")
    found = buckets(as_of=at("2026-03-11 00:00"), zone=ZONE, account_id=account.id)
    assert [(one.days, one.amount) for one in found] == [(30, 100), (60, 100), (90, 100)]


def test_what_expires_soon_is_read_from_its_index(in_tenant):
    program = ProgramFactory(points_expiry={"policy": "never"})
    publish_rule(program)
    account = enrolled_account(program)
    accepted(purchase(account, "100.00", at("2026-01-01"), "A"), as_of=at("2026-01-01"))
    wallet = wallet_of(account, program)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH made AS (INSERT INTO rewards_entry (tenant_id, id, wallet_id, kind, available, "
            "pending, reserved, occurred_at, recorded_at, actor, cause) "
            "SELECT %s, uuidv7(), %s, 'adjust', 1, 0, 0, now(), now(), 'system', uuidv7() "
            "FROM generate_series(1, 20000) RETURNING id, tenant_id, wallet_id) "
            "INSERT INTO rewards_lot (tenant_id, entry_id, wallet_id, state, amount, remaining, "
            "earned_at, expires_at) SELECT tenant_id, id, wallet_id, 'active', 1, 1, now(), "
            "timestamptz '2026-06-01' + (row_number() OVER ()) * interval '1 hour' FROM made",
            [in_tenant.id, wallet.id],
        )
    first = datetime(2026, 6, 1, 1, tzinfo=UTC)
    Wallet.objects.filter(pk=wallet.id).update(expires_next=first)
    lots = expiring_lots().filter(expires_at__lt=first + timedelta(days=90))
    assert lots.count() == 90 * 24
    plan = lots.explain()
    assert "lot_expiring" in plan
    assert "Seq Scan on rewards_lot" not in plan


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ({"policy": "never"}, "Points never expire."),
        (
            {"policy": "quarter_end", "plus": 1},
            "Points expire at the end of the quarter after the one in which you earned them.",
        ),
        (
            {"policy": "year_end", "fiscal": True},
            "Points expire at the end of the fiscal year in which you earned them.",
        ),
        (
            {"policy": "half_end", "from": "activation"},
            "Points expire at the end of the half-year in which you could first use them.",
        ),
        (
            {"policy": "months", "months": 12},
            "Points expire 12 months after you earned them, at the end of that month.",
        ),
        (
            {"policy": "months", "months": 1, "round_up": False},
            "Points expire one month after you earned them.",
        ),
        (
            {"policy": "dates", "dates": ["12-31", "06-30"]},
            "Points expire after Jun 30 or Dec 31, the first time this comes once you earned them.",
        ),
        (INACTIVE, "Points last as long as you earn or redeem something every 6 months."),
    ],
)
def test_the_policy_is_told_as_it_is(policy, text):
    assert expiry_text(policy, voice=Voice(currency="USD", zone=ZONE)) == text


def test_points_set_aside_stay_alive_with_the_rest(tenant: Tenant):
    """All of a lot is set aside when its holder earns again; given back, it lasts as long as the
    rest."""
    with tenant_scope(tenant.id):
        program = ProgramFactory(points_expiry=INACTIVE)
        publish_rule(program)
        account = enrolled_account(program)
        accepted(purchase(account, "100.00", at("2026-01-10"), "A"), as_of=at("2026-01-10"))
        asked = {
            "actor": "system",
            "occurred_at": at("2026-02-01"),
            "recorded_at": at("2026-02-01"),
        }
        wallet, cause = wallet_of(account, program), uuid7()
        ledger.reserve(wallet_id=wallet.id, amount=100, cause=cause, **asked)
        accepted(purchase(account, "50.00", at("2026-06-10"), "B"), as_of=at("2026-06-10"))

        given_back = at("2026-08-01")
        clock.advance(upto=given_back)
        ledger.release([cause], actor="system", occurred_at=given_back, recorded_at=given_back)
        assert wallet_of(account, program).available == 150
        assert _expiries(tenant) == [at("2026-12-11 00:00")] * 2
        clock.advance(upto=at("2026-12-11 00:00"))
        [expired] = entries_of(account, "expire")
        assert expired.available == -150
    assert _violated(tenant) == []
