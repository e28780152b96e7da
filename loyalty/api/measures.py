"""Measures: what can be counted about accounts, and how."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.counting import COUNTS, RETURNS
from accounts.declaring import NamedMeasure, measures
from accounts.models import ActivityKind
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import narrowed
from loyalty.counting_words import CountingWords
from tiers.uses import uses_of_measures


class MeasureShape(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    counted = serializers.CharField(help_text="How, in words.")
    counts = serializers.ChoiceField(choices=list(COUNTS))
    kinds = serializers.ListField(child=serializers.CharField(), help_text="None: all kinds.")
    lines = serializers.ListField(child=serializers.CharField(), help_text="None: all lines.")
    returns = serializers.ChoiceField(
        choices=list(RETURNS), help_text="What returns do to amounts, quantities and facts."
    )
    attribute = serializers.CharField(allow_blank=True, help_text="What an average is of.")
    per_person = serializers.IntegerField(help_text="At most so many of each person; 0: all.")
    of = serializers.CharField(allow_blank=True, help_text="A ratio of this measure …")
    to = serializers.CharField(allow_blank=True, help_text="… to this one.")
    scale = serializers.IntegerField(
        allow_null=True,
        help_text="How many units of its whole-number values make one; null: smallest units of the "
        "currency.",
    )
    is_own = serializers.BooleanField(help_text="Declared by this tenant.")
    used_by = serializers.ListField(
        child=serializers.CharField(), help_text="Ladders published with it."
    )


SHOWN = {
    "code": "revenue",
    "name": "Revenue",
    "counted": "The sum of the amounts, of “Purchase”. A return lowers the month in which it "
    "comes.",
    "counts": "amount",
    "kinds": ["purchase"],
    "lines": [],
    "returns": "in_their_month",
    "attribute": "",
    "per_person": 0,
    "of": "",
    "to": "",
    "scale": None,
    "is_own": False,
    "used_by": ["Partner levels"],
}


class MeasuresShape(serializers.Serializer):
    items = MeasureShape(many=True)


class MeasuresView(Edge):
    """All measures; there are a few dozen at most."""

    scopes = {"GET": "accounts:read"}

    @documented(
        "list_measures",
        "What can be counted about accounts: for criteria of tiers, and wherever values are told",
        answers={200: MeasuresShape},
        problems=(400,),
        examples=[example("Revenue", {"items": [SHOWN]})],
    )
    def get(self, request: Request) -> Response:
        narrowed(request, (), pages=False)
        named, uses = measures(), uses_of_measures()
        words = CountingWords(
            kinds=dict(ActivityKind.objects.values_list("code", "name")),
            measures={code: one.name for code, one in named.items()},
        )
        return Response(
            {"items": [_shape(one, words, uses.get(code, [])) for code, one in named.items()]}
        )


def _shape(one: NamedMeasure, words: CountingWords, used_by: list[str]) -> dict[str, Any]:
    counting = one.counting
    return {
        "code": one.code,
        "name": one.name,
        "counted": words.told(counting),
        "counts": counting.counts,
        "kinds": counting.kinds,
        "lines": counting.lines,
        "returns": counting.returns,
        "attribute": counting.attribute,
        "per_person": counting.per_person,
        "of": counting.of,
        "to": counting.to,
        "scale": counting.scale,
        "is_own": one.declared is not None,
        "used_by": used_by,
    }
