"""What points can be redeemed for: the catalogue, one reward, and asking for it in two steps."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.ids import uuid7
from accounts.models import Enrollment, Member
from accounts.roles import member_required
from loyalty.listing import tidy_redirect
from loyalty.portal.enrollments import own_enrollment
from loyalty.reward_forms import AskForm
from loyalty.reward_words import OfferWords, in_words, offered_to
from rewards.asker import Purse
from rewards.availability import offers
from rewards.hindrances import sentence
from rewards.models import Redemption, Reward, RewardState, RewardType
from rewards.redeeming import OtherRequest, PriceChanged, Unavailable, Wish, redeem
from rewards.reward_types import WrongFields
from rewards.stock import SlotGone
from rewards.voice import Voice, voice_of

PER_PAGE = 24
MOST_SLOTS = 40


@require_safe
@member_required()
def catalogue(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    if tidy := tidy_redirect(request):
        return tidy
    voice = voice_of(request.tenant, enrollment.program.points_name)
    found = offered_to(
        account=enrollment.account,
        member=member_at(request, enrollment),
        program_id=enrollment.program_id,
        tenant=request.tenant,
        as_of=timezone.now(),
        voice=voice,
    )
    chosen, only_open = request.GET.get("type", ""), request.GET.get("can") == "now"
    there = {one.reward.type for one in found}
    shown = [
        one
        for one in found
        if chosen in ("", one.reward.type) and (one.offer.is_open or not only_open)
    ]
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice,
        "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
        "purses": _purses_of(found),
        "types": [(value, label) for value, label in RewardType.choices if value in there],
        "type": chosen,
        "only_open": only_open,
        "open_count": sum(one.offer.is_open for one in found),
        "all_count": len(found),
    }
    return render(request, "portal/rewards.html", context)


def _purses_of(found: list[OfferWords]) -> list[Purse]:
    """The reader's wallets that pay for anything here; a person's own once there is one."""
    purses = {purse.holder: purse for one in found for purse in one.offer.purses}
    return [purse for _, purse in sorted(purses.items()) if purse.wallet_id]


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def reward(request: HttpRequest, enrollment_id: UUID, reward_id: UUID) -> HttpResponse:
    """Choose (GET), look at it once more (POST), and confirm (POST with `step=confirm`)."""
    look = _look(request, enrollment_id, reward_id)
    if request.method != "POST":
        return _page(request, look, _form(look))
    form = _form(look, request.POST)
    if request.POST.get("step") == "change":
        return _page(request, look, _form(look, request.POST, is_checked=False))
    if request.POST.get("step") == "confirm":
        earlier = _earlier(request, look)
        if earlier is not None:
            return _to(look, earlier)
    if not form.is_valid() or not look.words.offer.is_open:
        return _page(request, look, form, status=422)
    if request.POST.get("step") == "confirm":
        return _redeem(request, look, form)
    return _confirm(request, look, form)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Who looks at which reward, and how it is for them."""

    enrollment: Enrollment
    enrollments: list[Enrollment]
    member: Member
    voice: Voice
    words: OfferWords

    @property
    def context(self) -> dict[str, Any]:
        return {
            "enrollment": self.enrollment,
            "enrollments": self.enrollments,
            "voice": self.voice,
            "words": self.words,
            "reward": self.words.reward,
            "offer": self.words.offer,
        }


def member_at(request: HttpRequest, enrollment: Enrollment) -> Member:
    """What the reader is at the account of one of their own enrollments."""
    for member in request.members:
        if member.account_id == enrollment.account_id:
            return member
    raise Http404


def _look(request: HttpRequest, enrollment_id: UUID, reward_id: UUID) -> Look:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    member = member_at(request, enrollment)
    there = Reward.objects.filter(
        program_id=enrollment.program_id, state=RewardState.PUBLISHED, pk=reward_id
    )
    if request.method == "POST":
        # What was retired while somebody read is said to them, and not denied.
        there = Reward.objects.filter(program_id=enrollment.program_id, pk=reward_id).exclude(
            state=RewardState.DRAFT
        )
    get_object_or_404(there)
    [offer] = offers(
        there,
        account=enrollment.account,
        member=member,
        program_id=enrollment.program_id,
        tenant=request.tenant,
        as_of=timezone.now(),
    )
    voice = voice_of(request.tenant, enrollment.program.points_name)
    return Look(
        enrollment=enrollment,
        enrollments=enrollments,
        member=member,
        voice=voice,
        words=in_words(offer, voice=voice),
    )


