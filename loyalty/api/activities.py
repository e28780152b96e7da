"""Facts through the API: one, or a list of up to 10,000, by the same path."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.facts import MAY_BE_AHEAD, Fact, FactRefused, parse_fact
from accounts.models import Tenant
from accounts.money import exponent
from loyalty.api.problems import Problem, problem
from loyalty.api.shapes import BatchShape, FactShape, OutcomeShape, ProblemShape
from rewards.intake import Outcome, take_in

MOST_FACTS = 10_000
DEFAULT_SOURCE = "api"
MOST_SOURCE = 40

ONE_STATUS = {
    "accepted": HTTPStatus.CREATED,
    "known": HTTPStatus.OK,
    "conflict": HTTPStatus.CONFLICT,
    "rejected": HTTPStatus.UNPROCESSABLE_ENTITY,
}


class ActivitiesView(APIView):
    """Facts come in."""

    scope = "activities:write"

    @extend_schema(
        operation_id="record_activities",
        summary="Record one activity, or a list of up to 10,000",
        description=(
            "Each fact is stored once under (source, external_id, line). Sent again with the same "
            "content it is answered as known and nothing moves; with other content it is a "
            "conflict. In a list, a fact that is refused leaves the others alone."
        ),
        parameters=[
            OpenApiParameter(
                "source",
                str,
                description="Where the identities come from, such as erp; “api” if not given.",
            )
        ],
        request=PolymorphicProxySerializer(
            component_name="FactOrFacts",
            serializers=[FactShape, FactShape(many=True)],
            resource_type_field_name=None,
            many=False,
        ),
        responses={
            200: PolymorphicProxySerializer(
                component_name="OutcomeOrBatch",
                serializers=[OutcomeShape, BatchShape],
                resource_type_field_name=None,
            ),
            201: OutcomeShape,
            (400, "application/problem+json"): ProblemShape,
            (401, "application/problem+json"): ProblemShape,
            (403, "application/problem+json"): ProblemShape,
            (409, "application/problem+json"): ProblemShape,
            (413, "application/problem+json"): ProblemShape,
            (415, "application/problem+json"): ProblemShape,
            (422, "application/problem+json"): ProblemShape,
        },
    )
    def post(self, request: Request) -> Response:
        now = timezone.now()
        source = _source(request)
        if isinstance(request.data, list):
            outcomes = _take(request.data, request, source=source, now=now)
            return Response(_batch_shape(outcomes))
        (outcome,) = _take([request.data], request, source=source, now=now)
        status = ONE_STATUS[outcome.status]
        if status >= HTTPStatus.BAD_REQUEST:
            return problem(status, outcome.reason)
        return Response(_shape(outcome), status=status)


def _source(request: Request) -> str:
    source = request.query_params.get("source", DEFAULT_SOURCE)
    if not source or len(source) > MOST_SOURCE or not source.isprintable():
        raise Problem(
            HTTPStatus.BAD_REQUEST, f"“source” has 1 to {MOST_SOURCE} printable characters."
        )
    if source.startswith("system:"):
        raise Problem(HTTPStatus.BAD_REQUEST, "Sources of the system itself are not for others.")
    return source


def _take(raw: Sequence[Any], request: Request, *, source: str, now: datetime) -> list[Outcome]:
    """One outcome per item of `raw`, in its order; what cannot be read is rejected by itself."""
    if not 1 <= len(raw) <= MOST_FACTS:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE if raw else HTTPStatus.BAD_REQUEST,
            f"Send 1 to {MOST_FACTS:,} facts at a time; these are {len(raw):,}.",
        )
    outcomes: list[Outcome | None] = []
    facts: list[Fact] = []
    for item in raw:
        try:
            facts.append(_parse(item, request.tenant, now))
            outcomes.append(None)
        except FactRefused as refusal:
            outcomes.append(Outcome("rejected", str(refusal)))
    taken = iter(take_in(facts, source=source, actor=request.auth.actor, as_of=now))
    return [outcome or next(taken) for outcome in outcomes]


def _parse(item: Any, tenant: Tenant, now: datetime) -> Fact:
    if not isinstance(item, Mapping):
        raise FactRefused("A fact is an object with account, kind, external_id and occurred_at.")
    return parse_fact(
        item, places=exponent(tenant.currency), zone=tenant.zone, latest=now + MAY_BE_AHEAD
    )


def _batch_shape(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    counts = Counter(outcome.status for outcome in outcomes)
    statuses = ("accepted", "known", "conflict", "rejected")
    return {status: counts[status] for status in statuses} | {
        "items": [_shape(outcome) for outcome in outcomes]
    }


def _shape(outcome: Outcome) -> dict[str, Any]:
    return {
        "status": outcome.status,
        "reason": outcome.reason,
        "activity": outcome.activity_id,
        "grants": [
            {
                "program": given.program,
                "rule": given.rule,
                "rule_version": given.rule_version,
                "unit": given.unit,
                "desired": given.desired,
                "granted": given.granted,
                "multiplier": given.multiplier,
                "tier": given.tier,
                "why": given.why,
            }
            for given in outcome.grants
        ],
    }
