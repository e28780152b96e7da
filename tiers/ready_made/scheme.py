"""What a ready-made scheme is, and how its example is worked."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from accounts.attributes import Attribute
from tiers.criteria import readings
from tiers.judging import judge
from tiers.ladders import Rung, rungs_of

Said = Mapping[str, Any]
Scale = Callable[[str], int]  # of a measure's code: how many of its stored units make one


@dataclass(frozen=True, slots=True)
class Step:
    """A tier as people say it; `asks` is its criteria with thresholds as people write them."""

    code: str
    name: str
    asks: Said
    multiplier: str = "1"
    benefits: Said = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """A line of a worked example: what is `reached`, by measure, and the tier that this earns."""

    who: str
    reached: Mapping[str, str]
    tier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyMade:
    """`measures` and `kinds` are those that it needs beyond what every tenant starts with: by code,
    their name and terms, and their name and attributes. `policies` are of a SchemeVersion."""

    code: str
    name: str
    suits: str
    policies: Said
    steps: tuple[Step, ...]
    example: tuple[Case, ...]
    measures: Mapping[str, tuple[str, Said]] = field(default_factory=dict)
    kinds: Mapping[str, tuple[str, tuple[Attribute, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Worked:
    """A case with the tier that the criteria give."""

    case: Case
    earned: str


def rungs_as_json(scheme: ReadyMade, *, scale: Scale) -> list[dict[str, Any]]:
    """The scheme's tiers as `SchemeVersion.rungs` has them."""
    return [
        {
            "code": step.code,
            "name": step.name,
            "criteria": stored(step.asks, scale=scale),
            "multiplier": step.multiplier,
            "benefits": dict(step.benefits),
        }
        for step in scheme.steps
    ]


def stored(asks: Any, *, scale: Scale) -> Any:
    """Criteria with their thresholds in whole stored units."""
    if isinstance(asks, list):
        return [stored(part, scale=scale) for part in asks]
    if not isinstance(asks, Mapping):
        return asks
    found = {name: stored(part, scale=scale) for name, part in asks.items()}
    if "threshold" in found:
        found["threshold"] = _units(found["threshold"], scale(found["measure"]))
    if "full" in found:
        found["full"] = _units(found["full"], scale(found["reading"]["measure"]))
    return found


def _units(said: str, scale: int) -> int:
    return int(Decimal(said) * scale)


def worked(scheme: ReadyMade, *, scale: Scale) -> Iterator[Worked]:
    """The scheme's example, judged by the code that judges in earnest."""
    rungs = rungs_of(rungs_as_json(scheme, scale=scale))
    for case in scheme.example:
        met = [rung for rung in rungs if judge(rung.criteria, _values(rung, case, scale)).met]
        yield Worked(case, met[-1].name)


def _values(rung: Rung, case: Case, scale: Scale) -> dict[str, int]:
    return {
        reading.key: _units(case.reached[reading.measure], scale(reading.measure))
        for reading in readings(rung.criteria)
    }
