"""Sales that partners report: the queue, and a report whose rows are decided, many at once too."""

from collections import Counter
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import staff_required
from loyalty.console.happenings import actor_names
from loyalty.sale_words import report_words, sale_words
from rebates import sale_rulings
from rebates.models import ReportedSale, SalesReport, SaleState
from rebates.sale_rulings import CannotDecide, Ruled, Ruling
from rebates.sales_counts import with_counts
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
DECIDERS = ("owner", "manager")
PER_PAGE = 50
WAITING, DECIDED = "waiting", "decided"


@require_safe
@staff_required(*READERS)
def report_list(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", WAITING)
    if state not in (WAITING, DECIDED):
        raise Http404
    is_waiting = state == WAITING
    found = _counted().filter(decided_at__isnull=is_waiting).select_related("account", "member")
    order = ("reported_at", "id") if is_waiting else ("-reported_at", "-id")
    page = Paginator(found.order_by(*order), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "reports": report_words(page.object_list),
        "state": state,
        "states": [(WAITING, _("Waiting")), (DECIDED, _("Decided"))],
        "voice": voice_of(request.tenant),
    }
    return render(request, "console/sales.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def report(request: HttpRequest, report_id: UUID) -> HttpResponse:
    found = get_object_or_404(
        _counted().select_related("account", "member", "listed", "proof", "rejects"), pk=report_id
    )
    may_decide = request.staff.role in DECIDERS
    if request.method == "POST" and may_decide:
        return _decide(request, found)
    sales = found.sales.select_related("product").order_by("row", "id")
    if request.GET.get("show") == "flagged":
        sales = sales.exclude(flags=[])
    page = Paginator(sales, PER_PAGE).get_page(request.GET.get("page"))
    voice = voice_of(request.tenant)
    [words] = report_words([found])
    is_own = sale_rulings.is_own(found, actor=request.staff.actor)
    context = {
        "report": found,
        "words": words,
        "page": page,
        "sales": sale_words(page.object_list, voice=voice),
        "show": request.GET.get("show", ""),
        "may_decide": may_decide and not is_own and not found.decided_at,
        "reported_by": actor_names([found.reported_by]).get(found.reported_by, ""),
        "is_own": is_own,
        "voice": voice,
    }
    status = 403 if request.method == "POST" else 200
    return render(request, "console/sales_report.html", context, status=status)


def _counted() -> QuerySet[SalesReport]:
    return with_counts(SalesReport.objects.all())


def _decide(request: HttpRequest, found: SalesReport) -> HttpResponse:
    back = redirect(request.get_full_path())
    try:
        rulings = _rulings(request, found)
        if not rulings:
            messages.error(request, _("Pick at least one sale first."))
            return back
        ruled = sale_rulings.decide(
            rulings,
            report_id=found.pk,
            actor=request.staff.actor,
            zone=request.tenant.zone,
            now=timezone.now(),
        )
    except CannotDecide as refused:
        messages.error(request, str(refused))
        return back
    _say(request, ruled)
    return back


def _rulings(request: HttpRequest, found: SalesReport) -> list[Ruling]:
    """What was said of the picked sales, or of all that wait and that nothing speaks against."""
    action = request.POST.get("action", "")
    reason = request.POST.get("reason", "").replace("\x00", "")
    if action == "approve_unflagged":
        clear = found.sales.filter(state=SaleState.OPEN, flags=[]).values_list("id", flat=True)
        return [Ruling(one, approve=True) for one in clear]
    if action not in ("approve", "reject"):
        raise CannotDecide(_("Choose whether to approve or to reject."))
    picked = ReportedSale.objects.filter(
        report=found, pk__in=[one for one in request.POST.getlist("pick") if _is_uuid(one)]
    )
    if action == "reject":
        return [Ruling(one.pk, approve=False, reason=reason) for one in picked]
    return [
        Ruling(one.pk, approve=True, quantity=_quantity(request, one), reason=reason)
        for one in picked
    ]


def _quantity(request: HttpRequest, sale: ReportedSale) -> Decimal | None:
    text = request.POST.get(f"quantity-{sale.pk}", "").strip()
    if not text:
        return None
    try:
        quantity = Decimal(text)
    except InvalidOperation:
        quantity = Decimal("NaN")
    # Of a number with too many digits decimals cannot even be asked for.
    is_sane = quantity.is_finite() and quantity.adjusted() < 12
    if not is_sane or quantity != round(quantity, 4):
        raise CannotDecide(_("“%s” is no quantity; write it like 12 or 2.5.") % text[:20])
    return quantity


def _say(request: HttpRequest, ruled: Ruled) -> None:
    states = Counter(sale.state for sale in ruled.done)
    if count := states[SaleState.APPROVED]:
        said = ngettext("%d sale is approved.", "%d sales are approved.", count)
        messages.success(request, said % count)
    if count := states[SaleState.REJECTED]:
        said = ngettext("%d sale is rejected.", "%d sales are rejected.", count)
        messages.success(request, said % count)
    for why, count in Counter(ruled.refused.values()).items():
        said = ngettext(
            "%(count)d sale was left as it was: %(why)s",
            "%(count)d sales were left as they were: %(why)s",
            count,
        )
        messages.warning(request, said % {"count": count, "why": why})


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
