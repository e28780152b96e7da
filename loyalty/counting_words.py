"""How a measure is counted, in words: for people who have never seen its terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.counting import (
    AMOUNT,
    AVERAGE,
    FACTS,
    IGNORED,
    IN_THEIR_MONTH,
    MAY_IGNORE_RETURNS,
    PEOPLE,
    POINTS,
    QUANTITY,
    RATIO,
    STATUS_CREDITS,
    VALID_NOW,
    Counting,
)

_COUNTED = {
    AMOUNT: "The sum of the amounts",
    QUANTITY: "The sum of the quantities",
    FACTS: "How many there are",
    PEOPLE: "How many different people are named",
    POINTS: "The points earned",
    VALID_NOW: "How many are valid now",
}


@dataclass(frozen=True, slots=True)
class CountingWords:
    """`kinds` and `measures` are the names that people know, by their codes."""

    kinds: Mapping[str, str]
    measures: Mapping[str, str]

    def told(self, counting: Counting) -> str:
        """Two or three sentences at most."""
        if counting.counts == RATIO:
            return f"{self._measure(counting.of)} as a share of {self._measure(counting.to)}."
        if STATUS_CREDITS in counting.kinds:
            return f"The status credits earned{self._lines(counting)}, less those taken back."
        told = f"{self._first(counting)}{self._kinds(counting)}{self._lines(counting)}."
        return " ".join([told, *self._returns(counting)])

    def _first(self, counting: Counting) -> str:
        if counting.counts == AVERAGE:
            return f"The average of “{counting.attribute}”"
        if counting.per_person == 1:
            return "How many people have one that is valid now"
        if counting.per_person:
            return f"How many are valid now, at most {counting.per_person} of each person"
        return _COUNTED[counting.counts]

    def _measure(self, code: str) -> str:
        return f"“{self.measures.get(code, code)}”"

    def _kinds(self, counting: Counting) -> str:
        names = [f"“{self.kinds.get(code, code)}”" for code in counting.kinds]
        return f", of {_listed(names)}" if names else ", of every kind of activity"

    def _lines(self, counting: Counting) -> str:
        return f", in {_listed(counting.lines)} only" if counting.lines else ""

    def _returns(self, counting: Counting) -> Sequence[str]:
        if counting.counts not in MAY_IGNORE_RETURNS:
            return ["What was taken back does not count."] if counting.counts != POINTS else []
        if counting.returns == IGNORED:
            return ["Returns do not lower it."]
        if counting.returns == IN_THEIR_MONTH:
            return ["A return lowers the month in which it comes."]
        return ["A return lowers the month of what is returned."]


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
