"""Why an account stands where it stands: a standing's evidence, read under the version it names.

Evidence is stored as values alone: `version` is the number of the version that decided, `met` the
code of the tier they meet, `period` the first days of the period that was looked at and of the one
after it, `values` what was read, by the key of each reading, with what carried it:

    {"version": 3, "met": "gold", "period": ["2026-04-01", "2026-07-01"],
     "values": {"revenue|quarter|best_of:product_line": {"value": 12000000, "carrier": "Bikes"}}}

Thresholds, and what is met and unmet, follow from the version, which never changes. A first
standing has none, one set by hand names its `pin` or `reason` instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tiers.judging import Verdict
from tiers.ladders import Ladder, Rung, as_ladder
from tiers.models import Standing


@dataclass(frozen=True, slots=True)
class Evidence:
    """What decided a standing. `verdict` judges the tier held, `above` the next one; both None for
    what measures did not decide. `period` is [since, until)."""

    ladder: Ladder
    held: Rung
    period: tuple[date, date] | None
    values: Mapping[str, int]
    carriers: Mapping[str, str]
    met: Rung | None
    verdict: Verdict | None
    above: Verdict | None


def evidence_of(standing: Standing, *, ladder: Ladder | None = None) -> Evidence:
    """The standing's evidence, judged anew. Pass its version as `ladder` where it is at hand."""
    tier = standing.tier
    ladder = ladder or as_ladder(tier.version)
    said = standing.evidence
    held = ladder.rungs[tier.rank]
    read = said.get("values")
    values = {key: one["value"] for key, one in (read or {}).items()}
    has_above = read is not None and tier.rank + 1 < len(ladder.rungs)
    return Evidence(
        ladder=ladder,
        held=held,
        period=_period(said),
        values=values,
        carriers={key: one["carrier"] for key, one in (read or {}).items() if "carrier" in one},
        met=ladder.rung(said.get("met", "")),
        verdict=None if read is None else ladder.verdict(held, values),
        above=ladder.verdict(ladder.rungs[tier.rank + 1], values) if has_above else None,
    )


def _period(said: Mapping) -> tuple[date, date] | None:
    if "period" not in said:
        return None
    since, until = said["period"]
    return date.fromisoformat(since), date.fromisoformat(until)
