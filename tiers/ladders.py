"""Ladders as published: versions of schemes with everything in them parsed, ready to be judged.

`SchemeVersion.rungs` are objects, lowest first: `code`, `name`, `criteria` (none for the first),
`multiplier` as text, and where wanted `benefits` and `by_invitation`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from accounts.readings import Reading
from tiers.benefits import BadBenefits, check_benefits
from tiers.criteria import ALWAYS, CODE, BadCriteria, Criteria, OnLadder, ladders, parse, readings
from tiers.judging import Values, Verdict, judge
from tiers.models import Rises, SchemeVersion, State

AUDIENCE = "audience"  # the key under which evidence keeps whether the account is meant at all
MOST_RUNGS = 20
LARGEST_MULTIPLIER = 1000


class BadLadder(ValueError):
    """The rungs are no ladder; the text says why."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A tier of a version. `multiplier` has at most three decimal places."""

    rank: int
    code: str
    name: str
    criteria: Criteria
    multiplier: Decimal
    benefits: Mapping[str, Any]
    by_invitation: bool

    @property
    def invitation(self) -> str:
        """How evidence names whether the enrollment is invited to it."""
        return f"invited:{self.code}"


@dataclass(frozen=True, eq=False)
class Ladder:
    """A version of a scheme. It is in force in [valid_from, ends_at); None: until further notice.

    A draft is a ladder, too, as if it were in force from `valid_from` on, and led if it takes the
    lead.
    """

    scheme_id: UUID
    scheme: str
    name: str
    program_id: UUID
    version_id: UUID
    number: int
    is_leading: bool
    audience: Mapping[str, Any]
    valid_from: datetime
    ends_at: datetime | None
    evaluated: str
    rises: str
    kept_unit: str
    kept_periods: int
    falls: str
    grace_days: int
    transition_days: int
    skips_tiers: bool
    near_percent: int
    rungs: tuple[Rung, ...]

    @property
    def rises_at_once(self) -> bool:
        return self.rises == Rises.AT_ONCE

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """All that has to be read to tell which of its tiers are met."""
        return tuple(dict.fromkeys(one for rung in self.rungs for one in readings(rung.criteria)))

    @cached_property
    def on_ladders(self) -> tuple[OnLadder, ...]:
        """What it asks of other ladders."""
        return tuple(dict.fromkeys(one for rung in self.rungs for one in ladders(rung.criteria)))

    def is_in_force(self, instant: datetime) -> bool:
        return self.valid_from <= instant and (self.ends_at is None or instant < self.ends_at)

    def rung(self, code: str) -> Rung | None:
        return next((rung for rung in self.rungs if rung.code == code), None)

    def highest_met(self, values: Values) -> Rung:
        """The highest tier that these values meet."""
        if values.get(AUDIENCE, 1):
            for rung in reversed(self.rungs):
                invited = not rung.by_invitation or values.get(rung.invitation) == 1
                if invited and judge(rung.criteria, values).met:
                    return rung
        return self.rungs[0]

    def verdict(self, rung: Rung, values: Values) -> Verdict:
        return judge(rung.criteria, values)


def as_ladder(version: SchemeVersion, *, ends_at: datetime | None = None) -> Ladder:
    """Raises BadLadder, for a draft that is none yet."""
    scheme = version.scheme
    return Ladder(
        scheme_id=scheme.pk,
        scheme=scheme.code,
        name=scheme.name,
        program_id=scheme.program_id,
        version_id=version.pk,
        number=version.number,
        is_leading=scheme.is_leading or (version.takes_lead and version.state == State.DRAFT),
        audience=version.audience,
        valid_from=version.valid_from,
        ends_at=ends_at,
        evaluated=version.evaluated,
        rises=version.rises,
        kept_unit=version.kept_unit,
        kept_periods=version.kept_periods,
        falls=version.falls,
        grace_days=version.grace_days,
        transition_days=version.transition_days,
        skips_tiers=version.skips_tiers,
        near_percent=version.near_percent,
        rungs=rungs_of(version.rungs),
    )


