"""Reads of the ledger that several faces share. Amounts are whole units; instants are UTC."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from accounts.models import Enrollment, Member
from accounts.postgres.arrays import uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from rewards.closing import TAKEN_BY, is_open
from rewards.models import Entry, Lot, LotState, Redemption, Unit, Wallet


@dataclass(frozen=True, slots=True)
class Due:
    """Units that become available, or expire, at one instant."""

    at: datetime
    amount: int


def account_wallets(*, program_id: UUID, account_id: UUID) -> dict[str, Wallet]:
    """The account's own wallets in a program, by unit; a unit without a movement has none."""
    wallets = Wallet.objects.filter(program_id=program_id, account_id=account_id, member=None)
    return {wallet.unit: wallet for wallet in wallets}


def wallets_for(*, program_id: UUID, member: Member) -> dict[UUID | None, dict[str, Wallet]]:
    """What a person looks at in a program: their account's wallets (None) and their own (by their
    id), each by unit, in one query."""
    found: dict[UUID | None, dict[str, Wallet]] = {None: {}, member.pk: {}}
    for wallet in Wallet.objects.filter(
        Q(member=None) | Q(member=member), program_id=program_id, account_id=member.account_id
    ):
        found[wallet.member_id][wallet.unit] = wallet
    return found


def wallets_of(account_id: UUID) -> dict[tuple[UUID, str], Wallet]:
    """The account's own wallets in all programs, by program and unit."""
    wallets = Wallet.objects.filter(account_id=account_id, member=None)
    return {(wallet.program_id, wallet.unit): wallet for wallet in wallets}


def open_lots_of(wallet_id: UUID | OuterRef) -> QuerySet[Lot]:
    return Lot.objects.filter(is_open(), tenant_id=current_tenant_id(), wallet_id=wallet_id)


def expiring(wallet: Wallet, *, limit: int) -> list[Due]:
    """What expires next, by instant, soonest first."""
    return _grouped(
        open_lots_of(wallet.id).filter(state=LotState.ACTIVE, expires_at__isnull=False),
        by="expires_at",
        limit=limit,
    )


def expiring_of(wallets: Iterable[Wallet], *, limit: int) -> dict[UUID, list[Due]]:
    """What expires next in each of some wallets, in one query."""
    lots = Lot.objects.filter(
        is_open(),
        tenant_id=current_tenant_id(),
        wallet_id__in=[wallet.id for wallet in wallets],
        state=LotState.ACTIVE,
        expires_at__isnull=False,
    )
    rows = lots.values_list("wallet_id", "expires_at").annotate(amount=Sum("remaining"))
    found: dict[UUID, list[Due]] = defaultdict(list)
    for wallet_id, at, amount in rows.order_by("expires_at"):
        if len(found[wallet_id]) < limit:
            found[wallet_id].append(Due(at=at, amount=amount))
    return found


@dataclass(frozen=True, slots=True)
class Expired:
    """What expired at one instant and could be reinstated: the entry that let it expire."""

    entry_id: UUID
    at: datetime
    amount: int


def expired_lately(wallet: Wallet, *, limit: int) -> list[Expired]:
    """The last expiries of a wallet of which something has not been reinstated yet."""
    values = {"tenant": current_tenant_id(), "wallet": wallet.id, "limit": limit}
    return [Expired(*row) for row in run(_EXPIRED_LATELY, values)]


_EXPIRED_LATELY = f"""
SELECT e.id, e.occurred_at, sum(taken.amount)::bigint
FROM rewards_entry e
CROSS JOIN LATERAL ({TAKEN_BY}) taken
WHERE e.tenant_id = %(tenant)s AND e.wallet_id = %(wallet)s AND e.kind = 'expire'
  AND taken.amount > 0
  AND NOT EXISTS (
      SELECT FROM rewards_entry again
      WHERE again.tenant_id = e.tenant_id AND again.cause = taken.back
        AND again.wallet_id = e.wallet_id AND again.kind = 'adjust')
GROUP BY e.id, e.occurred_at
ORDER BY e.occurred_at DESC, e.id DESC LIMIT %(limit)s
"""  # noqa: S608


def own_points(enrollment: Enrollment) -> Wallet | None:
    """The account's own points wallet in the program it is enrolled in."""
    return account_wallets(program_id=enrollment.program_id, account_id=enrollment.account_id).get(
        Unit.POINTS
    )


def clearing(wallet: Wallet, *, limit: int) -> list[Due]:
    """What becomes available next, by instant, soonest first."""
    pending = open_lots_of(wallet.id).filter(state=LotState.PENDING)
    return _grouped(pending, by="activates_at", limit=limit)


def _grouped(lots: QuerySet[Lot], *, by: str, limit: int) -> list[Due]:
    rows = lots.values_list(by).annotate(amount=Sum("remaining")).order_by(by)
    return [Due(at=at, amount=amount) for at, amount in rows[:limit]]


