"""The portal as a partner sees it, shown to staff: the one place where that is only looking."""

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Staff
from accounts.viewing import Viewing, viewing_in

KEPT = "viewing"  # in the session
PORTAL = "/portal/"
SAFE = ("GET", "HEAD", "OPTIONS")


class ViewingMiddleware:
    """While staff view as a partner, the portal takes them for one person, at one account.

    Whatever could change something is refused here, for every page there is and will be; and what a
    page writes while it is read, such as that somebody was here, is undone. The console stays their
    own. `request.viewing` is None for everybody else.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.viewing = None
        if request.tenant is None or not request.path.startswith(PORTAL):
            return self.get_response(request)
        kept = request.session.get(KEPT)
        if kept is None:
            return self.get_response(request)
        staff: Staff | None = request.staff
        viewing = viewing_in(kept, staff=staff, now=timezone.now()) if staff else None
        if viewing is None:
            del request.session[KEPT]
            messages.info(request, _("Viewing as a partner has ended."))
            return redirect("console_account", kept["account"])
        return self._look(request, viewing)

    def _look(self, request: HttpRequest, viewing: Viewing) -> HttpResponse:
        request.viewing, request.members = viewing, [viewing.member]
        if request.method not in SAFE:
            return render(request, "portal/viewing_only.html", status=403)
        with transaction.atomic():
            response = self.get_response(request)
            transaction.set_rollback(True)
        return response
