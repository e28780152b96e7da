"""Deal forms: for each partner type what is asked, and under which terms deals run."""

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
from accounts.roles import staff_required
from loyalty.attribute_lines import as_lines, read_lines
from loyalty.form_sections import SectionedForm
from partners.deals.forms import BOUNDS, BadTerms, FormTaken, Terms, add_form, change_form
from partners.models import Credits, DealForm

READERS = ("owner", "manager", "finance", "analyst")
EDITORS = ("owner", "manager")
EXAMPLE = "seats: whole, required\nstage: choice early, late\ncurrent_supplier: text"
TERMS = tuple(Terms.__dataclass_fields__)


def _days(name: str, label: Any, text: Any = "") -> forms.IntegerField:
    least, most = BOUNDS[name]
    return forms.IntegerField(label=label, min_value=least, max_value=most, help_text=text)


class FormForm(SectionedForm):
    SECTIONS = (
        (gettext_lazy("The form"), ("name", "partner_type", "fields_asked", "is_active")),
        (gettext_lazy("What an approval gives"), ("is_exclusive", "exclusive_days", "remind_days")),
        (gettext_lazy("Extensions"), ("extension_days", "most_extensions")),
        (gettext_lazy("Wins"), ("credits", "won_days")),
    )

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    partner_type = forms.CharField(
        label=gettext_lazy("Partner type"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("As accounts have it. Empty: for all that have no form of theirs."),
    )
    fields_asked = forms.CharField(
        label=gettext_lazy("Questions of your own"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "placeholder": EXAMPLE}),
    )
    is_active = forms.BooleanField(
        label=gettext_lazy("Partners can register deals with it"), required=False, initial=True
    )
    is_exclusive = forms.BooleanField(
        label=gettext_lazy("The customer is theirs alone, for its products"),
        required=False,
        initial=True,
    )
    exclusive_days = _days("exclusive_days", gettext_lazy("Days of exclusivity"))
    remind_days = _days("remind_days", gettext_lazy("Remind so many days before its end"))
    extension_days = _days("extension_days", gettext_lazy("Days of an extension"))
    most_extensions = _days("most_extensions", gettext_lazy("Extensions at most"))
    credits = forms.ChoiceField(
        label=gettext_lazy("Whose activity a won deal is"), choices=Credits.choices
    )
    won_days = _days(
        "won_days",
        gettext_lazy("Days after a win"),
        gettext_lazy("For so long another deal for the customer is a possible conflict."),
    )

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fields_asked"].help_text = _(
            "One on each line: name, colon, type (%s). A choice lists its values. End with "
            "“, required” where it must be answered."
        ) % ", ".join(TYPES)
        if not is_new:
            del self.fields["partner_type"]

    def clean_fields_asked(self) -> list[Attribute]:
        try:
            return read_lines(self.cleaned_data["fields_asked"])
        except BadAttribute as bad:
            raise forms.ValidationError(str(bad)) from None

    def terms(self) -> Terms:
        return Terms(**{name: self.cleaned_data[name] for name in TERMS})


@require_safe
@staff_required(*READERS)
def form_list(request: HttpRequest) -> HttpResponse:
    found = DealForm.objects.order_by("partner_type")
    context = {
        "deal_forms": [(one, list(declared(one.fields).values())) for one in found],
        "may_edit": request.staff.role in EDITORS,
    }
    return render(request, "console/deal_forms.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_form(request: HttpRequest) -> HttpResponse:
    initial = {name: field.default for name, field in Terms.__dataclass_fields__.items()}
    del initial["name"]
    form = FormForm(request.POST or None, is_new=True, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = add_form(
                partner_type=form.cleaned_data["partner_type"],
                terms=form.terms(),
                fields=form.cleaned_data["fields_asked"],
                actor=request.staff.actor,
                now=timezone.now(),
            )
        except FormTaken as taken:
            form.add_error("partner_type", str(taken))
        except BadTerms as bad:
            form.add_error(None, str(bad))
        else:
            messages.success(request, _("“%s” is there.") % made.name)
            return redirect("console_deal_forms")
    status = 422 if form.errors else 200
    return render(request, "console/deal_form.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def form_page(request: HttpRequest, form_id: UUID) -> HttpResponse:
    found = get_object_or_404(DealForm, pk=form_id)
    initial = {name: getattr(found, name) for name in TERMS}
    initial["fields_asked"] = as_lines(declared(found.fields).values())
    form = FormForm(request.POST or None, is_new=False, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_form(
                form=found,
                terms=form.terms(),
                fields=form.cleaned_data["fields_asked"],
                actor=request.staff.actor,
                now=timezone.now(),
            )
        except BadTerms as bad:
            form.add_error(None, str(bad))
        else:
            messages.success(request, _("“%s” is changed.") % form.cleaned_data["name"])
            return redirect("console_deal_forms")
    context = {"form": form, "deal_form": found}
    status = 422 if form.errors else 200
    return render(request, "console/deal_form.html", context, status=status)
