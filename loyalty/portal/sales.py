"""Sales that a partner reports: a list handed in, those before it, and what became of one."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.files import CannotKeep
from accounts.models import Enrollment, Member
from accounts.models.people import PortalRole
from accounts.roles import member_required
from loyalty.file_field import proof_field
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from loyalty.sale_words import report_words, sale_words
from rebates import reporting
from rebates.models import SalesReport
from rebates.sales_counts import with_counts
from rebates.sales_lists import DATES, NUMBERS, CannotReport
from rewards.voice import voice_of

REPORTERS = (PortalRole.ADMIN, PortalRole.MEMBER)
PER_PAGE = 20
SALES_PER_PAGE = 50


class ListForm(forms.Form):
    upload = forms.FileField(
        label=gettext_lazy("List of sales"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
        help_text=gettext_lazy(
            "CSV. The first line names the columns: Invoice, Date, Product and Quantity; and where "
            "you have them Line, Amount and Customer."
        ),
    )
    dates = forms.ChoiceField(
        label=gettext_lazy("Dates are written"),
        choices=[(name, order.label) for name, order in DATES.items()],
    )
    numbers = forms.ChoiceField(
        label=gettext_lazy("Numbers are written"),
        choices=[(name, label) for name, (label, *_signs) in NUMBERS.items()],
    )
    proof = proof_field()


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def reports(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    member = member_at(request, enrollment)
    may_report = member.portal_role in REPORTERS
    form = ListForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and may_report and form.is_valid():
        made = _report(request, form, member)
        if made is not None:
            return redirect("portal_sales_report", enrollment.pk, made.pk)
    found = _counted(enrollment).order_by("-reported_at", "-id")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice_of(request.tenant, enrollment.program.points_name),
        "form": form if may_report else None,
        "page": page,
        "reports": report_words(page.object_list),
    }
    status = 403 if request.method == "POST" and not may_report else 422 if form.errors else 200
    return render(request, "portal/sales.html", context, status=status)


@require_safe
@member_required()
def report(request: HttpRequest, enrollment_id: UUID, report_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    found = get_object_or_404(_counted(enrollment), pk=report_id)
    sales = found.sales.select_related("product").order_by("row", "id")
    page = Paginator(sales, SALES_PER_PAGE).get_page(request.GET.get("page"))
    voice = voice_of(request.tenant, enrollment.program.points_name)
    [words] = report_words([found])
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice,
        "report": found,
        "words": words,
        "page": page,
        "sales": sale_words(page.object_list, voice=voice),
    }
    return render(request, "portal/sales_report.html", context)


def _report(request: HttpRequest, form: ListForm, member: Member) -> SalesReport | None:
    """What was reported; None where it is refused, which the form then says."""
    given = form.cleaned_data
    try:
        made = reporting.report_list(
            given["upload"],
            member=member,
            dates=given["dates"],
            numbers=given["numbers"],
            proof=given["proof"],
            tenant=request.tenant,
            now=timezone.now(),
        )
    except (CannotKeep, CannotReport) as refused:
        form.add_error(None if isinstance(refused, CannotKeep) else "upload", str(refused))
        return None
    messages.success(request, _("“%s” is reported. You see here what comes of it.") % made.name)
    return made


def _counted(enrollment: Enrollment) -> QuerySet[SalesReport]:
    own = SalesReport.objects.filter(account_id=enrollment.account_id)
    return with_counts(own).select_related("member", "listed", "proof", "rejects")
