"""Facts through the API: one, or a list of up to 10,000, by the same path."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api.commands import command
from loyalty.api.filters import narrowed
from loyalty.api.kept import KeptActivities
from loyalty.api.problems import Problem, problem
from loyalty.api.recording import SOURCE, documents_recording
from loyalty.api.taking import DEFAULT_SOURCE, SCOPE, STATUS, shape, take
from rewards.intake import Outcome

MOST_FACTS = 10_000


class ActivitiesView(KeptActivities):
    """Facts come in."""

    scopes = {**KeptActivities.scopes, "POST": SCOPE}

    @documents_recording
    @command(is_key_needed=False, keeps_refusals=False)
    def post(self, request: Request) -> Response:
        now = timezone.now()
        source = _source(request)
        if isinstance(request.data, list):
            outcomes = _take(request.data, request, source=source, now=now)
            return Response(_batch_shape(outcomes))
        (outcome,) = _take([request.data], request, source=source, now=now)
        return answer_to(outcome)


def answer_to(outcome: Outcome) -> Response:
    """What whoever brought one fact is told."""
    status = STATUS[outcome.status]
    if status >= HTTPStatus.BAD_REQUEST:
        return problem(status, outcome.reason)
    return Response(shape(outcome), status=status)


def _source(request: Request) -> str:
    # A misspelled “source” would give the facts another identity than was meant.
    narrowed(request, (SOURCE,), pages=False)
    source = request.query_params.get("source", DEFAULT_SOURCE)
    if not source.isprintable():
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "“source” has printable characters only.")
    if source.startswith("system:"):
        raise Problem(HTTPStatus.BAD_REQUEST, "Sources of the system itself are not for others.")
    return source


def _take(raw: Sequence[Any], request: Request, *, source: str, now: datetime) -> list[Outcome]:
    if not 1 <= len(raw) <= MOST_FACTS:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE if raw else HTTPStatus.BAD_REQUEST,
            f"Send 1 to {MOST_FACTS:,} facts at a time; these are {len(raw):,}.",
        )
    return take(raw, tenant=request.tenant, source=source, actor=request.auth.actor, now=now)


def _batch_shape(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    counts = Counter(outcome.status for outcome in outcomes)
    statuses = ("accepted", "known", "conflict", "rejected")
    return {status: counts[status] for status in statuses} | {
        "items": [shape(outcome) for outcome in outcomes]
    }
