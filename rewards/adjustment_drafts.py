"""What an adjustment is to do, and writing it down as a draft: nothing moves yet."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext

from accounts.models import Enrollment
from rewards import ledger
from rewards.models import Adjustment, AdjustmentAction, Unit, Wallet
from rewards.queries import open_lots_of

# What each action may be told besides its amount; an amount is told where none is found.
TAKES: dict[str, tuple[str, ...]] = {
    AdjustmentAction.CREDIT: ("amount", "expires_at"),
    AdjustmentAction.DEBIT: ("amount", "into_debt"),
    AdjustmentAction.EXTEND: ("expiring_at", "expires_at"),
    AdjustmentAction.REINSTATE: ("expired_by_id", "expires_at"),
}


class AdjustmentRefused(ValueError):
    """Its text says to a person what is wrong; nothing moved."""


class AdjustmentConflict(AdjustmentRefused):
    """The same identity was drafted before with other content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an adjustment is to do; see `rewards.models.Adjustment`.

    An extension and a reinstatement find their amount themselves.
    """

    program_id: UUID
    account_id: UUID
    action: str
    reason: str
    member_id: UUID | None = None
    amount: int = 0
    expires_at: datetime | None = None
    expiring_at: datetime | None = None
    expired_by_id: UUID | None = None
    into_debt: bool = False


def draft(wanted: Wanted, *, identity: UUID, actor: str, now: datetime) -> Adjustment:
    """Write down what is wanted, without moving anything.

    The same identity with the same content is answered with the first draft. Raises
    AdjustmentRefused, and AdjustmentConflict for other content.
    """
    with transaction.atomic():
        earlier = Adjustment.objects.filter(pk=identity).first()
        if earlier is not None:
            _refuse_other_content(earlier, wanted, actor)
            return earlier
        _refuse_nonsense(wanted, now=now)
        amount = _amount_of(wanted)
        if amount <= 0:
            raise AdjustmentRefused(gettext("There is nothing to adjust: the amount is zero."))
        fields = asdict(wanted) | {"amount": amount, "reason": wanted.reason.strip()}
        return Adjustment.objects.create(id=identity, drafted_by=actor, drafted_at=now, **fields)


def wallet_for(wanted: Wanted | Adjustment) -> Wallet | None:
    return Wallet.objects.filter(
        account_id=wanted.account_id,
        program_id=wanted.program_id,
        member_id=wanted.member_id,
        unit=Unit.POINTS,
    ).first()


def _refuse_other_content(earlier: Adjustment, wanted: Wanted, actor: str) -> None:
    content = asdict(wanted) | {"reason": wanted.reason.strip()}
    finds_amount = wanted.action in (AdjustmentAction.EXTEND, AdjustmentAction.REINSTATE)
    if finds_amount and not wanted.amount:
        del content["amount"]
    is_same = earlier.drafted_by == actor and all(
        getattr(earlier, name) == value for name, value in content.items()
    )
    if not is_same:
        raise AdjustmentConflict(
            gettext("Another adjustment was drafted under this identity before.")
        )


def _refuse_nonsense(wanted: Wanted, *, now: datetime) -> None:
    if wanted.action not in AdjustmentAction.values:
        raise AdjustmentRefused(
            gettext("There is no adjustment “%(action)s”.") % {"action": wanted.action}
        )
    _refuse_strange_terms(wanted)
    if not wanted.reason.strip():
        raise AdjustmentRefused(gettext("Say why: the reason stays with the points for ever."))
    if not Enrollment.objects.filter(
        account_id=wanted.account_id, program_id=wanted.program_id
    ).exists():
        raise AdjustmentRefused(gettext("The account is not enrolled in this program."))
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise AdjustmentRefused(gettext("The new expiry has to be in the future."))
    if wanted.action == AdjustmentAction.EXTEND and (
        wanted.expiring_at is None
        or wanted.expires_at is None
        or wanted.expires_at <= wanted.expiring_at
    ):
        raise AdjustmentRefused(gettext("An extension names an expiry and a later day."))
    if wanted.action == AdjustmentAction.REINSTATE and wanted.expired_by_id is None:
        raise AdjustmentRefused(gettext("Say which expiry is to be reinstated."))


def _refuse_strange_terms(wanted: Wanted) -> None:
    """What an action does not do is not silently left undone."""
    told = {name for names in TAKES.values() for name in names if getattr(wanted, name)}
    strange = sorted(told - {*TAKES[wanted.action]})
    if strange:
        label = AdjustmentAction(wanted.action).label.lower()
        raise AdjustmentRefused(
            gettext("“%(field)s” means nothing to: %(label)s.")
            % {"field": strange[0].removesuffix("_id"), "label": label}
        )


def _amount_of(wanted: Wanted) -> int:
    if wanted.action in (AdjustmentAction.CREDIT, AdjustmentAction.DEBIT):
        return wanted.amount
    wallet = wallet_for(wanted)
    if wallet is None:
        return 0
    if wanted.action == AdjustmentAction.EXTEND:
        lots = open_lots_of(wallet.id).filter(expires_at=wanted.expiring_at)
        return lots.aggregate(sum=Sum("remaining"))["sum"] or 0
    if wanted.expired_by_id is None:
        return 0
    expired = ledger.reinstatable(wallet_id=wallet.id, expired_by=wanted.expired_by_id)
    return sum(amount for _, amount, _ in expired)
