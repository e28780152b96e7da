"""A tenant's first address: to the face of whoever came, or to the sign-in page."""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import roles
from accounts.signin import SIGN_IN
from accounts.signup import TicketRefused, use_ticket
from loyalty.branding import faces_of


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect("account_login")
    faces = faces_of(request)
    return HttpResponseRedirect(faces[0].url) if faces else roles.without_place(request)


@require_safe
def welcome(request: HttpRequest, ticket: str) -> HttpResponse:
    """The owner arrives from sign-up, signed in by a ticket that works once and for a minute."""
    try:
        user = use_ticket(ticket, tenant_id=request.tenant.id)
    except TicketRefused:
        messages.info(request, _("That link has been used. Please sign in."))
        return redirect("account_login")
    if is_mfa_enabled(user):  # a ticket proves the password only
        messages.success(
            request, _("%(name)s is ready. Please sign in.") % {"name": request.tenant.name}
        )
        return redirect("account_login")
    login(request, user, backend=SIGN_IN)
    messages.success(request, _("Welcome! %(name)s is ready.") % {"name": request.tenant.name})
    return redirect("home")
