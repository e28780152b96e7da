"""A missing purchase: reported here, and what became of those reported before."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.files import CannotKeep
from accounts.models import Claim
from accounts.models.people import PortalRole
from accounts.money import exponent, to_minor
from accounts.periods import day_of
from accounts.roles import member_required
from loyalty.claim_words import claim_words
from loyalty.file_field import proof_field
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from rewards import claiming
from rewards.voice import voice_of

REPORTERS = (PortalRole.ADMIN, PortalRole.MEMBER)
PER_PAGE = 20


class ClaimForm(forms.Form):
    document = forms.CharField(
        label=_("Invoice or order number"),
        max_length=64,
        help_text=_("As it stands on the document."),
    )
    bought_on = forms.DateField(
        label=_("Date of the purchase"),
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": _("Use a date such as 2026-03-31.")},
    )
    amount = forms.DecimalField(max_digits=15, help_text=_("Net, without taxes and freight."))
    note = forms.CharField(
        label=_("Anything that helps to find it"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    proof = proof_field()

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = exponent(currency)
        self.fields["amount"].label = gettext("Amount in {currency}").format(currency=currency)

    def clean_document(self) -> str:
        document = self.cleaned_data["document"]
        if not document.isprintable():
            raise forms.ValidationError(
                gettext("Write it in one line, without control characters.")
            )
        return document

    def clean_amount(self) -> int:
        try:
            return to_minor(self.cleaned_data["amount"], self._places)
        except ValueError:
            said = gettext("Write it with at most {places} decimal places.")
            raise forms.ValidationError(said.format(places=self._places)) from None


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def missing(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    member = member_at(request, enrollment)
    may_report = member.portal_role in REPORTERS
    form = ClaimForm(request.POST or None, request.FILES or None, currency=request.tenant.currency)
    if request.method == "POST" and may_report and form.is_valid():
        now = timezone.now()
        today = day_of(now, request.tenant.zone)
        try:
            claim = claiming.report(member=member, today=today, now=now, **form.cleaned_data)
        except claiming.CannotClaim as refused:
            form.add_error(None, str(refused))
        except CannotKeep as refused:
            form.add_error("proof", str(refused))
        else:
            said = gettext("{document} is reported. You see here what comes of it.")
            messages.success(request, said.format(document=claim.document))
            return redirect("portal_claims", enrollment.id)
    found = Claim.objects.filter(account_id=enrollment.account_id).select_related("member", "proof")
    page = Paginator(found.order_by("-reported_at", "-id"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice_of(request.tenant, enrollment.program.points_name),
        "form": form if may_report else None,
        "page": page,
        "claims": claim_words(page.object_list),
    }
    status = 403 if request.method == "POST" and not may_report else 422 if form.errors else 200
    return render(request, "portal/claims.html", context, status=status)
