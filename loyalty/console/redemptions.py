"""The queue of redemptions: look, approve, reject, fulfill, refund; one by one or many at once."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import Event
from accounts.models.people import StaffRole
from accounts.roles import staff_required
from loyalty.console.happenings import happenings
from loyalty.listing import tidy_redirect
from loyalty.reward_words import STATES, redemption_words
from rewards import deciding
from rewards.deciding import Decided
from rewards.models import Redemption, RedemptionState
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
DECIDERS = (StaffRole.OWNER, StaffRole.MANAGER)
PER_PAGE = 50
LAST_EVENTS = 20
QUEUE = RedemptionState.REQUESTED

# action -> (button, what is said afterwards, the states in which it can be done)
ACTIONS = {
    "approve": ("Approve", "approved", deciding.WAITING),
    "reject": ("Reject", "rejected", deciding.WAITING),
    "cancel": ("Call off", "canceled", deciding.WAITING),
    "fulfill": ("Mark as done", "done", (RedemptionState.APPROVED,)),
    "refund": ("Refund", "refunded", deciding.SPENT),
}
WHY_NOT = {
    "own": "you asked for it yourself: somebody else approves it",
    "state": "it was decided meanwhile",
    "stopped": "payouts are stopped until the books add up again",
    "unknown": "there is no such redemption",
}


class DecisionForm(forms.Form):
    action = forms.ChoiceField(choices=[(name, name) for name in ACTIONS])
    note = forms.CharField(max_length=300, required=False)
    pick = forms.TypedMultipleChoiceField(coerce=UUID, required=False)

    def __init__(self, *args: Any, ids: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pick"].choices = [(one, one) for one in ids]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("action") == "reject" and not cleaned.get("note"):
            self.add_error("note", "Say why: it is told to the person who asked.")
        return cleaned


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def queue(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _decide_many(request)
    if tidy := tidy_redirect(request):
        return tidy
    state = request.GET.get("state", QUEUE)
    if state != "all" and state not in RedemptionState:
        raise Http404
    found = _all().filter(**({} if state == "all" else {"state": state}))
    order = ("requested_at", "id") if state == QUEUE else ("-requested_at", "-id")
    page = Paginator(found.order_by(*order), PER_PAGE).get_page(request.GET.get("page"))
    voice = voice_of(request.tenant)
    counts = dict(Redemption.objects.order_by().values_list("state").annotate(Count("id")))
    context = {
        "page": page,
        "rows": redemption_words(page.object_list, voice=voice),
        "voice": voice,
        "state": state,
        "states": [(value, look.label, counts.get(value, 0)) for value, look in STATES.items()],
        "actions": _actions_for(state) if request.staff.role in DECIDERS else [],
    }
    return render(request, "console/redemptions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def redemption(request: HttpRequest, redemption_id: UUID) -> HttpResponse:
    found = get_object_or_404(_all(), pk=redemption_id)
    form = None
    if request.method == "POST":
        _refuse_unless_decider(request)
        form = DecisionForm(request.POST, ids=[])
        if form.is_valid():
            _say(request, _decide(request, form, [found.pk]), form.cleaned_data["action"])
            return redirect("console_redemption", found.pk)
    voice = voice_of(request.tenant, found.reward.program.points_name)
    [words] = redemption_words([found], voice=voice)
    events = Event.objects.filter(subject=f"redemption:{found.pk}").order_by("occurred_at", "id")
    codes = list(found.codes.all())
    context = {
        "redemption": found,
        "words": words,
        "voice": voice,
        "form": form,
        "happenings": happenings(events[:LAST_EVENTS], voice=voice),
        "actions": _actions_for(found.state) if request.staff.role in DECIDERS else [],
        "is_own": bool(deciding.own_among([found], actor=request.staff.actor)),
        "code": codes[0] if codes else None,
    }
    status = 422 if form else 200
    return render(request, "console/redemption.html", context, status=status)


def _all() -> QuerySet[Redemption]:
    return Redemption.objects.select_related(
        "reward__program", "account", "member", "wallet"
    ).prefetch_related("slots", "codes")


def _actions_for(state: str) -> list[tuple[str, str]]:
    return [(name, label) for name, (label, _, states) in ACTIONS.items() if state in states]


def _refuse_unless_decider(request: HttpRequest) -> None:
    """Readers see the queue and decide nothing; they are offered no button either."""
    if request.staff.role not in DECIDERS:
        raise Http404


def _decide_many(request: HttpRequest) -> HttpResponse:
    _refuse_unless_decider(request)
    picked = [text for text in request.POST.getlist("pick") if _is_uuid(text)]
    form = DecisionForm(request.POST, ids=picked)
    back = redirect(request.get_full_path())
    if not picked:
        messages.error(request, "Pick at least one redemption first.")
    elif not form.is_valid():
        said = [str(text) for errors in form.errors.values() for text in errors]
        messages.error(request, f"Nothing was decided. {' '.join(said)}")
    else:
        decided = _decide(request, form, form.cleaned_data["pick"])
        _say(request, decided, form.cleaned_data["action"])
    return back


def _decide(request: HttpRequest, form: DecisionForm, ids: Sequence[UUID]) -> Decided:
    return deciding.ACTIONS[form.cleaned_data["action"]](
        ids,
        actor=request.staff.actor,
        now=timezone.now(),
        note=form.cleaned_data["note"],
    )


def _say(request: HttpRequest, decided: Decided, action: str) -> None:
    done = ACTIONS[action][1]
    if len(decided.done) == 1:
        one = decided.done[0]
        messages.success(request, f"“{one.reward.name}” for {one.account.name} is {done}.")
    elif decided.done:
        messages.success(request, f"{len(decided.done)} redemptions are {done}.")
    for why, count in Counter(decided.refused.values()).items():
        which = "One was" if count == 1 else f"{count} were"
        messages.warning(request, f"{which} left as before: {WHY_NOT[why]}.")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
