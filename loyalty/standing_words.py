"""The tiers that an account held, each with why: the evidence that decided it, condition by
condition."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from loyalty.criteria_words import Bar, CriteriaWords
from loyalty.tier_words import carried, period_name
from tiers.evidence import Evidence, evidence_of
from tiers.ladders import Ladder, as_ladder
from tiers.models import Cause, Standing

BECAUSE = {
    Cause.ENROLLED: _("Joined the program"),
    Cause.REACHED: _("Met what the tier asks"),
    Cause.EVALUATED: _("Evaluated at the end of the period"),
    Cause.RECONSIDERED: _("Facts of an earlier period came in late"),
    Cause.GRACE_ENDED: _("The grace period ended"),
    Cause.PUBLISHED: _("What the tiers ask was changed"),
    Cause.PINNED: _("Set by hand"),
    Cause.PIN_ENDED: _("What was set by hand ended"),
    Cause.INVITED: _("Invited to the tier"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingWords:
    """`bars` are the conditions of the tier held as they were then, `above` those of the next tier
    that kept it from being reached; `period` says what was looked at."""

    id: UUID
    tier: str
    ladder: str
    version: int
    is_leading: bool
    starts_at: datetime
    ends_at: datetime | None
    because: str
    period: str
    bars: list[Bar]
    above_name: str
    above: list[Bar]
    reason: str
    decided_at: datetime


def standing_words(standings: Sequence[Standing], *, words: CriteriaWords) -> list[StandingWords]:
    """In their order; each version is read once."""
    ladders: dict[UUID, Ladder] = {}
    told = []
    for standing in standings:
        version = standing.tier.version
        if version.pk not in ladders:
            version.scheme = standing.scheme
            ladders[version.pk] = as_ladder(version)
        told.append(_told(standing, ladders[version.pk], words))
    return told


def _told(standing: Standing, ladder: Ladder, words: CriteriaWords) -> StandingWords:
    evidence = evidence_of(standing, ladder=ladder)
    bars = words.bars(evidence.verdict) if evidence.verdict and standing.tier.rank else []
    above = words.bars(evidence.above) if evidence.above and not evidence.above.met else []
    next_rank = standing.tier.rank + 1
    return StandingWords(
        id=standing.pk,
        tier=standing.tier.name,
        ladder=ladder.name,
        version=ladder.number,
        is_leading=ladder.is_leading,
        starts_at=standing.starts_at,
        ends_at=standing.ends_at,
        because=str(BECAUSE[Cause(standing.cause)]),
        period=_period(evidence, words),
        bars=carried(bars, evidence.carriers),
        above_name=ladder.rungs[next_rank].name if above else "",
        above=carried(above, evidence.carriers),
        reason=str(standing.evidence.get("reason", "")),
        decided_at=standing.decided_at,
    )


def _period(evidence: Evidence, words: CriteriaWords) -> str:
    if evidence.period is None:
        return ""
    unit = evidence.ladder.evaluated
    return period_name(evidence.period[0], unit, voice=words.measures.voice)
