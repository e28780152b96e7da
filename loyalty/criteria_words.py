"""Criteria of tiers in words: what a tier asks, and how far an account is with each condition."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from loyalty.measure_words import MeasureWords
from tiers.criteria import AtLeast, Condition, Criteria, OnLadder, Part, Weighted
from tiers.judging import Verdict

BOUNDS = {
    "gte": _("at least {value}"),
    "gt": _("more than {value}"),
    "lte": _("at most {value}"),
    "lt": _("less than {value}"),
}
LadderNames = Mapping[str, tuple[str, Mapping[str, str]]]  # by code: its name, its tiers' names


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaWords:
    measures: MeasureWords
    ladders: LadderNames

    def told(self, criteria: Criteria) -> str:
        """All in one phrase: “Revenue, this quarter: at least $25,000”."""
        if isinstance(criteria, Condition):
            code = criteria.reading.measure
            bound = _bound(criteria.op, self.measures.value(code, criteria.threshold))
            return f"{self.measures.reading(criteria.reading)}: {bound}"
        if isinstance(criteria, OnLadder):
            return self._on_ladder(criteria)
        if isinstance(criteria, Weighted):
            parts = "; ".join(self.weight(part) for part in criteria.parts)
            said = gettext("A score of at least {score} from {parts}")
            return said.format(score=self._number(criteria.score), parts=parts)
        return "; ".join([self.joined_by(criteria), *map(self.told, criteria.parts)]).strip("; ")

    def lines(self, criteria: Criteria, depth: int = 0) -> list[tuple[int, str]]:
        """(how deep, what) line by line, as a list shows it; none where nothing is asked."""
        if isinstance(criteria, Weighted):
            said = gettext("A score of at least {score}, made of:")
            score = said.format(score=self._number(criteria.score))
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
            return gettext("One of these")
        said = gettext("{least} of these {count}")
        return said.format(least=criteria.least, count=len(criteria.parts))

    def weight(self, part: Part) -> str:
        name = self.measures.reading(part.reading)
        full = self.measures.value(part.reading.measure, part.full)
        weight = self._number(part.weight)
        if not part.least:
            said = gettext("{name}: up to {weight}, all of it from {full}")
            return said.format(name=name, weight=weight, full=full)
        said = gettext("{name}: up to {weight}, all of it from {full}, at least {least}")
        return said.format(name=name, weight=weight, full=full, least=self._number(part.least))

    def _on_ladder(self, asked: OnLadder) -> str:
        name, tiers = self.ladders.get(asked.ladder, (asked.ladder, {}))
        said = gettext("{tier} or higher in “{ladder}”")
        return said.format(tier=tiers.get(asked.tier, asked.tier), ladder=name)

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
            held = gettext("held") if verdict.met else gettext("not held yet")
            title = gettext("Tier in “{ladder}”").format(ladder=name)
            asks = self._on_ladder(asked)
            return Bar(title, held, asks, verdict, "", goal=asks)
        if not isinstance(asked, Condition):
            raise TypeError(asked)
        code = asked.reading.measure
        wanted = self.measures.value(code, asked.threshold)
        return Bar(
            name=self.measures.reading(asked.reading),
            reached=self.measures.value(code, verdict.value),
            wanted=_bound(asked.op, wanted),
            verdict=verdict,
            missing=self.missing(verdict),
            goal=wanted if asked.op == "gte" else _bound(asked.op, wanted),
        )

    def _score(self, verdict: Verdict, asked: Weighted) -> "Bar":
        reached, wanted = self._number(verdict.value), self._number(asked.score)
        return Bar(
            name=gettext("Score"),
            reached=reached,
            wanted=_bound("gte", wanted),
            verdict=verdict,
            missing=self.missing(verdict),
            goal=wanted,
        )

    def _share(self, verdict: Verdict) -> "Bar":
        part = verdict.criteria
        if not isinstance(part, Part):
            raise TypeError(part)
        most = gettext("up to {weight}").format(weight=self._number(part.weight))
        return Bar(
            name=gettext("Score for {reading}").format(reading=self.measures.reading(part.reading)),
            reached=self._number(verdict.value),
            wanted=most,
            verdict=verdict,
            missing="",
            goal=most,
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
            said = gettext("{missing} more of the score for {reading}")
            return said.format(missing=missing, reading=self.measures.reading(asked.reading))
        return gettext("{missing} more of the score").format(missing=missing)

    def way(self, verdicts: list[Verdict]) -> list[str]:
        return [self.more(one) for one in verdicts if not one.met]


def _bound(op: str, value: str) -> str:
    return BOUNDS[op].format(value=value)


@dataclass(frozen=True, slots=True)
class Bar:
    """A condition and how far it is; `goal` is what is wanted, in short. `percent` is of the way;
    `is_part` of a score."""

    name: str
    reached: str
    wanted: str
    verdict: Verdict
    missing: str
    goal: str
    percent: int | None = None
    is_part: bool = False

    @property
    def share(self) -> int:
        return self.verdict.percent if self.percent is None else self.percent

    @property
    def met(self) -> bool:
        return self.verdict.met

    def carried_by(self, carrier: str) -> "Bar":
        said = gettext("{reached} with {carrier}")
        return replace(self, reached=said.format(reached=self.reached, carrier=carrier))

    @property
    def text(self) -> str:
        return f"{self.name}: {self.reached}"

    @property
    def far(self) -> str:
        """What stands at the end of the bar, with how much of the way is behind one."""
        return gettext("of {goal} · {share}%").format(goal=self.goal, share=self.share)

    @property
    def extra(self) -> str:
        """How the bar looks: parts of a score stand back."""
        return "" if self.is_part else "large"

    @property
    def label(self) -> str:
        return f"{self.name}: {self.reached}, {self.wanted}"