def _form(look: Look, data: Any = None, *, is_checked: bool = True) -> AskForm:
    free = look.words.reward.slots.filter(redemption=None, starts_at__gt=timezone.now())
    shared: dict[str, Any] = {
        "reward": look.words.reward,
        "purses": look.words.offer.purses,
        "voice": look.voice,
        "slots": free.order_by("starts_at", "expert")[:MOST_SLOTS],
    }
    if data is not None and not is_checked:
        return AskForm(initial=data.dict(), **shared)
    return AskForm(data, **shared)


def _page(
    request: HttpRequest, look: Look, form: AskForm, *, said: str = "", status: int = 200
) -> HttpResponse:
    context = look.context | {"form": form, "said": said}
    return render(request, "portal/reward.html", context, status=status)


def _confirm(
    request: HttpRequest, look: Look, form: AskForm, *, said: str = "", status: int = 200
) -> HttpResponse:
    purse = _purse(look, form)
    if purse is None or purse.available < look.words.offer.points:
        missing = look.words.offer.points - (purse.available if purse else 0)
        said = gettext("{points} too few there.")
        form.add_error("paid_by", said.format(points=look.voice.amount(missing, "points")))
        return _page(request, look, form, status=422)
    context = look.context | {
        "hidden": form.hidden(),
        "answers": _told(form),
        "purse": purse,
        "after": purse.available - look.words.offer.points,
        "key": request.POST.get("key") or uuid7(),
        "said": said,
    }
    return render(request, "portal/reward_confirm.html", context, status=status)


def _purse(look: Look, form: AskForm) -> Purse | None:
    purses = {purse.holder: purse for purse in look.words.offer.purses}
    return purses.get(form.paid_by)


def _told(form: AskForm) -> list[tuple[str, str]]:
    """(label, text) of what was filled in, for a last look."""
    rows = []
    for name, field in form.fields.items():
        value = form.cleaned_data.get(name)
        if value and name != "paid_by":
            choices = dict(getattr(field, "choices", ()))
            rows.append((str(field.label), str(choices.get(str(value), value))))
    return rows


def _redeem(request: HttpRequest, look: Look, form: AskForm) -> HttpResponse:
    wish = Wish(
        reward_id=look.words.reward.pk,
        account=look.enrollment.account,
        member=look.member,
        paid_by=form.paid_by,
        points=_agreed(request),
        answers=form.answers,
        slot_id=UUID(form.cleaned_data["slot"]) if form.cleaned_data.get("slot") else None,
        key=_key(request),
        actor=look.member.actor,
    )
    try:
        redemption = redeem(wish, tenant=request.tenant, now=timezone.now())
    except PriceChanged:
        said = gettext("The price has changed while you were reading. Nothing was redeemed yet.")
        return _confirm(request, look, form, said=said, status=409)
    except Unavailable as refusal:
        said = "; ".join(sentence(one, voice=look.voice) for one in refusal.hindrances)
        return _page(request, look, form, said=said, status=409)
    except SlotGone:
        form.add_error("slot", gettext("Somebody has just taken this time: choose another."))
        return _page(request, look, form, status=409)
    except WrongFields as wrong:
        for name, problem in wrong.problems.items():
            form.add_error(name if name in form.fields else None, problem)
        return _page(request, look, form, status=422)
    except OtherRequest:
        said = gettext("This form was sent before with other content. Please begin again.")
        return _page(request, look, form, said=said, status=409)
    messages.success(request, _done(redemption, look.voice))
    return _to(look, redemption)


def _done(redemption: Redemption, voice: Voice) -> str:
    points, name = voice.amount(redemption.points, "points"), redemption.reward.name
    if redemption.state == "requested":
        said = gettext("“{name}” is requested; {points} are set aside until somebody decides.")
        return said.format(name=name, points=points)
    return gettext("“{name}” is yours for {points}.").format(name=name, points=points)


def _earlier(request: HttpRequest, look: Look) -> Redemption | None:
    """What this very form has redeemed already: sent twice, it is answered twice."""
    return Redemption.objects.filter(
        requested_by=look.member.actor, request_key=_key(request), reward=look.words.reward
    ).first()


def _to(look: Look, redemption: Redemption) -> HttpResponse:
    return redirect("portal_redemption", look.enrollment.pk, redemption.pk)


def _key(request: HttpRequest) -> str:
    """A form without one was not made by us; it is worth one try of its own."""
    try:
        return str(UUID(request.POST.get("key", "")))
    except ValueError:
        return str(uuid7())


def _agreed(request: HttpRequest) -> int:
    text = request.POST.get("points", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
