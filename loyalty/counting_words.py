"""How a measure is counted, in words: for people who have never seen its terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
    AMOUNT: gettext_lazy("The sum of the amounts"),
    QUANTITY: gettext_lazy("The sum of the quantities"),
    FACTS: gettext_lazy("How many there are"),
    PEOPLE: gettext_lazy("How many different people are named"),
    POINTS: gettext_lazy("The points earned"),
    VALID_NOW: gettext_lazy("How many are valid now"),
}


@dataclass(frozen=True, slots=True)
class CountingWords:
    """`kinds` and `measures` are the names that people know, by their codes."""

    kinds: Mapping[str, str]
    measures: Mapping[str, str]

    def told(self, counting: Counting) -> str:
        """Two or three sentences at most."""
        if counting.counts == RATIO:
            return _("%(measure)s as a share of %(whole)s.") % {
                "measure": self._measure(counting.of),
                "whole": self._measure(counting.to),
            }
        if STATUS_CREDITS in counting.kinds:
            return _("The status credits earned%(lines)s, less those taken back.") % {
                "lines": self._lines(counting)
            }
        told = f"{self._first(counting)}{self._kinds(counting)}{self._lines(counting)}."
        return " ".join([told, *self._returns(counting)])

    def _first(self, counting: Counting) -> str:
        if counting.counts == AVERAGE:
            return _("The average of “%(attribute)s”") % {"attribute": counting.attribute}
        if counting.per_person == 1:
            return _("How many people have one that is valid now")
        if counting.per_person:
            return _("How many are valid now, at most %(per_person)s of each person") % {
                "per_person": counting.per_person
            }
        return str(_COUNTED[counting.counts])

    def _measure(self, code: str) -> str:
        return f"“{self.measures.get(code, code)}”"

    def _kinds(self, counting: Counting) -> str:
        names = [f"“{self.kinds.get(code, code)}”" for code in counting.kinds]
        return (
            _(", of %(listed)s") % {"listed": _listed(names)}
            if names
            else _(", of every kind of activity")
        )

    def _lines(self, counting: Counting) -> str:
        return (
            _(", in %(listed)s only") % {"listed": _listed(counting.lines)}
            if counting.lines
            else ""
        )

    def _returns(self, counting: Counting) -> Sequence[str]:
        if counting.counts not in MAY_IGNORE_RETURNS:
            return [_("What was taken back does not count.")] if counting.counts != POINTS else []
        if counting.returns == IGNORED:
            return [_("Returns do not lower it.")]
        if counting.returns == IN_THEIR_MONTH:
            return [_("A return lowers the month in which it comes.")]
        return [_("A return lowers the month of what is returned.")]


def _listed(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    return _("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}
