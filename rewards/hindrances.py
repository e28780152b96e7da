"""Why a reward cannot be had, in words that say what to do about it."""

from collections.abc import Callable

from django.utils.translation import gettext

from accounts.models.people import BusinessRole
from rewards.availability import Hindrance
from rewards.models import Unit
from rewards.models.catalogue import LimitPeriod
from rewards.payouts import KINDLY
from rewards.voice import Voice, within


def sentence(hindrance: Hindrance, *, voice: Voice) -> str:
    """“640 points to go”, “From Gold on; you are Silver”."""
    return TOLD[hindrance.code](hindrance, voice)


def _points(hindrance: Hindrance, voice: Voice) -> str:
    return gettext("{points} to go").format(points=voice.amount(hindrance.missing, Unit.POINTS))


def _debt(hindrance: Hindrance, voice: Voice) -> str:
    missing = voice.amount(hindrance.missing, Unit.POINTS)
    said = gettext("{points} to go, part of which settles what returned goods took back")
    return said.format(points=missing)


def _tier(hindrance: Hindrance, voice: Voice) -> str:
    if not hindrance.held:
        return gettext("From {tier} on").format(tier=hindrance.text)
    said = gettext("From {tier} on; you are {held}")
    return said.format(tier=hindrance.text, held=hindrance.held)


def _limit(hindrance: Hindrance, voice: Voice) -> str:
    period = LimitPeriod(hindrance.text).label
    said = gettext("Limit of {limit} {period} reached")
    had = said.format(limit=voice.number(hindrance.limit), period=period)
    if not hindrance.at:
        return had
    return gettext("{reached}; again from {day}").format(reached=had, day=voice.day(hindrance.at))


def _roles(hindrance: Hindrance, voice: Voice) -> str:
    roles = [BusinessRole(role) for role in hindrance.roles if role in BusinessRole]
    names = [within(str(role.label)) for role in roles]
    if not names:
        return gettext("Not for your role")
    return gettext("For people in {roles}").format(roles=_either(names))


def _segments(hindrance: Hindrance, voice: Voice) -> str:
    names = [gettext("“{name}”").format(name=name) for name in hindrance.roles]
    if not names:
        return gettext("Not for your account")
    return gettext("For accounts in {segments}").format(segments=_either(names))


def _either(names: list[str]) -> str:
    *others, last = names
    if not others:
        return last
    return gettext("{some} or {last}").format(some=", ".join(others), last=last)


def _enrollment(hindrance: Hindrance, voice: Voice) -> str:
    if hindrance.text == "paused":
        return gettext("Your program is paused; you can redeem again once it goes on")
    return gettext("Your account does not take part in this program")


def _from(hindrance: Hindrance, voice: Voice) -> str:
    if not hindrance.at:
        return gettext("Not yet")
    return gettext("From {day} on").format(day=voice.day(hindrance.at))


def _until(hindrance: Hindrance, voice: Voice) -> str:
    if not hindrance.at:
        return gettext("Over")
    return gettext("Ended on {day}").format(day=voice.last_day(hindrance.at))


TOLD: dict[str, Callable[[Hindrance, Voice], str]] = {
    "points": _points,
    "debt": _debt,
    "tier": _tier,
    "stock": lambda hindrance, voice: gettext("None left at the moment"),
    "early": _from,
    "over": _until,
    "limit": _limit,
    "role": _roles,
    "segment": _segments,
    "admins": lambda hindrance, voice: gettext("Your account's portal admins redeem this"),
    "viewer": lambda hindrance, voice: gettext("Viewers look only; a colleague can redeem it"),
    "enrollment": _enrollment,
    "person": lambda hindrance, voice: gettext("Paid from a person's own points"),
    "stopped": lambda hindrance, voice: str(KINDLY),
    "unpublished": lambda hindrance, voice: gettext("No longer offered"),
}
