"""Statements of rebates: read, answered for a partner, disputes ended, approved."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Tenant
from loyalty.api.accruals import money
from loyalty.api.deals import minor_units
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.rebate_shapes import (
    ANSWER,
    DISPUTE,
    LINE,
    SHOWN,
    DisputeAnswerBody,
    DisputeBody,
    DisputedBody,
    StatementShape,
)
from loyalty.api.steps import Steps
from loyalty.api.webhook_shapes import NoBody
from rebates import answering, settling
from rebates.models import (
    Dispute,
    Statement,
    StatementLine,
    StatementState,
)
from rebates.stating import line_of, lines_of
from rewards.payouts import PayoutsStopped

FILTERS = (
    Text("agreement", "agreement__code", "Under the agreement with this code.", 40),
    Text("account", "account__number", "Of the account with this number.", 64),
    Choice("state", "state", "In this state.", tuple(StatementState.values)),
    Instant("since", "issued_at__gte", "Issued then or later."),
    Instant("until", "issued_at__lt", "Issued before then."),
)
REFUSED: dict[type[Exception], int] = {
    answering.AnswerRefused: 409,
    settling.CannotApprove: 409,
    PayoutsStopped: 409,
}


class StatementsView(Edge):
    """What partners were told."""

    scopes = {"GET": "rebates:read"}

    @documented(
        "list_rebate_statements",
        "Statements of rebates, the newest first",
        answers={200: StatementShape},
        parameters=parameters(FILTERS),
        examples=[example("Waiting for the partner", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        return page(
            request,
            _rows().filter(**narrowed(request, FILTERS)),
            by=("-issued_at", "-id"),
            shape=statements_data,
        )


class StatementView(Edge):
    """One statement."""

    scopes = {"GET": "rebates:read"}

    @documented(
        "read_rebate_statement",
        "One statement, line by line",
        answers={200: StatementShape},
        problems=(400, 404),
        examples=[example("Waiting for the partner", SHOWN)],
    )
    def get(self, request: Request, statement_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        return Response(_told(statement_id, request.tenant))


def _accept(request: Request, statement_id: UUID, given: dict[str, Any]) -> Statement:
    found = _rows().get(pk=statement_id)
    answering.accept_statement(statement=found, actor=request.auth.actor, now=timezone.now())
    return found


def _dispute(request: Request, statement_id: UUID, given: dict[str, Any]) -> Statement:
    found = _rows().get(pk=statement_id)
    line = line_of(found, given["line"])
    if line is None:
        raise StatementLine.DoesNotExist
    answering.dispute_line(
        line=line, reason=given["reason"], actor=request.auth.actor, now=timezone.now()
    )
    return found


def _withdraw(request: Request, statement_id: UUID, given: dict[str, Any]) -> Statement:
    found = _rows().get(pk=statement_id)
    answering.withdraw_dispute(
        dispute=_disputed(found, given), actor=request.auth.actor, now=timezone.now()
    )
    return found


def _resolve(request: Request, statement_id: UUID, given: dict[str, Any]) -> Statement:
    found = _rows().get(pk=statement_id)
    agreed = given.get("agreed")
    if agreed is not None:
        agreed = minor_units(agreed, found.agreement.currency, "agreed")
    answering.resolve_dispute(
        dispute=_disputed(found, given),
        agreed=agreed,
        answer=given["answer"],
        actor=request.auth.actor,
        now=timezone.now(),
    )
    return found


def _disputed(found: Statement, given: dict[str, Any]) -> Dispute:
    return Dispute.objects.get(line__statement=found, line__number=given["line"])


def _approve(request: Request, statement_id: UUID, given: dict[str, Any]) -> Statement:
    found = _rows().get(pk=statement_id)
    settling.approve_waiting(statement=found, actor=request.auth.actor, now=timezone.now())
    return found


def _told(statement_id: UUID, _tenant: Tenant) -> dict[str, Any]:
    [told] = statements_data([get_object_or_404(_rows(), pk=statement_id)])
    return told


_answered = Steps(
    kind="rebate_statement",
    shape=StatementShape,
    shown=SHOWN,
    tell=_told,
    missing=(Statement.DoesNotExist, StatementLine.DoesNotExist, Dispute.DoesNotExist),
    refused=REFUSED,
    scope="rebates:answer",
    body=NoBody,
    said={},
)
_decided = replace(_answered, scope="rebates:approve")

accept = _answered.step(
    "accept",
    "Accept a statement for its account",
    _accept,
    state="accepted",
    also={"accepted_at": "2026-07-08T12:00:00Z"},
    description="All lines but those that are disputed. After `answer_by` it is refused (409).",
)
dispute = _answered.step(
    "dispute",
    "Dispute a line of a statement",
    _dispute,
    state="open",
    body=DisputeBody,
    said=DISPUTE,
    also={"lines": [LINE | {"state": "disputed", "disputed_because": DISPUTE["reason"]}]},
    description="That line waits until the dispute is over; the others go on.",
)
withdraw_dispute = _answered.step(
    "withdraw_dispute_of",
    "Let a disputed line stand after all, for its account",
    _withdraw,
    state="open",
    body=DisputedBody,
    said={"line": 1},
    also={"lines": [LINE | {"disputed_because": DISPUTE["reason"]}]},
    description="A dispute that is over stays as it ended (409).",
)
resolve_dispute = _decided.step(
    "resolve_dispute_of",
    "End a dispute: on another amount, or the line stands",
    _resolve,
    state="open",
    body=DisputeAnswerBody,
    said=ANSWER,
    also={
        "lines": [
            LINE
            | {
                "settles": ANSWER["agreed"],
                "disputed_because": DISPUTE["reason"],
                "answer": ANSWER["answer"],
            }
        ]
    },
    description=(
        "Neither who prepared the statement nor the owner of its agreement ends it, and who agrees "
        "on an amount does not approve it, by no key of theirs either (409)."
    ),
)
approve = _decided.step(
    "approve",
    "Approve an accepted statement",
    _approve,
    state="approved",
    also={
        "accepted_at": "2026-07-08T12:00:00Z",
        "approved_at": "2026-07-10T12:00:00Z",
        "approved_by": "key:0197f7a0-0000-7000-8000-000000000003",
    },
    description=(
        "Settles its lines that are not disputed; said of one that is approved, those whose "
        "disputes are over since. Neither who prepared the statement nor the owner "
        "of its agreement approves it, by no key of theirs either (409)."
    ),
)


def statements_data(found: list[Statement]) -> list[dict[str, Any]]:
    """With their lines and disputes, in three queries for all of them."""
    lines = lines_of(found)
    return [_statement_data(one, lines[one.pk]) for one in found]


def _statement_data(one: Statement, lines: list[StatementLine]) -> dict[str, Any]:
    currency = one.agreement.currency
    return {
        "id": one.pk,
        "agreement": one.agreement.code,
        "account": one.account.number,
        "number": one.number,
        "since": one.since,
        "upto": one.upto,
        "total": money(one.total, currency),
        "currency": currency,
        "state": one.state,
        "issued_at": one.issued_at,
        "answer_by": one.answer_by,
        "accepted_at": one.accepted_at,
        "approved_at": one.approved_at,
        "approved_by": one.approved_by,
        "lines": [_line_data(line, currency) for line in lines],
    }


def _line_data(line: StatementLine, currency: str) -> dict[str, Any]:
    said = next(iter(line.disputes.all()), None)
    return {
        "number": line.number,
        "kind": line.kind,
        "corrects": line.corrects,
        "product_line": line.product_line,
        "amount": money(line.amount, currency),
        "settles": money(line.settles, currency),
        "state": line.state,
        "disputed_because": said.reason if said else "",
        "answer": said.answer if said else "",
    }


def _rows() -> Any:
    return Statement.objects.select_related("agreement__owner", "version", "account")
