"""A partner's colleagues: who of the account has access; its portal admins invite more."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.invitations import AlreadyHere, MayNotInvite, invite_member
from accounts.models import Invitation, Member
from accounts.models.people import PortalRole
from accounts.roles import member_required
from loyalty.people.forms import InviteColleagueForm


@require_safe
@member_required()
def colleagues(request: HttpRequest) -> HttpResponse:
    places = [_place(member) for member in request.members]
    return render(request, "people/colleagues.html", {"places": places})


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(PortalRole.ADMIN)
def invite(request: HttpRequest) -> HttpResponse:
    admin = _admin_of(request)
    form = InviteColleagueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            sent = invite_member(
                **form.cleaned_data, account=admin.account, actor=admin, now=timezone.now()
            )
        except (AlreadyHere, MayNotInvite) as refusal:
            form.add_error("email", str(refusal))
        else:
            said = gettext("An invitation is on its way to {email}.")
            messages.success(request, said.format(email=sent.email))
            return redirect("colleagues")
    context = {"form": form, "account": admin.account}
    status = 422 if form.errors else 200
    return render(request, "people/colleague_invite.html", context, status=status)


def _admin_of(request: HttpRequest) -> Member:
    """The asker's own place at the account that `?account=` names, or their first as an admin.

    An account where they are no admin is a 404, like one that does not exist.
    """
    wanted = request.GET.get("account")
    for member in request.members:
        if member.portal_role == PortalRole.ADMIN and wanted in (None, str(member.account_id)):
            return member
    raise Http404


def _place(member: Member) -> dict[str, object]:
    people = Member.objects.filter(account=member.account, is_active=True)
    waiting = Invitation.objects.filter(
        account=member.account, accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()
    )
    return {
        "account": member.account,
        "is_admin": member.portal_role == PortalRole.ADMIN,
        "people": people.select_related("user").order_by("name", "id"),
        "waiting": waiting.order_by("email"),
    }
