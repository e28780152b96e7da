"""A quiz as pure rules: in which order an attempt shows it, and how its answers are marked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

Questions = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A question as an attempt shows it, without what is right. `place` is its place in the
    version; `options` are (place, text): the places are not for the reader, who would learn in
    which order they were written."""

    place: int
    text: str
    options: tuple[tuple[int, str], ...]
    is_multiple: bool


def shuffled(questions: Questions, *, seed: int) -> list[Shown]:
    """The questions in the order of the attempt with this seed: another for each attempt, and the
    same whenever it is shown again."""
    dice = Random(seed)  # noqa: S311 - an order to read in, no secret
    places = list(range(len(questions)))
    dice.shuffle(places)
    shown = []
    for place in places:
        question = questions[place]
        options = list(enumerate(question["options"]))
        dice.shuffle(options)
        shown.append(Shown(place, question["text"], tuple(options), len(question["right"]) > 1))
    return shown


def right_answers(questions: Questions, answers: Mapping[str, Collection[int]]) -> int:
    """How many questions are answered right: with all of the options that are right, and no other.

    `answers` are the places of the options chosen, by the place of the question as text.
    """
    return sum(
        set(answers.get(str(place), ())) == set(question["right"])
        for place, question in enumerate(questions)
    )


def percent_of(right: int, questions: int) -> int:
    """Rounded down: 79.9 % is not 80 %."""
    return right * 100 // questions
