"""Deals that partners register: the list, and one beside those it may conflict with."""

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
from accounts.money import exponent, to_minor
from accounts.periods import day_of
from accounts.roles import staff_required
from loyalty.console.happenings import actor_names
from loyalty.deal_words import REASONS, answer_words, deal_words, side_by_side, steps
from loyalty.listing import address_without, tidy_redirect
from partners.deals import closing, deciding
from partners.deals.conflicts import conflicts_of
from partners.deals.steps import NotNow, is_own
from partners.models import Deal, DealState
from partners.resemblance.names import words_of
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
DECIDERS = ("owner", "manager")
PER_PAGE = 50
MOST_SHOWN = 8  # of those it may conflict with, the likeliest
SORTS = {
    "": (gettext_lazy("Newest first"), ("-registered_at", "-id")),
    "oldest": (gettext_lazy("Oldest first"), ("registered_at", "id")),
    "amount": (gettext_lazy("Largest first"), ("-amount", "-id")),
    "ends": (gettext_lazy("Ending soonest"), ("exclusive_until", "id")),
}


class WonForm(forms.Form):
    amount = forms.DecimalField(max_digits=15)
    won_on = forms.DateField(
        label=gettext_lazy("Won on"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = exponent(currency)
        self.fields["amount"].label = _("Amount in %s") % currency

    def clean_amount(self) -> int:
        try:
            return to_minor(self.cleaned_data["amount"], self._places)
        except ValueError:
            raise forms.ValidationError(
                _("Write it with at most %d decimal places.") % self._places
            ) from None


@require_safe
@staff_required(*READERS)
def deal_list(request: HttpRequest) -> HttpResponse:
    if tidy := tidy_redirect(request):
        return tidy
    state, words = request.GET.get("state", ""), request.GET.get("q", "").strip()
    sort = request.GET.get("sort", "")
    if (state and state not in DealState) or sort not in SORTS:
        raise Http404
    found = _all().filter(_like(words)) if words else _all()
    found = found.filter(state=state) if state else found
    page = Paginator(found.order_by(*SORTS[sort][1]), PER_PAGE).get_page(request.GET.get("page"))
    counts = dict(Deal.objects.order_by().values_list("state").annotate(Count("id")))
    today = day_of(timezone.now(), request.tenant.zone)
    context = {
        "page": page,
        "deals": deal_words(page.object_list, today=today),
        "state": state,
        "states": [(value, label, counts.get(value, 0)) for value, label in DealState.choices],
        "words": words,
        "sort": sort,
        "sorts": [(value, label) for value, (label, _order) in SORTS.items()],
        "clear_url": address_without(request, "q", "state", "sort"),
        "voice": voice_of(request.tenant),
        "may_edit": request.staff.role in DECIDERS,
    }
    return render(request, "console/deals.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def deal(request: HttpRequest, deal_id: UUID) -> HttpResponse:
    found = get_object_or_404(_all(), pk=deal_id)
    may_decide = request.staff.role in DECIDERS
    context: dict[str, Any] = {"note": ""}
    if request.method == "POST" and may_decide:
        context["note"] = request.POST.get("note", "").replace("\x00", "")
        context["won_form"] = WonForm(request.POST, currency=request.tenant.currency)
        try:
            said = _act(request, found, note=context["note"], won=context["won_form"])
        except NotNow as refused:
            context["refused"] = str(refused)
        else:
            messages.success(request, said)
            return redirect("console_deal", deal_id)
        if request.POST.get("action") != "win":
            del context["won_form"]
    context |= _shown(request, found, may_decide=may_decide) | context
    status = 422 if "refused" in context else 403 if request.method == "POST" else 200
    return render(request, "console/deal.html", context, status=status)


def _all() -> QuerySet[Deal]:
    return Deal.objects.select_related("account", "reseller", "distributor", "form", "member")


def _like(words: str) -> Q:
    """By the customer, however it was written; by reference; by the account."""
    like = Q(customer__icontains=words) | Q(account__name__icontains=words)
    like |= Q(site__icontains=words) | Q(core__contains=" ".join(words_of(words)))
    tail = words.upper().removeprefix("D-")
    if len(tail) == 8 and all(letter in "0123456789ABCDEF" for letter in tail):
        like |= Q(pk__iendswith=tail)
    return like


def _shown(request: HttpRequest, found: Deal, *, may_decide: bool) -> dict[str, Any]:
    now = timezone.now()
    today = day_of(now, request.tenant.zone)
    voice = voice_of(request.tenant)
    [words] = deal_words([found], today=today)
    events = list(events_about(f"deal:{found.pk}"))
    conflicts = conflicts_of(found, today=today) if found.is_open else []
    own = is_own(found, request.staff.actor)
    return {
        "deal": found,
        "words": words,
        "voice": voice,
        "answers": answer_words(found, voice=voice),
        "documents": [one.file for one in found.documents.select_related("file").order_by("id")],
        "products": [one.product for one in found.products.select_related("product")],
        "steps": steps(events, names=actor_names({event.actor for event in events})),
        "conflicts": [
            (
                one,
                side_by_side(found, one.deal, voice=voice),
                [REASONS[reason] for reason in one.resemblance.reasons],
            )
            for one in conflicts[:MOST_SHOWN]
        ],
        "may_decide": may_decide,
        "is_own": own,
        "won_form": WonForm(
            currency=request.tenant.currency,
            initial={"won_on": today},
        ),
    }


def _act(request: HttpRequest, found: Deal, *, note: str, won: WonForm) -> str:
    """Do what the button says. Raises NotNow."""
    now, by = timezone.now(), request.staff.actor
    today = day_of(now, request.tenant.zone)
    doing: dict[str, tuple[Callable[[], Deal], str]] = {
        "approve": (
            lambda: deciding.approve(found.pk, by=by, note=note, today=today, now=now),
            _("%s is approved."),
        ),
        "reject": (
            lambda: deciding.reject(found.pk, by=by, reason=note, now=now),
            _("%s is rejected; the partner reads why."),
        ),
        "extend": (
            lambda: deciding.extend(found.pk, by=by, today=today, now=now),
            _("%s is extended."),
        ),
        "refuse_extension": (
            lambda: deciding.refuse_extension(found.pk, by=by, reason=note, today=today, now=now),
            _("%s is not extended; the partner reads why."),
        ),
        "win": (lambda: _win(request, found, won), _("%s is won, and counts as an activity.")),
        "lose": (
            lambda: closing.lose(found.pk, note=note, actor=by, now=now, may_undo=True),
            _("%s is lost."),
        ),
    }
    if request.POST.get("action") not in doing:
        raise Http404
    do, said = doing[request.POST["action"]]
    do()
    return said % found.reference


def _win(request: HttpRequest, found: Deal, form: WonForm) -> Deal:
    if not form.is_valid():
        raise NotNow(_("Say for how much it was won, and when."))
    now = timezone.now()
    zone = request.tenant.zone
    return closing.win(
        found.pk,
        amount=form.cleaned_data["amount"],
        won_on=form.cleaned_data["won_on"],
        actor=request.staff.actor,
        today=day_of(now, zone),
        zone=zone,
        now=now,
    )
