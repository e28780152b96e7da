"""The words in which the ledger's stories are told: facts in, entries and wallets out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from accounts.facts import Fact
from accounts.invariants import Invariant
from accounts.models import Account, Program, Tenant
from loyalty.books import verify
from rewards.closing import is_open
from rewards.intake import Outcome, take_in
from rewards.models import Entry, Lot, Wallet

NEW_YORK = ZoneInfo("America/New_York")
LONDON = ZoneInfo("Europe/London")


def at(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    """The UTC instant of a local time such as "2026-03-31 23:30"; noon for a mere date."""
    local = datetime.fromisoformat(text if ":" in text else f"{text} 12:00")
    return local.replace(tzinfo=zone).astimezone(UTC)


def cents(amount: str) -> int:
    return int(Decimal(amount) * 100)


def purchase(account: Account, amount: str, when: datetime, document: str = "", **more) -> Fact:
    """A purchase of `amount` in dollars."""
    return Fact(
        account=account.number,
        kind=more.pop("kind", "purchase"),
        external_id=document or f"INV-{account.number}-{when:%Y%m%d%H%M}",
        line=more.pop("line", "1"),
        occurred_at=when,
        amount=cents(amount),
        quantity=Decimal(more.pop("quantity", 1)),
        product=more.pop("product", ""),
        attributes=more.pop("attributes", None),
        reverses=more.pop("reverses", None),
        member=more.pop("member", ""),
    )


def taken_back(
    account: Account, amount: str, when: datetime, *, of: str, document: str, **more
) -> Fact:
    """A return of `amount` in dollars out of the document `of`."""
    line = more.get("line", "1")
    return purchase(account, amount, when, document, kind="return", reverses=(of, line), **more)


def take(*facts: Fact, as_of: datetime, source: str = "erp") -> list[Outcome]:
    return take_in(facts, source=source, actor="system", as_of=as_of)


def accepted(*facts: Fact, as_of: datetime, source: str = "erp") -> list[Outcome]:
    outcomes = take(*facts, as_of=as_of, source=source)
    assert [(outcome.status, outcome.reason) for outcome in outcomes] == [("accepted", "")] * len(
        facts
    )
    return outcomes


def granted(outcomes: Sequence[Outcome]) -> list[list[tuple[str, int, int]]]:
    """(rule, points it wished, points given) of each outcome."""
    return [
        [(one.rule, one.desired, one.granted) for one in outcome.grants] for outcome in outcomes
    ]


def wallet_of(account: Account, program: Program, unit: str = "points") -> Wallet:
    return Wallet.objects.get(account=account, program=program, unit=unit)


def entries_of(account: Account, *kinds: str, document: str = "") -> Sequence[Entry]:
    found = Entry.objects.filter(wallet__account=account, wallet__unit="points")
    if kinds:
        found = found.filter(kind__in=kinds)
    if document:
        found = found.filter(activity__external_id=document)
    return list(found.order_by("id"))


def open_lots(account: Account) -> list[tuple[int, int]]:
    """(amount, remaining) of the account's open point lots, oldest first."""
    lots = Lot.objects.filter(
        is_open(),
        tenant_id=account.tenant_id,
        wallet__account=account,
        wallet__unit="points",
    )
    return list(lots.order_by("earned_at", "entry_id").values_list("amount", "remaining"))


def wrong(tenant: Tenant) -> set[str]:
    """What the books find, but for what they say because the story's own tenant is open."""
    found = {one.invariant.claim for one in verify([tenant.id]) if one.violations}
    return found - {"without an open tenant no row is visible"}


def each_is_found(tenant: Tenant, invariants: Sequence[Invariant], damage: Sequence[str]) -> None:
    """Each damage, done alone, is found by its invariant; undone, by none."""
    for invariant, statement in zip(invariants, damage, strict=True):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            assert invariant.claim in wrong(tenant), statement
            transaction.set_rollback(True)
    assert wrong(tenant) == set()
