"""Corrections beyond what was due: set off against what is still to be paid, or carried.

A settlement below zero is never paid out, to neither side. The wallet has it as a debt, which the
next settlement repays; here is written down which one, so that both sides can follow it.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from accounts import events
from accounts.models import Account
from rebates.models import Payment, PaymentState, SetOff, Settlement, SettlementState
from rebates.outgoing import TO_PAY


def carried() -> QuerySet[Settlement]:
    """Corrections that wait for the next settlement, the oldest first."""
    found = Settlement.objects.filter(state=SettlementState.CARRIED)
    related = found.select_related("account", "statement__agreement")
    return related.order_by("approved_at", "id")


def carried_by(account: Account, *, program_id: UUID) -> int:
    """What corrections have taken back of its rebates, and the next ones make up; above zero."""
    found = carried().filter(account=account, statement__agreement__program_id=program_id)
    return sum(one.left for one in found)


def set_off(settlement: Settlement, *, actor: str, now: datetime) -> list[SetOff]:
    """Take the corrections that the settlement's wallet carries off what is still to be paid from
    it, whatever agreement they are of: the oldest correction first. The wallet is locked.

    The newest settlement gives first, and what is in a run already last: such a run can no longer
    be approved.
    """
    corrections = list(_of_wallet(carried(), settlement))
    to_pay = list(_to_pay(settlement)) if corrections else []
    return [
        _take_off(one, correction, amount, actor=actor, now=now)
        for correction in corrections
        for one in to_pay
        if (amount := min(one.left, correction.left))
    ]


def _of_wallet(found: QuerySet[Settlement], settlement: Settlement) -> QuerySet[Settlement]:
    return found.filter(
        account_id=settlement.account_id,
        statement__agreement__program_id=settlement.statement.agreement.program_id,
    )


def _to_pay(settlement: Settlement) -> QuerySet[Settlement]:
    payments = Payment.objects.filter(settlement=OuterRef("pk"))
    sent = payments.filter(state__in=(PaymentState.SENT, PaymentState.PAID))
    in_run = payments.filter(state=PaymentState.PREPARED)
    found = _of_wallet(Settlement.objects.filter(~Exists(sent), state__in=TO_PAY), settlement)
    related = found.select_related("statement__agreement")
    return related.order_by(Exists(in_run), "-approved_at", "-id")


def _take_off(
    one: Settlement, correction: Settlement, amount: int, *, actor: str, now: datetime
) -> SetOff:
    made = SetOff.objects.create(settlement=one, correction=correction, amount=amount, made_at=now)
    for side in (one, correction):
        side.set_off += amount
        if not side.left:
            side.state = SettlementState.SET_OFF
        side.save(update_fields=["set_off", "state"])
    agreement, corrected = one.statement.agreement, correction.statement
    events.record(
        kind="rebate.set_off",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"rebate_settlement:{one.pk}",
        account_id=one.account_id,
        payload={
            "agreement": agreement.code,
            "name": agreement.name,
            "number": one.statement.number,
            "currency": agreement.currency,
            "amount": amount,
            "left": one.left,
            "correction": {
                "agreement": corrected.agreement.code,
                "name": corrected.agreement.name,
                "number": corrected.number,
                "left": correction.left,
            },
        },
    )
    return made
