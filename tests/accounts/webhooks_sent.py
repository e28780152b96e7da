"""Webhooks in the words of their stories: endpoints, what happens, what was sent."""

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import Event, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import endpoints, settling
from accounts.webhooks.deliveries import Claim, fan_out
from accounts.webhooks.endpoints import make_secret
from accounts.webhooks.sending import send_due
from accounts.webhooks.settling import Attempt, settle

SECRET = make_secret()
ACTOR = "staff:1"


def endpoint_at(url: str, *kinds: str, secret: str = SECRET) -> WebhookEndpoint:
    return endpoints.add_endpoint(
        url=url,
        kinds=kinds or ["*"],
        description="",
        secret=secret,
        actor=ACTOR,
        now=timezone.now(),
    )


def happens(*kinds: str, **more) -> list[Event]:
    """Events, handed on to the endpoints there are."""
    at = timezone.now()
    found = [
        Event.objects.create(
            kind=kind,
            occurred_at=more.get("at", at),
            recorded_at=more.get("at", at),
            actor="system",
            subject="wallet:1",
            account=more.get("account"),
            payload=more.get("payload", {"points": 5}),
        )
        for kind in kinds
    ]
    for event in found:
        event.refresh_from_db()
    fan_out(found)
    return found


def send(later: timedelta = timedelta(0)) -> int:
    """All that is due, as if it were so much later."""
    return send_due(now=lambda: timezone.now() + later, go_on=lambda: True)


def log() -> list[tuple[int, str, int | None]]:
    return list(
        WebhookAttempt.objects.order_by("delivery__id", "number").values_list(
            "number", "outcome", "status"
        )
    )


def states() -> list[str]:
    return list(WebhookDelivery.objects.order_by("id").values_list("state", flat=True))


def only() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


def attempted(claimed: Claim, outcome: str, *, at: datetime, **more) -> None:
    """An attempt that ended so, without a call."""
    settle(claimed, Attempt(at=at, milliseconds=1, outcome=settling.Outcome(outcome), **more))
