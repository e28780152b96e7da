"""Progress on a ladder as the API shows it: each condition with its value and threshold."""

from typing import Any

from rest_framework import serializers

from tiers.criteria import AtLeast, Condition, OnLadder, Part, Weighted
from tiers.judging import Verdict
from tiers.progress import Progress


class ConditionShape(serializers.Serializer):
    asks = serializers.CharField(
        help_text="measure, ladder, score or part: what is compared. A part is one of a score."
    )
    measure = serializers.CharField(allow_blank=True, help_text="The measure's code, if any.")
    window = serializers.CharField(allow_blank=True, help_text="Over which it is read.")
    ladder = serializers.CharField(allow_blank=True)
    operator = serializers.CharField(help_text="gte, gt, lte or lt.")
    value = serializers.IntegerField(
        help_text="A whole number in the measure's unit: money in its smallest unit, quantities in "
        "ten-thousandths, averages in hundredths, ratios in hundredths of a percent."
    )
    threshold = serializers.IntegerField()
    missing = serializers.IntegerField()
    percent = serializers.IntegerField(help_text="Of the way, rounded down; 100 only when met.")
    met = serializers.BooleanField()
    on_the_way = serializers.BooleanField(help_text="Whether the shortest way leads through it.")


class StepShape(serializers.Serializer):
    name = serializers.CharField()
    percent = serializers.IntegerField(help_text="Of the way, rounded down; 100 only when met.")
    by = serializers.DateTimeField(
        allow_null=True, help_text="When the first period ends that counts; null if none does."
    )
    by_invitation = serializers.BooleanField()
    conditions = ConditionShape(many=True)


STEP = {
    "name": "Gold",
    "percent": 40,
    "by": "2026-04-01T04:00:00Z",
    "by_invitation": False,
    "conditions": [
        {
            "asks": "measure",
            "measure": "revenue",
            "window": "quarter",
            "ladder": "",
            "operator": "gte",
            "value": 40_000,
            "threshold": 100_000,
            "missing": 60_000,
            "percent": 40,
            "met": False,
            "on_the_way": True,
        }
    ],
}


def next_step(progress: Progress) -> dict[str, Any] | None:
    if progress.next is None or progress.to_next is None:
        return None
    way = progress.way
    return {
        "name": progress.next.name,
        "percent": progress.percent,
        "by": progress.by,
        "by_invitation": progress.next.by_invitation,
        "conditions": conditions(progress.to_next, way=way),
    }


def conditions(verdict: Verdict, *, way: list[Verdict]) -> list[dict[str, Any]]:
    """Every condition of a tree, in its order."""
    if isinstance(verdict.criteria, AtLeast):
        return [one for part in verdict.parts for one in conditions(part, way=way)]
    parts = verdict.parts if isinstance(verdict.criteria, Weighted) else ()
    return [_condition(one, way) for one in (verdict, *parts)]


def _condition(verdict: Verdict, way: list[Verdict]) -> dict[str, Any]:
    asked = verdict.criteria
    shape = {
        "asks": "score",
        "measure": "",
        "window": "",
        "ladder": "",
        "operator": "gte",
        "value": verdict.value,
        "threshold": verdict.threshold,
        "missing": verdict.missing,
        "percent": verdict.percent,
        "met": verdict.met,
        "on_the_way": verdict in way,
    }
    if isinstance(asked, OnLadder):
        return shape | {"asks": "ladder", "ladder": asked.ladder}
    if isinstance(asked, Condition | Part):
        is_part = isinstance(asked, Part)
        shape |= {"asks": "part" if is_part else "measure", "measure": asked.reading.measure}
        shape["window"] = asked.reading.window.key
        return shape if is_part else shape | {"operator": asked.op}
    return shape
