"""What lists have in common: their state is in the address, and it can be taken apart again."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django_htmx.http import push_url


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the address of the list without it."""

    label: str
    value: str
    remove_url: str


def chips(request: HttpRequest, filters: Iterable[tuple[str, str, str]]) -> list[Chip]:
    """Chips for (parameter, label, value in words) of the filters in force."""
    return [
        Chip(label, value, address_without(request, parameter))
        for parameter, label, value in filters
        if value
    ]


def address_without(request: HttpRequest, *parameters: str) -> str:
    """This address without `parameters`, back on the first page."""
    return _address(request, [*parameters, "page"])


def _address(request: HttpRequest, dropped: Iterable[str]) -> str:
    query = request.GET.copy()
    for parameter in dropped:
        query.pop(parameter, None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def tidy_redirect(request: HttpRequest) -> HttpResponse | None:
    """Where a form sent empty fields: a redirect to the address without them, for a clean link."""
    if request.htmx or not _empty_fields(request.GET):
        return None
    return HttpResponseRedirect(_address(request, _empty_fields(request.GET)))


def with_tidy_address(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The same for htmx, which shows the answer at once and then its address."""
    if request.htmx:
        return push_url(response, _address(request, _empty_fields(request.GET)))
    return response


def _empty_fields(query: QueryDict) -> list[str]:
    return [name for name, values in query.lists() if not any(values)]
