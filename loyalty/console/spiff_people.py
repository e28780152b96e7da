"""People and SPIFFs: what each was given in a year, who is flagged, and whose employer agrees."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import Member
from accounts.money import exponent, to_major, to_minor
from accounts.periods import day_of
from accounts.roles import staff_required
from loyalty.console.list_page import elsewhere, list_context, paged
from loyalty.listing import with_tidy_address
from loyalty.lists import SPIFF_PEOPLE
from loyalty.lists.listed import asked_in
from loyalty.lists.spiffs import year_asked
from partners.models import SpiffConsent
from partners.spiffs.consents import CannotRecord, give_consent, withdraw_consent
from partners.spiffs.years import (
    MOST_POINTS,
    BadSettings,
    change_settings,
    is_flagged,
    settings,
)
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
EDITORS = ("owner", "manager", "finance")
PER_PAGE = 50
YEARS = 5


class SettingsForm(forms.Form):
    threshold = forms.DecimalField(max_digits=15, min_value=Decimal(0), required=False)
    points_worth = forms.IntegerField(min_value=1, max_value=MOST_POINTS, required=False)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = exponent(currency)
        self.fields["threshold"].label = _("Flag a person from a value in %s of") % currency
        self.fields["points_worth"].label = _("Points that are worth 1 %s") % currency

    def clean_threshold(self) -> int | None:
        value = self.cleaned_data["threshold"]
        try:
            return to_minor(value, self._places) if value else None
        except ValueError:
            raise forms.ValidationError(
                _("Write it with at most %d decimal places.") % self._places
            ) from None


class ConsentForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("Person’s e-mail"))
    account = forms.CharField(label=gettext_lazy("Account’s number"), max_length=64)
    given_by = forms.CharField(
        label=gettext_lazy("Who of the employer agreed"),
        max_length=120,
        help_text=gettext_lazy("Name and function, as on the letter."),
    )
    given_on = forms.DateField(
        label=gettext_lazy("Agreed on"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if {"email", "account"} <= data.keys():
            found = Member.objects.filter(
                user__email=data["email"].lower(), account__number=data["account"], is_active=True
            )
            data["member"] = found.first()
            if data["member"] is None:
                self.add_error("email", _("This account has no person with that e-mail."))
        return data


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def people(request: HttpRequest) -> HttpResponse:
    may_edit, currency = request.staff.role in EDITORS, request.tenant.currency
    setting = settings()
    initial: dict[str, Any] = {"points_worth": setting.points_worth}
    if setting.threshold is not None:
        initial["threshold"] = to_major(setting.threshold, currency)
    form = SettingsForm(request.POST or None, currency=currency, initial=initial)
    if request.method == "POST" and may_edit and form.is_valid():
        try:
            change_settings(**form.cleaned_data, actor=request.staff.actor, now=timezone.now())
        except BadSettings as bad:
            form.add_error(None, str(bad))
        else:
            messages.success(request, _("It counts like that from now on."))
            return redirect("console_spiff_people")
    if request.method != "POST" and (other := elsewhere(request, SPIFF_PEOPLE)):
        return other
    asked = asked_in(request, now=timezone.now())
    found = SPIFF_PEOPLE.find(asked)
    page, this = paged(request, found), day_of(asked.now, request.tenant.zone).year
    context = list_context(request, SPIFF_PEOPLE, found) | {
        "page": page,
        "count": page.paginator.count,
        "people": [(row, is_flagged(row.worth, setting)) for row in page.object_list],
        "year": year_asked(asked),
        "years": range(this, this - YEARS, -1),
        "setting": setting,
        "form": form if may_edit else None,
        "voice": voice_of(request.tenant),
    }
    status = 403 if request.method == "POST" and not may_edit else 422 if form.errors else 200
    response = render(request, "console/spiff_people.html", context, status=status)
    return with_tidy_address(request, response)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def consents(request: HttpRequest) -> HttpResponse:
    may_edit, now = request.staff.role in EDITORS, timezone.now()
    today = day_of(now, request.tenant.zone)
    form = ConsentForm(request.POST or None, initial={"given_on": today})
    if request.method == "POST" and may_edit and form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("member", "given_by", "given_on")}
        try:
            made = give_consent(**said, actor=request.staff.actor, today=today, now=now)
        except CannotRecord as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The consent for %s is on file.") % made.member.name)
            return redirect("console_spiff_consents")
    rows = SpiffConsent.objects.select_related("member__account").order_by("-recorded_at", "-id")
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "form": form if may_edit else None,
        "may_edit": may_edit,
        "voice": voice_of(request.tenant),
    }
    status = 403 if request.method == "POST" and not may_edit else 422 if form.errors else 200
    return render(request, "console/spiff_consents.html", context, status=status)


@require_http_methods(["POST"])
@staff_required(*EDITORS)
def end_consent(request: HttpRequest, consent_id: UUID) -> HttpResponse:
    found = get_object_or_404(SpiffConsent, pk=consent_id)
    try:
        withdraw_consent(found.pk, actor=request.staff.actor, now=timezone.now())
    except CannotRecord as refused:
        messages.error(request, str(refused))
    else:
        messages.success(
            request, _("It is withdrawn: nothing is claimed on its strength any more.")
        )
    return redirect("console_spiff_consents")
