"""What becomes of the rows of a file, and how it is remembered while a batch is half taken in.

Between two transactions of a batch that is taken in by lanes (`accounts.importing`), its run keeps
the verdicts on each part that is in: `so_far` is what a run keeps for itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

LANES = "lanes"

Parts = Sequence[Sequence[int]]  # of a batch: the indexes of the items in each


class Verdict(Protocol):
    """`status` is accepted, known, or else rejected for `reason`.

    A reason with an accepted row names a kind of acceptance to be counted, such as "changed".
    """

    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Ruling:
    status: str
    reason: str = ""


def verdicts_kept(
    so_far: Mapping[str, Any], number: int, verdicts: Sequence[Verdict]
) -> dict[str, Any]:
    """What a run keeps, with the verdicts on the part of that number."""
    said = groupby(verdicts, key=lambda one: (one.status, one.reason))
    in_short = [[*what, sum(1 for _ in alike)] for what, alike in said]
    return {**so_far, LANES: so_far.get(LANES, {}) | {str(number): in_short}}


def verdicts_on(parts: Parts, so_far: Mapping[str, Any]) -> dict[int, list[Ruling]]:
    """The verdicts that are kept on these parts, by number.

    What does not fit is left out: whoever goes on may divide batches otherwise than who went
    before. Its rows are taken in again then, and said to be known.
    """
    kept = {
        int(number): [Ruling(status, reason) for status, reason, n in said for _ in range(n)]
        for number, said in so_far.get(LANES, {}).items()
    }
    return {
        number: kept[number]
        for number, part in enumerate(parts)
        if len(kept.get(number, ())) == len(part)
    }


def in_order(kept: Mapping[int, Sequence[Ruling]], parts: Parts) -> list[Ruling]:
    """The verdicts on all parts, in the order of the batch's items."""
    by_index = {
        index: verdict
        for number, part in enumerate(parts)
        for index, verdict in zip(part, kept[number], strict=True)
    }
    return [by_index[index] for index in range(len(by_index))]


def forget_lanes(so_far: Mapping[str, Any]) -> dict[str, Any]:
    """What a run keeps once the batch is counted."""
    return {name: value for name, value in so_far.items() if name != LANES}
