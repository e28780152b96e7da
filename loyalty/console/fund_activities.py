"""Kinds of activities that funds are for: what is asked, what a claim proves, what is paid."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.attributes import TYPES, Attribute, BadAttribute, declared
from accounts.models import Segment
from accounts.money import to_major
from accounts.roles import staff_required
from loyalty.attribute_lines import as_lines, read_lines
from loyalty.form_sections import SectionedForm
from loyalty.fund_form import MoneyField, in_currency
from partners.funds.activities import BadActivity, Terms, add_activity, change_activity
from partners.models import FundActivity
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
EDITORS = ("owner", "manager")
EXAMPLE = "guests: whole, required\nchannel: choice radio, print, online"
PLAIN = ("name", "description", "share", "claim_days", "is_active")


class ActivityForm(SectionedForm):
    SECTIONS = (
        (gettext_lazy("The activity"), ("name", "description", "fields_asked", "is_active")),
        (gettext_lazy("What is paid"), ("share", "most")),
        (gettext_lazy("The claim"), ("proofs", "claim_days")),
        (gettext_lazy("For whom"), ("segment", "tiers")),
    )

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    description = forms.CharField(
        label=gettext_lazy("What partners read of it"), max_length=600, required=False
    )
    fields_asked = forms.CharField(
        label=gettext_lazy("Questions of your own"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "placeholder": EXAMPLE}),
    )
    is_active = forms.BooleanField(
        label=gettext_lazy("Partners can ask for it"), required=False, initial=True
    )
    share = forms.DecimalField(
        label=gettext_lazy("Percent of the cost at most"), max_digits=5, decimal_places=2
    )
    most = MoneyField(label=gettext_lazy("At most"), required=False)
    proofs = forms.CharField(
        label=gettext_lazy("Proof that a claim must bring"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One kind on each line, such as Invoice or Photo."),
    )
    claim_days = forms.IntegerField(
        label=gettext_lazy("Days for the claim, from the activity’s end"),
        min_value=1,
        max_value=365,
    )
    segment = forms.ModelChoiceField(
        queryset=None,
        label=gettext_lazy("Segment"),
        required=False,
        empty_label=gettext_lazy("All accounts"),
    )
    tiers = forms.CharField(
        label=gettext_lazy("Tiers"),
        max_length=400,
        required=False,
        help_text=gettext_lazy("Their names, separated by commas. Empty: all."),
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["segment"].queryset = Segment.objects.order_by("name", "code")
        self.fields["fields_asked"].help_text = _(
            "One on each line: name, colon, type (%s). A choice lists its values. End with "
            "“, required” where it must be answered."
        ) % ", ".join(TYPES)
        in_currency(self, currency)

    def clean_fields_asked(self) -> list[Attribute]:
        try:
            return read_lines(self.cleaned_data["fields_asked"])
        except BadAttribute as bad:
            raise forms.ValidationError(str(bad)) from None

    def terms(self) -> Terms:
        said = self.cleaned_data
        return Terms(
            **{name: said[name] for name in (*PLAIN, "most", "segment")},
            fields=said["fields_asked"],
            proofs=[line.strip() for line in said["proofs"].splitlines() if line.strip()],
            tiers=[name.strip() for name in said["tiers"].split(",") if name.strip()],
        )

    def refuse(self, bad: BadActivity) -> None:
        self.add_error(bad.field if bad.field in self.fields else None, str(bad))


@require_safe
@staff_required(*READERS)
def activity_list(request: HttpRequest) -> HttpResponse:
    context = {
        "activities": FundActivity.objects.select_related("segment").order_by("name"),
        "voice": voice_of(request.tenant),
        "may_edit": request.staff.role in EDITORS,
    }
    return render(request, "console/fund_activities.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_activity(request: HttpRequest) -> HttpResponse:
    form = ActivityForm(
        request.POST or None,
        currency=request.tenant.currency,
        initial={"share": 50, "claim_days": 45, "proofs": "Invoice"},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = add_activity(terms=form.terms(), actor=request.staff.actor, now=timezone.now())
        except BadActivity as bad:
            form.refuse(bad)
        else:
            messages.success(request, _("“%s” is there.") % made.name)
            return redirect("console_fund_activities")
    status = 422 if form.errors else 200
    return render(request, "console/fund_activity.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def activity_page(request: HttpRequest, activity_id: UUID) -> HttpResponse:
    found = get_object_or_404(FundActivity, pk=activity_id)
    form = ActivityForm(
        request.POST or None, currency=request.tenant.currency, initial=_initial(found, request)
    )
    if request.method == "POST" and form.is_valid():
        try:
            change_activity(
                activity_id=found.pk,
                terms=form.terms(),
                actor=request.staff.actor,
                now=timezone.now(),
            )
        except BadActivity as bad:
            form.refuse(bad)
        else:
            messages.success(request, _("“%s” is changed.") % form.cleaned_data["name"])
            return redirect("console_fund_activities")
    context = {"form": form, "activity": found}
    status = 422 if form.errors else 200
    return render(request, "console/fund_activity.html", context, status=status)


def _initial(found: FundActivity, request: HttpRequest) -> dict[str, Any]:
    initial = {name: getattr(found, name) for name in PLAIN}
    return initial | {
        "most": None if found.most is None else to_major(found.most, request.tenant.currency),
        "segment": found.segment_id,
        "fields_asked": as_lines(declared(found.fields).values()),
        "proofs": "\n".join(found.proofs),
        "tiers": ", ".join(found.tiers),
    }
