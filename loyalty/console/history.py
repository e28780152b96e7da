"""The audit log: what was done, by whom, to what, when, and what it was before."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Event
from accounts.roles import staff_required
from loyalty.console.happenings import happenings
from loyalty.console.list_page import elsewhere, list_context, paged
from loyalty.history_words import changes_in, page_of
from loyalty.listing import with_tidy_address
from loyalty.lists import HISTORY
from loyalty.lists.listed import READERS, asked_in
from rewards.voice import Voice, voice_of


@require_safe
@staff_required(*READERS)
def history(request: HttpRequest) -> HttpResponse:
    if other := elsewhere(request, HISTORY):
        return other
    found = HISTORY.find(asked_in(request, now=timezone.now()))
    page, voice = paged(request, found), voice_of(request.tenant)
    context = list_context(request, HISTORY, found) | {
        "page": page,
        "count": page.paginator.count,
        "rows": rows_of(list(page.object_list), voice=voice),
        "voice": voice,
    }
    return with_tidy_address(request, render(request, "console/history.html", context))


def rows_of(events: list[Event], *, voice: Voice) -> list[dict[str, Any]]:
    """In a constant number of queries; with their accounts loaded."""
    return [
        {
            "event": event,
            "said": told.said,
            "actor": told.actor,
            "changes": changes_in(event.payload),
            "url": page_of(event.subject),
        }
        for event, told in zip(events, happenings(events, voice=voice), strict=True)
    ]
