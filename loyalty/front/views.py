"""The plain host: a company signs up, people find the way to their workspace."""

from allauth.account.adapter import get_adapter
from csp.decorators import csp_update
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import doors
from accounts.addresses import every_workspace, front_host, tenant_url
from accounts.letters import send_letter
from accounts.models import Staff
from accounts.money import exponent
from accounts.signup import AddressTaken, NotYourPassword, make_ticket
from accounts.signup import sign_up as start_tenant
from accounts.tenancy import tenant_scope
from accounts.throttle import allow
from loyalty.front.forms import ForgottenForm, SignUpForm, WorkspaceForm
from rewards.starter import open_starter_program

HOUR = 3600
TOO_OFTEN = gettext_lazy("That was tried too often from here. Please wait a while and try again.")

# Browsers hold a form's redirect to `form-action` too, and these lead to another host of ours.
leads_to_workspaces = csp_update({"form-action": [every_workspace()]})


@require_safe
@leads_to_workspaces
def landing(request: HttpRequest) -> HttpResponse:
    return _landing(request, choose=WorkspaceForm())


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
@leads_to_workspaces
def sign_up(request: HttpRequest) -> HttpResponse:
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and _may(request, "sign-up", times=20) and form.is_valid():
        made = _try_sign_up(form)
        if made:
            return made
    context = {"form": form, "host": front_host()}
    return render(request, "front/sign_up.html", context, status=422 if form.errors else 200)


@require_POST
@leads_to_workspaces
def choose(request: HttpRequest) -> HttpResponse:
    form = WorkspaceForm(request.POST)
    if _may(request, "choose", times=60) and form.is_valid():
        slug = form.cleaned_data["slug"]
        if doors.tenant_by_slug(slug):
            return HttpResponseRedirect(tenant_url(slug=slug))
        form.add_error("slug", gettext("No workspace lives at this address."))
    return _landing(request, choose=form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    form = ForgottenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"].lower()
        # The same answer, known or not, too often or not: it tells nobody who is a customer.
        if _may(request, "forgotten", times=20) and allow(
            what="forgotten", who=email, times=3, seconds=HOUR
        ):
            _write_workspaces(email)
        messages.success(
            request,
            gettext("If %(email)s has a workspace, its address is in the mail now.")
            % {"email": email},
        )
        return redirect("home")
    return render(request, "front/forgotten.html", {"form": form})


def _landing(request: HttpRequest, *, choose: WorkspaceForm, status: int = 200) -> HttpResponse:
    context = {"choose": choose, "host": front_host()}
    return render(request, "front/landing.html", context, status=status)


def _try_sign_up(form: SignUpForm) -> HttpResponse | None:
    """The way into the new workspace; None where the form now says what is in the way."""
    try:
        owner = _start(form)
    except AddressTaken as taken:
        form.add_error("slug", str(taken))
    except NotYourPassword as refusal:
        form.add_error("password", str(refusal))
    else:
        path = f"/welcome/{make_ticket(owner)}/"
        return HttpResponseRedirect(tenant_url(slug=owner.tenant.slug, path=path))
    return None


def _start(form: SignUpForm) -> Staff:
    """The new tenant's owner; the tenant has a small program that works from the start."""
    now = timezone.now()
    owner = start_tenant(**form.cleaned_data, now=now)
    with tenant_scope(owner.tenant_id):
        open_starter_program(
            name=gettext("%(name)s Rewards") % {"name": owner.tenant.name},
            places=exponent(owner.tenant.currency),
            actor=owner.actor,
            now=now,
        )
    return owner


def _may(request: HttpRequest, what: str, *, times: int) -> bool:
    """Whether this caller's address has tries left this hour; says so where it has none."""
    caller = get_adapter().get_client_ip(request)
    if allow(what=what, who=str(caller), times=times, seconds=HOUR):
        return True
    messages.error(request, TOO_OFTEN)
    return False


def _write_workspaces(email: str) -> None:
    found = [
        {"name": name, "url": tenant_url(slug=slug)} for slug, name in doors.workspaces_of(email)
    ]
    send_letter(
        letter="workspaces",
        to=email,
        subject=gettext("Your workspaces"),
        tenant=None,
        details={"workspaces": found, "email": email},
    )
