"""What people write down for others: a reason, a note, answers to a form's own fields.

Each room refuses with an error of its own, which its edges know: `refused` says which.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.attributes import MUST_BE, BadAttribute, declared, read

LONGEST = 300


class BadAnswer(ValueError):
    """Its text says what to write instead, in `field`."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__(text)
        self.field = field


def a_reason(text: str, *, why: str, refused: type[ValueError]) -> str:
    """`text` in one line. Raises `refused` with `why` where there is none, or too much of it."""
    text = _in_one_line(text)
    if not text or len(text) > LONGEST or not text.isprintable():
        raise refused(_("%(why)s At most %(most)d characters.") % {"why": why, "most": LONGEST})
    return text


def a_note(text: str, *, refused: type[ValueError]) -> str:
    """The same for one that may be left out."""
    return a_reason(text, why=_("Say it shorter."), refused=refused) if _in_one_line(text) else ""


def as_a_reason(document: str) -> str:
    """The number of a document, for the system to give as a reason: facts may have characters in
    it that nobody may type into one, and what comes back comes back whatever it is called."""
    said = _in_one_line(document)
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in said)


def _in_one_line(text: str) -> str:
    # No key types a NUL; the database keeps none.
    return " ".join(text.replace("\0", "").split())


def checked_answers(fields: Sequence[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The answers in the types that `fields` declare, as a form keeps them. Raises BadAnswer."""
    known = declared(fields)
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise BadAnswer(_("The form has no field “%s”.") % unknown[0][:40], "answers")
    kept = {}
    for name, attribute in known.items():
        value = given.get(name)
        if value in (None, ""):
            if attribute.required:
                raise BadAnswer(_("Fill this in."), name)
            continue
        try:
            kept[name] = read(value, attribute)
        except BadAttribute:
            fits = MUST_BE.get(attribute.type) or ", ".join(attribute.choices)
            raise BadAnswer(_("Write it as %s.") % fits, name) from None
    return kept
