"""What to say in a call: one account of a rep in a few words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.periods import next_quarter, quarter_of, start_of
from loyalty.tier_words import counted
from rewards.voice import Voice
from tiers.models import Tier
from tiers.queries import Ladder

Row = Any  # an account with what `loyalty.rosters` adds to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`opening` is the next best sentence to say; "" at the top of the ladder."""

    account_id: UUID
    name: str
    number: str
    is_enrolled: bool
    tier: str
    available: int
    soon: int
    opening: str
    reached: str
    percent: int | None
    next_name: str


def calls(
    accounts: Iterable[Row], *, ladder: Ladder | None, voice: Voice, as_of: datetime
) -> list[Call]:
    """From rows of a roster; no further query."""
    quarter_end = start_of(next_quarter(quarter_of(as_of, voice.zone)), voice.zone)
    by = voice.last_day(quarter_end)
    return [_call(account, ladder, voice, by) for account in accounts]


def _call(account: Row, ladder: Ladder | None, voice: Voice, by: str) -> Call:
    step = ladder.after(account.tier_rank) if ladder and account.tier_rank is not None else None
    return Call(
        account_id=account.id,
        name=account.name,
        number=account.number,
        is_enrolled=account.enrollment_id is not None,
        tier=account.tier_name or "",
        available=account.available,
        soon=account.soon,
        opening=_opening(account, ladder, step, voice, by) if ladder and step else "",
        reached=_reached(account, ladder, step, voice) if ladder and step else "",
        percent=max(0, min(100, account.quarter_value * 100 // step.threshold)) if step else None,
        next_name=step.name if step else "",
    )


def _opening(account: Row, ladder: Ladder, step: Tier, voice: Voice, by: str) -> str:
    missing = counted(account.missing, basis=ladder.version.basis, voice=voice)
    said = f"{missing} more by {by} reaches {step.name}"
    if step.multiplier == 1:
        return said
    return f"{said} — {voice.number(step.multiplier)} × {voice.points_name}"


def _reached(account: Row, ladder: Ladder, step: Tier, voice: Voice) -> str:
    basis = ladder.version.basis
    value = counted(account.quarter_value, basis=basis, voice=voice)
    return f"{value} of {counted(step.threshold, basis=basis, voice=voice)}"
