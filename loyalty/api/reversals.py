"""A return, sent to the address of what it takes back; by the same door as any other fact."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.facts import MAY_BE_AHEAD, TEXTS, FactRefused, parse_fact
from accounts.models import Activity, Tenant
from accounts.money import exponent
from loyalty.api.commands import command, created
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import narrowed
from loyalty.api.problems import Problem
from loyalty.api.shapes import Body
from rewards.intake import Outcome, take_in

STATUS = {"conflict": HTTPStatus.CONFLICT, "rejected": HTTPStatus.UNPROCESSABLE_ENTITY}


class ReversalBody(Body):
    """`amount`, `quantity`, or both say how much is taken back. With (source of the original,
    external_id, line) the return has the permanent identity that every fact has."""

    external_id = serializers.CharField(
        max_length=TEXTS["external_id"], help_text="The number of the credit note or return."
    )
    line = serializers.CharField(max_length=TEXTS["line"], required=False, allow_blank=True)
    occurred_at = serializers.CharField(
        max_length=64, help_text="ISO 8601; without an offset, local time of the tenant."
    )
    amount = serializers.CharField(
        max_length=40, required=False, help_text="In major units: “30.00”; a positive number."
    )
    quantity = serializers.CharField(
        max_length=40, required=False, help_text="As decimal text: “3”; a positive number."
    )


class TakenBackShape(serializers.Serializer):
    program = serializers.CharField()
    rule = serializers.CharField()
    rule_version = serializers.IntegerField()
    unit = serializers.CharField()
    granted = serializers.IntegerField(help_text="What moved: below zero.")
    why = serializers.CharField()


class ReversalShape(serializers.Serializer):
    status = serializers.ChoiceField(choices=["accepted", "known"])
    activity = serializers.UUIDField(help_text="The return, a fact of its own.")
    reverses = serializers.UUIDField()
    taken_back = TakenBackShape(many=True)


ORIGINAL = "0197f7a0-0000-7000-8000-000000000004"
SENT = {
    "external_id": "CN-1",
    "occurred_at": "2026-03-02T09:00:00Z",
    "quantity": "3",
}
SHOWN = {
    "status": "accepted",
    "activity": "0197f7a0-0000-7000-8000-000000000005",
    "reverses": ORIGINAL,
    "taken_back": [
        {
            "program": "rewards",
            "rule": "purchases",
            "rule_version": 1,
            "unit": "points",
            "granted": -450,
            "why": "in proportion to what is returned of the 1500 it had earned",
        }
    ],
}


class ReversalsView(Edge):
    """Returns of one fact."""

    scopes = {"POST": "activities:write"}

    @documented(
        "reverse_activity",
        "Take a fact back, in part or in whole",
        description=(
            "What the fact earned is taken back in proportion, whatever rules and tiers hold "
            "today. Returns of a fact never add up to more than the fact. Each is a fact of the "
            "kind “return” of its own and can be sent to /activities as well."
        ),
        body=ReversalBody,
        answers={200: ReversalShape, 201: ReversalShape},
        problems=(404,),
        examples=[sent("Three units", SENT), example("Taken back", SHOWN, status=201)],
        is_command=True,
    )
    @command(ReversalBody)
    def post(self, request: Request, given: dict[str, Any], activity_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        original = get_object_or_404(Activity.objects.select_related("account"), pk=activity_id)
        outcome = _take_back(original, given, tenant=request.tenant, actor=request.auth.actor)
        if outcome.status in STATUS:
            raise Problem(STATUS[outcome.status], outcome.reason)
        shape = _shape(outcome, original)
        if outcome.status == "known":
            return Response(shape)
        return created(shape, "api_activity", outcome.activity_id)


def _take_back(original: Activity, given: dict[str, Any], *, tenant: Tenant, actor: str) -> Outcome:
    if original.source.startswith("system:"):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, "What the system itself recorded cannot be returned."
        )
    now = timezone.now()
    raw = given | {
        "account": original.account.number,
        "kind": "return",
        "reverses": {"external_id": original.external_id, "line": original.line},
    }
    try:
        fact = parse_fact(
            raw, places=exponent(tenant.currency), zone=tenant.zone, latest=now + MAY_BE_AHEAD
        )
    except FactRefused as refusal:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(refusal)) from refusal
    (outcome,) = take_in([fact], source=original.source, actor=actor, as_of=now)
    return outcome


def _shape(outcome: Outcome, original: Activity) -> dict[str, Any]:
    names = ("program", "rule", "rule_version", "unit", "granted", "why")
    return {
        "status": outcome.status,
        "activity": outcome.activity_id,
        "reverses": original.pk,
        "taken_back": [{name: getattr(one, name) for name in names} for one in outcome.grants],
    }
