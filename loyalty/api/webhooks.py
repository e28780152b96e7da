"""Webhook endpoints made and looked after by other systems.

Their secrets are chosen by the caller and never told again: an answer is kept with its command for
ever, and a secret is shown to nobody twice.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.models.webhook import DeliveryState, EndpointState
from accounts.outward import AddressRefused
from accounts.webhooks import endpoints
from accounts.webhooks.deliveries import replay_since
from accounts.webhooks.endpoints import BadSecret, IsDisabled, TooManyEndpoints
from accounts.webhooks.kinds import TEST, BadKinds
from loyalty.api.commands import command, created
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import Choice, Instant, Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.shapes import Body
from loyalty.api.webhook_shapes import (
    DELIVERY_SHOWN,
    SENT,
    SHOWN,
    ChangeBody,
    DeliveryShape,
    EndpointBody,
    EndpointShape,
    NoBody,
    ReplayBody,
    ReplayedShape,
    RotationBody,
)

READ, WRITE = "webhooks:read", "webhooks:write"
REFUSED: Mapping[type[Exception], int] = {
    AddressRefused: 422,
    BadKinds: 422,
    BadSecret: 422,
    TooManyEndpoints: 409,
    IsDisabled: 409,
}
ENDPOINTS = (Choice("state", "state", "In this state.", tuple(EndpointState.values)),)
DELIVERIES = (
    Choice("state", "state", "In this state.", tuple(DeliveryState.values)),
    Text("kind", "event__kind", "Of events of this kind.", 60),
    Instant("since", "created_at__gte", "Of events recorded then or later."),
    Instant("until", "created_at__lt", "Of events recorded before then."),
)


class EndpointsView(Edge):
    """Webhook endpoints, and making one."""

    scopes = {"GET": READ, "POST": WRITE}

    @documented(
        "list_webhook_endpoints",
        "Where events are sent",
        answers={200: EndpointShape},
        parameters=parameters(ENDPOINTS),
        examples=[example("An active one", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        rows = WebhookEndpoint.objects.filter(**narrowed(request, ENDPOINTS))
        return page(
            request,
            rows,
            by=("created_at", "id"),
            shape=lambda found: [endpoint_data(one) for one in found],
        )

    @documented(
        "add_webhook_endpoint",
        "Have events sent to an address",
        description=(
            "From now on: what happened before is read from the list of events. Each event is sent "
            "as a POST at least once, signed as Standard Webhooks has it, until it is answered "
            "with 2xx; 410 ends it all."
        ),
        body=EndpointBody,
        answers={201: EndpointShape},
        examples=[sent("For a CRM", SENT), example("Made", SHOWN, status=201)],
        is_command=True,
    )
    @command(EndpointBody, refused=REFUSED)
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        narrowed(request, (), pages=False)
        made = endpoints.add_endpoint(
            url=given["url"],
            kinds=given["kinds"],
            description=given.get("description", ""),
            secret=given["secret"],
            actor=request.auth.actor,
            now=timezone.now(),
        )
        return created(endpoint_data(made), "api_webhook_endpoint", made.pk)


class EndpointView(Edge):
    """One webhook endpoint."""

    scopes = {"GET": READ}

    @documented(
        "read_webhook_endpoint",
        "One webhook endpoint",
        answers={200: EndpointShape},
        problems=(400, 404),
        examples=[example("An active one", SHOWN)],
    )
    def get(self, request: Request, endpoint_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        return Response(endpoint_data(_one(endpoint_id)))


class DeliveriesView(Edge):
    """What is and was on its way to an endpoint."""

    scopes = {"GET": READ}

    @documented(
        "list_webhook_deliveries",
        "What is and was on its way to an endpoint, the newest first",
        answers={200: DeliveryShape},
        problems=(404,),
        parameters=parameters(DELIVERIES),
        examples=[example("Waiting for its third attempt", DELIVERY_SHOWN)],
        is_page=True,
    )
    def get(self, request: Request, endpoint_id: UUID) -> Response:
        rows = WebhookDelivery.objects.filter(
            endpoint=_one(endpoint_id), **narrowed(request, DELIVERIES)
        )
        return page(
            request,
            rows.select_related("event"),
            by=("-created_at", "-id"),
            shape=lambda found: [_delivery_data(one) for one in found],
        )


def _change(
    name: str,
    summary: str,
    change: Callable[[WebhookEndpoint, Mapping[str, Any], str, datetime], Any],
    *,
    body: type[Body],
    example_body: Mapping[str, Any],
) -> Callable[..., Any]:
    """The view of one change to an endpoint: each has an address of its own."""

    class ChangeView(Edge):
        scopes = {"POST": WRITE}

        @documented(
            f"{name}_webhook_endpoint",
            summary,
            body=body,
            answers={200: EndpointShape},
            problems=(404,),
            examples=[sent("Sent", dict(example_body)), example("As it is now", SHOWN)],
            is_command=True,
        )
        @command(body, refused=REFUSED)
        def post(self, request: Request, given: dict[str, Any], endpoint_id: UUID) -> Response:
            narrowed(request, (), pages=False)
            change(_one(endpoint_id), given, request.auth.actor, timezone.now())
            return Response(endpoint_data(_one(endpoint_id)))

    ChangeView.__doc__ = summary
    ChangeView.__name__ = ChangeView.__qualname__ = f"{name.title()}EndpointView"
    return ChangeView.as_view()


change = _change(
    "change",
    "Send other events, or to another address",
    lambda one, given, actor, now: endpoints.change_endpoint(
        endpoint=one,
        url=given["url"],
        kinds=given["kinds"],
        description=given.get("description", one.description),
        actor=actor,
        now=now,
    ),
    body=ChangeBody,
    example_body={"url": "https://hooks.example.com/v2", "kinds": ["points.*"]},
)
pause = _change(
    "pause",
    "Keep what happens for later",
    lambda one, given, actor, now: endpoints.pause(endpoint=one, actor=actor, now=now),
    body=NoBody,
    example_body={},
)
resume = _change(
    "resume",
    "Send again, beginning with what waits",
    lambda one, given, actor, now: endpoints.resume(endpoint=one, actor=actor, now=now),
    body=NoBody,
    example_body={},
)
rotate = _change(
    "rotate",
    "Sign with a new secret, and for a while with the one before as well",
    lambda one, given, actor, now: endpoints.rotate_secret(
        endpoint=one,
        secret=given["secret"],
        overlap=timedelta(hours=given.get("overlap_hours", 24)),
        actor=actor,
        now=now,
    ),
    body=RotationBody,
    example_body={"secret": SENT["secret"], "overlap_hours": 24},
)


class TestView(Edge):
    """Trying it out."""

    scopes = {"POST": WRITE}

    @documented(
        "test_webhook_endpoint",
        "Send a test event to this endpoint alone",
        description="On its way like any other, as webhook.tested; its delivery is in the list.",
        body=NoBody,
        answers={201: DeliveryShape},
        problems=(404,),
        examples=[
            sent("Sent", {}),
            example(
                "On its way",
                DELIVERY_SHOWN | {"type": TEST, "attempts": 0, "due_at": "2026-02-10T16:00:00Z"},
                status=201,
            ),
        ],
        is_command=True,
    )
    @command(NoBody, refused=REFUSED)
    def post(self, request: Request, given: dict[str, Any], endpoint_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        delivery = endpoints.send_test(
            endpoint=_one(endpoint_id), actor=request.auth.actor, now=timezone.now()
        )
        return created(_delivery_data(delivery), "api_webhook_deliveries", endpoint_id)


class ReplayView(Edge):
    """Sending again."""

    scopes = {"POST": WRITE}

    @documented(
        "replay_webhook_endpoint",
        "Send again what failed since then, and what was missed while it was disabled",
        body=ReplayBody,
        answers={200: ReplayedShape},
        problems=(404,),
        examples=[
            sent("A bad night", {"since": "2026-02-09T18:00:00Z"}),
            example("On their way", {"count": 17}),
        ],
        is_command=True,
    )
    @command(ReplayBody)
    def post(self, request: Request, given: dict[str, Any], endpoint_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        one = _one(endpoint_id)
        count = replay_since(endpoint=one, since=given["since"], now=timezone.now())
        return Response({"count": count})


def endpoint_data(one: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": one.pk,
        "url": one.url,
        "kinds": one.kinds,
        "description": one.description,
        "state": one.state,
        "reason": one.reason,
        "failing_since": one.failing_since,
        "old_secret_until": one.old_secret_until,
        "created_at": one.created_at,
        "created_by": one.created_by,
    }


def _delivery_data(one: WebhookDelivery) -> dict[str, Any]:
    return {
        "id": one.pk,
        "event": one.event_id,
        "type": one.event.kind,
        "state": one.state,
        "attempts": one.attempts,
        "due_at": one.due_at if one.state == DeliveryState.WAITING else None,
        "created_at": one.created_at,
        "finished_at": one.finished_at,
    }


def _one(endpoint_id: UUID) -> WebhookEndpoint:
    return get_object_or_404(WebhookEndpoint, pk=endpoint_id)
