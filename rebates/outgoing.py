"""What of approved settlements can leave a wallet: later corrections may have taken some off.

The wallet may hold money of awards as well, which no settlement draws on: of each at most what is
left of it leaves.
"""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from django.db.models import BigIntegerField, Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Least
from django.utils.translation import gettext as _

from rebates.models import Credit, Payment, PaymentState, Settlement, SettlementState
from rewards import ledger
from rewards.models import Unit, Wallet

TO_PAY = (SettlementState.APPROVED, SettlementState.RETURNED)


def filled() -> Exists:
    """Of settlements of which something is left: whether their wallet has anything to pay it from.
    Money of awards beside it is no matter: only a debt for awards leaves less than is due."""
    return Exists(
        Wallet.objects.filter(
            account=OuterRef("account"),
            program=OuterRef("statement__agreement__program"),
            unit=Unit.MONEY,
            member=None,
            available__gt=0,
        )
    )


def handed_over(settlements: QuerySet[Settlement]) -> QuerySet[Settlement]:
    """The same with what has left the wallet for each, `transferred` or `credited`, and with what
    is in the wallet (`held`; below zero it is a debt)."""
    same = {"settlement": OuterRef("pk")}
    sent = Payment.objects.filter(**same, state__in=(PaymentState.SENT, PaymentState.PAID))
    wallet = Wallet.objects.filter(
        account=OuterRef("account"),
        program=OuterRef("statement__agreement__program"),
        unit=Unit.MONEY,
        member=None,
    )
    credits = Credit.objects.filter(**same)
    whole = BigIntegerField()
    return settlements.annotate(
        transferred=Coalesce(Subquery(sent.values("amount")), 0, output_field=whole),
        credited=Coalesce(Subquery(credits.values("amount")), 0, output_field=whole),
        held=Coalesce(Subquery(wallet.values("available")), 0, output_field=whole),
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


# Of payments: what is left of their settlements.
_LEFT = F("settlement__amount") - F("settlement__set_off")


def payable(settlements: Sequence[Settlement]) -> dict[UUID, int]:
    """For each settlement, in their order, what it may take of what the account has available and
    no run that waits for approval is going to take: what is left of it, unless the account is in
    debt for awards."""
    accounts = {one.account_id for one in settlements}
    waiting = Payment.objects.filter(state=PaymentState.PREPARED, account_id__in=accounts)
    promised = {
        (account_id, program_id): amount
        for account_id, program_id, amount in waiting.order_by()
        .values_list("account_id", "settlement__statement__agreement__program_id")
        .annotate(sum=Sum(Least("amount", _LEFT)))
    }
    left = {}
    for one in Wallet.objects.filter(account_id__in=accounts, unit=Unit.MONEY, member=None):
        key = (one.account_id, one.program_id)
        left[key] = max(one.available - promised.get(key, 0), 0)
    found = {}
    for one in settlements:
        key = (one.account_id, one.statement.agreement.program_id)
        amount = min(one.left, left.get(key, 0))
        left[key] = left.get(key, 0) - amount
        found[one.pk] = amount
    return found


def are_covered(payments: Collection[Payment]) -> bool:
    """Whether as much is left of their settlements as these payments, which have not gone yet,
    take. Their wallets are locked: nothing is set off meanwhile."""
    settlements = Settlement.objects.in_bulk([one.settlement_id for one in payments])
    return all(one.amount <= settlements[one.settlement_id].left for one in payments)


def why_nothing() -> str:
    """Where `payable` says 0."""
    return _("Awards were taken back from this account; nothing is left until that is made up.")
