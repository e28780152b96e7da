"""Adjustments in words: what, whose, why, by whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Tenant
from loyalty.console.happenings import actor_names
from rewards.models import Adjustment, AdjustmentAction, AdjustmentState
from rewards.voice import Voice, voice_of

TONES = {
    AdjustmentState.DRAFT: ("", "pencil-square"),
    AdjustmentState.PENDING: ("warn", "clock"),
    AdjustmentState.APPLIED: ("good", "check"),
    AdjustmentState.REJECTED: ("bad", "x-mark"),
    AdjustmentState.DISCARDED: ("", "no-symbol"),
}


@dataclass(frozen=True, slots=True)
class AdjustmentWords:
    """One adjustment for a reader; `does` is a sentence about the points."""

    adjustment: Adjustment
    voice: Voice
    does: str
    holder: str
    asked_by: str
    decided_by: str
    tone: str
    icon: str


def adjustment_words(found: Sequence[Adjustment], *, tenant: Tenant) -> list[AdjustmentWords]:
    """In a constant number of queries; with account, program and member loaded."""
    names = actor_names({one.drafted_by for one in found} | {one.decided_by for one in found})
    return [_words(one, voice_of(tenant, one.program.points_name), names) for one in found]


def _words(one: Adjustment, voice: Voice, names: dict[str, str]) -> AdjustmentWords:
    tone, icon = TONES[AdjustmentState(one.state)]
    return AdjustmentWords(
        adjustment=one,
        voice=voice,
        does=does_what(one, voice),
        holder=f"{one.member.name}, {one.account.name}" if one.member else one.account.name,
        asked_by=names.get(one.drafted_by, _("another system")),
        decided_by=names.get(one.decided_by, "") if one.decided_by else "",
        tone=tone,
        icon=icon,
    )


def does_what(one: Adjustment, voice: Voice) -> str:
    points = voice.amount(one.amount, "points")
    until = (
        _(", good through %(last_day)s") % {"last_day": voice.last_day(one.expires_at)}
        if one.expires_at
        else ""
    )
    if one.action == AdjustmentAction.CREDIT:
        return _("Add %(points)s%(until)s") % {"points": points, "until": until}
    if one.action == AdjustmentAction.DEBIT:
        return _("Take %(points)s off") % {"points": points} + (
            _(", into debt if need be") if one.into_debt else ""
        )
    if one.action == AdjustmentAction.REINSTATE:
        return _("Reinstate %(points)s%(until)s") % {"points": points, "until": until}
    was = (
        _(" instead of %(last_day)s") % {"last_day": voice.last_day(one.expiring_at)}
        if one.expiring_at
        else ""
    )
    return _("Extend %(points)s%(until)s%(was)s") % {"points": points, "until": until, "was": was}
