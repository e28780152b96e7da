"""Criteria of tiers in words: what a tier asks, and how far an account is with each condition."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from loyalty.measure_words import MeasureWords
from tiers.criteria import AtLeast, Condition, Criteria, OnLadder, Part, Weighted
from tiers.judging import Verdict

BOUNDS = {"gte": "at least", "gt": "more than", "lte": "at most", "lt": "less than"}
LadderNames = Mapping[str, tuple[str, Mapping[str, str]]]  # by code: its name, its tiers' names


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaWords:
    measures: MeasureWords
    ladders: LadderNames

    def told(self, criteria: Criteria) -> str:
        """All in one phrase: “Revenue, this quarter: at least $25,000”."""
        if isinstance(criteria, Condition):
            code = criteria.reading.measure
            bound = f"{BOUNDS[criteria.op]} {self.measures.value(code, criteria.threshold)}"
            return f"{self.measures.reading(criteria.reading)}: {bound}"
        if isinstance(criteria, OnLadder):
            return self._on_ladder(criteria)
        if isinstance(criteria, Weighted):
            parts = "; ".join(self.weight(part) for part in criteria.parts)
            return f"A score of at least {self._number(criteria.score)} from {parts}"
        return "; ".join([self.joined_by(criteria), *map(self.told, criteria.parts)]).strip("; ")

    def lines(self, criteria: Criteria, depth: int = 0) -> list[tuple[int, str]]:
        """(how deep, what) line by line, as a list shows it; none where nothing is asked."""
        if isinstance(criteria, Weighted):
            score = f"A score of at least {self._number(criteria.score)}, made of:"
            return [(depth, score), *((depth + 1, self.weight(part)) for part in criteria.parts)]
        if not isinstance(criteria, AtLeast):
            return [(depth, self.told(criteria))]
        head = self.joined_by(criteria)
        below = depth + 1 if head else depth
        found = [line for part in criteria.parts for line in self.lines(part, below)]
        return [(depth, f"{head}:"), *found] if head else found

    def joined_by(self, criteria: AtLeast) -> str:
        """“” where all of the parts are asked: one reads them as that."""
        if criteria.least == len(criteria.parts):
            return ""
        if criteria.least == 1:
            return "One of these"
        return f"{criteria.least} of these {len(criteria.parts)}"

    def weight(self, part: Part) -> str:
        name = self.measures.reading(part.reading)
        full = self.measures.value(part.reading.measure, part.full)
        said = f"{name}: up to {self._number(part.weight)}, all of it from {full}"
        return f"{said}, at least {self._number(part.least)}" if part.least else said

    def _on_ladder(self, asked: OnLadder) -> str:
        name, tiers = self.ladders.get(asked.ladder, (asked.ladder, {}))
        return f"{tiers.get(asked.tier, asked.tier)} or higher in “{name}”"

    def _number(self, value: int) -> str:
        return self.measures.voice.number(value)

    # ── How far it is ────────────────────────────────────────────────────────────────────────────

    def bars(self, verdict: Verdict) -> list["Bar"]:
        """Every condition with its value, in the order in which they are asked."""
        asked = verdict.criteria
        if isinstance(asked, Weighted):
            return [self._score(verdict, asked), *map(self._share, verdict.parts)]
        if isinstance(asked, AtLeast):
            return [bar for part in verdict.parts for bar in self.bars(part)]
        return [self._bar(verdict)]

    def _bar(self, verdict: Verdict) -> "Bar":
        asked = verdict.criteria
        if isinstance(asked, OnLadder):
            name, _ = self.ladders.get(asked.ladder, (asked.ladder, {}))
            held = "held" if verdict.met else "not held yet"
            return Bar(f"Tier in “{name}”", held, self._on_ladder(asked), verdict, "")
        if not isinstance(asked, Condition):
            raise TypeError(asked)
        code = asked.reading.measure
        return Bar(
            name=self.measures.reading(asked.reading),
            reached=self.measures.value(code, verdict.value),
            wanted=f"{BOUNDS[asked.op]} {self.measures.value(code, asked.threshold)}",
            verdict=verdict,
            missing=self.missing(verdict),
        )

    def _score(self, verdict: Verdict, asked: Weighted) -> "Bar":
        reached, wanted = self._number(verdict.value), self._number(asked.score)
        return Bar("Score", reached, f"at least {wanted}", verdict, self.missing(verdict))

    def _share(self, verdict: Verdict) -> "Bar":
        part = verdict.criteria
        if not isinstance(part, Part):
            raise TypeError(part)
        return Bar(
            name=f"Score for {self.measures.reading(part.reading)}",
            reached=self._number(verdict.value),
            wanted=f"up to {self._number(part.weight)}",
            verdict=verdict,
            missing="",
            percent=verdict.value * 100 // part.weight,
            is_part=True,
        )

    def missing(self, verdict: Verdict) -> str:
        """What one unmet condition still takes: “1 certificate to go”; "" where it is met."""
        asked = verdict.criteria
        if verdict.met:
            return ""
        if isinstance(asked, Condition) and asked.op in ("gte", "gt"):
            return self.measures.to_go(asked.reading.measure, verdict.missing)
        return self.more(verdict)

    def more(self, verdict: Verdict) -> str:
        """The same within a sentence: “1 more certificate”."""
        asked = verdict.criteria
        if isinstance(asked, Condition):
            code, lacks = asked.reading.measure, asked.op in ("gte", "gt")
            return (self.measures.more if lacks else self.measures.less)(code, verdict.missing)
        if isinstance(asked, OnLadder):
            return self._on_ladder(asked)
        missing = self._number(verdict.missing)
        if isinstance(asked, Part):
            return f"{missing} more of the score for {self.measures.reading(asked.reading)}"
        return f"{missing} more of the score"

    def way(self, verdicts: list[Verdict]) -> list[str]:
        return [self.more(one) for one in verdicts if not one.met]


@dataclass(frozen=True, slots=True)
class Bar:
    """A condition and how far it is. `percent` is of the way; `is_part` of a score."""

    name: str
    reached: str
    wanted: str
    verdict: Verdict
    missing: str
    percent: int | None = None
    is_part: bool = False

    @property
    def share(self) -> int:
        return self.verdict.percent if self.percent is None else self.percent

    @property
    def met(self) -> bool:
        return self.verdict.met

    def carried_by(self, carrier: str) -> "Bar":
        return replace(self, reached=f"{self.reached} with {carrier}")

    @property
    def text(self) -> str:
        return f"{self.name}: {self.reached}"

    @property
    def goal(self) -> str:
        """What is wanted, in short."""
        return self.wanted.removeprefix("at least ")

    @property
    def far(self) -> str:
        """What stands at the end of the bar, with how much of the way is behind one."""
        return f"{self.goal} · {self.share}%"

    @property
    def extra(self) -> str:
        """How the bar looks: parts of a score stand back."""
        return "" if self.is_part else "large"

    @property
    def label(self) -> str:
        return f"{self.name}: {self.reached}, {self.wanted}"
