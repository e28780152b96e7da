"""Events in words: what happened to an account, by whom."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import ApiKey, Event, Member, Staff
from rewards.voice import Voice


@dataclass(frozen=True, slots=True)
class Happening:
    at: datetime
    said: str
    actor: str


def happenings(events: Iterable[Event], *, voice: Voice) -> list[Happening]:
    """A constant number of queries for any number of events."""
    told = list(events)
    names = _actor_names({event.actor for event in told})
    return [
        Happening(event.occurred_at, _said(event, voice), names.get(event.actor, "the system"))
        for event in told
    ]


def _said(event: Event, voice: Voice) -> str:
    tell = TOLD.get(event.kind)
    if tell is None:
        return event.kind.replace(".", " ").replace("_", " ").capitalize()
    return tell(event.payload, voice)


def _tier_changed(payload: dict[str, Any], voice: Voice) -> str:
    why = {"reached": "reached", "evaluated": "at the quarter's end"}.get(payload["cause"], "")
    said = f"{payload['from']} → {payload['to']}"
    return f"{said}, {why}" if why else said


def _points_moved(payload: dict[str, Any], voice: Voice) -> str:
    points = payload["points"]
    verb = "Earned" if points > 0 else "Returns took back"
    return f"{verb} {voice.amount(abs(points), 'points')}"


def _enrolled(payload: dict[str, Any], voice: Voice) -> str:
    return f"Joined the program “{payload['program']}”"


def _member_changed(payload: dict[str, Any], voice: Voice) -> str:
    after = payload["after"]
    return (
        "A person's access was ended"
        if not after["is_active"]
        else (f"A person's portal role is now {after['role']}")
    )


def _redeeming(verb: str) -> Callable[[dict[str, Any], Voice], str]:
    def tell(payload: dict[str, Any], voice: Voice) -> str:
        points = voice.amount(payload["points"], "points")
        said = f"{verb} “{payload['reward']}” for {points} ({payload['reference']})"
        return f"{said}: {payload['note']}" if payload["note"] else said

    return tell


TOLD: dict[str, Callable[[dict[str, Any], Voice], str]] = {
    "tier.changed": _tier_changed,
    "points.earned": _points_moved,
    "points.reversed": _points_moved,
    "account.enrolled": _enrolled,
    "member.changed": _member_changed,
    "redemption.requested": _redeeming("Asked for"),
    "redemption.approved": _redeeming("Approved"),
    "redemption.rejected": _redeeming("Rejected"),
    "redemption.canceled": _redeeming("Canceled"),
    "redemption.fulfilled": _redeeming("Done:"),
    "redemption.refunded": _redeeming("Refunded"),
    "redemption.code_shown": lambda payload, voice: f"Saw the code {payload['code']}",
}


def _actor_names(actors: Iterable[str]) -> dict[str, str]:
    """“staff:<id>” and its like as people's names."""
    ids: dict[str, list[str]] = {"staff": [], "member": [], "key": []}
    for actor in actors:
        kind, _, identifier = actor.partition(":")
        if kind in ids and identifier:
            ids[kind].append(identifier)
    names = {}
    for kind, model in (("staff", Staff), ("member", Member), ("key", ApiKey)):
        for found in model.objects.filter(id__in=ids[kind]).only("id", "name"):
            names[f"{kind}:{found.id}"] = found.name
    return names
