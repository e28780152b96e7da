"""Approving statements: what the partner accepted becomes available money, to be paid."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.hands import hands_of
from accounts.ids import uuid7
from rebates.answering import locked
from rebates.impartial import why_not_settled_by
from rebates.models import (
    LineState,
    Settlement,
    SettlementState,
    Statement,
    StatementLine,
    StatementState,
)
from rebates.setting_off import set_off
from rebates.stating import lines_of
from rewards import ledger, payouts


class CannotApprove(ValueError):
    """Its text says what stands in the way; nothing moved."""


class NeedsAnother(CannotApprove):
    def __init__(self) -> None:
        super().__init__(
            _("You prepared this statement or answer for the agreement: ask another person to "
              "approve it.")
        )  # fmt: skip


def approve_statement(*, statement: Statement, actor: str, now: datetime) -> Settlement | None:
    """Approve an accepted statement: its lines that are not disputed settle together.

    Returns the settlement; None where the lines add up to nothing. Said again, the first one is
    returned. Raises CannotApprove, NeedsAnother, `rewards.payouts.PayoutsStopped`.
    """
    with transaction.atomic():
        statement = locked(statement.pk)
        if statement.state == StatementState.APPROVED:
            return Settlement.objects.filter(statement=statement).order_by("pk").first()
        if statement.state != StatementState.ACCEPTED:
            raise CannotApprove(_("The partner has not accepted the statement yet."))
        _refuse_own(statement, actor)
        payouts.refuse_if_stopped()
        lines = _lines(statement, LineState.STATED)
        statement.state = StatementState.APPROVED
        statement.approved_by, statement.approved_at = actor, now
        statement.save(update_fields=["state", "approved_by", "approved_at"])
        return _settle(statement, lines, actor=actor, now=now)


def approve_resolved(*, statement: Statement, actor: str, now: datetime) -> Settlement | None:
    """Settle the lines of an approved statement whose disputes are over since; None where there
    are none, or they add up to nothing. Raises as `approve_statement` does."""
    with transaction.atomic():
        statement = locked(statement.pk)
        if statement.state != StatementState.APPROVED:
            raise CannotApprove(_("The statement is not approved yet."))
        _refuse_own(statement, actor)
        payouts.refuse_if_stopped()
        lines = _lines(statement, LineState.RESOLVED)
        return _settle(statement, lines, actor=actor, now=now)


def mark_paid(*, settlement: Settlement, paid: int, actor: str, now: datetime) -> Settlement:
    """The money has reached the partner: `paid` of it, which is less where corrections or awards
    took some. Said again, nothing changes."""
    return _move(settlement, SettlementState.PAID, "rebate.paid", actor=actor, now=now, paid=paid)


def mark_returned(*, settlement: Settlement, actor: str, now: datetime) -> Settlement:
    """A payment came back: the settlement is to be paid once more."""
    return _move(settlement, SettlementState.RETURNED, "rebate.returned", actor=actor, now=now)


def _move(
    settlement: Settlement, state: str, what: str, *, actor: str, now: datetime, **more: int
) -> Settlement:
    with transaction.atomic():
        found = Settlement.objects.select_for_update(of=("self",)).get(pk=settlement.pk)
        if found.state != state:
            found.state = state
            found.paid_at = now if state == SettlementState.PAID else None
            found.save(update_fields=["state", "paid_at"])
            _tell(what, found, actor=actor, now=now, **more)
    return found


def _refuse_own(statement: Statement, actor: str) -> None:
    hands, owner = hands_of(actor), statement.agreement.owner
    if statement.prepared_by in hands or (owner is not None and owner.actor in hands):
        raise NeedsAnother
    if why_not := why_not_settled_by(statement, hands):
        raise CannotApprove(why_not)


def _lines(statement: Statement, state: str) -> list[StatementLine]:
    return [line for line in lines_of([statement])[statement.pk] if line.state == state]


def _settle(
    statement: Statement, lines: Sequence[StatementLine], *, actor: str, now: datetime
) -> Settlement | None:
    """The lines together, as one settlement with its one entry in the ledger."""
    amount = sum(line.settles for line in lines)
    settlement = None
    if amount:
        settlement = Settlement.objects.create(
            id=uuid7(),
            statement=statement,
            account_id=statement.account_id,
            method=statement.version.method,
            amount=amount,
            state=SettlementState.APPROVED if amount > 0 else SettlementState.CARRIED,
            prepared_by=statement.prepared_by,
            approved_by=actor,
            approved_at=now,
        )
        ledger.settle(
            account_id=statement.account_id,
            program_id=statement.agreement.program_id,
            amount=amount,
            cause=settlement.pk,
            actor=actor,
            at=now,
        )
        _tell("rebate.approved", settlement, actor=actor, now=now)
        if set_off(settlement, actor=actor, now=now):
            settlement.refresh_from_db(fields=["set_off", "state"])
    of_their_own = [line.pk for line in lines if not line._state.adding]
    StatementLine.objects.filter(pk__in=of_their_own).update(
        state=LineState.SETTLED, settlement=settlement
    )
    return settlement


def _tell(what: str, settlement: Settlement, *, actor: str, now: datetime, **more: int) -> None:
    statement = settlement.statement
    agreement = statement.agreement
    events.record(
        kind=what,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"rebate_settlement:{settlement.pk}",
        account_id=settlement.account_id,
        payload={
            "agreement": agreement.code,
            "name": agreement.name,
            "number": statement.number,
            "upto": statement.upto.isoformat(),
            "amount": settlement.amount,
            "set_off": settlement.set_off,
            "currency": agreement.currency,
            "method": settlement.method,
            **more,
        },
    )
