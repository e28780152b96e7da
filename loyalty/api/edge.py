"""An edge of the API: which scope each method needs, and how often a key may call."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from django.conf import settings
from django.http import Http404, HttpResponseBase
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import rates
from accounts.models import ApiKey
from accounts.rates import Rate
from loyalty.api.problems import Problem

POLICY = "requests"
SECONDS = 60


class OnlyJSON(DefaultContentNegotiation):
    """JSON it is, whatever the caller would rather have: there is nothing to negotiate."""

    def select_parser(self, request: Request, parsers: Sequence[BaseParser]) -> BaseParser | None:
        if request.content_type == parsers[0].media_type:
            return parsers[0]
        return super().select_parser(request, parsers)

    def select_renderer(
        self,
        request: Request,
        renderers: Sequence[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str | None]:
        return renderers[0], renderers[0].media_type


class Edge(APIView):
    """Say in `scopes` which scope each method needs; a method without one lets nobody in."""

    content_negotiation_class = OnlyJSON
    scopes: ClassVar[Mapping[str, str]] = {}
    rate: Rate | None = None

    @property
    def scope(self) -> str | None:
        """What `loyalty.api.keys.HasScope` asks the key for."""
        method = self.request.method or ""
        if method == "OPTIONS":
            return next(iter(self.scopes.values()), None)
        return self.scopes.get({"HEAD": "GET"}.get(method, method))

    def check_permissions(self, request: Request) -> None:
        if not hasattr(self, str(request.method).lower()):
            self.http_method_not_allowed(request)
        _refuse_unreadable(request, self.kwargs)
        super().check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        if isinstance(request.auth, ApiKey):
            self.rate = count_call(request.auth)

    def finalize_response(
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.rate is not None:
            tell_rate(response, self.rate)
        return response


def _refuse_unreadable(request: Request, path: Mapping[str, Any]) -> None:
    """NUL is in no text that Postgres keeps, and it errs when asked for one."""
    if any("\0" in str(part) for part in path.values()):
        raise Http404
    if any("\0" in text for pair in request.query_params.items() for text in pair):
        raise Problem(HTTPStatus.BAD_REQUEST, "The query contains the control character U+0000.")


def count_call(key: ApiKey) -> Rate | None:
    """Count a call by `key`; raises Problem 429 once there were too many."""
    rate = rate_after(1, key)
    if rate is not None and rate.excess:
        raise TooManyCalls(rate)
    return rate


def rate_after(calls: int, key: ApiKey) -> Rate | None:
    """Count so many calls by `key`, in one go."""
    limit = settings.API_CALLS_PER_MINUTE
    who = f"{key.tenant_id}:{key.pk}"
    return rates.count(calls, who=who, limit=limit, seconds=SECONDS)


class TooManyCalls(Problem):
    """More calls than the key may make."""

    def __init__(self, rate: Rate) -> None:
        super().__init__(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"This key may call {rate.limit:,} times in {rate.seconds} seconds; go on in "
            f"{rate.ends_in}. Facts can be sent together, up to 10,000 in one call.",
            code="too_many_calls",
            headers=rate_headers(rate) | {"Retry-After": str(rate.ends_in)},
        )


def rate_headers(rate: Rate) -> dict[str, str]:
    """As draft-ietf-httpapi-ratelimit-headers has them since its tenth edition."""
    return {
        "RateLimit-Policy": f'"{POLICY}";q={rate.limit};w={rate.seconds}',
        "RateLimit": f'"{POLICY}";r={rate.remaining};t={rate.ends_in}',
    }


def tell_rate(response: HttpResponseBase, rate: Rate) -> None:
    for name, value in rate_headers(rate).items():
        response[name] = value
