"""Payment runs: prepared by one, approved by another, taken to the bank, and what came back."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Tenant
from accounts.periods import day_of
from loyalty.api.accruals import money
from loyalty.api.commands import command, created
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.payment_shapes import (
    APPROVED,
    FILE,
    RUN,
    RUN_SENT,
    TRANSFER,
    FileShape,
    ReturnBody,
    RunBody,
    RunShape,
    WholeRunShape,
)
from loyalty.api.problems import Problem
from loyalty.api.steps import Steps
from loyalty.api.webhook_shapes import NoBody
from rebates import paying
from rebates.models import Payment, PaymentRun, RunState
from rewards.payouts import PayoutsStopped

FILTERS = (
    Choice("state", "state", "In this state.", tuple(RunState.values)),
    Instant("since", "prepared_at__gte", "Prepared then or later."),
    Instant("until", "prepared_at__lt", "Prepared before then."),
)
REFUSED: dict[type[Exception], int] = {paying.CannotPay: 409, PayoutsStopped: 409}
WHOLE = RUN | {"transfers": [TRANSFER]}


class RunsView(Edge):
    """Runs, and preparing one."""

    scopes = {"GET": "payments:read", "POST": "payments:write"}

    @documented(
        "list_payment_runs",
        "Payment runs, the newest first",
        answers={200: RunShape},
        parameters=parameters(FILTERS),
        examples=[example("Waiting for approval", RUN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        currency = request.tenant.currency
        return page(
            request,
            PaymentRun.objects.filter(**narrowed(request, FILTERS)),
            by=("-number",),
            shape=lambda found: [_run_data(one, currency) for one in found],
        )

    @documented(
        "prepare_payment_run",
        "Prepare a run of settlements that are to be transferred",
        description=(
            "Of the settlements named, those that can be paid now; somebody else approves it. "
            "Where none can be paid it is refused (409)."
        ),
        body=RunBody,
        answers={201: WholeRunShape},
        examples=[sent("One", RUN_SENT), example("Waiting for approval", WHOLE, status=201)],
        is_command=True,
    )
    @command(RunBody, refused=REFUSED)
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        now = timezone.now()
        made = paying.prepare(
            settlement_ids=set(given["settlements"]),
            execute_on=given["execute_on"],
            today=day_of(now, request.tenant.zone),
            actor=request.auth.actor,
            now=now,
        )
        return created(_told(made.pk, request.tenant), "api_payment_run", made.pk)


class RunView(Edge):
    """One run."""

    scopes = {"GET": "payments:read"}

    @documented(
        "read_payment_run",
        "A run with its transfers",
        answers={200: WholeRunShape},
        problems=(400, 404),
        examples=[example("Waiting for approval", WHOLE)],
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        return Response(_told(run_id, request.tenant))


class RunFileView(Edge):
    """The file for the bank."""

    scopes = {"GET": "payments:file"}

    @documented(
        "take_payment_file",
        "Take the file of an approved run to the bank",
        description=(
            "The same to the byte whenever it is taken; each taking is recorded with the key. A "
            "run that is not approved has none yet (409)."
        ),
        answers={200: FileShape},
        problems=(400, 404, 409),
        examples=[example("Approved", FILE)],
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        found = get_object_or_404(PaymentRun, pk=run_id)
        try:
            name, content = paying.take_file(
                run_id=found.pk,
                tenant=request.tenant,
                actor=request.auth.actor,
                now=timezone.now(),
            )
        except paying.CannotPay as refused:
            raise Problem(409, str(refused)) from None
        return Response({"name": name, "digest": found.digest, "content": content.decode()})


def _approve(request: Request, run_id: UUID, given: dict[str, Any]) -> PaymentRun:
    actor, now = request.auth.actor, timezone.now()
    return paying.approve(run_id=run_id, tenant=request.tenant, actor=actor, now=now)


def _cancel(request: Request, run_id: UUID, given: dict[str, Any]) -> PaymentRun:
    return paying.cancel(run_id=run_id, actor=request.auth.actor, now=timezone.now())


def _executed(request: Request, run_id: UUID, given: dict[str, Any]) -> PaymentRun:
    return paying.mark_executed(run_id=run_id, actor=request.auth.actor, now=timezone.now())


def _returned(request: Request, payment_id: UUID, given: dict[str, Any]) -> PaymentRun:
    reason, actor = given["reason"], request.auth.actor
    came_back = paying.give_back(
        payment_id=payment_id, reason=reason, actor=actor, now=timezone.now()
    )
    return came_back.run


def _told(run_id: UUID, tenant: Tenant) -> dict[str, Any]:
    run = get_object_or_404(PaymentRun, pk=run_id)
    transfers = run.payments.select_related("account", "bank").order_by("id")
    told = [_payment_data(one, tenant.currency) for one in transfers]
    return _run_data(run, tenant.currency) | {"transfers": told}


_run = Steps(
    kind="payment_run",
    shape=WholeRunShape,
    shown=WHOLE,
    tell=_told,
    missing=(PaymentRun.DoesNotExist, Payment.DoesNotExist),
    refused=REFUSED,
    scope="payments:write",
    body=NoBody,
    said={},
)

approve = _run.step(
    "approve",
    "Approve a run that somebody else has prepared",
    _approve,
    scope="payments:approve",
    state="approved",
    also=APPROVED,
    description=(
        "The money leaves the accounts' wallets. Neither who prepared it nor who entered bank "
        "details that it pays approves it, by no key of theirs either (409)."
    ),
)
cancel = _run.step(
    "cancel",
    "Call a run off before it is approved",
    _cancel,
    state="canceled",
)
executed = _run.step(
    "execute",
    "Say that the bank has carried a run out",
    _executed,
    state="executed",
    also=APPROVED | {"executed_at": "2026-07-15T12:00:00Z"},
)
returned = replace(_run, kind="payment").step(
    "return",
    "Say that the bank has returned a transfer",
    _returned,
    state="executed",
    body=ReturnBody,
    said={"reason": "AC04 account closed"},
    description="The money is the account's again, and its settlement is to be paid once more.",
)


def _run_data(one: PaymentRun, currency: str) -> dict[str, Any]:
    said = ("number", "state", "execute_on", "prepared_by", "prepared_at", "decided_by")
    more = ("decided_at", "executed_at", "digest")
    return {name: getattr(one, name) for name in (*said, *more)} | {
        "id": one.pk,
        "payments": one.payments_count,
        "total": money(one.total, currency),
        "currency": currency,
    }


def _payment_data(one: Payment, currency: str) -> dict[str, Any]:
    return {
        "id": one.pk,
        "settlement": one.settlement_id,
        "account": one.account.number,
        "iban": one.bank.masked,
        "amount": money(one.amount, currency),
        "reference": one.reference,
        "state": one.state,
        "reason": one.reason,
        "returned_at": one.returned_at,
    }
