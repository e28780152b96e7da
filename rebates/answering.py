"""What partners say to a statement: yes, or no to single lines; and how disputes end."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.hands import hands_of
from rebates.impartial import why_partial
from rebates.models import (
    AccrualMove,
    Dispute,
    DisputeState,
    LineState,
    MoveReason,
    Statement,
    StatementLine,
    StatementState,
)
from rebates.stating import lines_of
from rebates.term_values import LARGEST
from rewards import ledger

# Statements that one transaction accepts.
BATCH = 1_000


class AnswerRefused(ValueError):
    """Its text says why; nothing changed."""


class WindowOver(AnswerRefused):
    def __init__(self) -> None:
        super().__init__(_("The days to dispute a line are over; write to your contact."))


class OwnDispute(AnswerRefused):
    def __init__(self) -> None:
        super().__init__(
            _("You prepared this statement or answer for the agreement: another person decides.")
        )


def accept_statement(*, statement: Statement, actor: str, now: datetime) -> Statement:
    """The partner accepts the statement: all its lines but those it disputes. Said again, nothing
    changes. It is never too late for a yes, only to dispute."""
    with transaction.atomic():
        statement = locked(statement.pk)
        if statement.state != StatementState.OPEN:
            return statement
        return _accept(statement, actor=actor, now=now)


def dispute_line(*, line: StatementLine, reason: str, actor: str, now: datetime) -> Dispute:
    """The partner objects to a line (`rebates.stating`), which waits from then on; the others go
    their way.

    Said again of the same line it is the first dispute that counts. Raises WindowOver, and
    AnswerRefused where the statement is answered already, or no reason is given.
    """
    with transaction.atomic():
        statement = locked(line.statement_id)
        about = {"line__statement": statement, "line__number": line.number}
        earlier = Dispute.objects.filter(**about).first()
        if earlier is not None:
            return earlier
        if not reason.strip():
            raise AnswerRefused(_("Say what is wrong with the line: it stays with the dispute."))
        if now > statement.answer_by:
            raise WindowOver
        if statement.state != StatementState.OPEN:
            raise AnswerRefused(_("The statement is accepted already; its lines stand."))
        line = _of_its_own(statement, line.number)
        dispute = Dispute.objects.create(
            line=line, reason=reason.strip(), opened_by=actor, opened_at=now
        )
        _put(line, LineState.DISPUTED)
        _tell("rebate.line_disputed", statement, line, actor=actor, now=now, reason=dispute.reason)
    return dispute


def withdraw_dispute(*, dispute: Dispute, actor: str, now: datetime) -> Dispute:
    """The partner lets the line stand after all. Raises AnswerRefused once it is over."""
    with transaction.atomic():
        dispute, line, statement = _open(dispute)
        _end(dispute, DisputeState.WITHDRAWN, answer="", agreed=None, actor=actor, now=now)
        _put(line, _after(statement))
        _tell("rebate.dispute_withdrawn", statement, line, actor=actor, now=now)
    return dispute


def resolve_dispute(
    *, dispute: Dispute, agreed: int | None, answer: str, actor: str, now: datetime
) -> Dispute:
    """End a dispute: with None the line stands, else it settles on `agreed` (cents) instead.

    What differs is accrued as a move of its own that names the period. `actor` is staff, neither
    the one who prepared the statement nor the agreement's owner. Raises AnswerRefused, OwnDispute.
    """
    if not answer.strip():
        raise AnswerRefused(_("Give the partner an answer: it stays with the dispute."))
    if agreed is not None and abs(agreed) > LARGEST:
        raise AnswerRefused(_("No rebate is as large as that; look at the amount again."))
    with transaction.atomic():
        dispute, line, statement = _open(dispute)
        refuse_own(statement, actor)
        if agreed == line.amount:
            agreed = None
        how = DisputeState.REJECTED if agreed is None else DisputeState.AGREED
        _end(dispute, how, answer=answer.strip(), agreed=agreed, actor=actor, now=now)
        line.agreed = agreed
        _put(line, _after(statement), "agreed")
        if agreed is not None:
            _accrue_difference(statement, line, actor=actor, now=now)
        more = {"outcome": how.value, "agreed": agreed, "answer": dispute.answer}
        _tell("rebate.dispute_resolved", statement, line, actor=actor, now=now, **more)
    return dispute


def accept_silently(*, at: datetime) -> int:
    """Accept what nobody answered in time, where the terms say that silence accepts; how many."""
    accepted = 0
    while True:
        with transaction.atomic():
            found = Statement.objects.select_for_update(of=("self",), skip_locked=True).filter(
                state=StatementState.OPEN, answer_by__lt=at, version__silence_accepts=True
            )
            batch = list(found.select_related("agreement").order_by("pk")[:BATCH])
            for statement in batch:
                _accept(statement, actor="system", now=at)
        accepted += len(batch)
        if len(batch) < BATCH:
            return accepted


def locked(statement_id: UUID) -> Statement:
    found = Statement.objects.select_for_update(of=("self",))
    return found.select_related("agreement", "version").get(pk=statement_id)


def refuse_own(statement: Statement, actor: str) -> None:
    """Who prepared a statement or owns the agreement decides nothing of it. Raises OwnDispute."""
    hands, owner = hands_of(actor), statement.agreement.owner
    if statement.prepared_by in hands or (owner is not None and owner.actor in hands):
        raise OwnDispute
    if why_not := why_partial(statement, hands):
        raise AnswerRefused(why_not)


def _accept(statement: Statement, *, actor: str, now: datetime) -> Statement:
    statement.state = StatementState.ACCEPTED
    statement.accepted_by, statement.accepted_at = actor, now
    statement.save(update_fields=["state", "accepted_by", "accepted_at"])
    _tell("rebate.statement_accepted", statement, None, actor=actor, now=now)
    return statement


def _of_its_own(statement: Statement, number: int) -> StatementLine:
    """The line with a row; the statement is locked, so nobody else gives it one."""
    [line] = [one for one in lines_of([statement])[statement.pk] if one.number == number]
    if line._state.adding:
        line.save(force_insert=True)
    return line


def _open(dispute: Dispute) -> tuple[Dispute, StatementLine, Statement]:
    """The dispute, its line and statement, locked from the top."""
    statement = locked(dispute.line.statement_id)
    line = StatementLine.objects.select_for_update(of=("self",)).get(pk=dispute.line_id)
    dispute = Dispute.objects.select_for_update(of=("self",)).get(pk=dispute.pk)
    if dispute.state != DisputeState.OPEN:
        raise AnswerRefused(_("This dispute is over."))
    return dispute, line, statement


def _after(statement: Statement) -> str:
    """What a line is once its dispute is over: on its own where the others are settled already."""
    is_approved = statement.state == StatementState.APPROVED
    return LineState.RESOLVED if is_approved else LineState.STATED


def _put(line: StatementLine, state: str, *more: str) -> None:
    line.state = state
    line.save(update_fields=["state", *more])


def _end(
    dispute: Dispute, how: str, *, answer: str, agreed: int | None, actor: str, now: datetime
) -> None:
    dispute.state, dispute.answer, dispute.agreed = how, answer, agreed
    dispute.resolved_by, dispute.resolved_at = actor, now
    dispute.save(update_fields=["state", "answer", "agreed", "resolved_by", "resolved_at"])


def _accrue_difference(
    statement: Statement, line: StatementLine, *, actor: str, now: datetime
) -> None:
    move = AccrualMove.objects.create(
        accrual_id=line.accrual_id,
        amount=line.settles - line.amount,
        reason=MoveReason.AGREED,
        corrects=line.accrual.since,
        moved_by=actor,
        moved_at=now,
    )
    accrued = ledger.Accrued(
        line.accrual.account_id,
        statement.agreement.program_id,
        move.amount,
        move.pk,
        move.corrects,
    )
    ledger.accrue([accrued], actor=actor, at=now)


def _tell(
    what: str,
    statement: Statement,
    line: StatementLine | None,
    *,
    actor: str,
    now: datetime,
    **more: Any,
) -> None:
    agreement = statement.agreement
    payload: dict[str, Any] = {
        "agreement": agreement.code,
        "name": agreement.name,
        "number": statement.number,
        "upto": statement.upto.isoformat(),
        "total": statement.total,
        "currency": agreement.currency,
        **more,
    }
    if line is not None:
        payload |= {
            "line": line.number,
            "product_line": line.product_line,
            "amount": line.amount,
        }
    events.record(
        kind=what,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"rebate_statement:{statement.pk}",
        account_id=statement.account_id,
        payload=payload,
    )
