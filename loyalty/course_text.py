"""Courses as plain text, the way they are written in the console.

Sections: a line that begins with “# ” is the title of the next one, what follows is its text.
Questions: one after the other with an empty line between; the first line asks, each further line is
an answer, “* ” before a right one and “- ” before a wrong one.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

TITLE, RIGHT, WRONG = "# ", "* ", "- "


class Unreadable(ValueError):
    """Its text says which line to change."""


def sections_of(text: str) -> list[dict[str, Any]]:
    """Raises Unreadable."""
    sections: list[dict[str, Any]] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if line.startswith(TITLE):
            sections.append({"title": line.removeprefix(TITLE).strip(), "text": ""})
        elif sections:
            sections[-1]["text"] += f"{line}\n"
        elif line.strip():
            raise Unreadable(_("Line %d: begin with a title, such as “# Welcome”.") % number)
    return [one | {"text": one["text"].strip()} for one in sections]


def sections_text(sections: Iterable[Mapping[str, Any]]) -> str:
    return "\n\n".join(f"{TITLE}{one['title']}\n{one['text']}" for one in sections)


def questions_of(text: str) -> list[dict[str, Any]]:
    """Raises Unreadable."""
    questions: list[dict[str, Any]] = []
    is_asking = True
    for number, raw in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        line = raw.strip()
        if not line:
            is_asking = True
        elif is_asking:
            questions.append({"text": line, "options": [], "right": []})
            is_asking = False
        elif line.startswith((RIGHT, WRONG)):
            question = questions[-1]
            if line.startswith(RIGHT):
                question["right"].append(len(question["options"]))
            question["options"].append(line[2:].strip())
        else:
            raise Unreadable(
                _("Line %d: an answer begins with “* ” if it is right, with “- ” if it is not.")
                % number
            )
    return questions


def questions_text(questions: Iterable[Mapping[str, Any]]) -> str:
    return "\n\n".join(
        "\n".join(
            [
                one["text"],
                *(
                    f"{RIGHT if place in one['right'] else WRONG}{option}"
                    for place, option in enumerate(one["options"])
                ),
            ]
        )
        for one in questions
    )
