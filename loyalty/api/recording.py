"""What the OpenAPI document says of the door for facts."""

from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer

from loyalty.api.document import documented, example, sent
from loyalty.api.shapes import BatchShape, FactShape, FactsShape, OutcomeShape

SENT = {
    "account": "D-1",
    "kind": "purchase",
    "external_id": "SO-1",
    "line": "1",
    "occurred_at": "2026-02-10T15:00:00Z",
    "amount": "1240.55",
}
ACCEPTED = {
    "status": "accepted",
    "reason": "",
    "activity": "0197f7a0-0000-7000-8000-000000000004",
    "grants": [
        {
            "program": "rewards",
            "rule": "purchases",
            "rule_version": 1,
            "unit": "points",
            "desired": 1860,
            "granted": 1860,
            "multiplier": "1.5",
            "tier": "Gold",
            "why": "1 per 1.00 of 1,240.55 × 1.5 as Gold",
        }
    ],
}
REJECTED = {
    "status": "rejected",
    "reason": "There is no account with the number “D-9”; import or correct it.",
    "activity": None,
    "grants": [],
}
BATCH = {"accepted": 1, "known": 0, "conflict": 0, "rejected": 1, "items": [ACCEPTED, REJECTED]}

documents_recording = documented(
    "record_activities",
    "Record one activity, or a list of up to 10,000",
    description=(
        "Each fact is stored once under (source, external_id, line). Sent again with the same "
        "content it is answered as known and nothing moves; with other content it is a "
        "conflict. In a list, a fact that is refused leaves the others alone.\n\n"
        "Facts have identities of their own, so the Idempotency-Key may be left out here, and a "
        "single fact that was refused may come again under it."
    ),
    parameters=[
        OpenApiParameter(
            "source",
            {"type": "string", "minLength": 1, "maxLength": 40, "default": "api"},
            description="Where the identities come from, such as erp.",
        )
    ],
    body=PolymorphicProxySerializer(
        component_name="FactOrFacts",
        serializers=[FactShape, FactsShape],
        resource_type_field_name=None,
        many=False,
    ),
    answers={
        200: PolymorphicProxySerializer(
            component_name="OutcomeOrBatch",
            serializers=[OutcomeShape, BatchShape],
            resource_type_field_name=None,
        ),
        201: OutcomeShape,
    },
    problems=(413,),
    examples=[
        sent("A purchase", SENT),
        sent("A list", [SENT, SENT | {"account": "D-9", "external_id": "SO-2"}]),
        example("Accepted", ACCEPTED, status=201),
        example("A list", BATCH),
    ],
    is_command=True,
    is_key_needed=False,
)
