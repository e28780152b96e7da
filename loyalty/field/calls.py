"""What to say in a call: one account of a rep in a few words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from loyalty.field.worth import Reason, reasons_of
from loyalty.ladders import criteria_words, leading_progress
from loyalty.tier_words import TierWords, progress_words
from rewards.voice import Voice

Row = Any  # an account with what `loyalty.rosters` adds to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`opening` is what the next tier takes, "" at the top of the ladder; `reasons` are those to
    call, the most pressing first."""

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
    reasons: list[Reason]

    @property
    def say(self) -> str:
        """The next best sentence to say; "" where nothing presses."""
        return self.reasons[0].say if self.reasons else self.opening and f"{self.opening}."


def calls(
    accounts: Sequence[Row],
    *,
    program_id: UUID,
    least: int | None,
    bands: Mapping[UUID, str],
    voice: Voice,
    as_of: datetime,
) -> list[Call]:
    """From rows of a roster `with_worth`, with the progress of all of them read at once."""
    words = criteria_words(voice=voice, program_id=program_id, at=as_of)
    ids = [account.enrollment_id for account in accounts if account.enrollment_id]
    found = {
        enrollment_id: progress_words(progress, words=words)
        for enrollment_id, progress in leading_progress(ids, as_of=as_of).items()
    }
    return [
        _call(one, found.get(one.enrollment_id), least, bands.get(one.id, ""), voice)
        for one in accounts
    ]


def _call(account: Row, tier: TierWords | None, least: int | None, band: str, voice: Voice) -> Call:
    has_next = tier is not None and bool(tier.next_name)
    opening = tier.opening if tier else ""
    return Call(
        account_id=account.id,
        name=account.name,
        number=account.number,
        is_enrolled=account.enrollment_id is not None,
        tier=account.tier_name or "",
        available=account.available,
        soon=account.soon,
        opening=opening,
        reached=tier.reached if tier and has_next else "",
        percent=tier.percent if tier and has_next else None,
        next_name=tier.next_name if tier else "",
        reasons=reasons_of(
            account,
            opening=opening,
            warning=tier.warning if tier else "",
            least=least,
            band=band,
            voice=voice,
        ),
    )
