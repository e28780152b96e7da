"""Conflicts of a new deal among many, as a multiple of looking a deal up by its primary key."""

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from uuid import UUID

from django.db import connection, connections, transaction

from accounts.ids import uuid7s
from accounts.models import Account
from accounts.postgres.arrays import plain, uuids
from accounts.postgres.statements import run as run_statement
from accounts.tenancy import current_tenant_id, tenant_scope
from partners.deals.conflicts import conflicts_of, keep_keys
from partners.models import Deal
from partners.resemblance.comparing import Customer, keys_of
from partners.resemblance.domains import site_of
from partners.resemblance.names import words_of
from tests.benchmarks.company import open_company
from tests.partners.customers import FIRST_TRADES, SECOND_TRADES, THIRD_TRADES
from tests.partners.stories import NOON, TODAY, deal_form

DEALS = int(os.environ.get("BENCH_DEALS", "100_000"))
NEW, TIMES, LOOKS = 40, 5, 2_000
AT_ONCE = 5_000

SYLLABLES = """
    bar ko lin mer tas ven dor fal gri hel jun kas lor mon nar ost pel quin ros sil tor ul vik wen
    zan bri cor del
""".split()  # noqa: SIM905 - words read better as words


def run() -> Iterator[str]:
    """Registers DEALS deals, then checks new ones: half of them are there already, misspelled."""
    tenant = open_company("deals")
    try:
        with tenant_scope(tenant.id):
            with transaction.atomic():
                deals = _registered()
            _analyze()  # or the keys' references are checked by a plan for a table without rows
            for first in range(0, DEALS, AT_ONCE):
                with transaction.atomic():
                    _keep_keys(deals[first : first + AT_ONCE])
            _analyze()
            with transaction.atomic():
                new = _new(deals)
                wanted = [deal.pk for deal in random.Random(7).sample(deals, LOOKS)]
                found = [len(conflicts_of(deal, today=TODAY)) for deal in new]
                look = _cost(lambda pk: Deal.objects.get(pk=pk), wanted)
                check = _cost(lambda deal: conflicts_of(deal, today=TODAY), new * TIMES)
    finally:
        _remove(tenant.id)
    yield (
        f"deals: among {DEALS:,}, conflicts of a new one in {check * 1e3:.2f} ms, a deal by its "
        f"key in {look * 1e3:.2f} ms, multiple {check / look:.1f} (asked: at most 20); "
        f"{sum(map(bool, found[: NEW // 2]))} of {NEW // 2} misspelled ones found"
    )


def _cost(act: Callable, over: Sequence) -> float:
    """CPU seconds of a call, of this process and of Postgres' together: the machine may be busy."""
    started = time.process_time() + _postgres_cpu()
    for one in over:
        act(one)
    return (time.process_time() + _postgres_cpu() - started) / len(over)


def _postgres_cpu() -> float:
    """CPU seconds that our connection's process of Postgres has used so far."""
    connection.ensure_connection()
    stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text()
    used = stat.rpartition(")")[2].split()[11:13]  # in user and in kernel mode
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def _name(dice: random.Random, trades: list[str]) -> str:
    made = "".join(dice.choice(SYLLABLES) for _ in range(dice.choice((2, 3, 3)))).title()
    return f"{made} {dice.choice(trades)} {dice.choice(('GmbH', 'Ltd', 'S.A.', 'Inc.'))}"


def _registered() -> list[Deal]:
    dice, form, account = (
        random.Random(20260520),
        deal_form("bench"),
        Account.objects.earliest("number"),
    )
    trades = [*FIRST_TRADES.split(), *SECOND_TRADES.split(), *THIRD_TRADES.split()]
    deals = []
    for number, pk in enumerate(uuid7s(DEALS)):
        name = _name(dice, trades)
        site = f"{'-'.join(name.lower().split()[:2])}.com" if dice.random() < 0.6 else ""
        deals.append(
            Deal(
                id=pk, form=form, account=account, reseller=account, registered_by="system",
                registered_at=NOON, request_key=str(number), customer=name,
                core=" ".join(words_of(name)), site=site_of(site), amount=1, closes_on=TODAY,
                tax=f"DE{dice.randrange(10**9)}" if dice.random() < 0.4 else "",
                is_exclusive=True, credits="reseller",
            )
        )  # fmt: skip
    for first in range(0, DEALS, AT_ONCE):
        Deal.objects.bulk_create(deals[first : first + AT_ONCE])
    return deals


def _keep_keys(deals: list[Deal]) -> None:
    """As `conflicts.keep_keys` does for each, many at a time."""
    rows = [
        (deal.pk, key)
        for deal in deals
        for found in [keys_of(Customer(name=deal.customer, site=deal.site, tax=deal.tax))]
        for key in found.strong | found.weak
    ]
    run_statement(
        "INSERT INTO partners_dealkey (tenant_id, deal_id, key, is_live) "
        "SELECT %s, *, true FROM unnest(%s::uuid[], %s::bigint[])",
        [current_tenant_id(), uuids(deal for deal, _ in rows), plain(key for _, key in rows)],
    )


def _analyze() -> None:
    """As autovacuum does within a minute."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE partners_deal, partners_dealkey, partners_dealproduct")


def _remove(tenant_id: UUID) -> None:
    """These deals came from nowhere: the books would miss their events."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant_id)])
        for table in ("partners_dealkey", "partners_deal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [tenant_id])
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _new(deals: list[Deal]) -> list[Deal]:
    """Twenty that are there, with two letters swapped, and twenty that nobody has heard of."""
    dice = random.Random(11)
    made = []
    for known in dice.sample(deals, NEW // 2):
        place = dice.randrange(1, 4)
        name = known.customer
        made.append(name[:place] + name[place + 1] + name[place] + name[place + 2 :])
    made += [_name(dice, ["Observatories", "Lighthouses", "Cartography"]) for _ in range(NEW // 2)]
    new = []
    for number, name in enumerate(made):
        of = deals[0]
        deal = Deal(
            form_id=of.form_id, account_id=of.account_id, reseller_id=of.reseller_id,
            registered_by="system", registered_at=NOON, request_key=f"new {number}",
            customer=name, core=" ".join(words_of(name)), amount=1, closes_on=TODAY,
            is_exclusive=True, credits="reseller",
        )  # fmt: skip
        deal.save(force_insert=True)
        keep_keys(deal, Customer(name=name))
        new.append(deal)
    return new
