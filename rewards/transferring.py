"""Points passed on within an account: between its own wallet and its members', if allowed."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery, Sum
from django.utils.translation import gettext

from accounts.events import record
from accounts.models import Enrollment, Member
from accounts.models.directory import EnrollmentState
from accounts.models.people import PortalRole
from rewards import ledger, payouts
from rewards.correction_terms import terms_of
from rewards.models import Transfer, Unit


class TransferRefused(ValueError):
    """Its text says to a person why points were not passed on; nothing moved."""


def transfer_points(
    *,
    program_id: UUID,
    account_id: UUID,
    giver_id: UUID | None,
    taker_id: UUID | None,
    amount: int,
    command: UUID,
    reason: str,
    actor: str,
    now: datetime,
    asked_by: Member | None = None,
) -> None:
    """Pass points from one holder of an account to another; None is the account itself.

    They keep their expiry. The same `command` moves once. `asked_by` is the person of the account
    who asks, and may do so only with what `purses_of` says is theirs to give; None where the
    tenant's own people or systems ask. Raises TransferRefused.
    """
    with transaction.atomic():
        if payouts.are_stopped():
            raise TransferRefused(f"{payouts.KINDLY}.")
        _refuse_strangers(asked_by, account_id, giver_id)
        _refuse_nonsense(program_id, account_id, giver_id, taker_id, amount)
        wallets = ledger.open_wallets(
            account_id=account_id,
            program_id=program_id,
            unit=Unit.POINTS,
            member_ids=[giver_id, taker_id],
        )
        try:
            moved = ledger.transfer(
                source_id=wallets[giver_id],
                target_id=wallets[taker_id],
                amount=amount,
                command=command,
                reason=reason,
                actor=actor,
                at=now,
            )
        except ledger.NotEnough as refusal:
            available = max(refusal.available, 0)
            said = gettext("Only {count} are available to pass on.")
            raise TransferRefused(said.format(count=available)) from refusal
        except ledger.OtherTransfer as refusal:
            raise TransferRefused(
                gettext("Something else was passed on under this identity.")
            ) from refusal
        if moved:
            _tell(program_id, account_id, giver_id, taker_id, amount, reason, command, actor, now)


def purses_of(member: Member) -> list[UUID | None]:
    """Whose points a person may pass on: their own, an admin the account's (None) too."""
    if member.portal_role == PortalRole.VIEWER or not member.is_active:
        return []
    own: list[UUID | None] = [member.pk]
    return [*own, None] if member.portal_role == PortalRole.ADMIN else own


def transfers() -> QuerySet[Transfer]:
    """What was passed on, one row for each command: its first part, with the sum as `points`.

    A command that took out of several lots has written a part for each.
    """
    same = Transfer.objects.filter(command=OuterRef("command")).order_by()
    summed = same.values("command").annotate(sum=Sum("amount")).values("sum")
    first = Transfer.objects.filter(~Exists(same.filter(id__lt=OuterRef("id"))))
    return first.annotate(points=Subquery(summed)).select_related(
        "source__account", "source__program", "target"
    )


def _refuse_strangers(asked_by: Member | None, account_id: UUID, giver_id: UUID | None) -> None:
    if asked_by is None:
        return
    theirs = purses_of(asked_by) if asked_by.account_id == account_id else []
    if giver_id not in theirs:
        raise TransferRefused(
            gettext("You can pass on your own points only; an admin the account's too.")
        )


def _refuse_nonsense(
    program_id: UUID, account_id: UUID, giver_id: UUID | None, taker_id: UUID | None, amount: int
) -> None:
    if not terms_of(program_id).transfers:
        raise TransferRefused(gettext("This program does not allow points to be passed on."))
    if amount <= 0:
        raise TransferRefused(gettext("Say how many points to pass on."))
    if giver_id == taker_id:
        raise TransferRefused(gettext("Choose somebody else to pass points on to."))
    enrollments = Enrollment.objects.filter(account_id=account_id, program_id=program_id)
    state = enrollments.values_list("state", flat=True).first()
    if state is None:
        raise TransferRefused(gettext("The account is not enrolled in this program."))
    if state != EnrollmentState.ACTIVE:
        raise TransferRefused(
            gettext(
                "The account does not take part at the moment; points wait until it does again."
            )
        )
    named = {one for one in (giver_id, taker_id) if one is not None}
    if Member.objects.filter(account_id=account_id, id__in=named).count() != len(named):
        raise TransferRefused(gettext("Points are passed on within one account only."))
    if taker_id and not Member.objects.filter(id=taker_id, is_active=True).exists():
        raise TransferRefused(gettext("This person has no access any more."))


def _tell(
    program_id: UUID,
    account_id: UUID,
    giver_id: UUID | None,
    taker_id: UUID | None,
    amount: int,
    reason: str,
    command: UUID,
    actor: str,
    now: datetime,
) -> None:
    record(
        kind="points.transferred",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"transfer:{command}",
        account_id=account_id,
        payload={
            "program": str(program_id),
            "points": amount,
            "from": str(giver_id) if giver_id else None,
            "to": str(taker_id) if taker_id else None,
            "reason": reason,
        },
    )
