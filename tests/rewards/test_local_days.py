"""The same day ends at another instant for each tenant, and is not always of 24 hours."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.models import Account, JobRun, Tenant
from accounts.periods import start_of
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from loyalty.celery import app as celery
from loyalty.notices.tasks import remind_every_tenant
from rewards import clock
from rewards.tasks import advance_every_tenant
from tests.factories import (
    ProgramFactory,
    TenantFactory,
    enrolled_account,
    publish_rule,
    publish_scheme,
)
from tests.rewards.stories import accepted, entries_of, purchase, wallet_of
from tiers.models import Standing

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
APRIL, JULY, OCTOBER = date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1)
# When April began there, in UTC.
BEGINS = {
    "Pacific/Kiritimati": datetime(2026, 3, 31, 10, tzinfo=UTC),
    "Asia/Kolkata": datetime(2026, 3, 31, 18, 30, tzinfo=UTC),
    "Europe/Berlin": datetime(2026, 3, 31, 22, tzinfo=UTC),
    "America/Los_Angeles": datetime(2026, 4, 1, 7, tzinfo=UTC),
}

DONE = [[1] * ended + [0] * (4 - ended) for ended in range(5)]


def _opened(zone: str, number: int) -> tuple[Tenant, Account, Account]:
    """A tenant with Gold from 1,000.00 a quarter, points that expire with it, and two dealers."""
    tenant = TenantFactory(time_zone=zone, slug=f"zone{number}")
    with tenant_scope(tenant.id):
        program = ProgramFactory(points_expiry={"policy": "quarter_end"})
        publish_rule(program)
        publish_scheme(program, ("Silver", 0, "1"), ("Gold", 1_000_00, "2"))
        return tenant, enrolled_account(program), enrolled_account(program)


def _tiers(account: Account) -> list[tuple[str, str, datetime]]:
    found = Standing.objects.filter(enrollment__account=account).order_by("starts_at")
    return list(found.values_list("tier__name", "cause", "starts_at"))


def _done(tenant: Tenant, job: str) -> list[str]:
    with tenant_scope(tenant.id):
        return list(
            JobRun.objects.filter(job=job).order_by("period").values_list("period", flat=True)
        )


@pytest.fixture
def beat(monkeypatch):
    """What the scheduler's jobs do for every tenant at an instant."""
    monkeypatch.setattr(celery.conf, "task_always_eager", True)

    def strike(at: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: at)
        advance_every_tenant.delay()
        remind_every_tenant.delay()

    return strike


def test_a_quarter_ends_in_four_zones_on_one_day(db, beat):
    shops = [_opened(zone, number) for number, zone in enumerate(BEGINS)]
    for (tenant, early, late), edge in zip(shops, BEGINS.values(), strict=True):
        with tenant_scope(tenant.id):
            assert start_of(APRIL, tenant.zone) == edge
            before, after = edge - SECOND, edge + SECOND
            accepted(purchase(early, "1000.00", before, "A"), as_of=before)
            accepted(purchase(late, "1000.00", after, "B"), as_of=after)

    for count, edge in enumerate(BEGINS.values()):
        for tick, ended in ((edge - SECOND, count), (edge, count + 1)):
            beat(tick)
            tenants = [tenant for tenant, *_ in shops]
            assert [len(_done(one, "settle_tiers")) for one in tenants] == DONE[ended]
            assert [_done(one, "tell_status").count("2026-03-01") for one in tenants] == DONE[ended]

    for _again in range(2):
        beat(start_of(JULY, ZoneInfo("America/Los_Angeles")))
    for (tenant, early, late), edge in zip(shops, BEGINS.values(), strict=True):
        july, october = (start_of(day, tenant.zone) for day in (JULY, OCTOBER))
        assert _done(tenant, "settle_tiers") == [edge.isoformat(), july.isoformat()]
        with tenant_scope(tenant.id):
            # One second before the edge is of March, and its Gold good until June …
            assert _tiers(early)[1:] == [
                ("Gold", "reached", edge - SECOND + timedelta(microseconds=1)),
                ("Silver", "evaluated", july),
            ]
            [expired] = entries_of(early, "expire")
            assert (expired.available, expired.occurred_at) == (-1000, edge)
            # … and one second after it of April, until September.
            assert [tier for tier, *_ in _tiers(late)] == ["Silver", "Gold"]
            [expired] = entries_of(late, "expire")
            assert (expired.available, expired.occurred_at) == (-1000, july)
            clock.advance(upto=october)
            assert _tiers(late)[2:] == [("Silver", "evaluated", october)]
    assert not any(found.violations for found in verify([tenant.id for tenant, *_ in shops]))


@pytest.mark.parametrize(("day", "hours"), [(date(2024, 3, 31), 23), (date(2027, 10, 31), 25)])
def test_a_day_on_which_the_clocks_change_is_good_to_its_end(db, day: date, hours: int):
    """The last of a month in Berlin: the month's cap and the points of the day end with it."""
    tenant = TenantFactory(time_zone="Europe/Berlin")
    begins, ends = (start_of(one, tenant.zone) for one in (day, day + timedelta(days=1)))
    assert ends - begins == hours * HOUR
    with tenant_scope(tenant.id):
        program = ProgramFactory(points_expiry={"policy": "dates", "dates": ["03-31", "10-31"]})
        publish_rule(program, cap=100, cap_window="month")
        account = enrolled_account(program)
        for number, instant in enumerate((begins, ends - SECOND, ends)):
            clock.advance(upto=instant - SECOND)
            fact = purchase(account, "60.00", instant, f"F{number}")
            accepted(fact, as_of=instant)
        assert [entry.available for entry in entries_of(account, "earn")] == [60, 40, 60]

        clock.advance(upto=ends)

        [expired] = entries_of(account, "expire")
        assert (expired.available, expired.occurred_at) == (-100, ends)
        assert wallet_of(account, program).available == 60
    assert not any(found.violations for found in verify([tenant.id]))
