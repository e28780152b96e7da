"""Where a partner is paid: entered by an admin of the account, shown masked."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models.people import PortalRole
from accounts.roles import member_required
from loyalty.bank_form import BankForm, earlier_details, enter_from
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from rebates import banking
from rewards.voice import voice_of


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def bank(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    member = member_at(request, enrollment)
    may_enter = member.portal_role == PortalRole.ADMIN
    now = timezone.now()
    form = BankForm(request.POST or None)
    if request.method == "POST" and may_enter:
        about = {"account_id": enrollment.account_id, "actor": member.actor, "now": now}
        if enter_from(form, **about):
            messages.success(request, _("Your bank details are kept."))
            return redirect("portal_bank", enrollment.pk)
    current = banking.current(enrollment.account_id)
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice_of(request.tenant, enrollment.program.points_name),
        "form": form if may_enter else None,
        "current": current,
        "rests": bool(current and current.usable_from > now),
        "earlier": earlier_details(enrollment.account_id),
        "cooling_days": banking.terms().cooling_days,
    }
    status = 403 if request.method == "POST" and not may_enter else 422 if form.errors else 200
    return render(request, "portal/bank.html", context, status=status)
