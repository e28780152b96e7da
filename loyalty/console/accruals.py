"""The accrual board: what open periods owe by partner, region, product line or agreement."""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.roles import staff_required
from loyalty.console.rebate_statements import is_uuid
from loyalty.listing import chips, tidy_redirect
from loyalty.rebate_words import line_title
from rebates import board
from rebates.models import Agreement
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
PER_PAGE = 50
CUTS = {
    board.PARTNER: gettext_lazy("Partner"),
    board.REGION: gettext_lazy("Region"),
    board.LINE: gettext_lazy("Product line"),
    board.AGREEMENT: gettext_lazy("Agreement"),
}


@require_safe
@staff_required(*READERS)
def accrual_board(request: HttpRequest) -> HttpResponse:
    if tidy := tidy_redirect(request):
        return tidy
    by = request.GET.get("by", board.PARTNER)
    if by not in CUTS:
        raise Http404
    agreement = _agreement(request)
    agreement_id = agreement.pk if agreement else None
    context: dict[str, Any] = {
        "by": by,
        "cuts": list(CUTS.items()),
        "cut": CUTS[by],
        "total": board.total(agreement_id=agreement_id),
        "chips": chips(
            request,
            [("agreement", str(CUTS[board.AGREEMENT]), agreement.name if agreement else "")],
        ),
        "voice": voice_of(request.tenant),
    }
    if by == board.LINE:
        rows = board.by_line(agreement_id=agreement_id)
        context["rows"] = [(row, line_title(row.name)) for row in rows]
    else:
        found = board.cut(by, agreement_id=agreement_id)
        page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
        rows = board.rows_of(by, list(page.object_list), agreement_id=agreement_id)
        context |= {"page": page, "rows": [(row, row.name or "—") for row in rows]}
    return render(request, "console/accruals.html", context)


def _agreement(request: HttpRequest) -> Agreement | None:
    text = request.GET.get("agreement")
    if text is None:
        return None
    if not is_uuid(text):
        raise Http404
    return get_object_or_404(Agreement, pk=UUID(text))
