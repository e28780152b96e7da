"""Payment runs: what is to be transferred, a run and its file, what the bank returned."""

from datetime import datetime, timedelta
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Event
from accounts.periods import day_of
from accounts.roles import staff_required
from loyalty.console.happenings import actor_names
from loyalty.file_answer import download
from rebates import banking, paying
from rebates.models import Payment, PaymentRun, PaymentState, RunState
from rebates.paying import CannotPay
from rebates.setting_off import carried
from rewards.payouts import PayoutsStopped
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
TREASURERS = ("owner", "finance")
PER_PAGE = 50
LAST_TAKEN = 10
MOST_CARRIED = 100
LOOKS = {
    RunState.PREPARED: ("clock", "warn"),
    RunState.CANCELED: ("x-circle", ""),
    RunState.APPROVED: ("paper-airplane", "warn"),
    RunState.EXECUTED: ("check-circle", "good"),
}
PAYMENT_LOOKS = {
    PaymentState.PREPARED: ("clock", "warn"),
    PaymentState.CANCELED: ("x-circle", ""),
    PaymentState.SENT: ("paper-airplane", "warn"),
    PaymentState.PAID: ("check-circle", "good"),
    PaymentState.RETURNED: ("arrow-uturn-left", "bad"),
}


class PrepareForm(forms.Form):
    execute_on = forms.DateField(
        label=gettext_lazy("To be executed on"), widget=forms.DateInput(attrs={"type": "date"})
    )
    pick = forms.TypedMultipleChoiceField(coerce=UUID, required=False)

    def __init__(self, *args, ids: list[str], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pick"].choices = [(one, one) for one in ids]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def runs(request: HttpRequest) -> HttpResponse:
    may_pay = request.staff.role in TREASURERS
    if request.method == "POST":
        return _prepare(request) if may_pay else _not_theirs(request)
    now = timezone.now()
    page = Paginator(PaymentRun.objects.order_by("-number"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "due": paying.due(actor=request.staff.actor, now=now),
        "carried": carried()[:MOST_CARRIED],
        "page": page,
        "runs": [(run, *LOOKS[RunState(run.state)]) for run in page.object_list],
        "has_bank": banking.current(None) is not None,
        "may_pay": may_pay,
        "why_no_run": paying.why_no_run(actor=request.staff.actor, now=now),
        "execute_on": day_of(now, request.tenant.zone) + timedelta(days=1),
        "voice": voice_of(request.tenant),
    }
    return render(request, "console/payments.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def run_page(request: HttpRequest, run_id: UUID) -> HttpResponse:
    found = get_object_or_404(PaymentRun.objects.select_related("debtor"), pk=run_id)
    may_pay = request.staff.role in TREASURERS
    if request.method == "POST":
        return _decide(request, found) if may_pay else _not_theirs(request)
    payments = found.payments.select_related("account", "bank", "settlement__statement__agreement")
    page = Paginator(payments.order_by("id"), PER_PAGE).get_page(request.GET.get("page"))
    names = actor_names({found.prepared_by, found.decided_by, found.executed_by})
    waits = may_pay and found.state == RunState.PREPARED
    about = {"actor": request.staff.actor, "now": timezone.now()}
    context = {
        "run": found,
        "look": LOOKS[RunState(found.state)],
        "page": page,
        "payments": [(one, *PAYMENT_LOOKS[PaymentState(one.state)]) for one in page.object_list],
        "people": {
            "prepared": names.get(found.prepared_by, ""),
            "decided": names.get(found.decided_by, ""),
            "executed": names.get(found.executed_by, ""),
        },
        "taken": _taken(found),
        "why_not": paying.why_not_approved(found, **about) if waits else "",
        "may_pay": may_pay,
        "voice": voice_of(request.tenant),
    }
    return render(request, "console/payment_run.html", context)


def _taken(run: PaymentRun) -> list[tuple[str, datetime]]:
    """Who took its file when, the last first: whoever sends it once more pays twice."""
    found = Event.objects.filter(
        subject=f"payment_run:{run.pk}", kind="payment_run.file_taken"
    ).order_by("-occurred_at", "-id")[:LAST_TAKEN]
    told = list(found)
    names = actor_names({one.actor for one in told})
    return [(names.get(one.actor, ""), one.occurred_at) for one in told]


@require_POST
@staff_required(*TREASURERS)
def run_file(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The file for the bank, with account numbers in the clear: who takes it is recorded, and so
    it is no mere reading."""
    found = get_object_or_404(PaymentRun, pk=run_id)
    try:
        name, content = paying.take_file(
            run_id=found.pk,
            tenant=request.tenant,
            actor=request.staff.actor,
            now=timezone.now(),
        )
    except CannotPay as refused:
        messages.error(request, str(refused))
        return redirect("console_payment_run", found.pk)
    return download(content, name=name, media_type="application/xml")


@require_POST
@staff_required(*TREASURERS)
def payment_return(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    found = get_object_or_404(Payment.objects.select_related("account"), pk=payment_id)
    try:
        paying.give_back(
            payment_id=found.pk,
            reason=request.POST.get("reason", ""),
            actor=request.staff.actor,
            now=timezone.now(),
        )
    except CannotPay as refused:
        messages.error(request, str(refused))
    else:
        said = _("The payment to %s came back; it is to be paid once more.")
        messages.success(request, said % found.account.name)
    return redirect("console_payment_run", found.run_id)


def _prepare(request: HttpRequest) -> HttpResponse:
    picked = [one for one in request.POST.getlist("pick") if _is_uuid(one)]
    form = PrepareForm(request.POST, ids=picked)
    if not form.is_valid() or not picked:
        messages.error(request, _("Pick what is to be paid, and say on which day."))
        return redirect("console_payments")
    now = timezone.now()
    try:
        made = paying.prepare(
            settlement_ids=set(form.cleaned_data["pick"]),
            execute_on=form.cleaned_data["execute_on"],
            today=day_of(now, request.tenant.zone),
            actor=request.staff.actor,
            now=now,
        )
    except (CannotPay, PayoutsStopped) as refused:
        messages.error(request, str(refused))
        return redirect("console_payments")
    messages.success(request, _("Run %d is prepared; somebody else approves it.") % made.number)
    return redirect("console_payment_run", made.pk)


def _decide(request: HttpRequest, found: PaymentRun) -> HttpResponse:
    about = {"run_id": found.pk, "actor": request.staff.actor, "now": timezone.now()}
    try:
        match request.POST.get("action"):
            case "approve":
                paying.approve(tenant=request.tenant, **about)
                messages.success(request, _("Approved. The file is ready for the bank."))
            case "cancel":
                paying.cancel(**about)
                messages.success(request, _("Canceled. What it would have paid waits again."))
            case "executed":
                paying.mark_executed(**about)
                messages.success(request, _("Executed. The settlements are paid."))
            case _:
                raise Http404
    except (CannotPay, PayoutsStopped) as refused:
        messages.error(request, str(refused))
    return redirect("console_payment_run", found.pk)


def _not_theirs(request: HttpRequest) -> HttpResponse:
    context = {"needed": _("Owner or Finance"), "held": request.staff.get_role_display()}
    return render(request, "people/role_needed.html", context, status=403)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
