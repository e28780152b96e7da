"""What programs give for referrals: drafted, published by a second person where two are wanted."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.hands import why_not_alone
from accounts.models import Program
from accounts.money import exponent, to_minor
from accounts.roles import staff_required
from loyalty.console.happenings import actor_names
from loyalty.form_sections import SectionedForm
from loyalty.referral_words import terms_words
from loyalty.spiff_form import places_of
from partners.models import Beneficiary, ReferralTerms, SpiffUnit, WonBy
from partners.referrals.terms import (
    BOUNDS,
    BadTerms,
    Terms,
    discard,
    draft,
    draft_of,
    drafts_and_terms,
    publish,
    terms_of,
)
from rewards.voice import Voice, voice_of

EDITORS = ("owner", "manager")
AMOUNTS = ("referrer_amount", "referred_amount", "least_amount")


class TermsForm(SectionedForm):
    SECTIONS = (
        (gettext_lazy("The program"), ("program", "is_open")),
        (
            gettext_lazy("What is given"),
            ("unit", "referrer_amount", "beneficiary", "referred_amount", "hold_days"),
        ),
        (gettext_lazy("What counts as won"), ("won_by", "least_amount", "protect_days")),
        (gettext_lazy("Consent"), ("consent_text",)),
    )

    program = forms.ModelChoiceField(label=gettext_lazy("Program"), queryset=None, empty_label=None)
    is_open = forms.BooleanField(
        label=gettext_lazy("Partners can refer"), required=False, initial=True
    )
    unit = forms.ChoiceField(label=gettext_lazy("Given in"), choices=SpiffUnit.choices)
    referrer_amount = forms.DecimalField(
        label=gettext_lazy("For whoever refers"), max_digits=15, min_value=Decimal(0)
    )
    beneficiary = forms.ChoiceField(
        label=gettext_lazy("Who of them gets it"),
        choices=Beneficiary.choices,
        initial=Beneficiary.ACCOUNT,
    )
    referred_amount = forms.DecimalField(
        label=gettext_lazy("For whoever is referred"),
        max_digits=15,
        min_value=Decimal(0),
        initial=0,
    )
    hold_days = forms.IntegerField(
        label=gettext_lazy("Days until it can be used"),
        min_value=BOUNDS["hold_days"][0],
        max_value=BOUNDS["hold_days"][1],
        initial=30,
        help_text=gettext_lazy("As long as a purchase can be returned: then it is taken back."),
    )
    won_by = forms.ChoiceField(label=gettext_lazy("Won by"), choices=WonBy.choices)
    least_amount = forms.DecimalField(
        label=gettext_lazy("First purchase of at least"),
        max_digits=15,
        min_value=Decimal(0),
        initial=0,
    )
    protect_days = forms.IntegerField(
        label=gettext_lazy("Days in which nobody else can refer the company"),
        min_value=BOUNDS["protect_days"][0],
        max_value=BOUNDS["protect_days"][1],
        initial=180,
    )
    consent_text = forms.CharField(
        label=gettext_lazy("What the contact agrees to"),
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._currency = currency
        self.fields["program"].queryset = Program.objects.order_by("name", "id")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        of_unit = places_of(data.get("unit", ""), self._currency)
        for name in AMOUNTS:
            places = exponent(self._currency) if name == "least_amount" else of_unit
            try:
                data[name] = to_minor(data[name], places) if name in data else 0
            except ValueError:
                self.add_error(name, _("Write it with at most %d decimal places.") % places)
        return data

    def terms(self) -> Terms:
        return Terms(**{name: self.cleaned_data[name] for name in Terms.__dataclass_fields__})


def initial_of(terms: ReferralTerms, *, currency: str) -> dict[str, Any]:
    """Terms as the form shows them."""
    said = {name: getattr(terms, name) for name in Terms.__dataclass_fields__}
    of_unit = places_of(terms.unit, currency)
    for name in AMOUNTS:
        places = exponent(currency) if name == "least_amount" else of_unit
        said[name] = Decimal(said[name]).scaleb(-places)
    return said


@dataclass(frozen=True, slots=True, kw_only=True)
class OfProgram:
    """The terms of a program, in force or being written; `author` and `why_not` of a draft: who
    wrote it, and why the reader does not publish it."""

    terms: ReferralTerms
    gives: dict[str, str]
    is_draft: bool = False
    author: str = ""
    why_not: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def referral_terms(request: HttpRequest) -> HttpResponse:
    """What holds in each program, what is being written, and the form for the next terms."""
    currency = request.tenant.currency
    form = TermsForm(request.POST or None, currency=currency, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        by = {"actor": request.staff.actor, "now": timezone.now()}
        try:
            made = draft(program=form.cleaned_data["program"], terms=form.terms(), **by)
        except BadTerms as bad:
            form.add_error(bad.field if bad.field in form.fields else None, str(bad))
        else:
            said = _("The terms of “%s” are drafted. Look at them, and publish them.")
            messages.success(request, said % made.program.name)
            return redirect("console_referral_terms")
    voice = voice_of(request.tenant)
    context = {"form": form, "shown": _shown(request.staff.actor, voice), "voice": voice}
    status = 422 if form.errors else 200
    return render(request, "console/referral_terms.html", context, status=status)


@require_POST
@staff_required(*EDITORS)
def publish_terms(request: HttpRequest, terms_id: UUID) -> HttpResponse:
    """What was read, and nothing that was written at it since."""
    found = get_object_or_404(ReferralTerms.objects.select_related("program"), pk=terms_id)
    try:
        seen = datetime.fromisoformat(request.POST.get("seen", ""))
    except ValueError:
        seen = None
    try:
        publish(found.pk, seen=seen, actor=request.staff.actor, now=timezone.now())
    except BadTerms as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("That holds in “%s” from now on.") % found.program.name)
    return redirect("console_referral_terms")


@require_POST
@staff_required(*EDITORS)
def discard_terms(request: HttpRequest, terms_id: UUID) -> HttpResponse:
    found = get_object_or_404(ReferralTerms.objects.select_related("program"), pk=terms_id)
    try:
        discard(found.pk, actor=request.staff.actor, now=timezone.now())
    except BadTerms as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The draft is put away."))
    return redirect("console_referral_terms")


def _initial(request: HttpRequest) -> dict[str, Any]:
    """The program asked for, or the first; with its draft, or else with what holds now."""
    programs = Program.objects.order_by("name", "id")
    asked = programs.filter(slug=request.GET.get("program", "").replace("\0", "")).first()
    program = asked or programs.first()
    terms = (draft_of(program.pk) or terms_of(program.pk)) if program else None
    said = initial_of(terms, currency=request.tenant.currency) if terms else {}
    return {"program": program} | said


def _shown(actor: str, voice: Voice) -> list[OfProgram]:
    told = drafts_and_terms()
    written = {one.drafted_by for one in told if one.is_draft}
    names = actor_names(written)
    alone = {by: why_not_alone(actor, authors=[by]) for by in written}
    return [
        OfProgram(
            terms=one,
            gives=terms_words(one, voice=voice),
            is_draft=one.is_draft,
            author=names.get(one.drafted_by, "") if one.is_draft else "",
            why_not=alone.get(one.drafted_by, "") if one.is_draft else "",
        )
        for one in told
    ]
