"""Bands drawn as a flight of stairs: each a step, filled as far as it has been climbed.

Steps are equally wide whatever lies between them: bands at 110, 115 and 120 % of a target would be
one thin edge otherwise. The same is said in words below each step.
"""

from collections.abc import Sequence
from dataclasses import dataclass

FLOOR = 12  # how high the ground before the first band is, of TOP
TOP = 100


@dataclass(frozen=True, slots=True)
class Step:
    """`begins` is where the band starts and `gives` what it pays, in words.

    `filled` is how much of its width is climbed, from 0 to 100; `top` is where the step's edge lies
    in a drawing TOP high, `height` how high it stands. `is_here` marks the one that holds now.
    """

    begins: str
    gives: str
    filled: int
    top: int
    height: int
    is_here: bool


def stairs(
    bands: Sequence[tuple[int, str, str]], *, ground: tuple[str, str], reached: int
) -> list[Step]:
    """The ground and a step for each of `bands`: (start, where it begins, what it pays), ascending.

    `reached` is in the units of the starts. The last band has no end: whoever stands on it has
    climbed it.
    """
    edges = [0, *(start for start, _, _ in bands)]
    words = [ground, *((begins, gives) for _, begins, gives in bands)]
    here = max(place for place, edge in enumerate(edges) if place == 0 or edge <= reached)
    rise = (TOP - FLOOR) / max(1, len(bands))
    found = []
    for place, (begins, gives) in enumerate(words):
        height = round(FLOOR + rise * place)
        filled = 100 if place < here else 0
        if place == here:
            filled = _share(edges, place, reached)
        found.append(
            Step(
                begins=begins,
                gives=gives,
                filled=filled,
                top=TOP - height,
                height=height,
                is_here=place == here,
            )
        )
    return found


def _share(edges: Sequence[int], place: int, reached: int) -> int:
    """Percent of the step at `place`; never all of it before the next one is reached."""
    if place + 1 == len(edges):
        return 100
    width = edges[place + 1] - edges[place]
    return max(0, min(99, (reached - edges[place]) * 100 // width)) if width > 0 else 100
