"""What is answered where no view answered: pages for people, problem details for the API.

Below /api/ a program reads the answer, also at addresses that no route knows and when the service
itself fails.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from loyalty.api.problems import CONTENT_TYPE, problem

API = "/api/"
SENTENCES = {
    400: "The request cannot be read.",
    403: "This is not allowed.",
    404: "There is nothing at this address.",
    500: "Something went wrong here; nothing moved. Send it again, under the same identity.",
}

Page = Callable[..., HttpResponse]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(400, defaults.bad_request, request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(403, defaults.permission_denied, request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(404, defaults.page_not_found, request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(500, defaults.server_error, request)


def _answer(status: int, page: Page, request: HttpRequest, *more: Any) -> HttpResponse:
    if not request.path.startswith(API):
        return page(request, *more)
    body = problem(status, SENTENCES[status]).data
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)