def published_ladders() -> tuple[Ladder, ...]:
    """Every published version of the open tenant: those that others ask for come first, the
    versions of a scheme oldest first."""
    versions = SchemeVersion.objects.filter(state=State.PUBLISHED).select_related("scheme")
    found = list(versions.order_by("scheme_id", "valid_from", "number"))
    made = []
    for version, later in zip_longest(found, found[1:]):
        is_same = later is not None and later.scheme_id == version.scheme_id
        made.append(as_ladder(version, ends_at=later.valid_from if is_same and later else None))
    return in_order(made)


def in_order(found: Sequence[Ladder]) -> tuple[Ladder, ...]:
    """The ladders so that each comes after all whose tiers it asks for."""
    asked = {
        (one.program_id, one.scheme): {
            (one.program_id, other.ladder)
            for version in found
            if version.scheme_id == one.scheme_id
            for other in version.on_ladders
        }
        for one in found
    }
    asked = {key: wanted & asked.keys() for key, wanted in asked.items()}
    placed: list[tuple[UUID, str]] = []
    while len(placed) < len(asked):
        free = [key for key in asked if key not in placed and not asked[key] - {*placed}]
        if not free:
            raise BadLadder(gettext("These ladders ask for each other's tiers in a circle."))
        placed += free
    return tuple(sorted(found, key=lambda one: placed.index((one.program_id, one.scheme))))


def rungs_of(raw: Any) -> tuple[Rung, ...]:
    """Raises BadLadder."""
    if not isinstance(raw, list) or not 0 < len(raw) <= MOST_RUNGS:
        raise BadLadder(
            gettext("A ladder has from 1 to %(most_rungs)s tiers.") % {"most_rungs": MOST_RUNGS}
        )
    rungs = tuple(_rung(rank, one) for rank, one in enumerate(raw))
    if len({rung.code for rung in rungs}) < len(rungs):
        raise BadLadder(gettext("Two tiers of a ladder never have the same code."))
    if rungs[0].criteria != ALWAYS or rungs[0].by_invitation:
        raise BadLadder(
            gettext("The first tier asks for nothing, so that everybody stands somewhere.")
        )
    for rung in rungs[1:]:
        if rung.criteria == ALWAYS:
            raise BadLadder(
                gettext("“%(name)s” asks for something: only the first tier is free.")
                % {"name": rung.name}
            )
    return rungs


_KNOWN = {"code", "name", "criteria", "multiplier", "benefits", "by_invitation"}


def _rung(rank: int, raw: Any) -> Rung:
    if not isinstance(raw, Mapping) or not raw.keys() <= _KNOWN:
        raise BadLadder(
            gettext("A tier has %(known)s, and nothing else.")
            % {"known": ", ".join(sorted(_KNOWN))}
        )
    name, code = raw.get("name"), raw.get("code")
    if not isinstance(name, str) or not 0 < len(name) <= 40:
        raise BadLadder(gettext("A tier has a name of at most 40 characters."))
    if not isinstance(code, str) or not CODE.fullmatch(code):
        raise BadLadder(
            gettext("“%(name)s” needs a code of at most 40 letters, digits and hyphens.")
            % {"name": name}
        )
    try:
        criteria = parse(raw.get("criteria", {}))
        check_benefits(raw.get("benefits", {}))
    except (BadCriteria, BadBenefits) as bad:
        raise BadLadder(f"“{name}”: {bad}") from None
    return Rung(
        rank=rank,
        code=code,
        name=name,
        criteria=criteria,
        multiplier=_multiplier(raw.get("multiplier", "1"), name),
        benefits=raw.get("benefits", {}),
        by_invitation=raw.get("by_invitation") is True,
    )


def _multiplier(raw: Any, name: str) -> Decimal:
    try:
        factor = Decimal(raw) if isinstance(raw, str) else None
    except InvalidOperation:
        factor = None
    if (
        factor is None
        or not factor.is_finite()
        or not 0 < factor < LARGEST_MULTIPLIER
        or factor != round(factor, 3)
    ):
        raise BadLadder(
            gettext("The multiplier of “%(name)s” is a number such as “1.25”, above zero.")
            % {"name": name}
        )
    return factor
