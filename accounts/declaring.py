"""Measures of the tenant: those that every tenant has, and those that it declares itself."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from accounts import events
from accounts.counting import Catalogue, Counting, check_counting, counting_of
from accounts.kinds import kinds
from accounts.models import DeclaredMeasure
from accounts.starting_measures import STARTING_MEASURES, starting_catalogue

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")

# The names of the published schemes that ask for one of these measures, by their codes.
UsedBy = Callable[[Collection[str]], Collection[str]]


class MeasureTaken(ValueError):
    def __init__(self, code: str) -> None:
        super().__init__(
            gettext("There is a measure “%(code)s” already; choose another code.") % {"code": code}
        )


class BadCode(ValueError):
    def __init__(self, code: str) -> None:
        super().__init__(
            gettext(
                "“%(code)s” is no code: use up to 40 small letters, digits and underscores, "
                "starting with a letter."
            )
            % {"code": code}
        )


class MeasureInUse(ValueError):
    def __init__(self, name: str, used: Collection[str]) -> None:
        super().__init__(
            gettext(
                "What “%(name)s” counts is fixed: %(used)s was published with it. Declare "
                "another measure, and use that in the next version."
            )
            % {"name": name, "used": ", ".join(sorted(used))}
        )


@dataclass(frozen=True, slots=True)
class NamedMeasure:
    """`declared` is the row of the tenant's own ones."""

    code: str
    name: str
    counting: Counting
    declared: DeclaredMeasure | None = None


def measures() -> dict[str, NamedMeasure]:
    """Every measure of the open tenant by its code: those that all have first, then its own."""
    found = {
        code: NamedMeasure(code, gettext(one.name), one.counting)
        for code, one in STARTING_MEASURES.items()
    }
    for row in DeclaredMeasure.objects.order_by("code"):
        found[row.code] = NamedMeasure(row.code, row.name, counting_of(row.terms), row)
    return found


def catalogue() -> Catalogue:
    """What each measure of the open tenant counts, by its code."""
    rows = DeclaredMeasure.objects.values_list("code", "terms")
    return {**starting_catalogue(), **{code: counting_of(terms) for code, terms in rows}}


def declare_measure(
    *, code: str, name: str, counting: Counting, actor: str, now: datetime
) -> DeclaredMeasure:
    """Its values are there at once: roll-ups know all that has happened.

    Raises BadCode, MeasureTaken, and BadCounting for what cannot be counted.
    """
    if not CODE.fullmatch(code):
        raise BadCode(code)
    if code in STARTING_MEASURES:
        raise MeasureTaken(code)
    try:
        with transaction.atomic():
            hold_measures()  # or a part of this ratio might become a ratio itself meanwhile
            check_counting(counting, kinds=kinds(), catalogue=catalogue())
            measure = DeclaredMeasure.objects.create(code=code, name=name, terms=counting.as_json())
            _record("measure.declared", measure, actor=actor, now=now)
    except IntegrityError:
        raise MeasureTaken(code) from None
    return measure


def change_measure(
    *,
    measure: DeclaredMeasure,
    name: str,
    counting: Counting,
    used_by: UsedBy,
    actor: str,
    now: datetime,
) -> DeclaredMeasure:
    """Its code stays, and so does what it counts once a scheme was published with it; its name may
    always change.

    Raises MeasureInUse, and BadCounting for what cannot be counted.
    """
    with transaction.atomic():
        hold_measures()
        measure = DeclaredMeasure.objects.get(pk=measure.pk)
        if counting != counting_of(measure.terms):
            _check_change(measure, counting, used_by)
        before = _said(measure)
        measure.name, measure.terms = name, counting.as_json()
        measure.save(update_fields=["name", "terms"])
        changed = events.compared(before, _said(measure))
        _record("measure.changed", measure, actor=actor, now=now, **changed)
    return measure


def _check_change(measure: DeclaredMeasure, counting: Counting, used_by: UsedBy) -> None:
    others = {code: one for code, one in catalogue().items() if code != measure.code}
    check_counting(counting, kinds=kinds(), catalogue=others)
    ratios = {code for code, one in others.items() if measure.code in (one.of, one.to)}
    changed = {**others, measure.code: counting}
    for code in sorted(ratios):  # they must make sense of it, too
        check_counting(others[code], kinds=kinds(), catalogue=changed)
    used = used_by({measure.code, *ratios})
    if used:
        raise MeasureInUse(measure.name, used)


def hold_measures() -> None:
    """Keep what measures count as it is until the transaction ends: whoever publishes a scheme with
    them, or declares a ratio of them, must not find them changed afterwards."""
    declared = DeclaredMeasure.objects.select_for_update(of=("self",)).order_by("id")
    list(declared.values_list("pk"))


def _said(measure: DeclaredMeasure) -> dict[str, Any]:
    return {"code": measure.code, "name": measure.name, "counts": measure.terms}


def _record(what: str, measure: DeclaredMeasure, *, actor: str, now: datetime, **more: Any) -> None:
    events.record(
        kind=what,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"measure:{measure.pk}",
        payload=_said(measure) | more,
    )
