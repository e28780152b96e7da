"""Why a reward cannot be had, in words that say what to do about it."""

from collections.abc import Callable

from accounts.models.people import BusinessRole
from rewards.availability import Hindrance
from rewards.models import Unit
from rewards.models.catalogue import LimitPeriod
from rewards.payouts import KINDLY
from rewards.voice import Voice


def sentence(hindrance: Hindrance, *, voice: Voice) -> str:
    """“640 points to go”, “From Gold on; you are Silver”."""
    return TOLD[hindrance.code](hindrance, voice)


def _points(hindrance: Hindrance, voice: Voice) -> str:
    return f"{voice.amount(hindrance.missing, Unit.POINTS)} to go"


def _debt(hindrance: Hindrance, voice: Voice) -> str:
    missing = voice.amount(hindrance.missing, Unit.POINTS)
    return f"{missing} to go, part of which settles what returned goods took back"


def _tier(hindrance: Hindrance, voice: Voice) -> str:
    held = f"; you are {hindrance.held}" if hindrance.held else ""
    return f"From {hindrance.text} on{held}"


def _limit(hindrance: Hindrance, voice: Voice) -> str:
    period = LimitPeriod(hindrance.text).label
    had = f"Limit of {voice.number(hindrance.limit)} {period} reached"
    return f"{had}; again from {voice.day(hindrance.at)}" if hindrance.at else had


def _roles(hindrance: Hindrance, voice: Voice) -> str:
    names = [BusinessRole(role).label.lower() for role in hindrance.roles if role in BusinessRole]
    if not names:
        return "Not for your role"
    *others, last = names
    return f"For people in {', '.join(others)} or {last}" if others else f"For people in {last}"


def _segments(hindrance: Hindrance, voice: Voice) -> str:
    names = [f"“{name}”" for name in hindrance.roles]
    if not names:
        return "Not for your account"
    *others, last = names
    return f"For accounts in {', '.join(others)} or {last}" if others else f"For accounts in {last}"


def _enrollment(hindrance: Hindrance, voice: Voice) -> str:
    if hindrance.text == "paused":
        return "Your program is paused; you can redeem again once it goes on"
    return "Your account does not take part in this program"


def _from(hindrance: Hindrance, voice: Voice) -> str:
    return f"From {voice.day(hindrance.at)} on" if hindrance.at else "Not yet"


def _until(hindrance: Hindrance, voice: Voice) -> str:
    return f"Ended on {voice.last_day(hindrance.at)}" if hindrance.at else "Over"


TOLD: dict[str, Callable[[Hindrance, Voice], str]] = {
    "points": _points,
    "debt": _debt,
    "tier": _tier,
    "stock": lambda hindrance, voice: "None left at the moment",
    "early": _from,
    "over": _until,
    "limit": _limit,
    "role": _roles,
    "segment": _segments,
    "admins": lambda hindrance, voice: "Your account's portal admins redeem this",
    "viewer": lambda hindrance, voice: "Viewers look only; a colleague can redeem it",
    "enrollment": _enrollment,
    "person": lambda hindrance, voice: "Paid from a person's own points",
    "stopped": lambda hindrance, voice: KINDLY,
    "unpublished": lambda hindrance, voice: "No longer offered",
}
