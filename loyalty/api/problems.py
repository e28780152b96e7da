"""Errors of the API as problem details (RFC 9457), each with a sentence that helps."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response

CONTENT_TYPE = "application/problem+json"
AUTHENTICATE = 'Bearer realm="api"'
HOW_TO_SEND_A_KEY = "Send a key of this workspace: Authorization: Bearer <secret>."


class Problem(exceptions.APIException):
    """A refusal of a view: `status` is the HTTP status, `detail` the sentence."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        self.status_code = status
        super().__init__(detail)


def problem(status: int, detail: str, **more: Any) -> Response:
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    return Response(body | {"detail": detail} | more, status=status, content_type=CONTENT_TYPE)


@csrf_exempt
def needs_a_key(request: HttpRequest) -> JsonResponse:
    """The API at the plain host, called without a key that names a tenant."""
    body = problem(401, f"{HOW_TO_SEND_A_KEY} Or call the API at the workspace's own address.").data
    headers = {"WWW-Authenticate": AUTHENTICATE}
    return JsonResponse(body, status=401, content_type=CONTENT_TYPE, headers=headers)


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. What it does not know stays a server error, with a rollback."""
    if isinstance(error, Http404):
        return problem(404, "There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return problem(403, "This is not allowed.")
    if not isinstance(error, exceptions.APIException):
        return None
    response = problem(error.status_code, _sentence(error))
    if getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        response["Retry-After"] = str(int(error.wait) + 1)
    return response


def _sentence(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.NotAuthenticated):
        return HOW_TO_SEND_A_KEY
    return str(error.detail)
