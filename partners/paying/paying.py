"""Money of awards is paid: by a transfer, with the wages, in the tenant's own books.

What is kept is how much, when, how and under which reference; and that it left the wallet. By
somebody else than who gave it: one has looked at the sale or the referral, another pays.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import record
from accounts.hands import accounts_of, hands_of
from accounts.ids import uuid7
from partners.models import AwardPayment, PaidThrough
from partners.paying.owing import owed
from rewards import ledger
from rewards.models import Award, Unit, Wallet
from rewards.payouts import are_stopped

LONGEST_REFERENCE = 80
EARLIEST = timedelta(days=366)  # before today; an earlier day is a slip of the pen
_OTHER = gettext_lazy("This came before with other content. Nothing was changed.")


class CannotPay(ValueError):
    """Its text says what stands in the way, in `field` where it is one; nothing moved."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class OtherPayment(ValueError):
    """The same key has paid something else before; nothing moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What was paid out of a wallet of money; see AwardPayment. `amount` is what has been paid, not
    what there is: more may have come meanwhile."""

    wallet_id: UUID
    amount: int
    paid_through: str
    paid_on: date
    reference: str
    key: str
    by: str


def pay(paid: Paid, *, today: date, now: datetime) -> AwardPayment:
    """Take it out of the wallet, once for its key. Raises CannotPay: for more than is owed, for
    one's own account, for who gave any of the holder's money, and while payouts are stopped; and
    OtherPayment."""
    reference = _checked(paid, today=today)
    with transaction.atomic():
        made = _drafted(paid, _locked(paid.wallet_id), reference=reference, now=now)
        if earlier := _earlier(made):
            return earlier
        _refuse(made, paid.wallet_id)
        ledger.spend(
            wallet_id=paid.wallet_id,
            amount=made.amount,
            cause=made.pk,
            actor=made.paid_by,
            occurred_at=now,
            recorded_at=now,
        )
        _keep(made)
        _tell(made)
    return made


def why_not_by(whose: Wallet | AwardPayment, by: str) -> str:
    """Why it is not this person who pays the holder; "" where it may be."""
    hands = hands_of(by)
    if whose.account_id in accounts_of(hands):
        return _("You belong to this account: somebody else pays.")
    holder = {"account": whose.account_id, "member": whose.member_id}
    given = Award.objects.filter(program=whose.program_id, unit=Unit.MONEY, given_by__in=hands)
    if given.filter(**holder).exists():
        return _("You approved some of it: somebody else pays.")
    return ""


def _checked(paid: Paid, *, today: date) -> str:
    """The reference, tidied. Raises CannotPay."""
    reference = " ".join(paid.reference.split())
    if not reference or len(reference) > LONGEST_REFERENCE or not reference.isprintable():
        said = _("Give the reference of the payment, in at most 80 characters.")
        raise CannotPay(said, "reference")
    if paid.paid_through not in PaidThrough.values:
        raise CannotPay(_("Say how it was paid."), "paid_through")
    if not today - EARLIEST <= paid.paid_on <= today:
        raise CannotPay(_("Choose a day from the last year to today."), "paid_on")
    if paid.amount <= 0:
        raise CannotPay(_("Nothing is to be paid."))
    return reference


def _locked(wallet_id: UUID) -> Wallet:
    """Locked, the account first: of two that pay at once, the second sees what the first left.
    Raises Wallet.DoesNotExist."""
    rows = Wallet.objects.select_related("account", "member", "program")
    wallet = rows.get(pk=wallet_id, unit=Unit.MONEY)
    ledger.open_wallets(
        account_id=wallet.account_id,
        program_id=wallet.program_id,
        unit=wallet.unit,
        member_ids=[wallet.member_id],
    )
    return wallet


def _drafted(paid: Paid, wallet: Wallet, *, reference: str, now: datetime) -> AwardPayment:
    return AwardPayment(
        id=uuid7(),
        program=wallet.program,
        account=wallet.account,
        member=wallet.member,
        amount=paid.amount,
        paid_through=paid.paid_through,
        paid_on=paid.paid_on,
        reference=reference,
        paid_at=now,
        paid_by=paid.by,
        request_key=paid.key,
    )


def _refuse(made: AwardPayment, wallet_id: UUID) -> None:
    """Raises CannotPay."""
    wallet = owed(now=made.paid_at).filter(pk=wallet_id).first()
    if why_not := why_not_by(made, made.paid_by):
        raise CannotPay(why_not)
    if are_stopped():
        raise CannotPay(_("Payouts are stopped until the books add up again."))
    if wallet is None or made.amount > wallet.owed:
        raise CannotPay(_("There is less than that to be paid meanwhile. Look at it again."))


def _earlier(made: AwardPayment) -> AwardPayment | None:
    """What this key paid before. Raises OtherPayment when it was something else."""
    rows = AwardPayment.objects.select_related("account", "member", "program")
    earlier = rows.filter(paid_by=made.paid_by, request_key=made.request_key).first()
    if earlier is None:
        return None
    holder = ("account_id", "member_id", "program_id")
    said = (*holder, "amount", "paid_through", "paid_on", "reference")
    if any(getattr(earlier, name) != getattr(made, name) for name in said):
        raise OtherPayment(_OTHER)
    return earlier


def _keep(made: AwardPayment) -> None:
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        if "award_paid_once" not in str(error):
            raise
        # The key came at the same time for another account, which nobody here waits for.
        raise OtherPayment(_OTHER) from None


def _tell(made: AwardPayment) -> None:
    record(
        kind="award.paid",
        occurred_at=made.paid_at,
        recorded_at=made.paid_at,
        actor=made.paid_by,
        subject=f"award_payment:{made.pk}",
        account_id=made.account_id,
        payload={
            "program": str(made.program_id),
            "account": made.account.name,
            "member": str(made.member_id) if made.member_id else None,
            "person": made.member.name if made.member else "",
            "amount": made.amount,
            "paid_through": made.paid_through,
            "paid_on": made.paid_on.isoformat(),
            "reference": made.reference,
        },
    )
