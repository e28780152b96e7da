"""What every list's page has around its rows: filters, chips, views, the way out as a file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.models import SavedView
from accounts.saved_views import views_of
from loyalty.listing import address_without, chips, tidy_redirect, with_tidy_address
from loyalty.lists.listed import Found, Listed, asked_in, state_of
from rewards.voice import voice_of

PER_PAGE = 50
MOST_COUNTED = 10_000  # further nobody pages; whoever wants a row behind that filters


class ListPaginator(Paginator):
    """Counts as far as people page and no further: to count a million rows takes as long as all
    else on their page a hundred times over."""

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        # An order would sort all rows to count a few.
        return rows.order_by()[: MOST_COUNTED + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._counted, MOST_COUNTED)

    @property
    def is_cut(self) -> bool:
        return self._counted > MOST_COUNTED


@dataclass(frozen=True, slots=True)
class ViewLink:
    name: str
    url: str
    is_current: bool
    is_own: bool


def elsewhere(request: HttpRequest, listed: Listed) -> HttpResponse | None:
    """Where somebody comes without any wish: to the view they open the list with. Where a form
    sent empty fields: to the address without them."""
    if request.method == "POST":
        return None  # its answer may be all there is of a secret
    if not request.GET and request.staff:
        mine = SavedView.objects.filter(staff=request.staff.pk, list=listed.code, removed_at=None)
        default = mine.filter(is_default=True).first()
        if default is not None:
            return HttpResponseRedirect(view_url(default, listed))
    return tidy_redirect(request)


def view_url(view: SavedView, listed: Listed) -> str:
    start = f"{view.query}&" if view.query else ""
    return f"{reverse(listed.url_name)}?{start}view={view.pk}"


def list_context(request: HttpRequest, listed: Listed, found: Found) -> dict[str, Any]:
    state, fields = state_of(request.GET), found.filters.form.fields
    views = list(views_of(request.staff, list_code=listed.code))
    has_default = any(view.is_default and view.is_own for view in views)
    kept = [
        (name, value)
        for name, values in request.GET.lists()
        if name not in fields and name != "page"
        for value in values
    ]
    return {
        "listed": listed,
        "filters": found.filters,
        "chips": [
            replace(chip, remove_url=_back(chip.remove_url, has_default=has_default))
            for chip in chips(request, found.filters.in_words())
        ],
        "clear_url": _back(address_without(request, *fields), has_default=has_default),
        "state_of_list": state,
        "views": [
            ViewLink(view.name, view_url(view, listed), view.query == state, view.is_own)
            for view in views
        ],
        "is_view": any(view.query == state for view in views),
        "has_default": has_default,
        "all_url": f"{reverse(listed.url_name)}?view=all",
        "kept": [*kept, ("view", "all")] if has_default and "view" not in request.GET else kept,
    }


def _back(address: str, *, has_default: bool) -> str:
    """Filters taken away must not lead to the view that opens the list: an address without any
    wish says so."""
    return f"{address}?view=all" if has_default and "?" not in address else address


def list_answer(
    request: HttpRequest,
    listed: Listed,
    template: str,
    *,
    rows: Callable[[Sequence[Any]], Sequence[Any]],
    **about: Any,
) -> HttpResponse:
    """The page of a list whose `rows` are told by one function, in a constant number of queries."""
    if other := elsewhere(request, listed):
        return other
    found = listed.find(asked_in(request, now=timezone.now()))
    page = paged(request, found)
    context = list_context(request, listed, found) | {
        "page": page,
        "count": page.paginator.count,
        "rows": rows(list(page.object_list)),
        "voice": voice_of(request.tenant),
    }
    return with_tidy_address(request, render(request, template, context | about))


def paged(request: HttpRequest, found: Found) -> Any:
    return ListPaginator(found.rows, PER_PAGE).get_page(request.GET.get("page"))
