"""Activity kinds: the catalogue with the tenant's own, and the attributes each declares."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.attributes import Attribute, BadAttribute, declared
from accounts.kinds import OWN_KINDS, KindIsOurs, KindTaken, add_kind, change_kind, said_name
from accounts.models import ActivityKind
from accounts.roles import staff_required
from loyalty.attribute_lines import as_lines, read_lines
from loyalty.console.list_page import list_answer
from loyalty.lists import KINDS

READERS = ("owner", "manager", "finance", "analyst")
EDITORS = ("owner", "manager")
EXAMPLE = "course: text\nhours: number\nlevel: choice basic, expert\nstarted_on: date, required"


class KindForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("How people read it, such as Site visit."),
    )
    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=forms.TextInput(attrs={"data-joint": "_"}),
        help_text=gettext_lazy("How systems name it, such as site_visit. It stays for ever."),
    )
    attributes = forms.CharField(
        label=gettext_lazy("Attributes"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One on each line: name, colon, type (text, number, whole, yes_no, date, choice). A "
            "choice lists its values. End with “, required” where every fact needs it."
        ),
    )

    def __init__(self, *args, is_new: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attributes"].widget.attrs["placeholder"] = EXAMPLE
        if not is_new:
            del self.fields["code"]

    def clean_attributes(self) -> list[Attribute]:
        try:
            return read_lines(self.cleaned_data["attributes"])
        except BadAttribute as bad:
            raise forms.ValidationError(str(bad)) from None


@require_safe
@staff_required(*READERS)
def kind_list(request: HttpRequest) -> HttpResponse:
    return list_answer(
        request,
        KINDS,
        "console/kinds.html",
        rows=lambda kinds: [
            {
                "kind": kind,
                "name": said_name(kind.name),
                "attributes": list(declared(kind.attributes).values()),
                "is_ours": kind.code in OWN_KINDS,
            }
            for kind in kinds
        ],
        may_edit=request.staff.role in EDITORS,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_kind(request: HttpRequest) -> HttpResponse:
    form = KindForm(request.POST or None, is_new=True)
    if request.method == "POST" and form.is_valid():
        try:
            kind = add_kind(**form.cleaned_data, actor=request.staff.actor, now=timezone.now())
        except KindTaken as taken:
            form.add_error("code", str(taken))
        else:
            messages.success(
                request, _("“%(name)s” can be recorded from now on.") % {"name": kind.name}
            )
            return redirect("console_kinds")
    status = 422 if form.errors else 200
    return render(request, "console/kind.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def kind_page(request: HttpRequest, kind_id: UUID) -> HttpResponse:
    kind = get_object_or_404(ActivityKind, pk=kind_id)
    initial = {"name": kind.name, "attributes": as_lines(declared(kind.attributes).values())}
    form = KindForm(request.POST or None, is_new=False, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_kind(
                kind=kind, **form.cleaned_data, actor=request.staff.actor, now=timezone.now()
            )
        except KindIsOurs as refusal:
            form.add_error(None, str(refusal))
        else:
            name = said_name(form.cleaned_data["name"])
            messages.success(request, _("“%(name)s” is changed.") % {"name": name})
            return redirect("console_kinds")
    status = 422 if form.errors else 200
    context = {"form": form, "kind": kind, "name": said_name(kind.name)}
    return render(request, "console/kind.html", context, status=status)
