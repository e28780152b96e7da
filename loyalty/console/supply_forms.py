"""What a reward is given out of: codes handed in, and times that people take."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Tenant


class CodesForm(forms.Form):
    """A file of codes, or codes pasted, one a line."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".txt,.csv,text/plain,text/csv"}),
        help_text=gettext_lazy("One code a line."),
    )
    codes = forms.CharField(
        label=gettext_lazy("Or paste them"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "code", "rows": 5, "spellcheck": "false"}),
    )

    largest = 2 * 1024 * 1024

    def clean_file(self) -> str:
        uploaded = self.cleaned_data["file"]
        if uploaded is None:
            return ""
        if uploaded.size > self.largest:
            raise forms.ValidationError(_("A file of codes has at most 2 MB."))
        try:
            return uploaded.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(_("The file is no text: save it as UTF-8.")) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not cleaned.get("file") and not (cleaned.get("codes") or "").strip():
            self.add_error("file", _("Choose a file, or paste codes."))
        return cleaned

    @property
    def lines(self) -> list[str]:
        text = self.cleaned_data.get("file") or self.cleaned_data.get("codes") or ""
        return [line.strip().strip('",;') for line in text.splitlines()]


class SlotsForm(forms.Form):
    starts = forms.CharField(
        label=gettext_lazy("Times"),
        widget=forms.Textarea(attrs={"class": "code", "rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One a line, such as 2026-06-01 10:00, in your workspace's time zone."
        ),
    )
    expert = forms.CharField(label=gettext_lazy("With whom"), max_length=120, required=False)

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._zone = tenant.zone

    def clean_starts(self) -> list[datetime]:
        starts = []
        for number, line in enumerate(self.cleaned_data["starts"].splitlines(), 1):
            if not line.strip():
                continue
            try:
                local = datetime.strptime(line.strip(), "%Y-%m-%d %H:%M")  # noqa: DTZ007 (zone follows)
            except ValueError:
                raise forms.ValidationError(
                    _("Line %(number)s is no time such as 2026-06-01 10:00.") % {"number": number}
                ) from None
            starts.append(local.replace(tzinfo=self._zone).astimezone(UTC))
        return starts
