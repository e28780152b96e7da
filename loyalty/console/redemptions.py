"""The queue of redemptions: look, approve, reject, fulfill, refund; one by one or many at once."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.events import events_about
from accounts.models.people import StaffRole
from accounts.roles import staff_required
from loyalty.console.bulk import Outcome, picked, say
from loyalty.console.happenings import happenings
from loyalty.console.list_page import elsewhere, list_context, paged
from loyalty.listing import with_tidy_address
from loyalty.lists import REDEMPTIONS
from loyalty.lists.listed import Text, asked_in
from loyalty.reward_words import STATES, redemption_words
from rewards import deciding
from rewards.deciding import Decided
from rewards.models import Redemption, RedemptionState
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
DECIDERS = (StaffRole.OWNER, StaffRole.MANAGER)
LAST_EVENTS = 20
QUEUE = RedemptionState.REQUESTED

# action -> (button, what is said afterwards, the states in which it can be done)
ACTIONS = {
    "approve": (gettext_lazy("Approve"), gettext_lazy("approved"), deciding.WAITING),
    "reject": (gettext_lazy("Reject"), gettext_lazy("rejected"), deciding.WAITING),
    "cancel": (gettext_lazy("Call off"), gettext_lazy("canceled"), deciding.WAITING),
    "fulfill": (gettext_lazy("Mark as done"), gettext_lazy("done"), (RedemptionState.APPROVED,)),
    "refund": (gettext_lazy("Refund"), gettext_lazy("refunded"), deciding.SPENT),
}
WHY_NOT = {
    "own": gettext_lazy("you asked for it yourself: somebody else approves it"),
    "state": gettext_lazy("it was decided meanwhile"),
    "stopped": gettext_lazy("payouts are stopped until the books add up again"),
    "unknown": gettext_lazy("there is no such redemption"),
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
            self.add_error("note", gettext("Say why: it is told to the person who asked."))
        return cleaned


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def queue(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _decide_many(request)
    if other := elsewhere(request, REDEMPTIONS):
        return other
    state = request.GET.get("state") or QUEUE
    found = REDEMPTIONS.find(asked_in(request, now=timezone.now()))
    page, voice = paged(request, found), voice_of(request.tenant)
    counts = dict(Redemption.objects.order_by().values_list("state").annotate(Count("id")))
    context = list_context(request, REDEMPTIONS, found) | {
        "page": page,
        "count": page.paginator.count,
        "rows": redemption_words(page.object_list, voice=voice),
        "voice": voice,
        "state": state,
        "states": [(value, look.label, counts.get(value, 0)) for value, look in STATES.items()],
        "actions": _actions_for(state) if request.staff.role in DECIDERS else [],
    }
    response = render(request, "console/redemptions.html", context)
    return with_tidy_address(request, response)


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
    events = events_about(f"redemption:{found.pk}")
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


def _actions_for(state: str) -> list[tuple[str, Text]]:
    return [(name, label) for name, (label, _said, states) in ACTIONS.items() if state in states]


def _refuse_unless_decider(request: HttpRequest) -> None:
    """Readers see the queue and decide nothing; they are offered no button either."""
    if request.staff.role not in DECIDERS:
        raise Http404


def _decide_many(request: HttpRequest) -> HttpResponse:
    _refuse_unless_decider(request)
    ids = [str(key) for key in picked(request)]
    form = DecisionForm(request.POST, ids=ids)
    back = redirect(request.get_full_path())
    if not ids:
        messages.error(request, gettext("Pick at least one redemption first."))
    elif not form.is_valid():
        said = [str(text) for errors in form.errors.values() for text in errors]
        messages.error(request, gettext("Nothing was decided. %(said)s") % {"said": " ".join(said)})
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
    names = dict(_names(decided.refused))
    outcome = Outcome(
        done=[
            gettext("“%(reward)s” for %(account)s")
            % {"reward": one.reward.name, "account": one.account.name}
            for one in decided.done
        ],
        refused=[(names.get(key, ""), str(WHY_NOT[why])) for key, why in decided.refused.items()],
    )
    say(request, outcome, done=str(ACTIONS[action][1]))


def _names(ids: Iterable[UUID]) -> Iterator[tuple[UUID, str]]:
    for one in Redemption.objects.filter(pk__in=ids).select_related("reward", "account"):
        yield (
            one.pk,
            gettext("“%(reward)s” for %(account)s")
            % {"reward": one.reward.name, "account": one.account.name},
        )
