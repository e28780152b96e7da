"""Referrals: the list, one beside what speaks against it, and the terms of each program."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.events import events_about
from accounts.models import Account, Program
from accounts.money import exponent, to_minor
from accounts.roles import staff_required
from loyalty.console.happenings import actor_names
from loyalty.console.list_page import elsewhere, list_context, paged
from loyalty.form_sections import SectionedForm
from loyalty.listing import with_tidy_address
from loyalty.lists import REFERRALS
from loyalty.lists.listed import asked_in
from loyalty.referral_words import STEPS, flag_words, note_words, referral_words, terms_words
from loyalty.spiff_form import places_of
from partners.models import Beneficiary, Referral, ReferralState, ReferralTerms, SpiffUnit, WonBy
from partners.referrals import deciding
from partners.referrals.deciding import NotNow
from partners.referrals.terms import BOUNDS, BadTerms, Terms, publish, terms_of
from rewards.voice import Voice, voice_of

READERS = ("owner", "manager", "finance", "analyst")
DECIDERS = ("owner", "manager")


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
        label=gettext_lazy("To who refers"), max_digits=15, min_value=Decimal(0)
    )
    beneficiary = forms.ChoiceField(
        label=gettext_lazy("Who of them gets it"),
        choices=Beneficiary.choices,
        initial=Beneficiary.ACCOUNT,
    )
    referred_amount = forms.DecimalField(
        label=gettext_lazy("To who is referred"), max_digits=15, min_value=Decimal(0), initial=0
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
        for name in ("referrer_amount", "referred_amount", "least_amount"):
            places = exponent(self._currency) if name == "least_amount" else of_unit
            try:
                data[name] = to_minor(data[name], places) if name in data else 0
            except ValueError:
                self.add_error(name, _("Write it with at most %d decimal places.") % places)
        return data

    def terms(self) -> Terms:
        return Terms(**{name: self.cleaned_data[name] for name in Terms.__dataclass_fields__})


@require_http_methods(["GET", "HEAD"])
@staff_required(*READERS)
def referral_list(request: HttpRequest) -> HttpResponse:
    if other := elsewhere(request, REFERRALS):
        return other
    found = REFERRALS.find(asked_in(request, now=timezone.now()))
    page, state = paged(request, found), request.GET.get("state") or ReferralState.RECEIVED
    counts = dict(Referral.objects.order_by().values_list("state").annotate(Count("id")))
    voice = voice_of(request.tenant)
    context = list_context(request, REFERRALS, found) | {
        "page": page,
        "count": page.paginator.count,
        "referrals": [
            (words, [flag_words(flag) for flag in words.referral.flags])
            for words in referral_words(page.object_list, voice=voice)
        ],
        "state": state,
        "states": [(one, label, counts.get(one, 0)) for one, label in ReferralState.choices],
        "voice": voice,
    }
    return with_tidy_address(request, render(request, "console/referrals.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def referral(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    rows = Referral.objects.select_related("account", "member", "terms", "referred_account")
    found = get_object_or_404(rows.select_related("program"), pk=referral_id)
    may_decide = request.staff.role in DECIDERS
    context: dict[str, Any] = {"typed": {}}
    if request.method == "POST" and may_decide:
        context["typed"] = request.POST
        try:
            said = _act(request, found)
        except NotNow as refused:
            context["refused"] = str(refused)
        else:
            messages.success(request, said)
            return redirect("console_referral", referral_id)
    voice = voice_of(request.tenant, found.program.points_name)
    [context["words"]] = referral_words([found], voice=voice)
    context |= {
        "referral": found,
        "suspicions": [(flag, flag_words(flag), _beside(flag)) for flag in found.flags],
        "gives": terms_words(found.terms, voice=voice),
        "steps": _steps(found),
        "may_decide": may_decide,
        "is_own": may_decide and deciding.is_own(found, request.staff.actor),
        "by_system": found.decided_by == "system",
        "voice": voice,
    }
    status = 422 if "refused" in context else 403 if request.method == "POST" else 200
    return render(request, "console/referral.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*DECIDERS)
def referral_terms(request: HttpRequest) -> HttpResponse:
    """What holds in each program, and the form for what is to hold from now on."""
    initial = {"program": Program.objects.order_by("name", "id").first()}
    form = TermsForm(request.POST or None, currency=request.tenant.currency, initial=initial)
    if request.method == "POST" and form.is_valid():
        by = {"actor": request.staff.actor, "now": timezone.now()}
        try:
            made = publish(program=form.cleaned_data["program"], terms=form.terms(), **by)
        except BadTerms as bad:
            form.add_error(bad.field if bad.field in form.fields else None, str(bad))
        else:
            messages.success(request, _("That holds in “%s” from now on.") % made.program.name)
            return redirect("console_referral_terms")
    voice = voice_of(request.tenant)
    context = {"form": form, "in_force": _in_force(voice), "voice": voice}
    status = 422 if form.errors else 200
    return render(request, "console/referral_terms.html", context, status=status)


def _in_force(voice: Voice) -> list[tuple[Program, ReferralTerms, dict[str, str]]]:
    found = [(one, terms_of(one.pk)) for one in Program.objects.order_by("name", "id")]
    return [(one, terms, terms_words(terms, voice=voice)) for one, terms in found if terms]


def _beside(flag: dict[str, Any]) -> Account | Referral | None:
    """What the suspicion is about, to be looked at side by side."""
    if "referral" in flag:
        others = Referral.objects.select_related("account")
        return others.filter(pk=flag["referral"]).first()
    return Account.objects.filter(number=flag["number"]).first() if "number" in flag else None


def _steps(found: Referral) -> list[dict[str, Any]]:
    events = list(events_about(f"referral:{found.pk}"))
    names = actor_names({one.actor for one in events})
    return [
        {
            "at": one.occurred_at,
            "said": STEPS[one.kind],
            "note": note_words(one.payload["note"]),
            "actor": names.get(one.actor, ""),
        }
        for one in events
    ]


def _act(request: HttpRequest, found: Referral) -> str:
    """Do what the button says. Raises NotNow."""
    by, now = request.staff.actor, timezone.now()
    note, number = request.POST.get("note", ""), request.POST.get("number", "").strip()
    doing: dict[str, tuple[Callable[[], Referral], str]] = {
        "qualify": (
            lambda: deciding.qualify(found.pk, by=by, note=note, number=number, now=now),
            _("%s qualifies."),
        ),
        "reject": (
            lambda: deciding.reject(found.pk, by=by, reason=note, now=now),
            _("%s does not qualify; the partner reads why."),
        ),
        "win": (lambda: _win(request, found, number), _("%s is won; both sides are rewarded.")),
        "take_back": (
            lambda: deciding.take_back(found.pk, by=by, reason=note, now=now),
            _("%s is taken back."),
        ),
    }
    if request.POST.get("action") not in doing:
        raise Http404
    do, said = doing[request.POST["action"]]
    do()
    return said % found.customer


def _win(request: HttpRequest, found: Referral, number: str) -> Referral:
    account = Account.objects.filter(number=number[:64].replace("\x00", "")).first()
    if account is None:
        raise NotNow(_("There is no account with this number."))
    by, zone = request.staff.actor, request.tenant.zone
    about = {"account": account, "activity": None, "by": by, "zone": zone}
    return deciding.win(found.pk, **about, now=timezone.now())
