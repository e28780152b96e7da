"""A period of local days to look at, in the address as ?from=…&to=…, with presets."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.periods import add_months, next_quarter, quarter_around, start_of

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PeriodForm(forms.Form):
    """Both days are included; either may be open."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (("from", _("From")), ("to", _("Until"))):
            self.fields[name] = forms.DateField(
                label=label,
                required=False,
                widget=DAY,
                error_messages={"invalid": _("Use a date such as 2026-03-31.")},
            )

    def clean(self) -> dict:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("from"), cleaned.get("to")
        if first and last and last < first:
            self.add_error("to", _("The period ends before it begins: choose a later day."))
        return cleaned

    def bounds(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """The period as [since, until) in UTC; what is not understood is left open."""
        if not self.is_bound or not self.is_valid():
            return None, None
        first, last = self.cleaned_data["from"], self.cleaned_data["to"]
        return (
            start_of(first, zone) if first else None,
            start_of(last + timedelta(days=1), zone) if last else None,
        )


@dataclass(frozen=True, slots=True)
class Preset:
    label: str
    url: str
    is_chosen: bool


def presets(request: HttpRequest, *, today: date) -> list[Preset]:
    """The usual periods around `today`, in the tenant's calendar."""
    quarter = quarter_around(today)
    periods = [
        (_("All"), None, None),
        (_("This quarter"), quarter, next_quarter(quarter) - timedelta(days=1)),
        (_("Last quarter"), add_months(quarter, -3), quarter - timedelta(days=1)),
        (_("This year"), date(today.year, 1, 1), date(today.year, 12, 31)),
        (_("Last 12 months"), add_months(today.replace(day=1), -11), today),
    ]
    return [_preset(request, str(label), *days) for label, *days in periods]


def _preset(request: HttpRequest, label: str, first: date | None, last: date | None) -> Preset:
    dates = {"from": first.isoformat(), "to": last.isoformat()} if first and last else {}
    kept = {name: request.GET[name] for name in ("unit", "whose", "q") if name in request.GET}
    chosen = all(request.GET.get(name, "") == dates.get(name, "") for name in ("from", "to"))
    return Preset(label, f"?{urlencode(kept | dates)}", chosen)
