"""The tiers an account held, when and why."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.progress import STEP, ConditionShape, conditions
from tiers.evidence import Evidence, evidence_of
from tiers.ladders import Ladder, as_ladder
from tiers.models import Cause, Standing
from tiers.queries import held_at

ON = Instant("on", "on", "Those held then; of a date, at its beginning.")
FILTERS = (
    Text("program", "enrollment__program__slug", "Of the program with this slug.", 40),
    Text("ladder", "scheme__code", "Of the ladder with this code.", 40),
    Choice("cause", "cause", "What brought it about.", tuple(Cause.values)),
    ON,
)


class EvidenceShape(serializers.Serializer):
    version = serializers.IntegerField(help_text="The ladder's version that decided.")
    since = serializers.DateField(
        allow_null=True, help_text="First day of the period looked at, in the tenant's zone."
    )
    until = serializers.DateField(allow_null=True, help_text="First day after it.")
    meets = serializers.CharField(allow_null=True, help_text="The tier that the values meet.")
    held = ConditionShape(many=True, help_text="What the tier asks, as it was then.")
    next = ConditionShape(many=True, help_text="What the next tier asks, as it was then.")


class StandingShape(serializers.Serializer):
    id = serializers.UUIDField()
    program = serializers.CharField()
    ladder = serializers.CharField()
    is_leading = serializers.BooleanField()
    tier = serializers.CharField()
    tier_code = serializers.CharField(help_text="Stays when its name changes.")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Exclusive; null while held.")
    falls_at = serializers.DateTimeField(
        allow_null=True, help_text="When it ends for a lower tier, unless it is met by then."
    )
    pinned_until = serializers.DateTimeField(allow_null=True, help_text="Set by hand until then.")
    cause = serializers.CharField()
    decided_at = serializers.DateTimeField()
    evidence = EvidenceShape(
        allow_null=True, help_text="What measures decided; null for what they did not decide."
    )


SHOWN = {
    "id": "0197f7a0-0000-7000-8000-000000000001",
    "program": "rewards",
    "ladder": "tiers",
    "is_leading": True,
    "tier": "Gold",
    "tier_code": "gold",
    "starts_at": "2026-02-10T15:00:00.000001Z",
    "ends_at": None,
    "falls_at": None,
    "pinned_until": None,
    "cause": "reached",
    "decided_at": "2026-02-10T15:00:00Z",
    "evidence": {
        "version": 1,
        "since": "2026-01-01",
        "until": "2026-04-01",
        "meets": "gold",
        "held": [
            STEP["conditions"][0]
            | {"value": 124_055, "missing": 0, "percent": 100, "met": True, "on_the_way": False}
        ],
        "next": [],
    },
}


class StandingsView(Edge):
    """The tiers an account held."""

    scopes = {"GET": "accounts:read"}

    @documented(
        "list_standings",
        "The tiers an account held, the newest first, each with its cause and evidence",
        description="With `on`, the tier held at any time. The conditions of the evidence are "
        "those of the version that decided, with the values of then.",
        answers={200: StandingShape},
        problems=(404,),
        parameters=parameters(FILTERS),
        examples=[example("Gold, reached", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request, number: str) -> Response:
        account = get_object_or_404(Account, number=number)
        asked = narrowed(request, FILTERS)
        instant = asked.pop(ON.lookup, None)
        at_that_time = Q() if instant is None else held_at(instant)
        rows = Standing.objects.filter(at_that_time, enrollment__account=account, **asked)
        return page(
            request,
            rows.select_related("tier__version__scheme", "scheme", "enrollment__program"),
            by=("-starts_at", "-id"),
            shape=_standings,
        )


def _standings(found: Sequence[Standing]) -> list[dict[str, Any]]:
    ladders: dict[UUID, Ladder] = {}
    for one in found:
        if one.tier.version_id not in ladders:  # most standings of a page share one version
            ladders[one.tier.version_id] = as_ladder(one.tier.version)
    return [_standing(one, ladders[one.tier.version_id]) for one in found]


def _standing(standing: Standing, ladder: Ladder) -> dict[str, Any]:
    return {
        "id": standing.pk,
        "program": standing.enrollment.program.slug,
        "ladder": standing.scheme.code,
        "is_leading": standing.scheme.is_leading,
        "tier": standing.tier.name,
        "tier_code": standing.tier.code,
        "starts_at": standing.starts_at,
        "ends_at": standing.ends_at,
        "falls_at": standing.falls_at,
        "pinned_until": standing.pinned_until,
        "cause": standing.cause,
        "decided_at": standing.decided_at,
        "evidence": _evidence(evidence_of(standing, ladder=ladder)),
    }


def _evidence(found: Evidence) -> dict[str, Any] | None:
    if found.verdict is None:
        return None
    since, until = found.period or (None, None)
    return {
        "version": found.ladder.number,
        "since": since,
        "until": until,
        "meets": found.met.code if found.met else None,
        "held": conditions(found.verdict, way=[]),
        "next": conditions(found.above, way=[]) if found.above else [],
    }
