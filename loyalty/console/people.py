"""The tenant's people and its accounts' people: who has access, who is invited, in which role."""

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import invitations, staffing
from accounts.models import Invitation, Member, Staff
from accounts.models.people import StaffRole
from accounts.roles import staff_required
from loyalty.console.list_page import PER_PAGE, elsewhere, list_context, paged
from loyalty.listing import with_tidy_address
from loyalty.lists import MEMBERS, STAFF
from loyalty.lists.listed import asked_in
from loyalty.people.forms import (
    ChangeMemberForm,
    ChangeStaffForm,
    InviteMemberForm,
    InviteStaffForm,
)

manages_people = staff_required(StaffRole.OWNER, StaffRole.MANAGER)


@require_safe
@manages_people
def people(request: HttpRequest) -> HttpResponse:
    if other := elsewhere(request, STAFF):
        return other
    found = STAFF.find(asked_in(request, now=timezone.now()))
    page = paged(request, found)
    context = list_context(request, STAFF, found) | {
        "page": page,
        "count": page.paginator.count,
        "waiting": _waiting().filter(account=None),
        "now": timezone.now(),
    }
    return with_tidy_address(request, render(request, "people/staff.html", context))


@require_safe
@manages_people
def members(request: HttpRequest) -> HttpResponse:
    if other := elsewhere(request, MEMBERS):
        return other
    found = MEMBERS.find(asked_in(request, now=timezone.now()))
    page = paged(request, found)
    context = list_context(request, MEMBERS, found) | {
        "page": page,
        "count": page.paginator.count,
        "waiting": _waiting().exclude(account=None).select_related("account")[:PER_PAGE],
        "now": timezone.now(),
    }
    return with_tidy_address(request, render(request, "people/members.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
@manages_people
def invite(request: HttpRequest) -> HttpResponse:
    form = InviteStaffForm(request.POST or None, actor=request.staff)
    if request.method == "POST" and form.is_valid():
        try:
            sent = invitations.invite_staff(
                **form.cleaned_data, actor=request.staff, now=timezone.now()
            )
        except (invitations.AlreadyHere, invitations.MayNotInvite) as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(
                request, _("An invitation is on its way to %(email)s.") % {"email": sent.email}
            )
            return redirect("people")
    return _form_page(request, "people/staff_invite.html", form)


@require_http_methods(["GET", "HEAD", "POST"])
@manages_people
def invite_member(request: HttpRequest) -> HttpResponse:
    form = InviteMemberForm(request.POST or None, initial={"account": request.GET.get("account")})
    if request.method == "POST" and form.is_valid():
        try:
            sent = invitations.invite_member(
                **form.cleaned_data, actor=request.staff, now=timezone.now()
            )
        except (invitations.AlreadyHere, invitations.MayNotInvite) as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(
                request, _("An invitation is on its way to %(email)s.") % {"email": sent.email}
            )
            return redirect("members")
    return _form_page(request, "people/member_invite.html", form)


@require_http_methods(["GET", "HEAD", "POST"])
@manages_people
def change(request: HttpRequest, staff_id: UUID) -> HttpResponse:
    person = get_object_or_404(Staff.objects.select_related("user"), pk=staff_id)
    now_is = {"role": person.role, "is_active": person.is_active}
    form = ChangeStaffForm(request.POST or None, actor=request.staff, initial=now_is)
    if request.method == "POST" and form.is_valid():
        try:
            staffing.change_staff(
                staff=person, **form.cleaned_data, actor=request.staff, now=timezone.now()
            )
        except staffing.MayNotChange as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("%(name)s is changed.") % {"name": person.name})
            return redirect("people")
    return _form_page(request, "people/staff_change.html", form, person=person)


@require_http_methods(["GET", "HEAD", "POST"])
@manages_people
def change_member(request: HttpRequest, member_id: UUID) -> HttpResponse:
    people = Member.objects.select_related("user", "account")
    person = get_object_or_404(people, pk=member_id)
    form = ChangeMemberForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        staffing.change_member(
            member=person, **form.cleaned_data, actor=request.staff, now=timezone.now()
        )
        messages.success(request, _("%(name)s is changed.") % {"name": person.name})
        return redirect("members")
    return _form_page(request, "people/member_change.html", form, person=person)


@require_POST
@manages_people
def resend(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    found = get_object_or_404(Invitation, pk=invitation_id)
    try:
        invitations.resend(invitation=found, actor=request.staff, now=timezone.now())
    except (invitations.InvitationClosed, invitations.MayNotInvite) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request,
            _("Sent again to %(email)s; only the new link works now.") % {"email": found.email},
        )
    return redirect("members" if found.account_id else "people")


@require_POST
@manages_people
def revoke(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    found = get_object_or_404(Invitation, pk=invitation_id)
    try:
        invitations.revoke(invitation=found, actor=request.staff, now=timezone.now())
    except (invitations.InvitationClosed, invitations.MayNotInvite) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, _("The invitation of %(email)s is revoked.") % {"email": found.email}
        )
    return redirect("members" if found.account_id else "people")


def _waiting() -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_at=None, revoked_at=None).order_by("email", "id")


def _form_page(
    request: HttpRequest, template: str, form: object, **context: object
) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)
