"""What of approved settlements can leave a wallet: later corrections may have taken some back."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, Sum

from rebates.models import Payment, PaymentState, Settlement, SettlementState
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


def money_wallet(settlement: Settlement) -> UUID:
    """Where the settlement's money is; opened where nothing was ever accrued."""
    wallets = ledger.open_wallets(
        account_id=settlement.account_id,
        program_id=settlement.statement.agreement.program_id,
        unit=Unit.MONEY,
        member_ids=[None],
    )
    return wallets[None]


def payable(settlements: Sequence[Settlement]) -> dict[UUID, int]:
    """For each settlement, in their order, what it may take of what the account has available and
    no run that waits for approval is going to take."""
    left = {
        (one.account_id, one.program_id): max(one.available, 0)
        for one in Wallet.objects.filter(
            account_id__in={one.account_id for one in settlements}, unit="money", member=None
        )
    }
    promised = (
        Payment.objects.filter(
            state=PaymentState.PREPARED, account_id__in={one.account_id for one in settlements}
        )
        .order_by()
        .values_list("account_id", "settlement__statement__agreement__program_id")
        .annotate(Sum("amount"))
    )
    for account_id, program_id, amount in promised:
        key = (account_id, program_id)
        left[key] = max(left.get(key, 0) - amount, 0)
    found = {}
    for one in settlements:
        key = (one.account_id, one.statement.agreement.program_id)
        amount = min(one.amount, left.get(key, 0))
        left[key] = left.get(key, 0) - amount
        found[one.pk] = amount
    return found
