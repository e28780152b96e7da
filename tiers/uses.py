"""Which ladders are published with which measures: what these count is fixed from then on."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from tiers.ladders import published_ladders


def uses_of_measures() -> Mapping[str, list[str]]:
    """By the code of each measure that a published version ever asked for, the ladders' names."""
    found: dict[str, set[str]] = defaultdict(set)
    for ladder in published_ladders():
        for reading in ladder.readings:
            found[reading.measure].add(ladder.name)
    return {code: sorted(names) for code, names in found.items()}


def published_with(codes: Collection[str]) -> set[str]:
    """The names of the ladders that were published with one of these measures."""
    return {name for code, names in uses_of_measures().items() if code in codes for name in names}
