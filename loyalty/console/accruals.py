"""The accrual board: what open periods owe by partner, region, product line or agreement."""

import csv
import io
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.csvfiles import unexecuted
from accounts.models import Account
from accounts.money import to_major
from accounts.roles import staff_required
from loyalty.console.rebate_statements import is_uuid
from loyalty.file_answer import download
from loyalty.listing import chips, tidy_redirect
from loyalty.rebate_words import line_title
from rebates import board
from rebates.models import Agreement
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
PER_PAGE = 50
LONGEST_SEARCH = 80
CUTS = {
    board.PARTNER: gettext_lazy("Partner"),
    board.REGION: gettext_lazy("Region"),
    board.LINE: gettext_lazy("Product line"),
    board.AGREEMENT: gettext_lazy("Agreement"),
}
COLUMNS = {
    "agreements": gettext_lazy("Agreements"),
    "accrued": gettext_lazy("Accrued"),
    "stated": gettext_lazy("On statements"),
}


@require_safe
@staff_required(*READERS)
def accrual_board(request: HttpRequest) -> HttpResponse:
    if tidy := tidy_redirect(request):
        return tidy
    by, sort = _by(request), _sort(request)
    scope, filters = _scope(request)
    context: dict[str, Any] = {
        "by": by,
        "cuts": list(CUTS.items()),
        "cut": CUTS[by],
        "heads": list(_heads(request, by, sort)),
        "total": board.total(scope),
        "regions": list(_regions()),
        "region": scope.region,
        "search": scope.search,
        "chips": chips(request, filters),
        "voice": voice_of(request.tenant),
    }
    if by == board.LINE:
        rows = board.by_line(scope)
        context["rows"] = [(row, line_title(row.name)) for row in rows]
    else:
        found = board.cut(by, scope, sort=sort)
        page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
        rows = board.rows_of(by, list(page.object_list), scope)
        context |= {"page": page, "rows": [(row, row.name or "—") for row in rows]}
    return render(request, "console/accruals.html", context)


@require_safe
@staff_required(*READERS)
def board_file(request: HttpRequest) -> HttpResponse:
    """All rows of the cut as CSV, in the board's order; amounts in the tenant's currency."""
    by = _by(request)
    scope, _filters = _scope(request)
    if by == board.LINE:
        rows = board.by_line(scope)
    else:
        rows = board.rows_of(by, list(board.cut(by, scope, sort=_sort(request))), scope)
    text = io.StringIO(newline="")
    text.write("\ufeff")  # without it Excel takes it for an old encoding
    csv.writer(text).writerows(_lines(rows, by, request.tenant.currency))
    return download(text.getvalue(), name=f"accruals-{by}.csv")


def _lines(rows: list[board.Row], by: str, currency: str) -> Iterator[list[str]]:
    money = (_("Accrued"), _("On statements"), _("Actuals then"), _("Forecast"), _("Difference"))
    said = [f"{one}, {currency}" for one in money]
    yield [str(CUTS[by]), _("Number"), _("Agreements"), *said, _("Month")]
    for row in rows:
        amounts = (row.accrued, row.stated, row.actual, row.expected, row.difference)
        yield [
            unexecuted(row.name),
            unexecuted(row.note),
            str(row.agreements),
            *("" if one is None else str(to_major(one, currency)) for one in amounts),
            row.month.isoformat() if row.month else "",
        ]


def _by(request: HttpRequest) -> str:
    by = request.GET.get("by", board.PARTNER)
    if by not in CUTS:
        raise Http404
    return by


def _sort(request: HttpRequest) -> str:
    sort = request.GET.get("sort", "-accrued")
    return sort if sort.removeprefix("-") in board.SORTS else "-accrued"


def _heads(request: HttpRequest, by: str, sort: str) -> Iterator[dict[str, str]]:
    """The heads of the columns that can be sorted by, each with its address: once more turns it
    round. Amounts begin with the largest."""
    for name, label in ({"name": CUTS[by]} | COLUMNS).items():
        is_now = sort.removeprefix("-") == name
        usual = name if name == "name" else f"-{name}"
        turned = name if sort.startswith("-") else f"-{name}"
        query = request.GET.copy()
        query.pop("page", None)
        query["sort"] = turned if is_now else usual
        yield {
            "name": name,
            "label": str(label),
            "url": f"{request.path}?{query.urlencode()}",
            "direction": ("descending" if sort.startswith("-") else "ascending") if is_now else "",
            "classes": "" if name == "name" else "number",
        }


def _scope(request: HttpRequest) -> tuple[board.Scope, list[tuple[str, str, str]]]:
    """What the address narrows the board to, and the same in words for chips."""
    agreement, region = _agreement(request), request.GET.get("region")
    search = request.GET.get("q", "").strip()[:LONGEST_SEARCH].replace("\0", "")
    scope = board.Scope(
        agreement_id=agreement.pk if agreement else None,
        region=None if region is None else region.replace("\0", ""),
        search=search,
    )
    return scope, [
        ("agreement", str(CUTS[board.AGREEMENT]), agreement.name if agreement else ""),
        ("region", str(CUTS[board.REGION]), scope.region or ""),
        ("q", str(CUTS[board.PARTNER]), search),
    ]


def _regions() -> Any:
    named = Account.objects.exclude(region="").order_by("region")
    return named.values_list("region", flat=True).distinct()


def _agreement(request: HttpRequest) -> Agreement | None:
    text = request.GET.get("agreement")
    if text is None:
        return None
    if not is_uuid(text):
        raise Http404
    return get_object_or_404(Agreement, pk=UUID(text))
