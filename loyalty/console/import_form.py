"""The form of an import: a file, what its columns mean, and what to do with its rows."""

from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.directory_imports import account_options
from accounts.imports import OptionsWrong
from accounts.mappings import MappingWrong, parse_mapping, parse_toml
from accounts.models import Activity, Program
from accounts.models.imports import ImportTarget
from accounts.periods import add_months
from rewards.imports import DEFAULT_SOURCE, activity_options

LARGEST_MAPPING = 64 * 1024  # bytes


class ImportForm(forms.Form):
    """Shared by all targets; `cleaned_data["parsed"]` and ["options"] go to `imports.begin`."""

    target: str

    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv"}),
        help_text=gettext_lazy(
            "CSV with a header line. Rows that came in before are recognized and skipped."
        ),
    )
    mapping = forms.CharField(
        label=gettext_lazy("Mapping"),
        widget=forms.Textarea(attrs={"class": "code", "spellcheck": "false", "rows": 16}),
        help_text=gettext_lazy(
            "Which column of the file is what, as TOML. Change the right-hand sides."
        ),
        required=False,
        strip=False,
    )
    mapping.is_one_of_two = True  # needed unless the other is there: not “(optional)”
    mapping_file = forms.FileField(
        label=gettext_lazy("Mapping file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".toml"}),
        help_text=gettext_lazy("Takes the place of the text above."),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today

    def clean_mapping_file(self) -> str:
        uploaded: UploadedFile | None = self.cleaned_data["mapping_file"]
        if uploaded is None:
            return ""
        if (uploaded.size or 0) > LARGEST_MAPPING:
            raise forms.ValidationError(_("A mapping has at most 64 kB; is this the file of rows?"))
        try:
            return uploaded.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(_("The mapping is no text: save it as UTF-8.")) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        field = "mapping_file" if cleaned.get("mapping_file") else "mapping"
        text = cleaned.get(field)
        if not text:
            self.add_error("mapping", _("Say which column is what, or hand in a mapping file."))
            return cleaned
        try:
            cleaned["parsed"] = parse_toml(text)
            parse_mapping(cleaned["parsed"], target=self.target)
        except MappingWrong as wrong:
            self.add_error(field, str(wrong))
        try:
            cleaned["options"] = self.read_options(cleaned)
        except OptionsWrong as wrong:
            self.add_error(None, str(wrong))
        return cleaned

    def read_options(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """The run's options. Raises OptionsWrong."""
        return {}


class ActivitiesForm(ImportForm):
    target = ImportTarget.ACTIVITIES

    source = forms.CharField(
        label=gettext_lazy("Source"),
        initial=DEFAULT_SOURCE,
        max_length=40,
        help_text=gettext_lazy(
            "The system the rows come from. A row is known by source, document and line."
        ),
    )
    history = forms.BooleanField(
        label=gettext_lazy("This is history"),
        required=False,
        help_text=gettext_lazy(
            "Rows are taken in day by day, and each past quarter's end is worked off in its "
            "turn: tiers, returns and expiry come out as if the program had been running then."
        ),
    )

    def read_options(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        return activity_options(
            source=cleaned.get("source") or DEFAULT_SOURCE,
            history=cleaned.get("history", False),
            until=None,
            shift_days=0,
            today=self._today,
        )


class AccountsForm(ImportForm):
    target = ImportTarget.ACCOUNTS

    enroll = forms.ChoiceField(label=gettext_lazy("Enroll in"), required=False)
    enrolled_on = forms.DateField(
        label=gettext_lazy("Enrolled from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Facts from this day on earn. Left empty, from now on."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        programs = list(Program.objects.order_by("created_at", "id").values_list("slug", "name"))
        self.fields["enroll"].choices = [("", _("No program")), *programs]
        if len(programs) == 1:  # most accounts are brought in to take part
            self.fields["enroll"].initial = programs[0][0]
        if not Activity.objects.exists():
            # The first file of purchases is of the past: enrolled from today none of it would earn.
            a_year_ago = add_months(self._today.replace(day=1), -12)
            self.fields["enrolled_on"].initial = a_year_ago

    def read_options(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        day = cleaned.get("enrolled_on")
        return account_options(
            enroll=cleaned.get("enroll") or None, enrolled_on=day.isoformat() if day else None
        )


class ProductsForm(ImportForm):
    target = ImportTarget.PRODUCTS


class CompletionsForm(ImportForm):
    target = ImportTarget.COMPLETIONS


class LeadsForm(ImportForm):
    target = ImportTarget.LEADS


FORMS: dict[str, type[ImportForm]] = {
    form.target: form
    for form in (ActivitiesForm, AccountsForm, ProductsForm, CompletionsForm, LeadsForm)
}
