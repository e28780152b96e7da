"""The public directory: whether there is one, and what partners want to say of themselves in it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.roles import staff_required
from loyalty.lead_forms import lines_of
from partners.directory.deciding import NotNow, approve, is_own, reject
from partners.directory.showing import listed
from partners.directory.terms import BadEntry, set_terms, terms_of_tenant
from partners.models import ProfileState, ProfileVersion
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
EDITORS = ("owner", "manager")
PER_PAGE = 50


class TermsForm(forms.Form):
    is_open = forms.BooleanField(
        label=gettext_lazy("The directory is open to everybody"), required=False
    )
    takes_leads = forms.BooleanField(
        label=gettext_lazy("Visitors can write to partners; it becomes a lead"), required=False
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=80, required=False)
    intro = forms.CharField(label=gettext_lazy("A sentence below"), max_length=300, required=False)
    specializations = forms.CharField(
        label=gettext_lazy("Specializations to choose from"),
        max_length=9000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Separated by commas."),
    )

    def clean_specializations(self) -> list[str]:
        return lines_of(self.cleaned_data["specializations"])


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def directory(request: HttpRequest) -> HttpResponse:
    terms = terms_of_tenant()
    may_edit = request.staff.role in EDITORS
    names = ("is_open", "takes_leads", "title", "intro")
    initial: dict[str, Any] = {name: getattr(terms, name) for name in names}
    initial["specializations"] = ", ".join(terms.specializations)
    form = TermsForm(request.POST or None, initial=initial)
    if request.method == "POST" and may_edit and _keep(request, form):
        messages.success(request, _("It is kept."))
        return redirect("console_directory")
    waiting = ProfileVersion.objects.filter(state=ProfileState.PROPOSED)
    waiting = waiting.select_related("profile__account").order_by("proposed_at", "id")
    shown = listed(now=timezone.now()).select_related("profile__account")
    context = {
        "form": form if may_edit else None,
        "terms": terms,
        "waiting": waiting[:PER_PAGE],
        "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
        "may_edit": may_edit,
        "voice": voice_of(request.tenant),
    }
    refused = request.method == "POST" and not may_edit
    status = 403 if refused else 422 if form.errors and may_edit else 200
    return render(request, "console/directory.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def version(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """One version beside the one that is public."""
    rows = ProfileVersion.objects.select_related("profile__account", "logo")
    found = get_object_or_404(rows, pk=version_id)
    may_edit = request.staff.role in EDITORS
    context: dict[str, Any] = {"note": request.POST.get("note", "")}
    if request.method == "POST" and may_edit:
        try:
            said = _decide(request, found, reason=context["note"])
        except NotNow as refused:
            context["refused"] = str(refused)
        else:
            messages.success(request, said)
            return redirect("console_directory")
    public = rows.filter(profile=found.profile_id, state=ProfileState.APPROVED).first()
    context |= {
        "one": found,
        "public": public if public != found else None,
        "may_decide": may_edit and found.state == ProfileState.PROPOSED,
        "is_own": is_own(found, request.staff.actor),
        "voice": voice_of(request.tenant),
    }
    status = 422 if "refused" in context else 403 if request.method == "POST" else 200
    return render(request, "console/directory_version.html", context, status=status)


def _keep(request: HttpRequest, form: TermsForm) -> bool:
    if form.is_valid():
        try:
            set_terms(**form.cleaned_data, actor=request.staff.actor, now=timezone.now())
        except BadEntry as bad:
            form.add_error(bad.field or None, str(bad))
    return not form.errors


def _decide(request: HttpRequest, found: ProfileVersion, *, reason: str) -> str:
    by, now = request.staff.actor, timezone.now()
    match request.POST.get("action"):
        case "approve":
            approve(found.pk, by=by, now=now)
            return _("“%s” is public now.") % found.name
        case "reject":
            reject(found.pk, reason=reason, by=by, now=now)
            return _("“%s” is rejected; the partner reads why.") % found.name
    raise Http404
