"""Which kinds of events an endpoint wants: by name, or by how names begin."""

import re
from collections.abc import Collection, Iterable

from django.utils.translation import gettext

EVERYTHING = "*"
MOST_KINDS = 50
TEST = "webhook.tested"  # sent to the endpoint that is tried out, whatever it wants

_KIND = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*(?:\.\*)?")


class BadKinds(ValueError):
    """Its text says how to write them."""


def read_kinds(words: Iterable[str]) -> list[str]:
    """The kinds, each once and sorted. Raises BadKinds."""
    found = sorted({word.strip() for word in words} - {""})
    for word in found:
        if word != EVERYTHING and (len(word) > 60 or not _KIND.fullmatch(word)):
            raise BadKinds(
                gettext("“%(word)s” is no kind; write points.earned, points.* or *.")
                % {"word": word[:60]}
            )
    if not 1 <= len(found) <= MOST_KINDS:
        raise BadKinds(
            gettext("Name 1 to %(most_kinds)s kinds of events, or * for all of them.")
            % {"most_kinds": MOST_KINDS}
        )
    return found


def wants(kinds: Collection[str], kind: str) -> bool:
    """Whether an event of `kind` is among `kinds`; “points.*” holds for points.earned."""
    named, beginnings = parts_of(kinds)
    return kind != TEST and (kind in named or kind.startswith(tuple(beginnings)))


def parts_of(kinds: Iterable[str]) -> tuple[list[str], list[str]]:
    """Kinds by name, and what the names of others begin with: “points.*” is all of “points.…”."""
    named, beginnings = [], []
    for kind in kinds:
        (beginnings if kind.endswith(EVERYTHING) else named).append(kind.removesuffix(EVERYTHING))
    return named, beginnings
