"""Errors of the API as problem details (RFC 9457), each with a sentence that helps."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response

CONTENT_TYPE = "application/problem+json"
AUTHENTICATE = 'Bearer realm="api"'
WHOLE = "non_field_errors"  # how DRF calls what is wrong with a body as a whole
MOST_NAME = 100  # characters of a field's name that are told again
HOW_TO_SEND_A_KEY = "Send a key of this workspace: Authorization: Bearer <secret>."


class Problem(exceptions.APIException):
    """A refusal of a view: `status` is the HTTP status, `detail` the sentence.

    `code` tells programs what people read in the sentence, where the status alone does not.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status_code = status
        self.more = {"code": code} if code else {}
        self.headers = headers or {}
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
    if isinstance(error, exceptions.ValidationError):
        return problem(422, "This does not fit; see “errors”.", errors=_errors(error.detail))
    response = problem(error.status_code, _sentence(error), **getattr(error, "more", {}))
    for name, value in getattr(error, "headers", {}).items():
        response[name] = value
    if getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = error.auth_header
    return response


def _errors(detail: Any, pointer: str = "") -> list[dict[str, str]]:
    """What is wrong where, the place as a JSON pointer (RFC 6901); "" is the whole body."""
    if isinstance(detail, Mapping):
        return [
            one for name, part in detail.items() for one in _errors(part, pointer + _token(name))
        ]
    if isinstance(detail, list) and any(isinstance(part, Mapping | list) for part in detail):
        return [
            one for place, part in enumerate(detail) for one in _errors(part, f"{pointer}/{place}")
        ]
    said = detail if isinstance(detail, list) else [detail]
    return [{"pointer": pointer, "detail": _whole(str(sentence))} for sentence in said]


def _token(name: str | int) -> str:
    """One step of a pointer: a field's name, or the place in a list of what does not fit there."""
    if name == WHOLE:
        return ""
    return "/" + _whole(str(name)[:MOST_NAME]).replace("~", "~0").replace("/", "~1")


def _whole(text: str) -> str:
    """Without halves of surrogate pairs: JSON may contain them, but UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def _sentence(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.NotAuthenticated):
        return HOW_TO_SEND_A_KEY
    return str(error.detail)
