"""Money that is promised once, names that may change, and keys that do."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

from accounts.tenancy import tenant_scope
from rebates import answering, banking, clock, drafting, paying, settling
from rebates.models import Settlement, Statement
from rebates.paying import CannotPay
from tests.factories import TenantFactory
from tests.rebates.deals import CHECKER, PARTNER, agreed, bands, violations
from tests.rebates.test_paying import (
    BEFORE,
    DUTCH,
    GERMAN,
    NOW,
    TODAY,
    approved,
    prepared,
    wallets,
    world,
)
from tests.rewards.stories import accepted, at, taken_back

__all__ = ["world"]


def test_what_a_prepared_run_will_take_is_promised_to_nobody_else(world):
    """Two settlements of 70.00, of which corrections have left 10.00 in all."""
    first = world.dealers[0]
    agreed(
        world.program, first, code="b-1", period="month", terms={"bands": bands((0, "10"))},
        said={"method": "bank_transfer", "grace_days": 0},
    )  # fmt: skip
    clock.advance(at=BEFORE)
    back = taken_back(first, "650.00", at("2026-02-03"), of="P-D-1", document="R-1")
    accepted(back, as_of=at("2026-02-03"))
    clock.advance(at=at("2026-03-01 09:00"))
    waiting = Statement.objects.filter(account=first).exclude(state="approved")
    for statement in waiting.order_by("upto", "number"):
        answering.accept_statement(statement=statement, actor=PARTNER, now=NOW)
        settling.approve_statement(statement=statement, actor=CHECKER, now=NOW)
    assert wallets(world) == [10_00, 30_00]
    older, newer = Settlement.objects.filter(account=first, amount__gt=0).order_by("approved_at")
    # The newest gives first: the older one may be in a run already.
    assert (older.left, newer.state) == (10_00, "set_off")
    about = {"execute_on": TODAY, "today": TODAY, "actor": world.ann.actor, "now": NOW}
    with pytest.raises(CannotPay, match="None of these"):
        paying.prepare(settlement_ids={newer.pk}, **about)
    run = paying.prepare(settlement_ids={older.pk}, **about)
    assert run.total == 10_00
    [left] = paying.due(actor=world.ann.actor, now=NOW)
    assert left.settlement.account == world.dealers[1]
    approved(world, run)
    assert wallets(world) == [0, 30_00]
    assert violations(world.tenant) == []


def test_what_cannot_be_paid_crowds_nobody_out(world, monkeypatch):
    """Of two the list shows one: the older has no bank details that may be paid to yet."""
    banking.enter(account_id=world.dealers[0].pk, holder="D", iban=GERMAN, bic="", actor=PARTNER,
                  now=NOW)  # fmt: skip
    monkeypatch.setattr(paying, "MOST", 1)
    [shown] = paying.due(actor=world.ann.actor, now=NOW)
    assert (shown.settlement.account, shown.why_not) == (world.dealers[1], "")
    assert prepared(world).total == 30_00
    [left] = paying.due(actor=world.ann.actor, now=NOW)
    assert left.settlement.account == world.dealers[0]


def test_the_file_stays_whatever_is_renamed_and_sealed_anew(world, settings):
    run = approved(world, prepared(world))
    before = paying.take_file(run_id=run.pk, tenant=world.tenant, actor=world.ann.actor, now=NOW)
    agreement = Settlement.objects.first().statement.agreement
    about = {"actor": world.ann.actor, "now": NOW}
    drafting.change_agreement(agreement=agreement, changes={"name": "Called otherwise"}, **about)
    settings.SEALING_KEYS = ["a new key of forty characters or more ..", *settings.SEALING_KEYS]
    assert [banking.reseal(limit=2) for _ in range(3)] == [2, 1, 0]
    settings.SEALING_KEYS = settings.SEALING_KEYS[:1]  # the old one is dropped
    assert paying.take_file(run_id=run.pk, tenant=world.tenant, **about) == before
    assert banking.iban_of(banking.current(world.dealers[1].pk)) == DUTCH


@pytest.mark.usefixtures("committed")
def test_bank_details_of_all_tenants_are_sealed_anew_by_a_command(settings):
    with transaction.atomic():
        tenants = [TenantFactory(slug=slug) for slug in ("one", "two")]
    for tenant in tenants:
        with tenant_scope(tenant.pk), transaction.atomic():
            banking.enter(account_id=None, holder="H", iban=GERMAN, bic="", actor="s", now=NOW)
    settings.SEALING_KEYS = ["a new key of forty characters or more ..", *settings.SEALING_KEYS]
    said = StringIO()
    call_command("reseal_bank_details", stdout=said)
    call_command("reseal_bank_details", stdout=said)
    assert said.getvalue().splitlines() == [
        "2 bank details sealed anew.",
        "0 bank details sealed anew.",
    ]
