"""Support for an account: what may be asked for and why not, and each request to its result."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.events import events_about
from accounts.ids import uuid7
from accounts.models import Enrollment, Member
from accounts.periods import day_of, quarter_around
from accounts.roles import member_required
from loyalty.portal.together import ACTORS, about
from loyalty.support_words import left_text, support_steps, support_words
from partners.models import Deal, DealState, SupportRequest, SupportState, SupportType
from partners.support import caring
from partners.support.asking import (
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    CannotAsk,
    OtherRequest,
    Wish,
    ask_support,
)
from partners.support.caring import NotNow
from partners.support.entitlement import Allowance, allowances

OPEN_DEALS = (DealState.REGISTERED, DealState.APPROVED)


class WishForm(forms.Form):
    key = forms.CharField(max_length=80, widget=forms.HiddenInput)
    type = forms.ModelChoiceField(
        label=gettext_lazy("What you need"), queryset=None, empty_label=None
    )
    subject = forms.CharField(label=gettext_lazy("What it is about"), max_length=LONGEST_SUBJECT)
    text = forms.CharField(
        label=gettext_lazy("What we should know"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    deal = forms.ModelChoiceField(
        label=gettext_lazy("For one of your deals"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("None"),
    )
    wanted_on = forms.DateField(
        label=gettext_lazy("Wanted by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, offered: QuerySet, deals: QuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].queryset = offered
        self.fields["deal"].queryset = deals
        self.fields["deal"].label_from_instance = lambda deal: deal.customer


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def new_request(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    context = about(request, enrollment_id)
    member: Member = context["member"]
    account = context["enrollment"].account
    deals = Deal.objects.filter(Q(reseller=account) | Q(distributor=account), state__in=OPEN_DEALS)
    form = WishForm(
        request.POST or None,
        offered=_offered(),
        deals=deals.order_by("customer", "id"),
        initial={"key": uuid7(), "type": request.GET.get("type", "")},
    )
    context["allowances"] = allowances_of(context["enrollment"], context, tenant=request.tenant)
    context["may_ask"] = member.portal_role in ACTORS
    if not context["may_ask"]:
        return render(request, "portal/support_new.html", context, status=403)
    if request.method == "POST" and form.is_valid():
        wish = Wish(account=account, member=member, actor=member.actor, **form.cleaned_data)
        try:
            made = ask_support(wish, zone=request.tenant.zone, now=context["now"])
        except CannotAsk as refused:
            form.add_error(refused.field or None, str(refused))
        except OtherRequest as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("%s is on its way to us.") % made.reference)
            return redirect("portal_support", enrollment_id, made.pk)
    status = 422 if form.errors else 200
    return render(request, "portal/support_new.html", context | {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def support(request: HttpRequest, enrollment_id: UUID, request_id: UUID) -> HttpResponse:
    context = about(request, enrollment_id)
    account_id = context["enrollment"].account_id
    own = SupportRequest.objects.filter(account_id=account_id)
    found = get_object_or_404(own.select_related("type", "assigned", "deal"), pk=request_id)
    may_act = context["member"].portal_role in ACTORS
    context["typed"] = ""
    if request.method == "POST" and may_act:
        context["typed"] = request.POST.get("note", "").replace("\x00", "")
        try:
            said = _act(request, found, note=context["typed"], context=context)
        except NotNow as refused:
            context["refused"] = str(refused)
        else:
            messages.success(request, said)
            return redirect("portal_support", enrollment_id, request_id)
    events = events_about(f"support:{found.pk}")
    people = Member.objects.filter(account_id=account_id)
    [words] = support_words([found], today=day_of(context["now"], request.tenant.zone))
    context |= {
        "found": found,
        "words": words,
        # of the tenant's staff a partner sees who looks after it, and no other names
        "steps": support_steps(events, names={one.actor: one.name for one in people}),
        "may_add": may_act and found.is_open,
        "may_withdraw": may_act and found.state == SupportState.ASKED,
    }
    status = 422 if "refused" in context else 403 if request.method == "POST" else 200
    return render(request, "portal/support.html", context, status=status)


def allowances_of(enrollment: Enrollment, context: dict[str, Any], *, tenant: Any) -> list:
    """(what may be asked for, how much is left in words) of each kind of support."""
    now = context["now"]
    quarter = quarter_around(day_of(now, tenant.zone))
    found: list[Allowance] = allowances(
        enrollment.account_id, list(_offered()), quarter=quarter, now=now
    )
    return [(one, left_text(one)) for one in found]


def _offered() -> QuerySet[SupportType]:
    return SupportType.objects.filter(is_active=True).order_by("name", "id")


def _act(request: HttpRequest, found: SupportRequest, *, note: str, context: dict[str, Any]) -> str:
    by = {"actor": context["member"].actor, "now": context["now"]}
    doing: dict[str, tuple[Callable[[], Any], str]] = {
        "add": (lambda: caring.add_word(found.pk, text=note, **by), _("It is added to %s.")),
        "withdraw": (
            lambda: caring.withdraw(found.pk, **by),
            _("%s is withdrawn, and does not count."),
        ),
    }
    if request.POST.get("action") not in doing:
        raise Http404
    do, said = doing[request.POST["action"]]
    do()
    return said % found.reference
