"""The link in an invitation: whoever reads that mailbox comes in."""

from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import invitations
from accounts.models import Invitation, User
from accounts.signin import SIGN_IN
from loyalty.people.forms import KnownPersonForm, NewPersonForm


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("password")
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """New people choose a password; known ones sign in with theirs first, then accept."""
    found = invitations.find_invitation(secret)
    if found is None:
        raise Http404
    state = invitations.state_of(found, now=timezone.now())
    if state != "open":
        return _page(request, "invitation_closed", found, state=state)
    if request.user.is_authenticated:
        return _as_known(request, found)
    if User.objects.filter(email=found.email).exists():
        return _page(request, "invitation_sign_in", found)
    return _as_new(request, found)


def _as_new(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = NewPersonForm(request.POST or None, email=found.email, initial={"name": found.name})
    if request.method != "POST" or not form.is_valid():
        return _page(request, "invitation_new", found, form=form)
    try:
        place = invitations.accept_as_new(invitation=found, **form.cleaned_data, now=timezone.now())
    except (invitations.InvitationClosed, invitations.AnotherPerson):
        return redirect(request.path)  # somebody was faster; the page now says what is left to do
    login(request, place.user, backend=SIGN_IN)
    return _welcome(request)


def _signed_in(request: HttpRequest) -> User:
    """Who reads the page; `invitation` has asked strangers to sign in first."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def _as_known(request: HttpRequest, found: Invitation) -> HttpResponse:
    if request.user.email.lower() != found.email.lower():
        return _page(request, "invitation_other", found)
    form = KnownPersonForm(request.POST or None, initial={"name": found.name})
    if request.method != "POST" or not form.is_valid():
        return _page(request, "invitation_known", found, form=form)
    try:
        invitations.accept(
            invitation=found, user=_signed_in(request), **form.cleaned_data, now=timezone.now()
        )
    except invitations.InvitationClosed:
        return redirect(request.path)
    except invitations.AlreadyHere:
        messages.info(request, gettext("You have this access already."))
        return redirect("home")
    return _welcome(request)


def _welcome(request: HttpRequest) -> HttpResponse:
    said = gettext("Welcome to {company}.").format(company=request.tenant.name)
    messages.success(request, said)
    return redirect("home")


def _page(request: HttpRequest, page: str, found: Invitation, **context: object) -> HttpResponse:
    form = context.get("form")
    status = 422 if form is not None and form.errors else 200
    if page == "invitation_closed":
        status = 410
    context |= {"invitation": found}
    return render(request, f"people/{page}.html", context, status=status)
