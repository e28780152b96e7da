"""What pages about tiers need of a tenant: its ladders in force, and the words for all of it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from loyalty.criteria_words import CriteriaWords
from loyalty.measure_words import measure_words
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


def criteria_words(*, voice: Voice, program_id: UUID, at: datetime) -> CriteriaWords:
    ladders = ladders_of(program_id, at=at)
    return CriteriaWords(measures=measure_words(voice), ladders=names_of(ladders))


def progress_now(enrollment_ids: Iterable[UUID], *, as_of: datetime) -> dict[UUID, list[Progress]]:
    """`tiers.progress.progress_of_all` by the published terms of the open tenant."""
    terms = current_terms()
    return progress_of_all(
        list(enrollment_ids), as_of=as_of, ladders=terms.ladders, setting=terms.setting
    )
