"""The record of events, read from outside: to catch up with what webhooks did not bring."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.delivery import behind, settled
from accounts.models import Event
from accounts.webhooks.letters import told
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.problems import Problem

FILTERS = (
    Text("after", "after", "Behind this one: the id of the last event you have.", 36),
    Text("kind", "kind", "Of this kind, such as points.earned.", 60),
    Text("account", "account__number", "Of the account with this number.", 64),
    Instant("since", "recorded_at__gte", "Recorded then or later."),
    Instant("until", "recorded_at__lt", "Recorded before then."),
)


class EventAccountShape(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.CharField()
    name = serializers.CharField()


class EventDataShape(serializers.Serializer):
    recorded_at = serializers.DateTimeField(help_text="When it was written down.")
    actor = serializers.CharField(help_text="staff:<id>, member:<id>, key:<id> or system.")
    subject = serializers.CharField(help_text="What it is about, such as redemption:<id>.")
    account = EventAccountShape(allow_null=True)
    details = serializers.DictField(help_text="What the kind of event has to tell.")


class EventShape(serializers.Serializer):
    """An event. Webhooks are sent the same, with the id in the header `webhook-id`."""

    id = serializers.UUIDField()
    type = serializers.CharField(help_text="The kind, such as points.earned.")
    timestamp = serializers.DateTimeField(help_text="When it took effect.")
    version = serializers.IntegerField(help_text="Of the shape of `data`.")
    data = EventDataShape()


SHOWN = {
    "id": "0197f7a0-0000-7000-8000-000000000009",
    "type": "points.earned",
    "timestamp": "2026-02-10T15:00:00Z",
    "version": 1,
    "data": {
        "recorded_at": "2026-02-10T16:00:00Z",
        "actor": "key:0197f7a0-0000-7000-8000-000000000003",
        "subject": "account:0197f7a0-0000-7000-8000-000000000001",
        "account": {
            "id": "0197f7a0-0000-7000-8000-000000000001",
            "number": "D-1",
            "name": "Dealer One",
        },
        "details": {"program": "rewards", "points": 1860},
    },
}


class EventsView(Edge):
    """What happened."""

    scopes = {"GET": "events:read"}

    @documented(
        "list_events",
        "What happened, in the order in which it is handed on",
        description=(
            "The first to happen is the first to be told, and none appears before another that was "
            "told already: whoever goes on `after` the last one misses nothing. What happens while "
            "an older transaction is still open is told when that one has ended.\n\n"
            "Webhooks are sent the same as the items here, but for `id`, which is in the header."
        ),
        answers={200: EventShape},
        parameters=parameters(FILTERS),
        examples=[example("Points earned", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        wanted = narrowed(request, FILTERS)
        rows = Event.objects.filter(settled()).select_related("account")
        if "after" in wanted:
            last = _event(wanted.pop("after"))
            rows = rows.filter(behind(last.position, last.pk))
        return page(
            request,
            rows.filter(**wanted),
            by=("position", "id"),
            shape=lambda found: [{"id": event.pk} | told(event) for event in found],
        )


def _event(text: str) -> Any:
    try:
        found = Event.objects.filter(pk=UUID(text)).first()
    except ValueError:
        found = None
    if found is None:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "“after” is the id of an event.")
    return found
