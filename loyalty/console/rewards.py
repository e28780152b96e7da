"""The catalogue in the console: rewards made, changed, published, retired; codes, slots added."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Count, F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Program
from accounts.models.people import StaffRole
from accounts.roles import staff_required
from loyalty.console.list_page import elsewhere, list_context, paged
from loyalty.console.reward_form import RewardForm
from loyalty.console.supply_forms import CodesForm, SlotsForm
from loyalty.listing import with_tidy_address
from loyalty.lists import REWARDS
from loyalty.lists.listed import asked_in
from loyalty.programs import program_choice
from rewards import offering
from rewards.codes import TakesNoCodes, TooManyCodes, add_codes
from rewards.models import Redemption, RedemptionState, Reward, RewardState, RewardType
from rewards.offering import NothingToOffer, StockTaken, TakesNoSlots
from rewards.reward_types import TYPES, WrongFields
from rewards.supply import left_of
from rewards.voice import voice_of
from tiers.queries import ladder_of

READERS = ("owner", "manager", "finance", "analyst")
KEEPERS = (StaffRole.OWNER, StaffRole.MANAGER)
LOOKS = {
    RewardState.DRAFT: (gettext_lazy("Draft"), "", "pencil-square"),
    RewardState.PUBLISHED: (gettext_lazy("Published"), "good", "check"),
    RewardState.RETIRED: (gettext_lazy("Retired"), "", "archive-box"),
}


@require_safe
@staff_required(*READERS)
def reward_list(request: HttpRequest) -> HttpResponse:
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    if other := elsewhere(request, REWARDS):
        return other
    now = timezone.now()
    listed = REWARDS.find(asked_in(request, now=now))
    page = paged(request, listed)
    found = list(page.object_list)
    left = left_of(found, as_of=now)
    waiting = dict(
        Redemption.objects.filter(reward__program=choice.chosen, state=RedemptionState.REQUESTED)
        .order_by()
        .values_list("reward_id")
        .annotate(Count("id"))
    )
    context = list_context(request, REWARDS, listed) | {
        "choice": choice,
        "page": page,
        "count": page.paginator.count,
        "voice": voice_of(request.tenant, choice.chosen.points_name),
        "rows": [
            {
                "reward": reward,
                "look": LOOKS[RewardState(reward.state)],
                "icon": TYPES[reward.type].icon,
                "left": left[reward.pk],
                "waiting": waiting.get(reward.pk, 0),
            }
            for reward in found
        ],
        "may_keep": request.staff.role in KEEPERS,
    }
    return with_tidy_address(request, render(request, "console/rewards.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*KEEPERS)
def new_reward(request: HttpRequest) -> HttpResponse:
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    type = request.GET.get("type", "")
    if not type:
        types = [(value, label, TYPES[value]) for value, label in RewardType.choices]
        return render(request, "console/reward_types.html", {"types": types, "choice": choice})
    if type not in TYPES:
        raise Http404
    form = _form(request, choice.chosen, type)
    if request.method == "POST" and form.is_valid():
        try:
            made = offering.add_reward(
                program=choice.chosen,
                terms=form.terms(),
                prices=form.prices(),
                actor=request.staff.actor,
                now=timezone.now(),
            )
        except WrongFields as wrong:
            _tell(form, wrong)
        else:
            messages.success(
                request,
                _("“%(name)s” is a draft: publish it when it is ready.") % {"name": made.name},
            )
            return redirect("console_reward", made.pk)
    context = {
        "form": form,
        "type_label": RewardType(type).label,
        "about": TYPES[type].about,
        "choice": choice,
    }
    status = 422 if form.errors else 200
    return render(request, "console/reward_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*KEEPERS)
def reward(request: HttpRequest, reward_id: UUID) -> HttpResponse:
    found = get_object_or_404(Reward.objects.select_related("program"), pk=reward_id)
    form = _form(request, found.program, found.type, found)
    if request.method == "POST" and form.is_valid():
        try:
            offering.change_reward(
                found,
                terms=form.terms(),
                prices=form.prices(),
                actor=request.staff.actor,
                now=timezone.now(),
            )
        except WrongFields as wrong:
            _tell(form, wrong)
        except StockTaken as taken:
            form.add_error("stock", str(taken))
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": found.name})
            return redirect("console_reward", found.pk)
    return _page(request, found, form=form, status=422 if form.errors else 200)


@require_POST
@staff_required(*KEEPERS)
def reward_state(request: HttpRequest, reward_id: UUID) -> HttpResponse:
    found = get_object_or_404(Reward, pk=reward_id)
    how = {"publish": offering.publish, "retire": offering.retire}.get(request.POST.get("to", ""))
    if how is None:
        raise Http404
    try:
        how(found, actor=request.staff.actor, now=timezone.now())
    except NothingToOffer as nothing:
        messages.error(request, str(nothing))
    else:
        is_out = found.state == RewardState.PUBLISHED
        said = _("“%(name)s” is in the catalog.") if is_out else _("“%(name)s” is retired.")
        messages.success(request, said % {"name": found.name})
    return redirect("console_reward", found.pk)


@require_POST
@staff_required(*KEEPERS)
def reward_codes(request: HttpRequest, reward_id: UUID) -> HttpResponse:
    found = get_object_or_404(Reward.objects.select_related("program"), pk=reward_id)
    form = CodesForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, found, codes_form=form, status=422)
    try:
        added = add_codes(found, form.lines, actor=request.staff.actor, now=timezone.now())
    except (TakesNoCodes, TooManyCodes) as refusal:
        messages.error(request, str(refusal))
        return redirect("console_reward", found.pk)
    said = _("%(added)s codes added, %(known)s were there already") % {
        "added": added.added,
        "known": added.known,
    }
    if added.wrong:
        lines = ", ".join(str(number) for number in added.wrong[:10])
        messages.warning(
            request,
            _("%(said)s; these lines are no codes: %(lines)s.") % {"said": said, "lines": lines},
        )
    else:
        messages.success(request, f"{said}.")
    return redirect("console_reward", found.pk)


@require_POST
@staff_required(*KEEPERS)
def reward_slots(request: HttpRequest, reward_id: UUID) -> HttpResponse:
    found = get_object_or_404(Reward.objects.select_related("program"), pk=reward_id)
    form = SlotsForm(request.POST, tenant=request.tenant)
    if not form.is_valid():
        return _page(request, found, slots_form=form, status=422)
    try:
        added = offering.add_slots(
            found,
            form.cleaned_data["starts"],
            expert=form.cleaned_data["expert"],
            actor=request.staff.actor,
            now=timezone.now(),
        )
    except TakesNoSlots as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(added)s times added.") % {"added": added})
    return redirect("console_reward", found.pk)


def _form(
    request: HttpRequest, program: Program, type: str, found: Reward | None = None
) -> RewardForm:
    ladder = ladder_of(program_id=program.pk, as_of=timezone.now())
    return RewardForm(
        request.POST if request.method == "POST" else None,
        type=type,
        tenant=request.tenant,
        program=program,
        ladder=ladder,
        reward=found,
    )


def _tell(form: RewardForm, wrong: WrongFields) -> None:
    for name, problem in wrong.problems.items():
        field = f"details_{name}"
        form.add_error(field if field in form.fields else None, problem)


def _page(
    request: HttpRequest,
    found: Reward,
    *,
    form: RewardForm | None = None,
    codes_form: CodesForm | None = None,
    slots_form: SlotsForm | None = None,
    status: int = 200,
) -> HttpResponse:
    ladder = ladder_of(program_id=found.program_id, as_of=timezone.now())
    shared = {"type": found.type, "tenant": request.tenant, "program": found.program}
    source = TYPES[found.type].stock_from
    context = {
        "reward": found,
        "form": form or RewardForm(ladder=ladder, reward=found, **shared),
        "codes_form": (codes_form or CodesForm()) if source == "codes" else None,
        "slots_form": (slots_form or SlotsForm(tenant=request.tenant))
        if source == "slots"
        else None,
        "codes_free": found.codes.filter(redemption=None).count(),
        "codes_given": found.codes.exclude(redemption=None).count(),
        "slots": found.slots.order_by(F("starts_at").desc(), "id").select_related(
            "redemption__account"
        )[:40],
        "look": LOOKS[RewardState(found.state)],
        "voice": voice_of(request.tenant, found.program.points_name),
        "about": TYPES[found.type].about,
    }
    return render(request, "console/reward.html", context, status=status)
