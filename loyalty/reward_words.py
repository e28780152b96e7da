"""Rewards and redemptions as all faces show them: offers with reasons, states with their look."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Member, Tenant
from rewards.availability import Offer, offers
from rewards.hindrances import sentence
from rewards.models import Redemption, RedemptionState, Reward, RewardState
from rewards.reward_types import TYPES, Field
from rewards.voice import Voice

BEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferWords:
    """An offer for people: what it is, what it costs, and why it cannot be had."""

    offer: Offer
    icon: str
    type_label: str
    facts: list[tuple[str, str]]
    reasons: list[str]
    worth: str

    @property
    def reward(self) -> Reward:
        return self.offer.reward


@dataclass(frozen=True, slots=True)
class StateLook:
    label: str | Promise
    icon: str
    tone: str


STATES = {
    RedemptionState.REQUESTED: StateLook(_("Waiting for approval"), "clock", "warn"),
    RedemptionState.APPROVED: StateLook(_("Approved, on its way"), "check", "brand"),
    RedemptionState.FULFILLED: StateLook(_("Done"), "check-circle", "good"),
    RedemptionState.REJECTED: StateLook(_("Rejected"), "x-circle", "bad"),
    RedemptionState.CANCELED: StateLook(_("Canceled"), "x-mark", ""),
    RedemptionState.REFUNDED: StateLook(_("Refunded"), "arrow-uturn-left", ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionWords:
    redemption: Redemption
    look: StateLook
    icon: str
    type_label: str
    answers: list[tuple[str, str]]


def offered_to(
    *,
    account: Account,
    member: Member | None,
    program_id: Any,
    tenant: Tenant,
    as_of: datetime,
    voice: Voice,
) -> list[OfferWords]:
    """The published catalogue for somebody: what can be had first, then the nearest."""
    published = Reward.objects.filter(program_id=program_id, state=RewardState.PUBLISHED)
    published = published.exclude(ends_at__lte=as_of)
    found = offers(
        published,
        account=account,
        member=member,
        program_id=program_id,
        tenant=tenant,
        as_of=as_of,
    )
    return [in_words(offer, voice=voice) for offer in sorted(found, key=_nearest)]


def in_words(offer: Offer, *, voice: Voice) -> OfferWords:
    reward, terms = offer.reward, TYPES[offer.reward.type]
    return OfferWords(
        offer=offer,
        icon=terms.icon,
        type_label=reward.get_type_display(),
        facts=field_rows(terms.terms, reward.details, voice=voice),
        reasons=[sentence(one, voice=voice) for one in offer.hindrances],
        worth=voice.money(reward.details["value"]) if "value" in reward.details else "",
    )


def best_of(found: Sequence[OfferWords]) -> list[OfferWords]:
    """What is worth telling: the dearest that can be had now, else those that only points miss."""
    open_ = [one for one in found if one.offer.is_open]
    if open_:
        return sorted(open_, key=lambda one: (-one.offer.points, one.reward.name))[:BEST]
    near = [one for one in found if one.offer.only_points_miss]
    return sorted(near, key=lambda one: one.offer.missing)[:BEST]


def redemption_words(redemptions: Iterable[Redemption], *, voice: Voice) -> list[RedemptionWords]:
    return [_redemption(redemption, voice) for redemption in redemptions]


def _redemption(redemption: Redemption, voice: Voice) -> RedemptionWords:
    terms = TYPES[redemption.reward.type]
    look = STATES[RedemptionState(redemption.state)]
    if redemption.state == RedemptionState.FULFILLED:
        look = StateLook(terms.done, look.icon, look.tone)
    answers = field_rows(terms.asks, redemption.answers, voice=voice)
    slots = list(redemption.slots.all())
    if slots:
        when = voice.minute(slots[0].starts_at)
        if slots[0].expert:
            when = gettext("{when} with {expert}").format(when=when, expert=slots[0].expert)
        answers.insert(0, (gettext("When"), when))
    return RedemptionWords(
        redemption=redemption,
        look=look,
        icon=terms.icon,
        type_label=redemption.reward.get_type_display(),
        answers=answers,
    )


def field_rows(
    fields: Sequence[Field], values: dict[str, Any], *, voice: Voice
) -> list[tuple[str, str]]:
    """(label, text) of the fields that say something."""
    return [
        (str(field.label), _text(field, values[field.name], voice))
        for field in fields
        if values.get(field.name) not in (None, "")
    ]


def _text(field: Field, value: Any, voice: Voice) -> str:
    if field.kind == "money":
        return voice.money(value)
    if field.kind == "count":
        return voice.number(value)
    if field.kind == "day":
        return voice.day(date.fromisoformat(value))
    return str(value)


def _nearest(offer: Offer) -> tuple:
    return (
        not offer.is_open,
        not offer.only_points_miss,
        offer.missing,
        offer.points,
        offer.reward.name,
    )
