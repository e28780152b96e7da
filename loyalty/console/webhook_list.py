"""The endpoints that events are sent to: found, paused and resumed many at once."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.models import WebhookEndpoint
from accounts.roles import staff_required
from accounts.webhooks import endpoints
from accounts.webhooks.endpoints import IsDisabled
from loyalty.console.bulk import Outcome, picked, say
from loyalty.console.list_page import list_answer
from loyalty.console.webhook_words import kinds_of, look_of
from loyalty.console.webhooks import EDITORS, READERS
from loyalty.lists import WEBHOOKS
from loyalty.lists.systems import waiting_for

AT_ONCE = {
    "pause": (_("Pause picked"), _("paused")),
    "resume": (_("Resume picked"), _("sent events again")),
}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def endpoint_list(request: HttpRequest) -> HttpResponse:
    may_edit = request.staff.role in EDITORS
    if request.method == "POST":
        return _decide_many(request) if may_edit else HttpResponseForbidden()
    return list_answer(
        request,
        WEBHOOKS,
        "console/webhooks.html",
        rows=_rows,
        may_edit=may_edit,
        actions=[(name, label) for name, (label, _said) in AT_ONCE.items()] if may_edit else [],
    )


def _rows(endpoints: Sequence[WebhookEndpoint]) -> list[dict[str, Any]]:
    waiting = waiting_for(endpoints)
    return [
        {
            "endpoint": one,
            "look": look_of(one),
            "kinds": kinds_of(one),
            "waiting": waiting.get(one.pk, 0),
        }
        for one in endpoints
    ]


def _decide_many(request: HttpRequest) -> HttpResponse:
    """Pause or resume each picked one; a disabled one is not paused."""
    action, outcome = request.POST.get("action", ""), Outcome()
    acts = {"pause": endpoints.pause, "resume": endpoints.resume}
    if action not in acts:
        return HttpResponseRedirect(request.get_full_path())
    for one in WebhookEndpoint.objects.filter(pk__in=picked(request)).order_by("id"):
        try:
            acts[action](endpoint=one, actor=request.staff.actor, now=timezone.now())
        except IsDisabled as refusal:
            outcome.refused.append((one.url, str(refusal)))
        else:
            outcome.done.append(one.url)
    say(request, outcome, done=str(AT_ONCE[action][1]))
    return HttpResponseRedirect(request.get_full_path())
