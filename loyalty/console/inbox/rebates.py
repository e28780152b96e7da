"""What waits of rebates: reported sales, statements, disputed lines, payment runs."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Tenant
from accounts.money import money_text
from loyalty.console.inbox.kind import APPROVE, REJECT, Decider, Decision, Kind, Line, Said
from rebates import paying, sale_rulings, settling
from rebates.models import (
    Dispute,
    DisputeState,
    PaymentRun,
    RunState,
    SalesReport,
    SaleState,
    Statement,
    StatementState,
)
from rebates.sale_rulings import Ruling
from rebates.sales_counts import with_counts
from rewards.payouts import PayoutsStopped
from rewards.voice import Voice

MONEY = frozenset(("owner", "manager", "finance"))


def _reports(tenant: Tenant) -> Any:
    waiting = SalesReport.objects.filter(decided_at=None)
    return with_counts(waiting).select_related("account", "member")


def _report(one: SalesReport, voice: Voice) -> Line:
    waiting = ngettext("%d sale waits", "%d sales wait", one.waiting) % one.waiting
    facts = [
        (_("Report"), one.name),
        (_("Account"), one.account.name),
        (_("Reported by"), one.member.name if one.member else ""),
        (_("Waiting"), waiting),
        (_("With something against it"), str(one.flagged)),
    ]
    return Line(one.name, one.account.name, waiting, facts)


def _rule(one: SalesReport, said: Said, rulings: list[Ruling]) -> str | None:
    ruled = sale_rulings.decide(
        rulings, report_id=one.pk, actor=said.actor, zone=said.tenant.zone, now=said.now
    )
    left = one.sales.filter(state=SaleState.OPEN).count()
    if not ruled.done:
        why = next(iter(ruled.refused.values()), _("Something speaks against each of its sales."))
        raise sale_rulings.CannotDecide(why)
    if not left:
        return None
    return (
        ngettext(
            "%d sale of it stays: something speaks against it, so look at it on its page.",
            "%d sales of it stay: something speaks against them, so look at them on its page.",
            left,
        )
        % left
    )


def _approve_report(one: SalesReport, said: Said) -> str | None:
    clear = one.sales.filter(state=SaleState.OPEN, flags=[]).values_list("id", flat=True)
    return _rule(one, said, [Ruling(sale, approve=True) for sale in clear])


def _reject_report(one: SalesReport, said: Said) -> str | None:
    open_ = one.sales.filter(state=SaleState.OPEN).values_list("id", flat=True)
    return _rule(one, said, [Ruling(sale, approve=False, reason=said.reason) for sale in open_])


def _own_report(one: SalesReport, decider: Decider) -> bool:
    return one.reported_by in decider.hands or one.account_id in decider.accounts


SALES = Kind(
    code="sales",
    label=gettext_lazy("Reported sales"),
    icon="document-check",
    roles=frozenset(("owner", "manager")),
    rows=_reports,
    since="reported_at",
    line=_report,
    page=lambda one: reverse("console_sales_report", args=[one.pk]),
    is_own=_own_report,
    decisions={
        APPROVE: Decision(
            label=gettext_lazy("Approve"),
            does=gettext_lazy(
                "Every sale that nothing speaks against is taken in; only a return takes it back."
            ),
            done=gettext_lazy("approved"),
            do=_approve_report,
            is_final=True,
        ),
        REJECT: Decision(
            label=gettext_lazy("Reject"),
            does=gettext_lazy("All its sales that wait are rejected; the partner reads why."),
            done=gettext_lazy("rejected"),
            do=_reject_report,
            needs_reason=True,
        ),
    },
    refusals=(sale_rulings.CannotDecide,),
)


def _statements(tenant: Tenant) -> Any:
    accepted = Statement.objects.filter(state=StatementState.ACCEPTED)
    return accepted.select_related("account", "agreement__owner")


def _statement(one: Statement, voice: Voice) -> Line:
    amount = money_text(one.total, one.agreement.currency, voice.locale)
    facts = [
        (_("Agreement"), one.agreement.name),
        (_("Account"), one.account.name),
        (_("Through"), voice.day(one.upto)),
        (_("Comes to"), amount),
        (_("Accepted"), voice.day(one.accepted_at) if one.accepted_at else ""),
    ]
    return Line(one.agreement.name, one.account.name, amount, facts)


def _approve_statement(one: Statement, said: Said) -> None:
    settling.approve_statement(statement=one, actor=said.actor, now=said.now)


def _own_statement(one: Statement, decider: Decider) -> bool:
    owner = one.agreement.owner
    return one.prepared_by in decider.hands or bool(owner and owner.actor in decider.hands)


STATEMENTS = Kind(
    code="statement",
    label=gettext_lazy("Rebate statements"),
    icon="document-text",
    roles=MONEY,
    rows=_statements,
    since="accepted_at",
    line=_statement,
    page=lambda one: reverse("console_rebate_statement", args=[one.pk]),
    is_own=_own_statement,
    decisions={
        APPROVE: Decision(
            label=gettext_lazy("Approve"),
            does=gettext_lazy("The rebate becomes the partner’s money; that cannot be undone."),
            done=gettext_lazy("approved"),
            do=_approve_statement,
            is_final=True,
        ),
    },
    refusals=(settling.CannotApprove, PayoutsStopped),
)


def _disputes(tenant: Tenant) -> Any:
    open_ = Dispute.objects.filter(state=DisputeState.OPEN)
    return open_.select_related("line__statement__account", "line__statement__agreement__owner")


def _dispute(one: Dispute, voice: Voice) -> Line:
    statement = one.line.statement
    facts = [
        (_("Agreement"), statement.agreement.name),
        (_("Account"), statement.account.name),
        (_("What is objected"), one.reason),
    ]
    return Line(statement.agreement.name, statement.account.name, one.reason, facts)


DISPUTES = Kind(
    code="dispute",
    label=gettext_lazy("Disputes"),
    icon="chat-bubble-left-right",
    roles=MONEY,
    rows=_disputes,
    since="opened_at",
    line=_dispute,
    page=lambda one: reverse("console_rebate_statement", args=[one.line.statement_id]),
    is_own=lambda one, decider: _own_statement(one.line.statement, decider),
    account_of=lambda one: one.line.statement.account_id,
    decisions={},
    refusals=(),
)


def _runs(tenant: Tenant) -> Any:
    return PaymentRun.objects.filter(state=RunState.PREPARED)


def _run(one: PaymentRun, voice: Voice) -> Line:
    title = _("Payment run %d") % one.number
    amount = voice.exact_money(one.total)
    facts = [
        (_("Comes to"), amount),
        (_("Payments"), str(one.payments_count)),
        (_("To be executed on"), voice.day(one.execute_on)),
    ]
    return Line(title, "", amount, facts)


def _approve_run(one: PaymentRun, said: Said) -> None:
    paying.approve(run_id=one.pk, tenant=said.tenant, actor=said.actor, now=said.now)


def _cancel_run(one: PaymentRun, said: Said) -> None:
    paying.cancel(run_id=one.pk, actor=said.actor, now=said.now)


RUNS = Kind(
    code="payments",
    label=gettext_lazy("Payment runs"),
    icon="building-library",
    roles=frozenset(("owner", "finance")),
    rows=_runs,
    since="prepared_at",
    due="execute_on",
    line=_run,
    page=lambda one: reverse("console_payment_run", args=[one.pk]),
    is_own=lambda one, decider: one.prepared_by in decider.hands,
    account_of=lambda one: None,
    decisions={
        APPROVE: Decision(
            label=gettext_lazy("Approve"),
            does=gettext_lazy(
                "The money leaves the partners’ wallets for the bank; that cannot be undone."
            ),
            done=gettext_lazy("approved"),
            do=_approve_run,
            is_final=True,
        ),
        REJECT: Decision(
            label=gettext_lazy("Cancel it"),
            does=gettext_lazy("Nothing is paid; its settlements go into another run."),
            done=gettext_lazy("canceled"),
            do=_cancel_run,
        ),
    },
    refusals=(paying.CannotPay, PayoutsStopped),
)
