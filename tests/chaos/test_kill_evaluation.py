"""kill -9 before each statement of what the ends of quarters bring: run again, it ends the same."""

import json
import os
import re
import signal
from collections.abc import Callable

import psycopg
import pytest
from django.db import connections, transaction

from accounts.models import Event, JobRun, Tenant
from accounts.postgres import statements
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from rewards import clock
from rewards.models import Entry, Wallet
from tests.factories import ProgramFactory, TenantFactory, enrolled_account, publish_rule
from tests.rewards.stories import accepted, at, purchase
from tests.tiers.climbing import SILVER_TO_PLATINUM, published
from tiers.models import Standing

pytestmark = pytest.mark.chaos

BEGAN, ENDS = at("2026-02-10"), at("2026-10-20")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _opened(slug: str) -> Tenant:
    """A dozen dealers, of whom most fall, some after a grace; points on hold, and points that
    expire, in two quarters."""
    with transaction.atomic():
        tenant = TenantFactory(slug=slug)
        with tenant_scope(tenant.id):
            program = ProgramFactory(
                slug="rewards", points_expiry={"policy": "quarter_end", "plus": 1}
            )
            publish_rule(program)
            publish_rule(program, code="held", hold_days=60, rate="0.5")
            published(program, *SILVER_TO_PLATINUM, kept_periods=0)
            published(program, *SILVER_TO_PLATINUM, code="graced", grace_days=15, kept_periods=0)
            accounts = [enrolled_account(program, number=f"A{one:02}") for one in range(12)]
            facts = [
                purchase(account, f"{10 ** (2 + number % 4)}.00", BEGAN, f"S{number}")
                for number, account in enumerate(accounts)
            ]
            accepted(*facts, as_of=BEGAN)
    return tenant


def _advance(tenant: Tenant) -> None:
    with tenant_scope(tenant.id):
        clock.advance(upto=ENDS)


def _advance_until_statement(number: int, tenant: Tenant) -> bool:
    """In a process of its own, killed before it sends that statement; whether it came to its end.

    What it had sent before, Postgres rolls back unless it was committed: its commits count, too.
    """
    connections.close_all()  # the child's are its own
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        assert status in (0, signal.SIGKILL)
        return status == 0
    left = number

    def counted(send: Callable) -> Callable:
        def sending(*args, **kwargs):
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            return send(*args, **kwargs)

        return sending

    psycopg.Cursor.execute = counted(psycopg.Cursor.execute)
    psycopg.Connection.commit = counted(psycopg.Connection.commit)
    statements._exchange = counted(statements._exchange)
    try:
        _advance(tenant)
    finally:
        os._exit(0 if left > 0 else 1)


def _books(tenant: Tenant) -> dict[str, list]:
    """All that the ends of quarters leave behind, without the identifiers it got."""
    account = "enrollment__account__number"
    standing = ("scheme__code", account, "tier__name", "cause", "starts_at", "ends_at")
    entry = ("wallet__account__number", "kind", "available", "pending", "occurred_at")
    event = ("kind", "account__number", "occurred_at", "recorded_at", "payload")
    with tenant_scope(tenant.id), transaction.atomic():
        found = {
            "standings": Standing.objects.values_list(*standing, "falls_at"),
            "entries": Entry.objects.values_list(*entry, "recorded_at"),
            "wallets": Wallet.objects.values_list("account__number", "available", "pending"),
            "events": Event.objects.values_list(*event),
            "jobs": JobRun.objects.values_list("job", "period", "state", "outcome"),
        }
        return {
            name: sorted(_ID.sub("", json.dumps(row, default=str)) for row in rows)
            for name, rows in found.items()
        }


def test_killed_before_each_statement_a_quarters_end_ends_the_same(committed, record_property):
    calm, killed = _opened("calm"), _opened("killed")
    _advance(calm)
    kills = 0
    while not _advance_until_statement(kills + 1, killed):
        kills += 1
    books = _books(killed)
    assert books == _books(calm)
    assert len(books["standings"]) == 60
    assert kills > 30
    _advance(killed)
    assert _books(killed) == books
    assert not any(found.violations for found in verify([calm.id, killed.id]))
    record_property("chaos", f"ends of three quarters: killed {kills} times, and ended the same")
