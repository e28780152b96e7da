"""The host decides the tenant, and everything below runs inside its wall and one transaction."""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject

from accounts import doors
from accounts.addresses import front_url
from accounts.keys import live_key, secret_hash_of
from accounts.models import ApiKey, Member, NoticeManners, Staff, Tenant
from accounts.postgres.statements import ask
from accounts.tenancy import entered_scope

Handler = Callable[[HttpRequest], HttpResponse]


class TenantMiddleware:
    """`request.tenant` by the host: None on the plain host, whose pages are the front's.
    `request.api_key` by the secret that a call of the API bears: the tenant's live key, or None.

    On the plain host the API's key names the tenant, for systems that know one address only. No
    other header, and no cookie, body or "last used" workspace, ever counts. What answers with a
    server error leaves nothing behind.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        slug = slug_in(request.get_host())
        with transaction.atomic():
            request.tenant, request.api_key = entered(slug, _secret_hash(request))
            if request.tenant is None:
                request.urlconf = settings.FRONT_URLCONF
                return _no_workspace(request) if slug else self._answer(request)
            with entered_scope(request.tenant.id):
                return self._answer(request)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code >= 500:
            transaction.set_rollback(True)
        return response


def slug_in(host: str) -> str:
    """What stands before the service's domain: "" for the plain host."""
    domain, _port = split_domain_port(host)
    return domain.removesuffix(settings.DOMAIN).removesuffix(".")


def entered(slug: str, secret_hash: str | None) -> tuple[Tenant | None, ApiKey | None]:
    """The tenant, announced to the running transaction, and the key, found inside its wall."""
    if secret_hash is None:
        return (ask(doors.entered_at(slug))[0] if slug else None), None
    door = doors.entered_at(slug) if slug else doors.entered_by_key(secret_hash)
    tenant, key = ask(door, live_key(secret_hash))
    return tenant, key


def _secret_hash(request: HttpRequest) -> str | None:
    if not request.path.startswith("/api/"):
        return None
    return secret_hash_of(request.headers.get("Authorization", ""))


def _no_workspace(request: HttpRequest) -> HttpResponse:
    return render(request, "front/no_workspace.html", {"front_url": front_url()}, status=404)


class PeopleMiddleware:
    """`request.staff` and `request.members`: what the signed-in user is at the open tenant.

    Nothing is looked up before it is used. Both are lazy: test them by truth, never with `is None`.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.staff = SimpleLazyObject(lambda: _staff_of(request))
        request.members = SimpleLazyObject(lambda: _members_of(request))
        return self.get_response(request)


def _staff_of(request: HttpRequest) -> Staff | None:
    if _is_nobody(request.tenant, request):
        return None
    staff = Staff.objects.filter(user=request.user, is_active=True)
    return staff.annotate(**_chosen()).first()


def _members_of(request: HttpRequest) -> list[Member]:
    if _is_nobody(request.tenant, request):
        return []
    members = Member.objects.filter(user=request.user, is_active=True)
    members = members.annotate(**_chosen())
    return list(members.select_related("account").order_by("account__name", "id"))


# With whoever reads comes how they want to be spoken to: no page asks for it by itself.
def _chosen() -> dict[str, Coalesce]:
    own = NoticeManners.objects.filter(user=OuterRef("user"))
    return {
        "language": Coalesce(Subquery(own.values("language")), Value("")),
        "single_keys": Coalesce(Subquery(own.values("single_keys")), Value(True)),
    }


def _is_nobody(tenant: Tenant | None, request: HttpRequest) -> bool:
    return tenant is None or not request.user.is_authenticated
