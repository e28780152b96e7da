"""A request for support of one of the rep's own accounts: taken on, answered, closed by the rep."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.events import events_about
from accounts.periods import day_of
from accounts.roles import staff_required
from loyalty.console.happenings import actor_names
from loyalty.field.accounts import CALLERS
from loyalty.support_words import support_steps, support_words
from partners.models import SupportRequest, SupportState
from partners.support import caring
from partners.support.caring import NotNow
from rewards.voice import voice_of


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*CALLERS)
def support(request: HttpRequest, request_id: UUID) -> HttpResponse:
    own = SupportRequest.objects.filter(account__rep_id=request.staff.id)
    found = get_object_or_404(
        own.select_related("account", "type", "member", "assigned"), pk=request_id
    )
    context: dict[str, Any] = {"typed": ""}
    if request.method == "POST":
        context["typed"] = request.POST.get("note", "").replace("\x00", "")
        try:
            said = _act(request, found, note=context["typed"])
        except NotNow as refused:
            context["refused"] = str(refused)
        else:
            messages.success(request, said)
            return redirect("field_support", request_id)
    events = list(events_about(f"support:{found.pk}"))
    [words] = support_words([found], today=day_of(timezone.now(), request.tenant.zone))
    is_own = caring.is_own(found, request.staff.actor)
    context |= {
        "found": found,
        "words": words,
        "steps": support_steps(events, names=actor_names({event.actor for event in events})),
        "may_take": found.state == SupportState.ASKED and not is_own,
        "may_answer": found.state == SupportState.TAKEN and not is_own,
        "voice": voice_of(request.tenant),
    }
    status = 422 if "refused" in context else 200
    return render(request, "field/support_request.html", context, status=status)


def _act(request: HttpRequest, found: SupportRequest, *, note: str) -> str:
    """Do what the button says. Raises NotNow."""
    about: dict[str, Any] = {"by": request.staff.actor, "now": timezone.now()}
    doing: dict[str, tuple[Callable[[], Any], str]] = {
        "take": (
            lambda: caring.take_on(found.pk, staff=request.staff, **about),
            _("%s is looked after."),
        ),
        "answer": (
            lambda: caring.answer(found.pk, text=note, **about),
            _("%s is answered; the partner reads it."),
        ),
        "close": (lambda: caring.close(found.pk, result=note, **about), _("%s is done.")),
    }
    if request.POST.get("action") not in doing:
        raise Http404
    do, said = doing[request.POST["action"]]
    do()
    return said % found.reference
