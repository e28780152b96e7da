"""What is recorded of funds and of requests: their history, the outbox, all that a notice needs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accounts.events import NewEvent, record_many
from partners.models import Fund, FundRequest


def told_of_request(
    request: FundRequest, what: str, *, actor: str, now: datetime, **more: Any
) -> NewEvent:
    """An event of a request whose account, budget and activity are loaded."""
    return NewEvent(
        kind=f"fund_request.{what}",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"fund_request:{request.pk}",
        account_id=request.account_id,
        payload={
            "reference": request.reference,
            "title": request.title,
            "state": request.state,
            "account": request.account.number,
            "budget": request.budget.name,
            "program_id": str(request.budget.program_id),
            "activity": request.activity.name,
            "asked": request.asked,
            "approved": request.approved,
            "accepted": request.accepted,
            "until": request.claim_until.isoformat() if request.claim_until else "",
            "note": "",
        }
        | more,
    )


def tell_of_requests(
    requests: Sequence[FundRequest], what: str, *, actor: str, now: datetime, **more: Any
) -> None:
    record_many([told_of_request(one, what, actor=actor, now=now, **more) for one in requests])


def told_of_fund(
    fund: Fund, what: str, *, amount: int, actor: str, now: datetime, **more: Any
) -> NewEvent:
    """An event of a fund whose account and budget are loaded; `amount` is what it is about."""
    return NewEvent(
        kind=f"fund.{what}",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"fund:{fund.pk}",
        account_id=fund.account_id,
        payload={
            "account": fund.account.number,
            "budget": fund.budget.name,
            "program_id": str(fund.budget.program_id),
            "amount": amount,
            "until": "",
            "note": "",
        }
        | more,
    )
