"""Statements of rebates: what waits for partners, for an answer to a dispute, and for approval."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Event
from accounts.money import exponent, to_minor
from accounts.roles import staff_required
from loyalty.console.happenings import happenings
from loyalty.listing import address_without, chips, tidy_redirect
from loyalty.rebate_paper import rebate_statement_answer
from loyalty.rebate_statements import all_statements, statement_told, statements_told
from rebates.models import LineState, Statement, StatementLine, StatementState
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
APPROVERS = ("owner", "manager", "finance")
PER_PAGE = 50
LAST_EVENTS = 20
DISPUTED = "disputed"
STATES = {
    StatementState.ACCEPTED: gettext_lazy("To approve"),
    DISPUTED: gettext_lazy("Disputed"),
    StatementState.OPEN: gettext_lazy("Waiting for the partner"),
    StatementState.APPROVED: gettext_lazy("Approved"),
}


class ResolveForm(forms.Form):
    """How a dispute ends: the line stands, or another amount was agreed on."""

    line = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    agreed = forms.DecimalField(
        required=False, max_digits=18, label=gettext_lazy("Agreed on another amount")
    )
    answer = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("Answer to the partner"),
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = exponent(currency)
        self.fields["agreed"].help_text = _(
            "In %(currency)s; leave it empty where the line stands as it is."
        ) % {"currency": currency}

    def clean_agreed(self) -> int | None:
        agreed = self.cleaned_data["agreed"]
        if agreed is None:
            return None
        try:
            return to_minor(agreed, self._places)
        except ValueError:
            raise forms.ValidationError(
                _("Write it with at most %(places)s decimal places.") % {"places": self._places}
            ) from None


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def statement_list(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _approve_many(request)
    if tidy := tidy_redirect(request):
        return tidy
    state, words = request.GET.get("state", ""), request.GET.get("q", "").strip()
    if state and state not in STATES:
        raise Http404
    page = Paginator(_found(state, words), PER_PAGE).get_page(request.GET.get("page"))
    voice = voice_of(request.tenant)
    context = {
        "page": page,
        "rows": statements_told(list(page.object_list), voice=voice, now=timezone.now()),
        "voice": voice,
        "state": state,
        "states": list(STATES.items()),
        "words": words,
        "chips": chips(
            request,
            [("state", _("State"), str(STATES.get(state, ""))), ("q", _("Search"), words)],
        ),
        "clear_url": address_without(request, "state", "q"),
        "may_approve": request.staff.role in APPROVERS and state == StatementState.ACCEPTED,
    }
    return render(request, "console/rebate_statements.html", context)


def _found(state: str, words: str) -> QuerySet[Statement]:
    found = all_statements()
    if state == DISPUTED:
        found = found.filter(Exists(_disputed_lines()))
    elif state:
        found = found.filter(state=state)
    if words:
        about = Q(account__name__icontains=words) | Q(account__number__istartswith=words)
        found = found.filter(about | Q(agreement__name__icontains=words))
    return found


def _disputed_lines() -> QuerySet[StatementLine]:
    return StatementLine.objects.filter(statement=OuterRef("pk"), state=LineState.DISPUTED)
