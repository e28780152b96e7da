"""A program's first ladder, from a threshold for each tier: published as the program opens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import Program
from tiers.ladders import BadLadder
from tiers.models import SchemeVersion
from tiers.publishing import draft_scheme, put_in_force


@dataclass(frozen=True, slots=True)
class Rung:
    """A tier to be, by one threshold: in the smallest unit of what is counted, 0 for the first."""

    name: str
    threshold: int
    multiplier: Decimal


def publish_ladder(
    *,
    program: Program,
    name: str,
    rungs: Sequence[Rung],
    code: str = "tiers",
    measure: str = "revenue",
    best_of: str = "",
    valid_from: datetime,
    actor: str,
    now: datetime,
    **policies: Any,
) -> SchemeVersion:
    """Publish a program's first ladder: thresholds of one measure in a calendar quarter.

    Raises BadLadder for rungs that do not rise from 0.
    """
    _check_rises(rungs)
    about: dict[str, Any] = {"actor": actor, "now": now}
    with transaction.atomic():
        terms = {"rungs": simple_rungs(rungs, measure=measure, best_of=best_of), **policies}
        version = draft_scheme(program=program, code=code, name=name, terms=terms, **about)
        # Whoever opens a program is the only one there yet: nobody is asked for a second look.
        put_in_force(version, starts=valid_from, **about)
    return version


def simple_rungs(
    rungs: Sequence[Rung], *, measure: str = "revenue", best_of: str = ""
) -> list[dict[str, Any]]:
    """Tiers by thresholds of one measure in a calendar quarter, of the best of its parts where
    `best_of` names them, as `SchemeVersion.rungs` have them."""
    asked: dict[str, Any] = {"measure": measure, "window": {"window": "quarter"}, "op": "gte"}
    if best_of:
        asked["take"] = {"best_of": best_of}
    return [
        {
            "code": code_of(rung.name, rank=rank),
            "name": rung.name,
            "multiplier": f"{rung.multiplier.normalize():f}",
            "criteria": asked | {"threshold": rung.threshold} if rank else {},
        }
        for rank, rung in enumerate(rungs)
    ]


def code_of(name: str, *, rank: int) -> str:
    """A code for a tier of that name."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)
    return plain.lower().strip("-")[:40] or f"tier-{rank}"


def _check_rises(rungs: Sequence[Rung]) -> None:
    thresholds = [rung.threshold for rung in rungs]
    if not thresholds or thresholds[0] != 0:
        raise BadLadder(
            gettext("The first tier asks for nothing, so that everybody stands somewhere.")
        )
    if thresholds != sorted(set(thresholds)):
        raise BadLadder(gettext("Each tier asks for more than the one below it."))
