"""One fact: what it earned and why, and for each rule that gave nothing why not."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.attributes import declared
from accounts.kinds import said_name
from accounts.models import Activity, ActivityKind
from accounts.roles import staff_required
from loyalty.answer_words import answers_in_words
from loyalty.console.kinds import READERS
from loyalty.ledger_lines import ledger_lines
from rewards import queries
from rewards.models import EntryKind
from rewards.voice import voice_of
from rewards.why_not import why_not


@require_safe
@staff_required(*READERS)
def activity(request: HttpRequest, activity_id: UUID) -> HttpResponse:
    facts = Activity.objects.select_related("account", "member", "product", "reverses")
    fact = get_object_or_404(facts, pk=activity_id)
    voice = voice_of(request.tenant)
    kinds = (EntryKind.EARN, EntryKind.REVERSE)
    entries = queries.entries().filter(cause=fact.id, kind__in=kinds)
    kind = ActivityKind.objects.filter(code=fact.kind).first()
    context = {
        "fact": fact,
        "kind": said_name(kind.name) if kind else fact.kind,
        "attributes": answers_in_words(
            fact.attributes or {}, declared(kind.attributes) if kind else {}, voice=voice
        ),
        "lines": ledger_lines(list(entries), voice=voice),
        "reasons": why_not(fact, voice=voice) if fact.reverses_id is None else [],
        "voice": voice,
    }
    return render(request, "console/activity.html", context)
