"""What partner programs give: a credit with a reason and a permanent identity, and what is taken
back of it. Two people have looked at it where the program that gives it says so."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext

from accounts.models import Enrollment, Program, Tenant
from accounts.tenancy import current_tenant_id
from rewards import ledger, payouts
from rewards.expiry import expires_at
from rewards.models import Award, Recall, Unit

LONGEST_REASON = 300
GIVEN = (Unit.POINTS, Unit.MONEY)


class CannotAward(ValueError):
    """Its text says what stands in the way; nothing moved."""


class OtherAward(CannotAward):
    """The same identity has given something else before."""


class NotEnrolled(CannotAward):
    """The account takes no part in the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be given; see `rewards.models.Award`."""

    program_id: UUID
    account_id: UUID
    unit: str
    amount: int
    reason: str
    member_id: UUID | None = None
    activates_at: datetime | None = None


def give(wanted: Wanted, *, identity: UUID, actor: str, now: datetime) -> Award:
    """Give it, once for ever under its identity; points expire by the program's policy, counted
    from when they can be used. Points are given as facts earn them, whether or not the books add
    up; money, which a decision puts into somebody's hands, is not while payouts are stopped.

    Raises CannotAward, OtherAward for other content, and `rewards.payouts.PayoutsStopped`.
    """
    with transaction.atomic():
        wallet_id = _wallet(wanted.program_id, wanted.account_id, wanted.member_id, wanted.unit)
        earlier = Award.objects.filter(pk=identity).first()
        if earlier is not None:
            _refuse_other(earlier, wanted)
            return earlier
        _refuse_nonsense(wanted)
        if wanted.unit == Unit.MONEY:
            payouts.refuse_if_stopped()
        said = asdict(wanted) | {"reason": wanted.reason[:LONGEST_REASON]}
        made = Award.objects.create(id=identity, given_at=now, given_by=actor, **said)
        gift = ledger.Gift(made.pk, made.amount, now, _expiry(wanted, now))
        activates_at = made.activates_at
        ledger.award(wallet_id=wallet_id, gift=gift, activates_at=activates_at, actor=actor, at=now)
    return made


def take_back(
    award_id: UUID, *, amount: int, reason: str, identity: UUID, actor: str, now: datetime
) -> Recall:
    """Take back `amount` of an award, once for ever under its identity. What is spent already
    becomes a debt; what has expired meanwhile is gone and not taken again. Raises CannotAward for
    more than is left of it."""
    with transaction.atomic():
        award = Award.objects.get(pk=award_id)
        # The wallet's lock says who comes first: of two that take back, the second sees the first.
        wallet_id = _wallet(award.program_id, award.account_id, award.member_id, award.unit)
        earlier = Recall.objects.filter(pk=identity).first()
        if earlier is not None:
            return earlier
        if not 0 < amount <= left_of(award):
            raise CannotAward(
                gettext("%(amount)s cannot be taken back: %(left)s are left of it.")
                % {"amount": amount, "left": left_of(award)}
            )
        taken = ledger.recall(
            wallet_id=wallet_id,
            awarded=award.pk,
            amount=amount,
            cause=identity,
            actor=actor,
            at=now,
        )
        return Recall.objects.create(
            id=identity,
            award=award,
            amount=amount,
            taken=taken,
            reason=reason[:LONGEST_REASON],
            recalled_at=now,
            recalled_by=actor,
        )


def left_of(award: Award) -> int:
    """What was not taken back yet."""
    return award.amount - (award.recalls.aggregate(sum=Sum("amount"))["sum"] or 0)


def _wallet(program_id: UUID, account_id: UUID, member_id: UUID | None, unit: str) -> UUID:
    wallets = ledger.open_wallets(
        account_id=account_id, program_id=program_id, unit=unit, member_ids=[member_id]
    )
    return wallets[member_id]


def _refuse_other(earlier: Award, wanted: Wanted) -> None:
    said = asdict(wanted) | {"reason": wanted.reason[:LONGEST_REASON]}
    del said["activates_at"]  # counted from when it was given first
    if any(getattr(earlier, name) != value for name, value in said.items()):
        raise OtherAward(gettext("Another award was given under this identity before."))


def _refuse_nonsense(wanted: Wanted) -> None:
    if wanted.unit not in GIVEN or wanted.amount <= 0 or not wanted.reason.strip():
        raise CannotAward(gettext("An award is an amount of points or money, for a reason."))
    if not Enrollment.objects.filter(
        account_id=wanted.account_id, program_id=wanted.program_id
    ).exists():
        raise NotEnrolled(gettext("The account is not enrolled in this program."))


def _expiry(wanted: Wanted, now: datetime) -> datetime | None:
    """Money never expires."""
    if wanted.unit != Unit.POINTS:
        return None
    tenant = Tenant.objects.get(pk=current_tenant_id())
    policy = Program.objects.values_list("points_expiry", flat=True).get(pk=wanted.program_id)
    return expires_at(
        policy,
        occurred_at=wanted.activates_at or now,
        zone=tenant.zone,
        fiscal_year_starts=tenant.fiscal_year_starts,
    )
