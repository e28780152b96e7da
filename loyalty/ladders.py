"""What pages about tiers need of a tenant: its ladders in force, and the words for all of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from loyalty.criteria_words import CriteriaWords
from loyalty.measure_words import MeasureWords, measure_words
from loyalty.tier_words import (
    LadderRow,
    TierWords,
    ladder_rows,
    policy_words,
    progress_words,
)
from rewards.terms import current_terms
from rewards.voice import Voice
from tiers.ladders import Ladder
from tiers.progress import Progress, in_force, names_of, progress_of_all


def ladders_of(program_id: UUID, *, at: datetime) -> list[Ladder]:
    """The program's ladders in force, the leading one first."""
    ladders = [one for one in current_terms().ladders if one.program_id == program_id]
    return in_force(ladders, at=at)


def leading(program_id: UUID, *, at: datetime) -> Ladder | None:
    """The ladder whose tier multiplies points; None while none is in force."""
    return next((one for one in ladders_of(program_id, at=at) if one.is_leading), None)


def criteria_words(
    *, voice: Voice, program_id: UUID, at: datetime, measures: MeasureWords | None = None
) -> CriteriaWords:
    """Pass `measures` where they are at hand: they are the same for all programs of a tenant."""
    said = replace(measures, voice=voice) if measures else measure_words(voice)
    return CriteriaWords(measures=said, ladders=names_of(ladders_of(program_id, at=at)))


def progress_now(enrollment_ids: Iterable[UUID], *, as_of: datetime) -> dict[UUID, list[Progress]]:
    """`tiers.progress.progress_of_all` by the published terms of the open tenant."""
    terms = current_terms()
    return progress_of_all(
        list(enrollment_ids), as_of=as_of, ladders=terms.ladders, setting=terms.setting
    )


def leading_progress(enrollment_ids: Iterable[UUID], *, as_of: datetime) -> dict[UUID, Progress]:
    """The same, on the leading ladders alone."""
    found = progress_now(enrollment_ids, as_of=as_of)
    return {key: some[0] for key, some in found.items() if some[0].ladder.is_leading}


def tiers_in_words(
    progress: Sequence[Progress], *, words: CriteriaWords
) -> tuple[TierWords | None, list[TierWords]]:
    """The tier on the leading ladder, None where there is none, and those on the other ladders."""
    if not progress:
        return None, []
    told = [progress_words(one, words=words) for one in progress]
    first = told[0] if told[0].is_leading else None
    return first, told[1:] if first else told


@dataclass(frozen=True, slots=True)
class LadderWords:
    """A ladder as everybody reads it, with the tier held marked."""

    name: str
    is_leading: bool
    rows: list[LadderRow]
    policies: list[str]


def ladders_in_words(
    progress: Sequence[Progress], *, program_id: UUID, words: CriteriaWords, at: datetime
) -> list[LadderWords]:
    held = {one.ladder.scheme_id: one for one in progress}
    return [
        LadderWords(
            ladder.name,
            ladder.is_leading,
            ladder_rows(ladder, held.get(ladder.scheme_id), words=words),
            policy_words(ladder),
        )
        for ladder in ladders_of(program_id, at=at)
    ]
