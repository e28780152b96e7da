"""Everybody's inbox: what was said to them, read and unread, and the way to what it is about."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Notice
from accounts.notices.inbox import mark
from accounts.notices.kinds import KINDS
from accounts.notices.manners import manners_of
from accounts.notices.texts import Own, own_words, told
from accounts.notices.wording import Words, languages
from accounts.roles import place_required
from loyalty.notices.reader import frame_of, own_notices, reader_of
from loyalty.notices.targets import target_of
from rewards.voice import voice_of

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Line:
    notice: Notice
    words: Words

    @property
    def kind(self) -> str:
        return gettext(KINDS[self.notice.kind].name)


@require_safe
@place_required()
def inbox(request: HttpRequest) -> HttpResponse:
    found = own_notices(request)
    only_unread = request.GET.get("show") == "unread"
    shown = found.filter(read_at=None) if only_unread else found
    page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    reader = reader_of(request)
    how = manners_of([reader.pk], tenant=request.tenant)[reader.pk]
    own, language = own_words(), _language(how.language)
    context = {
        "frame": frame_of(request),
        "page": page,
        "lines": [_line(notice, own=own, language=language) for notice in page],
        "language": language,
        "only_unread": only_unread,
        "voice": replace(voice_of(request.tenant), zone=how.zone),
    }
    return render(request, "notices/inbox.html", context)


def _language(usual: str) -> str:
    """That of the page around them, so that nobody reads two at once; letters come in `usual`."""
    page = get_language() or usual
    return page if page in languages() else usual


def _line(notice: Notice, *, own: Own, language: str) -> Line:
    place = notice.member or notice.staff
    reader = place.name if place else ""
    return Line(notice, told(notice, own=own, language=language, reader=reader))


@require_safe
@place_required()
def open_notice(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Read from now on, as in any mailbox, and on to what it is about."""
    notice = get_object_or_404(own_notices(request), pk=notice_id)
    mark(Notice.objects.filter(pk=notice.pk), read_at=timezone.now())
    return redirect(target_of(notice, request))


@require_POST
@place_required()
def mark_one(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Read or unread, as `as` says."""
    notice = get_object_or_404(own_notices(request), pk=notice_id)
    is_read = request.POST.get("as") != "unread"
    mark(Notice.objects.filter(pk=notice.pk), read_at=timezone.now() if is_read else None)
    return redirect("notices")


@require_POST
@place_required()
def mark_all(request: HttpRequest) -> HttpResponse:
    mark(own_notices(request), read_at=timezone.now())
    return redirect("notices")
