"""What partners ask for and claim: the queue, and one with its decisions."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.events import events_about
from accounts.money import to_major
from accounts.periods import day_of
from accounts.roles import staff_required
from loyalty.console.happenings import actor_names
from loyalty.fund_form import MoneyField, in_currency
from loyalty.fund_words import answer_words, fund_words, request_words, steps
from loyalty.listing import address_without, tidy_redirect
from partners.funds import claiming, deciding, paying
from partners.funds.shares import share_offered
from partners.funds.steps import NotNow, refuse_own
from partners.models import Fund, FundRequest, PaidAs, RequestState
from rewards.payouts import PayoutsStopped
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
DECIDERS = ("owner", "manager")
PAYERS = ("owner", "finance")
PER_PAGE = 50
SORTS = {
    "": (gettext_lazy("Newest first"), ("-requested_at", "-id")),
    "oldest": (gettext_lazy("Oldest first"), ("requested_at", "id")),
    "amount": (gettext_lazy("Largest first"), ("-asked", "-id")),
    "ends": (gettext_lazy("Claim ending soonest"), ("claim_until", "id")),
}
# What somebody of the tenant has to do with a request in this state, and who may.
TODO = {
    RequestState.REQUESTED: ("decide", DECIDERS),
    RequestState.CLAIMED: ("check", DECIDERS),
    RequestState.ACCEPTED: ("pay", PAYERS),
}
# Which of the roles takes which step.
STEPS = {
    "approve": DECIDERS,
    "reject": DECIDERS,
    "accept": DECIDERS,
    "more": DECIDERS,
    "refuse": DECIDERS,
    "pay": PAYERS,
}


class DecisionForm(forms.Form):
    amount = MoneyField(label=gettext_lazy("Amount"))
    share = forms.DecimalField(
        label=gettext_lazy("Percent of the cost"), max_digits=5, decimal_places=2
    )


class CheckForm(forms.Form):
    amount = MoneyField(label=gettext_lazy("Amount"))


class PaymentForm(forms.Form):
    paid_as = forms.ChoiceField(label=gettext_lazy("Paid by"), choices=PaidAs.choices)
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=paying.LONGEST_REFERENCE,
        help_text=gettext_lazy("Of the transfer, or the number of the credit note."),
    )
    paid_on = forms.DateField(
        label=gettext_lazy("Paid on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


@require_safe
@staff_required(*READERS)
def request_list(request: HttpRequest) -> HttpResponse:
    if tidy := tidy_redirect(request):
        return tidy
    state, words = request.GET.get("state", ""), request.GET.get("q", "").replace("\0", "").strip()
    sort = request.GET.get("sort", "")
    if (state and state not in RequestState) or sort not in SORTS:
        raise Http404
    found = _all().filter(_like(words)) if words else _all()
    found = found.filter(state=state) if state else found
    page = Paginator(found.order_by(*SORTS[sort][1]), PER_PAGE).get_page(request.GET.get("page"))
    counts = dict(FundRequest.objects.order_by().values_list("state").annotate(Count("id")))
    voice = voice_of(request.tenant)
    context = {
        "page": page,
        "requests": request_words(page.object_list, voice=voice),
        "state": state,
        "states": [(value, label, counts.get(value, 0)) for value, label in RequestState.choices],
        "words": words,
        "sort": sort,
        "sorts": [(value, label) for value, (label, _order) in SORTS.items()],
        "clear_url": address_without(request, "q", "state", "sort"),
        "voice": voice,
    }
    return render(request, "console/fund_requests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def request_page(request: HttpRequest, request_id: UUID) -> HttpResponse:
    found = get_object_or_404(_all(), pk=request_id)
    todo, roles = TODO.get(RequestState(found.state), ("", ()))
    may = request.staff.role in roles
    is_asked = request.method == "POST"
    context: dict[str, Any] = {"note": request.POST.get("note", "")}
    form = _form(request, found, todo) if todo else None
    if is_asked and request.POST.get("action") not in STEPS:
        raise Http404
    if is_asked and request.staff.role in STEPS[request.POST["action"]]:
        try:
            said = _act(request, found, form)
        except (NotNow, PayoutsStopped) as refused:
            context["refused"] = str(refused)
        else:
            messages.success(request, said)
            return redirect("console_fund_request", found.pk)
    context |= _shown(request, found) | {"form": form, "todo": todo, "may": may}
    status = 422 if "refused" in context else 403 if is_asked else 200
    return render(request, "console/fund_request.html", context, status=status)


def _all() -> QuerySet[FundRequest]:
    return FundRequest.objects.select_related("account", "budget", "activity", "member")


def _like(words: str) -> Q:
    """By what it is called, by the account, by its reference."""
    like = Q(title__icontains=words) | Q(account__name__icontains=words)
    tail = words.upper().removeprefix("F-")
    if len(tail) == 8 and all(letter in "0123456789ABCDEF" for letter in tail):
        like |= Q(pk__iendswith=tail)
    return like


def _form(request: HttpRequest, found: FundRequest, todo: str) -> forms.Form:
    currency = request.tenant.currency
    data = request.POST if request.method == "POST" else None
    form: forms.Form
    if todo == "decide":
        share = share_offered(found.asked, found.total_cost, most=found.activity.share)
        initial = {"amount": to_major(found.asked, currency), "share": share}
        form = DecisionForm(data, initial=initial)
    elif todo == "check":
        form = CheckForm(data, initial={"amount": to_major(claiming.payable(found), currency)})
    else:
        today = day_of(timezone.now(), request.tenant.zone)
        form = PaymentForm(data, initial={"paid_on": today})
    in_currency(form, currency)
    return form


def _shown(request: HttpRequest, found: FundRequest) -> dict[str, Any]:
    voice = voice_of(request.tenant)
    [words] = request_words([found], voice=voice)
    events = list(events_about(f"fund_request:{found.pk}"))
    fund = Fund.objects.filter(budget_id=found.budget_id, account_id=found.account_id).first()
    today = day_of(timezone.now(), request.tenant.zone)
    return {
        "found": found,
        "words": words,
        "steps": steps(events, names=actor_names({event.actor for event in events})),
        "answers": answer_words(found, voice=voice),
        "proofs": found.proofs.select_related("file").order_by("id"),
        "missing": claiming.missing_proofs(found) if found.claimed_at else [],
        "payable": claiming.payable(found),
        "fund": fund_words([fund], today=today)[0] if fund else None,
        "why_not": _why_not(found, request.staff.actor),
        "voice": voice,
    }


def _why_not(found: FundRequest, actor: str) -> str:
    """Why it is not this person who takes the next step; "" where it may be."""
    before = {
        RequestState.CLAIMED: (found.claimed_by,),
        RequestState.ACCEPTED: (found.checked_by,),
    }
    try:
        refuse_own(found, actor, also=before.get(RequestState(found.state), ()))
    except NotNow as why_not:
        return str(why_not)
    return ""


def _act(request: HttpRequest, found: FundRequest, form: forms.Form | None) -> str:
    """Do what the button says. Raises NotNow, PayoutsStopped."""
    now, by = timezone.now(), request.staff.actor
    today, note = day_of(now, request.tenant.zone), request.POST.get("note", "")
    said: dict[str, Any] = {"by": by, "now": now}
    doing: dict[str, tuple[Callable[[], FundRequest], str]] = {
        "approve": (
            lambda: deciding.approve(
                found.pk, **_read(form, "amount", "share"), note=note, today=today,
                zone=request.tenant.zone, **said,
            ),
            _("%s is approved."),
        ),
        "reject": (
            lambda: deciding.reject(found.pk, reason=note, **said),
            _("%s is rejected; the partner reads why."),
        ),
        "accept": (
            lambda: claiming.accept(found.pk, **_read(form, "amount"), note=note, **said),
            _("%s is to be paid."),
        ),
        "more": (
            lambda: claiming.ask_for_more(found.pk, note=note, today=today, **said),
            _("The partner is asked for more proof of %s."),
        ),
        "refuse": (
            lambda: claiming.refuse(found.pk, reason=note, **said),
            _("The claim of %s is refused; the partner reads why."),
        ),
        "pay": (
            lambda: paying.pay(
                found.pk, **_read(form, "paid_as", "reference", "paid_on"), today=today, **said
            ),
            _("%s is paid."),
        ),
    }  # fmt: skip
    do, done = doing[request.POST["action"]]
    do()
    return done % found.reference


def _read(form: forms.Form | None, *names: str) -> dict[str, Any]:
    """Those fields of the form that the step has in its state. Raises NotNow."""
    if form is None or set(names) - set(form.fields):
        raise NotNow(_("It is in another state meanwhile: this cannot be done with it."))
    if not form.is_valid():
        raise NotNow(_("Correct what is marked."))
    return {name: form.cleaned_data[name] for name in names}
