"""Who may open a page: asked at the door of each view, answered in words."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect

from accounts.models.people import PortalRole, StaffRole

PORTAL_ROLES = {
    PortalRole.ADMIN: _("Portal admin"),
    PortalRole.MEMBER: _("Portal member"),
    PortalRole.VIEWER: _("Portal viewer"),
}

View = Callable[..., HttpResponse]


def staff_required(*roles: str) -> Callable[[View], View]:
    """Let in active staff of the tenant who have one of `roles`; any role where none is named."""
    wanted = [StaffRole(role) for role in roles]

    def is_let_in(request: HttpRequest) -> bool:
        return bool(request.staff) and (not wanted or request.staff.role in wanted)

    return _door(is_let_in, lambda: [str(role.label) for role in wanted] or [gettext("Staff")])


def member_required(*roles: str) -> Callable[[View], View]:
    """Let in people of an account who have one of the portal roles `roles` at any of theirs."""
    wanted = [PortalRole(role) for role in roles]

    def is_let_in(request: HttpRequest) -> bool:
        return any(not wanted or member.portal_role in wanted for member in request.members)

    return _door(
        is_let_in,
        lambda: [str(PORTAL_ROLES[role]) for role in wanted] or [gettext("Partner")],
    )


def place_required() -> Callable[[View], View]:
    """Let in everybody who is staff or a member here."""
    return _door(
        lambda request: bool(request.staff or request.members),
        lambda: [gettext("Staff"), gettext("Partner")],
    )


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; a part of a page asks its whole page to go there.

    A form whose sender was signed out meanwhile is told as not saved, and the way back is to its
    page: where it was sent often takes nothing but forms, and would answer with a 405.
    """
    if request.headers.get("HX-Request") == "true":
        return HttpResponseClientRedirect(resolve_url(settings.LOGIN_URL))
    if request.method in ("GET", "HEAD"):
        return redirect_to_login(request.get_full_path())
    messages.warning(request, gettext("You were signed out meanwhile: nothing was saved."))
    page = urlsplit(request.headers.get("Referer", ""))
    is_ours = page.netloc == request.get_host()
    return redirect_to_login(urlunsplit(("", "", page.path, page.query, "")) if is_ours else "/")


def without_place(request: HttpRequest) -> HttpResponse:
    """For somebody signed in who is neither staff nor member here."""
    return render(request, "people/no_access.html", status=403)


def _door(
    is_let_in: Callable[[HttpRequest], bool], needed: Callable[[], list[str]]
) -> Callable[[View], View]:
    """`needed` are the roles of which one lets in, in the language that is being spoken."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return sign_in_first(request)
            if is_let_in(request):
                return view(request, *args, **kwargs)
            if not request.staff and not request.members:
                return without_place(request)
            held = request.staff.get_role_display() if request.staff else gettext("Partner")
            context = {"needed": _either(needed()), "held": held}
            return render(request, "people/role_needed.html", context, status=403)

        return guarded

    return decorate


def _either(labels: list[str]) -> str:
    *others, last = labels
    if not others:
        return last
    return gettext("{some} or {last}").format(some=", ".join(others), last=last)
