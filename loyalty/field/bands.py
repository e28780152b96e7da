"""Accounts of a rep that are near the next band of an agreement, and what reaching it adds."""

from datetime import datetime
from uuid import UUID

from accounts.periods import day_of
from loyalty.rebate_terms import names
from loyalty.rebate_working import next_text
from rebates.nearness import nearest
from rewards.voice import Voice

NEAR_PERCENT = 25  # of where the next band begins: further away it is no call yet


def near_bands(*, rep_id: UUID, program_id: UUID, voice: Voice, as_of: datetime) -> dict[UUID, str]:
    """By account, the opportunity that is worth most in a sentence; in as many queries, and with
    as much work, for a hundred accounts as for ten thousand."""
    near = nearest(
        rep_id=rep_id,
        program_id=program_id,
        day=day_of(as_of, voice.zone),
        percent=NEAR_PERCENT,
    )
    if not near:
        return {}
    said = names(voice=voice, program_id=program_id, at=as_of)
    found: dict[UUID, str] = {}
    for accrual, step in near:
        wording = said.wording(accrual.version, period=accrual.agreement.period)
        told = f"{accrual.agreement.name}: {next_text(step, wording)}"
        found.setdefault(accrual.account_id, told)
    return found
