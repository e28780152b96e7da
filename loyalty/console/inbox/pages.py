"""The inbox: everything that waits for a decision of whoever reads, and deciding it there."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.periods import day_of
from accounts.roles import staff_required
from loyalty.console.bulk import Outcome, say, unchanged
from loyalty.console.inbox import queue
from loyalty.console.inbox.kind import APPROVE, REJECT, Kind
from loyalty.console.inbox.queue import Waiting
from loyalty.console.inbox.registry import kinds_for
from loyalty.listing import address_without, tidy_redirect
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
PER_PAGE = 25
LONGEST_REASON = 300


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def inbox(request: HttpRequest) -> HttpResponse:
    if tidy := tidy_redirect(request):
        return tidy
    kinds = {kind.code: kind for kind in kinds_for(request.staff.role)}
    chosen = request.GET.get("kind", "")
    if chosen and chosen not in kinds:
        raise Http404
    context: dict[str, Any] = {"note": "", "picked": set(), "refused": []}
    if request.method == "POST":
        outcome, notes = _decide(request, kinds)
        if outcome.done or not outcome.refused:
            return _decided(request, outcome, notes)
        # Nothing was done: what was typed and picked stays, with the reasons.
        context |= {
            "note": request.POST.get("note", ""),
            "picked": set(request.POST.getlist("pick")),
            "refused": unchanged(outcome),
        }
    context |= _shown(request, kinds, chosen)
    status = 422 if context["refused"] else 200
    return render(request, "console/inbox.html", context, status=status)


def _shown(request: HttpRequest, kinds: dict[str, Kind], chosen: str) -> dict[str, Any]:
    now, tenant = timezone.now(), request.tenant
    decider = queue.decider_of(request.staff, tenant)
    voice, today = voice_of(tenant), day_of(now, tenant.zone)
    counts = queue.counts(list(kinds.values()), tenant)
    asked = [kinds[chosen]] if chosen else list(kinds.values())
    page = Paginator(queue.in_order(asked, tenant), PER_PAGE).get_page(request.GET.get("page"))
    about: dict[str, Any] = {"decider": decider, "voice": voice, "today": today}
    rows = queue.in_words(list(page.object_list), **about)
    opened = _opened(request, kinds, rows, **about)
    return {
        "page": page,
        "rows": rows,
        "opened": opened,
        "voice": voice,
        "kind": chosen,
        "chips": [
            (kind.code, kind.label, counts.get(kind.code, 0))
            for kind in kinds.values()
            if counts.get(kind.code) or kind.code == chosen
        ],
        "all_count": sum(counts.values()),
        "may_decide": any(request.staff.role in kind.roles for kind in kinds.values()),
        "here": address_without(request, "open"),
        "longest": LONGEST_REASON,
        "walks_rows": bool(rows),
    }


def _opened(
    request: HttpRequest, kinds: dict[str, Kind], rows: list[Waiting], **about: Any
) -> Waiting | None:
    """The one to look at; it may be on another page of the list, or decided meanwhile."""
    wanted = queue.read_keys([request.GET.get("open", "")], most=1, kinds=kinds)
    if not wanted:
        return None
    [(code, pk)] = wanted
    for row in rows:
        if row.key == f"{code}:{pk}":
            return row
    found = queue.in_order([kinds[code]], about["decider"].tenant)
    key = [one for one in found if one[1] == pk]
    return next(iter(queue.in_words(key, **about)), None)


def _decide(request: HttpRequest, kinds: dict[str, Kind]) -> tuple[Outcome, list[str]]:
    decision = request.POST.get("decision", "")
    if decision not in (APPROVE, REJECT):
        raise Http404
    return queue.decide(
        queue.read_keys(request.POST.getlist("pick"), most=PER_PAGE, kinds=kinds),
        decision=decision,
        reason=request.POST.get("note", "").replace("\x00", "")[:LONGEST_REASON],
        decider=queue.decider_of(request.staff, request.tenant),
        now=timezone.now(),
    )


def _decided(request: HttpRequest, outcome: Outcome, notes: list[str]) -> HttpResponse:
    """Back to the list, on the row that has come to the place of the one that is decided."""
    say(request, outcome, done=_done(request))
    for note in notes:
        messages.info(request, note)
    at = request.POST.get("at", "")
    place = f"#row-{at}" if at.isascii() and at.isdigit() and len(at) < 3 else ""
    return HttpResponseRedirect(address_without(request, "open") + place)


def _done(request: HttpRequest) -> str:
    return _("approved") if request.POST["decision"] == APPROVE else _("rejected")
