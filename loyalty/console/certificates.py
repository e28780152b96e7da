"""Certificates in the console: who holds which until when, issued by hand, and revoked."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.validators import MinValueValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.events import events_about
from accounts.facts import EARLIEST
from accounts.ids import uuid7
from accounts.models import Member
from accounts.periods import day_of, start_of
from accounts.roles import staff_required
from loyalty.console.happenings import actor_names
from loyalty.console.list_page import elsewhere, list_context, paged
from loyalty.listing import with_tidy_address
from loyalty.lists import CERTIFICATES
from loyalty.lists.listed import asked_in
from loyalty.training_words import certificate_steps, certificate_words
from partners.models import Certificate, Credential
from partners.training.certifying import issue, revoke
from partners.training.completing import person
from partners.training.steps import CannotDo, OtherContent
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
EDITORS = ("owner", "manager")


class IssueForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput)
    credential = forms.ChoiceField(label=gettext_lazy("Certificate"))
    email = forms.EmailField(
        label=gettext_lazy("The person’s e-mail"),
        help_text=gettext_lazy("As they sign in to the portal."),
    )
    account = forms.CharField(
        label=gettext_lazy("Account number"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("For people who work for several accounts."),
    )
    issued_on = forms.DateField(
        label=gettext_lazy("Issued on"),
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=[MinValueValidator(EARLIEST.date())],  # no zone has the first day of the year 1
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        active = Credential.objects.filter(is_active=True).order_by("name", "id")
        self.fields["credential"].choices = [(str(one.pk), one.name) for one in active]


@require_safe
@staff_required(*READERS)
def certificate_list(request: HttpRequest) -> HttpResponse:
    if other := elsewhere(request, CERTIFICATES):
        return other
    now = timezone.now()
    found = CERTIFICATES.find(asked_in(request, now=now))
    page = paged(request, found)
    context = list_context(request, CERTIFICATES, found) | {
        "page": page,
        "count": page.paginator.count,
        "certificates": certificate_words(page.object_list, today=day_of(now, request.tenant.zone)),
        "may_edit": request.staff.role in EDITORS,
        "voice": voice_of(request.tenant),
    }
    return with_tidy_address(request, render(request, "console/certificates.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_certificate(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    zone = request.tenant.zone
    initial = {"key": uuid7(), "issued_on": day_of(now, zone)}
    form = IssueForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = issue(
                UUID(said["credential"]),
                member_id=person(email=said["email"], account=said["account"]).pk,
                issued_at=start_of(said["issued_on"], zone),
                by=request.staff.actor,
                key=str(said["key"]),
                zone=zone,
                now=now,
            )
        except (CannotDo, OtherContent) as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("%s is issued.") % made.reference)
            return redirect("console_certificate", made.pk)
    status = 422 if form.errors else 200
    context = {"form": form, "what": _("Issue a certificate"), "thing": None}
    return render(request, "console/certificate_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def certificate(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    held = Certificate.objects.select_related(
        "credential", "account", "member", "user", "completion__course", "renews"
    )
    found = get_object_or_404(held, pk=certificate_id)
    may_edit = request.staff.role in EDITORS
    now = timezone.now()
    context: dict[str, Any] = {}
    if request.method == "POST" and may_edit:
        context["reason"] = request.POST.get("reason", "")
        try:
            revoke(found.pk, by=request.staff.actor, reason=context["reason"], now=now)
        except CannotDo as refused:
            context["refused"] = str(refused)
        else:
            messages.success(request, _("%s is revoked.") % found.reference)
            return redirect("console_certificate", certificate_id)
    [words] = certificate_words([found], today=day_of(now, request.tenant.zone))
    events = list(events_about(f"certificate:{found.pk}"))
    people = Member.objects.filter(user_id=found.user_id, is_active=True)
    context |= {
        "certificate": found,
        "words": words,
        "places": people.select_related("account").order_by("created_at", "id"),
        "steps": certificate_steps(events, names=actor_names({one.actor for one in events})),
        "may_revoke": may_edit and found.revoked_at is None,
        "voice": voice_of(request.tenant),
    }
    status = 422 if "refused" in context else 403 if request.method == "POST" else 200
    return render(request, "console/certificate.html", context, status=status)
