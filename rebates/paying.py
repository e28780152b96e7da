"""Payment runs: approved settlements become one file for the bank, with two people in between.

Prepared by one, approved by another; what either of them entered the bank details for waits for
somebody else. At approval the money leaves the accounts' wallets; what the bank returns comes back
into them, and its settlement is to be paid once more.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts import events
from accounts.dates import said_day
from accounts.hands import accounts_of, hands_of
from accounts.ids import uuid7
from accounts.models import Tenant
from accounts.periods import day_of
from accounts.tenancy import current_tenant_id
from rebates import banking
from rebates.models import (
    BankDetails,
    Method,
    Payment,
    PaymentRun,
    PaymentState,
    RunState,
    Settlement,
)
from rebates.outgoing import TO_PAY, are_covered, filled, lock_wallets, payable, why_nothing
from rebates.setting_off import set_off
from rebates.settling import mark_paid, mark_returned
from rebates.transfer_files import transfer_file
from rewards import ledger, payouts

MOST = 500  # of a run
UNDER_WAY = (PaymentState.PREPARED, PaymentState.SENT, PaymentState.PAID)
LONGEST_REASON = 300
# What one transfer carries (EPC115-06): a bank would refuse the whole file for one above it.
MOST_BY_SEPA = 999_999_999_99


class CannotPay(ValueError):
    """Its text says what stands in the way; nothing moved."""


@dataclass(frozen=True, slots=True)
class Due:
    """A settlement that is to be transferred: `amount` of it now, unless `why_not` says why it has
    to wait."""

    settlement: Settlement
    bank: BankDetails | None
    amount: int
    why_not: str


def due(*, actor: str, now: datetime) -> list[Due]:
    """What is to be transferred, the oldest first, as far as the actor may prepare it. What waits
    for bank details, or has nothing left, comes last: it crowds nobody else out of the list."""
    under_way = Payment.objects.filter(settlement=OuterRef("pk"), state__in=UNDER_WAY)
    bank = BankDetails.objects.filter(
        account=OuterRef("account"), ended_at=None, usable_from__lte=now
    )
    settlements = list(
        Settlement.objects.filter(~Exists(under_way), method=Method.BANK_TRANSFER, state__in=TO_PAY)
        .select_related("account", "statement__agreement")
        .order_by(Exists(bank).desc(), filled().desc(), "approved_at", "id")[:MOST]
    )
    banks = {
        one.account_id: one
        for one in BankDetails.objects.filter(
            account_id__in={one.account_id for one in settlements}, ended_at=None
        ).select_related("tenant")
    }
    own, left = accounts_of(hands_of(actor)), payable(settlements)
    found = []
    for one in settlements:
        bank, amount = banks.get(one.account_id), left[one.pk]
        why_not = _hindrance(bank, actor=actor, now=now)
        if one.account_id in own:
            why_not = _("You belong to this account; somebody else has to pay it.")
        elif not why_not and not amount:
            why_not = why_nothing()
        elif amount > MOST_BY_SEPA and one.statement.agreement.currency == "EUR":
            why_not = _("A SEPA transfer carries at most €999,999,999.99: ask your bank how.")
        found.append(Due(one, bank, amount, why_not))
    return found


def why_no_run(*, actor: str, now: datetime) -> str:
    """Why the actor prepares no run; "" where nothing stands in the way."""
    return _hindrance_of_own(banking.current(None), actor=actor, now=now)


def prepare(
    *, settlement_ids: Collection[UUID], execute_on: date, today: date, actor: str, now: datetime
) -> PaymentRun:
    """Put the settlements that can be paid into one run, the next in number. Raises CannotPay,
    `rewards.payouts.PayoutsStopped`."""
    if execute_on < today:
        raise CannotPay(_("The day of execution is over; choose today or a later one."))
    with transaction.atomic():
        _lock_runs()
        payouts.refuse_if_stopped()
        debtor = banking.current(None)
        if why_not := _hindrance_of_own(debtor, actor=actor, now=now):
            raise CannotPay(why_not)
        asked = [one for one in due(actor=actor, now=now) if one.settlement.pk in settlement_ids]
        chosen = [one for one in asked if not one.why_not]
        if not chosen:
            reasons = {one.why_not for one in asked}
            several = _("None of these can be paid now; see beside each why not.")
            raise CannotPay(reasons.pop() if len(reasons) == 1 else several)
        run = PaymentRun.objects.create(
            number=(PaymentRun.objects.order_by("-number").values_list("number", flat=True).first()
                    or 0) + 1,
            debtor=debtor,
            execute_on=execute_on,
            payments_count=len(chosen),
            total=sum(one.amount for one in chosen),
            prepared_by=actor,
            prepared_at=now,
        )  # fmt: skip
        Payment.objects.bulk_create(
            Payment(
                id=uuid7(),
                run=run,
                settlement=one.settlement,
                account=one.settlement.account,
                bank=one.bank,
                amount=one.amount,
            )
            for one in chosen
        )
        _record("payment_run.prepared", run, actor=actor, now=now)
    return run


def approve(*, run_id: UUID, tenant: Tenant, actor: str, now: datetime) -> PaymentRun:
    """Let the run go to the bank: from now on the money has left the wallets. Raises CannotPay,
    `rewards.payouts.PayoutsStopped`."""
    with transaction.atomic():
        run = _locked(run_id, RunState.PREPARED)
        payouts.refuse_if_stopped()
        payments = list(_payments(run))
        _refuse_own(run, payments, actor=actor, now=now)
        wallets = lock_wallets(one.settlement for one in payments)
        stamp = {"actor": actor, "occurred_at": now, "recorded_at": now}
        less = _("A correction has taken back part of it meanwhile; cancel it, prepare it anew.")
        if not are_covered(payments):
            raise CannotPay(less)
        try:
            for one in payments:
                wallet_id = wallets[one.settlement_id]
                ledger.reserve(wallet_id=wallet_id, amount=one.amount, cause=one.pk, **stamp)
        except ledger.NotEnough:
            raise CannotPay(less) from None
        ledger.capture([one.pk for one in payments], **stamp)
        run.payments.update(state=PaymentState.SENT)
        run.state, run.decided_by, run.decided_at = RunState.APPROVED, actor, now
        run.digest = sha256(transfer_file(run, tenant=tenant)).hexdigest()
        run.save(update_fields=["state", "decided_by", "decided_at", "digest"])
        _record("payment_run.approved", run, actor=actor, now=now)
    return run


def cancel(*, run_id: UUID, actor: str, now: datetime) -> PaymentRun:
    """Call a run off before it is approved; its number stays taken. Raises CannotPay."""
    with transaction.atomic():
        run = _locked(run_id, RunState.PREPARED)
        run.payments.update(state=PaymentState.CANCELED)
        run.state, run.decided_by, run.decided_at = RunState.CANCELED, actor, now
        run.save(update_fields=["state", "decided_by", "decided_at"])
        _record("payment_run.canceled", run, actor=actor, now=now)
    return run


def take_file(*, run_id: UUID, tenant: Tenant, actor: str, now: datetime) -> tuple[str, bytes]:
    """(name, content) of the file for the bank; who took it is recorded. Raises CannotPay."""
    with transaction.atomic():
        run = _locked(run_id, RunState.APPROVED, RunState.EXECUTED)
        content = transfer_file(run, tenant=tenant)
        if sha256(content).hexdigest() != run.digest:
            raise CannotPay(_("The file is not the one that was approved; tell the support."))
        _record("payment_run.file_taken", run, actor=actor, now=now)
    return f"payments-{run.number:06}.xml", content


def mark_executed(*, run_id: UUID, actor: str, now: datetime) -> PaymentRun:
    """The bank has carried the file out. Raises CannotPay, `rewards.payouts.PayoutsStopped`."""
    with transaction.atomic():
        run = _locked(run_id, RunState.APPROVED)
        payouts.refuse_if_stopped()
        for one in _payments(run).filter(state=PaymentState.SENT):
            mark_paid(settlement=one.settlement, paid=one.amount, actor=actor, now=now)
        run.payments.filter(state=PaymentState.SENT).update(state=PaymentState.PAID)
        run.state, run.executed_by, run.executed_at = RunState.EXECUTED, actor, now
        run.save(update_fields=["state", "executed_by", "executed_at"])
        _record("payment_run.executed", run, actor=actor, now=now)
    return run


def give_back(*, payment_id: UUID, reason: str, actor: str, now: datetime) -> Payment:
    """The bank returned a transfer: the money is the account's again, and its settlement is to be
    paid once more. Raises CannotPay."""
    if not reason.strip() or len(reason) > LONGEST_REASON or "\0" in reason:
        raise CannotPay(_("Say why the bank returned it, in at most 300 characters."))
    with transaction.atomic():
        run_id = Payment.objects.values_list("run_id", flat=True).get(pk=payment_id)
        _locked(run_id, RunState.EXECUTED)
        payment = Payment.objects.select_related("settlement", "run").get(pk=payment_id)
        if payment.state != PaymentState.PAID:
            raise CannotPay(_("This payment is not one that was carried out."))
        ledger.refund([payment.pk], actor=actor, occurred_at=now, recorded_at=now)
        payment.state, payment.reason = PaymentState.RETURNED, reason.strip()
        payment.returned_at, payment.returned_by = now, actor
        payment.save(update_fields=["state", "reason", "returned_at", "returned_by"])
        mark_returned(settlement=payment.settlement, actor=actor, now=now)
        set_off(payment.settlement, actor=actor, now=now)
        _record("payment.returned", payment.run, actor=actor, now=now, payment=payment)
    return payment


def _hindrance(bank: BankDetails | None, *, actor: str, now: datetime) -> str:
    if bank is None:
        return _("There are no bank details.")
    if bank.usable_from > now:
        day = said_day(day_of(bank.usable_from, bank.tenant.zone))
        return _("The bank details are new; they rest until %s.") % day
    if bank.entered_by in hands_of(actor):
        return _("You entered the bank details; somebody else has to pay to them.")
    return ""


def _hindrance_of_own(debtor: BankDetails | None, *, actor: str, now: datetime) -> str:
    """Of the account that is paid from."""
    if debtor is None:
        return _("Enter the bank account that you pay from first.")
    if debtor.entered_by in hands_of(actor):
        return _("You entered the account that you pay from; somebody else prepares its runs.")
    why_not = _hindrance(debtor, actor=actor, now=now)
    return _("The account that you pay from: %s") % why_not if why_not else ""


def why_not_approved(run: PaymentRun, *, actor: str, now: datetime) -> str:
    """Why the actor does not approve a prepared run; "" where they may."""
    try:
        _refuse_own(run, list(_payments(run)), actor=actor, now=now)
    except CannotPay as refused:
        return str(refused)
    return ""


def _refuse_own(
    run: PaymentRun, payments: Collection[Payment], *, actor: str, now: datetime
) -> None:
    hands = hands_of(actor)
    if run.prepared_by in hands:
        raise CannotPay(_("You prepared this run; somebody else has to approve it."))
    banks = {one.bank_id: one.bank for one in payments} | {run.debtor_id: run.debtor}
    if any(bank.ended_at or bank.usable_from > now for bank in banks.values()):
        raise CannotPay(_("Bank details have changed since; cancel it and prepare it anew."))
    if any(bank.entered_by in hands for bank in banks.values()):
        raise CannotPay(_("You entered bank details that it pays to or from; ask somebody else."))
    if accounts_of(hands) & {one.account_id for one in payments}:
        raise CannotPay(_("You belong to an account that it pays; ask somebody else."))
    # Or one person alone could have paid twice what never came back.
    said = Payment.objects.filter(
        settlement__in=[one.settlement_id for one in payments], returned_by__in=hands
    )
    if said.exists():
        raise CannotPay(_("You said that a payment of it came back; ask somebody else."))


def _lock_runs() -> None:
    """Numbers have no gap, and two runs of the same moment do not choose the same settlements."""
    Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())


def _locked(run_id: UUID, *states: RunState) -> PaymentRun:
    runs = PaymentRun.objects.select_for_update(of=("self",)).select_related("debtor")
    run = runs.get(pk=run_id)
    if run.state not in states:
        said = RunState(run.state).label
        raise CannotPay(_("It is in another state by now: %s. Nothing changed.") % said)
    return run


def _payments(run: PaymentRun):
    related = run.payments.select_related("account", "bank", "settlement__statement__agreement")
    return related.order_by("id")


def _record(
    kind: str, run: PaymentRun, *, actor: str, now: datetime, payment: Payment | None = None
) -> None:
    said: dict[str, Any] = {
        "number": run.number,
        "payments": run.payments_count,
        "total": run.total,
    }
    if payment is not None:
        said |= {"amount": payment.amount, "reason": payment.reason, "payment": str(payment.pk)}
    events.record(
        kind=kind,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"payment_run:{run.pk}",
        account_id=payment.account_id if payment else None,
        payload=said,
    )
