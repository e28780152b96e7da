"""What of approved settlements can leave a wallet: later corrections may have taken some back.

The wallet may hold money of awards as well, which no settlement draws on.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Sum

from rebates.models import Credit, Payment, PaymentState, Settlement, SettlementState
from rewards import ledger
from rewards.models import Unit, Wallet

TO_PAY = (SettlementState.APPROVED, SettlementState.RETURNED)


def filled() -> Exists:
    """Of settlements: whether their wallet still has something, of theirs or of another."""
    return Exists(
        Wallet.objects.filter(
            account=OuterRef("account"),
            program=OuterRef("statement__agreement__program"),
            unit=Unit.MONEY,
            member=None,
            available__gt=0,
        )
    )


def lock_wallets(settlements: Iterable[Settlement]) -> dict[UUID, UUID]:
    """The wallet in which each settlement's money is, locked until the transaction ends: whoever
    pays or takes back first looks at what is left, and two that do both lock in this order."""
    whose = {one.pk: (one.account_id, one.statement.agreement.program_id) for one in settlements}
    wallets = {}
    for account_id, program_id in sorted(set(whose.values())):
        opened = ledger.open_wallets(
            account_id=account_id, program_id=program_id, unit=Unit.MONEY, member_ids=[None]
        )
        wallets[account_id, program_id] = opened[None]
    return {pk: wallets[key] for pk, key in whose.items()}


def payable(settlements: Sequence[Settlement]) -> dict[UUID, int]:
    """For each settlement, in their order, what it may take of what the account has available and
    no run that waits for approval is going to take."""
    accounts = {one.account_id for one in settlements}
    settled = _settled(accounts)
    promised = _sums(
        Payment.objects.filter(state=PaymentState.PREPARED, account_id__in=accounts), _OF_SETTLEMENT
    )
    left = {}
    for one in Wallet.objects.filter(account_id__in=accounts, unit=Unit.MONEY, member=None):
        key = (one.account_id, one.program_id)
        left[key] = max(min(one.available, settled[key]) - promised[key], 0)
    found = {}
    for one in settlements:
        key = (one.account_id, one.statement.agreement.program_id)
        amount = min(one.amount, left.get(key, 0))
        left[key] = left.get(key, 0) - amount
        found[one.pk] = amount
    return found


def are_covered(payments: Collection[Payment]) -> bool:
    """Whether what was settled still comes to what these payments, which have not left yet, take.
    Their wallets are locked: nothing is settled meanwhile."""
    asked: Counter[_Key] = Counter()
    for one in payments:
        asked[one.account_id, one.settlement.statement.agreement.program_id] += one.amount
    return asked <= _settled({one.account_id for one in payments})


_Key = tuple[UUID, UUID]
_OF_STATEMENT = "statement__agreement__program_id"
_OF_SETTLEMENT = f"settlement__{_OF_STATEMENT}"


def _settled(account_ids: Collection[UUID]) -> Counter[_Key]:
    """What was settled, less what has left by transfers and credits, by account and program."""
    gone = (PaymentState.SENT, PaymentState.PAID)
    whose = {"account_id__in": account_ids}
    found = _sums(Settlement.objects.filter(**whose), _OF_STATEMENT)
    found.subtract(_sums(Payment.objects.filter(state__in=gone, **whose), _OF_SETTLEMENT))
    found.subtract(_sums(Credit.objects.filter(**whose), _OF_SETTLEMENT))
    return found


def _sums(rows: QuerySet[Any], of_program: str) -> Counter[_Key]:
    sums = rows.order_by().values_list("account_id", of_program).annotate(Sum("amount"))
    return Counter({(account_id, program_id): amount for account_id, program_id, amount in sums})
