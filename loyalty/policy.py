"""The content security policy of pages; answers that no browser shows bring a shorter one."""

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponseBase

NOTHING = "default-src 'none'; frame-ancestors 'none'"


class PolicyMiddleware(CSPMiddleware):
    """An answer that has a policy keeps it: the pages' need not be put together for it."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if HEADER in response:
            return response
        return super().process_response(request, response)


def allow_nothing(response: HttpResponseBase) -> None:
    """The answer is data: should a browser be made to show it, nothing in it runs or loads."""
    response[HEADER] = NOTHING
