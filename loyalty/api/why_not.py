"""Why a fact gave nothing, or not more: for each rule what stood in the way."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Activity
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import narrowed
from rewards.voice import voice_of
from rewards.why_not import WhyNot, why_not


class UnmetShape(serializers.Serializer):
    condition = serializers.DictField(help_text="The comparison that did not hold.")
    found = serializers.JSONField(allow_null=True, help_text="What was there instead.")


class ReasonShape(serializers.Serializer):
    program = serializers.CharField()
    rule = serializers.CharField(
        allow_blank=True, help_text="Its code; empty where the program as a whole gave nothing."
    )
    reason = serializers.CharField(
        help_text="not_valid, condition, no_member, nothing, exclusive, cap, budget or "
        "published_later; of a program not_enrolled, paused, too_early or no_rules."
    )
    unmet = UnmetShape(many=True)
    sentence = serializers.CharField()


class ReasonsShape(serializers.Serializer):
    items = ReasonShape(many=True)


SHOWN = {
    "items": [
        {
            "program": "rewards",
            "rule": "gold-only",
            "reason": "condition",
            "unmet": [
                {"condition": {"field": "tier", "op": "eq", "value": "Gold"}, "found": "Silver"}
            ],
            "sentence": "Gold only: the tier is Gold; it was Silver.",
        }
    ]
}


class WhyNotView(Edge):
    """Why a fact gave nothing."""

    scopes = {"GET": "activities:read"}

    @documented(
        "explain_nothing",
        "Why a fact gave nothing, rule by rule",
        description=(
            "Of each rule that gave nothing for the fact, and of each program that has none for "
            "it, what stood in the way. What a fact did move is among its entries. A return "
            "earns nothing by its nature: there are no reasons for it."
        ),
        answers={200: ReasonsShape},
        problems=(400, 404),
        examples=[example("Not at Gold", SHOWN)],
    )
    def get(self, request: Request, activity_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        facts = Activity.objects.select_related("account", "member", "product")
        fact = get_object_or_404(facts, pk=activity_id)
        is_return = fact.reverses_id is not None
        reasons = [] if is_return else why_not(fact, voice=voice_of(request.tenant))
        return Response({"items": [_reason(one) for one in reasons]})


def _reason(one: WhyNot) -> dict[str, Any]:
    return {
        "program": one.program,
        "rule": one.rule,
        "reason": one.reason,
        "unmet": [
            {"condition": condition, "found": _plain(found)} for condition, found in one.unmet
        ],
        "sentence": one.sentence,
    }


def _plain(found: Any) -> Any:
    """As JSON has it; segments and the like come as sets."""
    return sorted(found) if isinstance(found, set | frozenset) else found
