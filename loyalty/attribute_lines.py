"""Attributes as people type them, one on each line: “level: choice basic, expert, required”."""

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts.attributes import Attribute, BadAttribute, check_declaration

_LINE = re.compile(r"\s*(?P<name>[^:]+?)\s*:\s*(?P<type>\w+)\s*(?P<rest>.*?)\s*")


def read_lines(text: str) -> list[Attribute]:
    """Raises BadAttribute, with the line or the name at fault."""
    found = [_read(line) for line in text.splitlines() if line]
    check_declaration(found)
    return found


def as_lines(attributes: Iterable[Attribute]) -> str:
    lines = []
    for one in attributes:
        rest = [", ".join(one.choices)] if one.choices else []
        line = " ".join([f"{one.name}: {one.type}", *rest])
        lines.append(_("%(line)s, required") % {"line": line} if one.required else line)
    return "\n".join(lines)


def _read(line: str) -> Attribute:
    found = _LINE.fullmatch(line)
    if found is None:
        raise BadAttribute(
            _("“%(line)s” has no type; write it like “hours: number”.") % {"line": line.strip()}
        )
    words = [word.strip() for word in found["rest"].split(",") if word.strip()]
    required = bool(words) and words[-1].lower() == "required"
    return Attribute(
        found["name"],
        found["type"].lower(),
        tuple(words[:-1] if required else words),
        required,
    )
