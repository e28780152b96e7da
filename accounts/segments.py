"""Segments: defined once, used by rules and campaigns."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext

from accounts import events
from accounts.asking import ACCOUNT_COLUMNS, CannotAsk, as_query
from accounts.conditions import SEGMENT, BadCondition, comparisons, expanded
from accounts.models import Account, Segment


class SegmentTaken(ValueError):
    def __init__(self, code: str) -> None:
        super().__init__(
            gettext("There is a segment “%(code)s” already; choose another code.") % {"code": code}
        )


def definitions() -> dict[str, dict[str, Any]]:
    """The conditions of the tenant's segments, by code."""
    return dict(Segment.objects.values_list("code", "condition"))


def used_in(condition: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The segments that `condition` names, as they are defined now, each without others in it.

    Raises BadCondition for one that does not exist.
    """
    there = definitions()
    named: set[str] = set()
    for part in comparisons(condition):
        if part["field"] == SEGMENT:
            value = part["value"]
            named |= set(value) if isinstance(value, list) else {value}
    expanded(condition, segments=there)
    return {code: expanded(there[code], segments=there) for code in sorted(named)}


def accounts_in(condition: Mapping[str, Any]) -> QuerySet[Account]:
    """The accounts for which the condition holds. Raises BadCondition."""
    try:
        query = as_query(condition, columns=ACCOUNT_COLUMNS, segments=definitions())
    except CannotAsk as unknown:
        raise BadCondition(
            gettext("Accounts cannot be told apart by that: %(unknown)s") % {"unknown": unknown}
        ) from None
    return Account.objects.filter(query)


def sizes_of(some: Collection[Segment]) -> dict[UUID, int]:
    """How many accounts are in each now, by its id."""
    there = definitions()
    asked = {
        f"in_{one.pk.hex}": Count(
            "pk", filter=as_query(one.condition, columns=ACCOUNT_COLUMNS, segments=there)
        )
        for one in some
    }
    found = Account.objects.aggregate(**asked) if asked else {}
    return {one.pk: found[f"in_{one.pk.hex}"] for one in some}


def define_segment(
    *, code: str, name: str, condition: Mapping[str, Any], actor: str, now: datetime
) -> Segment:
    """Raises SegmentTaken, and BadCondition for a condition that accounts cannot be asked."""
    accounts_in(condition)
    try:
        with transaction.atomic():
            segment = Segment.objects.create(code=code, name=name, condition=condition)
            _record("segment.defined", segment, actor=actor, now=now)
    except IntegrityError:
        raise SegmentTaken(code) from None
    return segment


def change_segment(
    *, segment: Segment, name: str, condition: Mapping[str, Any], actor: str, now: datetime
) -> Segment:
    """What was published with the segment keeps it as it was. Raises BadCondition."""
    with transaction.atomic():
        segment = Segment.objects.select_for_update(of=("self",)).get(pk=segment.pk)
        expanded(condition, segments=definitions() | {segment.code: dict(condition)})
        accounts_in(condition)
        before = _said(segment)
        segment.name, segment.condition = name, condition
        segment.save(update_fields=["name", "condition"])
        # It may stand in others: none may end up within itself.
        for other in definitions().values():
            expanded(other, segments=definitions())
        changed = events.compared(before, _said(segment))
        _record("segment.changed", segment, actor=actor, now=now, **changed)
    return segment


def _said(segment: Segment) -> dict[str, Any]:
    return {"code": segment.code, "name": segment.name, "condition": segment.condition}


def _record(what: str, segment: Segment, *, actor: str, now: datetime, **more: Any) -> None:
    events.record(
        kind=what,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"segment:{segment.pk}",
        payload=_said(segment) | more,
    )
