"""Who calls the API: a key of the tenant whose host was called, and what the key may do."""

from typing import TYPE_CHECKING

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.keys import note_use
from accounts.models import ApiKey
from loyalty.api.problems import AUTHENTICATE

if TYPE_CHECKING:  # the settings name this module, which must therefore not need the views
    from rest_framework.views import APIView


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <secret>`. `request.auth` is the key; there is no user.

    The middleware looked the key up inside the open tenant: another tenant's does not exist here.
    """

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        word, _, _secret = get_authorization_header(request).partition(b" ")
        if word.lower() != b"bearer":
            return None
        key = request.api_key
        if key is None:
            raise AuthenticationFailed(
                "This key is unknown or was revoked; make one in Console, Keys."
            )
        note_use(key=key, today=timezone.now().date())
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return AUTHENTICATE


class HasScope(BasePermission):
    """The view's `scope` must be among the key's. A view without one lets nobody in."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        scope = getattr(view, "scope", None)
        self.message = f"This key lacks the scope {scope}; make one that has it in Console, Keys."
        return isinstance(request.auth, ApiKey) and scope in request.auth.scopes