def entries() -> QuerySet[Entry]:
    """Entries with what their reasons need, newest first."""
    return Entry.objects.select_related(
        "wallet",
        "activity__product",
        "activity__reverses__product",
        "rule_version__rule",
        "tier",
        "lot",
    ).order_by("-occurred_at", "-id")


def last_entries(wallets: Iterable[Wallet], *, limit: int, where: Q | None = None) -> list[Entry]:
    """The newest entries of some wallets together, without reading the rest of their ledgers; of
    those for which `where` holds."""
    newest = (
        Entry.objects.filter(where or Q(), wallet_id=OuterRef("pk"))
        .order_by("-occurred_at", "-id")
        .values("id")[:limit]
    )
    ids = Wallet.objects.filter(pk__in=[wallet.pk for wallet in wallets]).values_list(
        ArraySubquery(newest), flat=True
    )
    found = entries().filter(id__in=[entry_id for few in ids for entry_id in few])
    return list(found[:limit])


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """A page of one wallet's ledger, newest first: each entry with what was available after it.

    `older` and `newer` are the entries to read on from, None where the ledger ends.
    """

    lines: list[tuple[Entry, int]]
    older: UUID | None
    newer: UUID | None


class NoSuchEntry(LookupError):
    """The entry to read on from is not in this wallet."""


def ledger_page(
    wallet: Wallet,
    *,
    since: datetime | None,
    until: datetime | None,
    older_than: UUID | None,
    newer_than: UUID | None,
    size: int,
    words: str = "",
) -> LedgerPage:
    """Entries that occurred in [since, until), reading on from an entry, in a constant number of
    queries however long the ledger is; with `words` only those about an order, a product or a
    reward whose name has them."""
    wanted = entries().filter(wallet_id=wallet.id)
    wanted = wanted.filter(_about(wallet, words)) if words else wanted
    wanted = wanted.filter(occurred_at__gte=since) if since else wanted
    wanted = wanted.filter(occurred_at__lt=until) if until else wanted
    backwards = newer_than is not None
    start = older_than or newer_than
    if start:
        wanted = wanted.filter(_beyond(_of_wallet(wallet, start), newer=backwards))
    if backwards:
        wanted = wanted.order_by("occurred_at", "id")
    found = list(wanted[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    return LedgerPage(
        lines=_with_balances(wallet, found),
        older=found[-1].id if found and (more or backwards) else None,
        newer=found[0].id if found and (more if backwards else start is not None) else None,
    )


def _of_wallet(wallet: Wallet, entry_id: UUID) -> Entry:
    entry = Entry.objects.filter(wallet_id=wallet.id, id=entry_id).first()
    if entry is None:
        raise NoSuchEntry(entry_id)
    return entry


def _beyond(entry: Entry, *, newer: bool) -> Q:
    """Entries before or behind `entry` in the order of a ledger; the first part finds the index."""
    at, identifier = entry.occurred_at, entry.id
    if newer:
        return Q(occurred_at__gte=at) & (Q(occurred_at__gt=at) | Q(id__gt=identifier))
    return Q(occurred_at__lte=at) & (Q(occurred_at__lt=at) | Q(id__lt=identifier))


def _about(wallet: Wallet, words: str) -> Q:
    """What a movement is about: its fact, or the redemption that caused it."""
    redeemed = Redemption.objects.filter(
        account_id=wallet.account_id, reward__name__icontains=words
    )
    return (
        Q(activity__external_id__icontains=words)
        | Q(activity__product__name__icontains=words)
        | Q(activity__product__sku__icontains=words)
        | Q(cause__in=redeemed.values("id"))
    )


def _with_balances(wallet: Wallet, shown: list[Entry]) -> list[tuple[Entry, int]]:
    """What was available right after each entry: the wallet's balance less all that came later,
    what is not shown included. The ledger is read no further back than the oldest that is."""
    if not shown:
        return []
    values = {
        "tenant": current_tenant_id(),
        "wallet": wallet.id,
        "oldest": shown[-1].occurred_at,
        "shown": uuids(entry.id for entry in shown),
    }
    balances = dict(run(_BALANCES, values))
    return [(entry, balances[entry.id]) for entry in shown]


_BALANCES = """
SELECT ledger.id, ledger.balance
FROM (
    SELECT e.id, w.available - coalesce(sum(e.available) OVER (
               ORDER BY e.occurred_at DESC, e.id DESC
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint AS balance
    FROM rewards_wallet w
    JOIN rewards_entry e ON e.tenant_id = w.tenant_id AND e.wallet_id = w.id
    WHERE w.tenant_id = %(tenant)s AND w.id = %(wallet)s AND e.occurred_at >= %(oldest)s
) ledger
WHERE ledger.id = ANY (%(shown)s::uuid[])
"""


def outstanding(*, program_id: UUID, unit: Unit) -> dict[str, int]:
    """Available, pending and reserved units of a program, summed over its wallets."""
    return Wallet.objects.filter(program_id=program_id, unit=unit).aggregate(
        available=Coalesce(Sum("available"), Value(0)),
        pending=Coalesce(Sum("pending"), Value(0)),
        reserved=Coalesce(Sum("reserved"), Value(0)),
    )
