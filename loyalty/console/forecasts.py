"""Forecasts of agreements' periods: beside what happened, version by version, singly or by list."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.money import exponent
from accounts.roles import staff_required
from loyalty.console.happenings import actor_names
from loyalty.console.rebate_statements import is_uuid
from loyalty.listing import chips, tidy_redirect
from loyalty.rebate_terms import sold_text
from loyalty.rebate_words import period_name
from rebates import expectations, forecast_lists, forecasting
from rebates.expectations import Outlook
from rebates.forecast_lists import CannotRead, RowRefused, read_number
from rebates.models import Accrual, Agreement
from rebates.nearness import terms_of
from rebates.terms import QUANTITY, VALUE
from rewards.voice import Voice, voice_of

READERS = ("owner", "manager", "finance", "analyst")
PLANNERS = ("owner", "manager", "finance")
PER_PAGE = 50
LARGEST_LIST = 1_000_000  # characters of a pasted list
NUMBERS = (("point", gettext_lazy("1,234.50")), ("comma", gettext_lazy("1.234,50")))


class ForecastForm(forms.Form):
    expected = forms.CharField(
        label=gettext_lazy("Expected of the whole period"),
        max_length=forecast_lists.LONGEST_NUMBER,
    )
    note = forms.CharField(
        label=gettext_lazy("Why"), max_length=forecasting.LONGEST_NOTE, required=False
    )


class ListForm(forms.Form):
    """A list as a file, or pasted; of both the file counts."""

    file = forms.FileField(
        required=False,
        label=gettext_lazy("A CSV file"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt"}),
    )
    pasted = forms.CharField(
        required=False,
        max_length=LARGEST_LIST,
        label=gettext_lazy("Or rows pasted from a spreadsheet"),
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "The first line names the columns: Agreement (its code), Account (its number), Period "
            "(its first day), Expected, and perhaps Note."
        ),
    )
    numbers = forms.ChoiceField(choices=NUMBERS, label=gettext_lazy("Numbers are written"))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        upload = said.get("file")
        if upload and upload.size > LARGEST_LIST:
            self.add_error("file", _("The file is too large; hand it in in parts."))
        elif upload:
            said["content"] = upload.read()
        elif said.get("pasted"):
            said["content"] = said["pasted"].encode()
        elif not self.errors:
            self.add_error("pasted", _("Choose a file, or paste rows."))
        return said


@require_safe
@staff_required(*READERS)
def periods(request: HttpRequest) -> HttpResponse:
    if tidy := tidy_redirect(request):
        return tidy
    agreement, voice = _agreement(request), voice_of(request.tenant)
    missing = "missing" in request.GET
    found = expectations.open_periods(
        agreement_id=agreement.pk if agreement else None, missing=missing
    )
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [_row(one, voice) for one in expectations.outlooks(list(page.object_list))],
        "missing": missing,
        "chips": chips(
            request,
            [("agreement", str(_("Agreement")), agreement.name if agreement else "")],
        ),
        "may_plan": request.staff.role in PLANNERS,
        "voice": voice,
    }
    return render(request, "console/forecasts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def period(request: HttpRequest, accrual_id: UUID) -> HttpResponse:
    """What was ever expected of a period, and what was booked for its months; a new forecast."""
    accrual = get_object_or_404(
        Accrual.objects.select_related("agreement", "holder", "version"), pk=accrual_id
    )
    voice, may_plan = voice_of(request.tenant), request.staff.role in PLANNERS
    form = ForecastForm(request.POST or None)
    if request.method == "POST":
        if not may_plan:
            raise Http404
        if form.is_valid() and _forecast(request, form, accrual):
            return redirect("console_forecast", accrual.pk)
    measure = terms_of(accrual).measure
    versions = list(expectations.forecasts_of(accrual)[:PER_PAGE])
    names = actor_names({one.made_by for one in versions})
    context = {
        "accrual": accrual,
        "period": _period(accrual, voice),
        "is_open": accrual.closed_at is None,
        "versions": [
            (one, sold_text(one.expected, measure=measure, voice=voice), names.get(one.made_by, ""))
            for one in versions
        ],
        "months": [
            (one, sold_text(one.measured, measure=measure, voice=voice))
            for one in expectations.estimates_of(accrual)
        ],
        "sold": sold_text(accrual.measured, measure=measure, voice=voice),
        "form": form if may_plan and accrual.closed_at is None else None,
        "unit": _unit(measure, request),
        "voice": voice,
    }
    return render(request, "console/forecast.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*PLANNERS)
def hand_in(request: HttpRequest) -> HttpResponse:
    """A list: looked at first (`check`), then taken in (`keep`); what is refused comes back."""
    form = ListForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form, "voice": voice_of(request.tenant)}
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["content"]
        about = {"comma": form.cleaned_data["numbers"] == "comma", "tenant": request.tenant}
        try:
            if request.POST.get("action") == "keep":
                found = forecast_lists.take_list(
                    content, actor=request.staff.actor, now=timezone.now(), **about
                )
                if found.new or not found.refused:
                    _say_taken(request, found)
                if not found.refused:
                    return redirect("console_forecasts")
                context |= {"list": found, "is_kept": True}
            else:
                context["list"] = forecast_lists.check_list(content, **about)
            context["form"] = _again(form, content)
        except CannotRead as refused:
            form.add_error(None, str(refused))
    return render(
        request, "console/forecast_list.html", context, status=422 if form.errors else 200
    )


def _forecast(request: HttpRequest, form: ForecastForm, accrual: Accrual) -> bool:
    """Keep what was typed; False where it is refused, which the form then says."""
    measure = terms_of(accrual).measure
    places = {VALUE: exponent(request.tenant.currency), QUANTITY: 4}.get(measure, 0)
    try:
        made = forecasting.forecast(
            agreement=accrual.agreement,
            holder=accrual.holder,
            since=accrual.since,
            expected=read_number(form.cleaned_data["expected"], places=places, comma=False),
            note=form.cleaned_data["note"],
            actor=request.staff.actor,
            now=timezone.now(),
        )
    except (RowRefused, forecasting.ForecastRefused) as refused:
        form.add_error("expected", str(refused))
        return False
    said = _("Forecast %d is kept; the month that ends next is booked on it.")
    messages.success(request, said % made.number)
    return True


def _again(form: ListForm, content: bytes) -> ListForm:
    """The form with the list in it as text, so that what was checked is what is kept."""
    text, _encoding = forecast_lists.decoded(content)
    return ListForm(initial={"pasted": text, "numbers": form.cleaned_data["numbers"]})


def _say_taken(request: HttpRequest, found: forecast_lists.ReadList) -> None:
    said = ngettext("%d new forecast is kept.", "%d new forecasts are kept.", found.new)
    messages.success(request, said % found.new)


def _row(one: Outlook, voice: Voice) -> dict[str, Any]:
    accrual = one.accrual
    measure = terms_of(accrual).measure
    return {
        "one": one,
        "period": _period(accrual, voice),
        "sold": sold_text(accrual.measured, measure=measure, voice=voice),
        "expected": sold_text(one.forecast.expected, measure=measure, voice=voice)
        if one.forecast
        else "",
    }


def _period(accrual: Accrual, voice: Voice) -> str:
    return period_name(accrual.agreement.period, accrual.since, accrual.until, voice=voice)


def _unit(measure: str, request: HttpRequest) -> str:
    """In what a forecast is written."""
    if measure == VALUE:
        return request.tenant.currency
    return _("units") if measure == QUANTITY else _("points")


def _agreement(request: HttpRequest) -> Agreement | None:
    text = request.GET.get("agreement")
    if text is None:
        return None
    if not is_uuid(text):
        raise Http404
    return get_object_or_404(Agreement, pk=UUID(text))
