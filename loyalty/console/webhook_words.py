"""Webhooks in words: what the states of endpoints and deliveries are called and look like."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.models.webhook import DeliveryState, EndpointState
from rewards.voice import Voice


@dataclass(frozen=True, slots=True)
class Look:
    label: str
    tone: str
    icon: str


ENDPOINT_LOOKS = {
    EndpointState.ACTIVE: Look("Active", "good", "check-circle"),
    EndpointState.PAUSED: Look("Paused", "warn", "pause-circle"),
    EndpointState.DISABLED: Look("Disabled", "bad", "no-symbol"),
}
DELIVERY_LOOKS = {
    DeliveryState.WAITING: Look("Waiting", "warn", "clock"),
    DeliveryState.DELIVERED: Look("Delivered", "good", "check-circle"),
    DeliveryState.FAILED: Look("Failed", "bad", "x-circle"),
}
FAILING = Look("Failing", "bad", "exclamation-triangle")
ALL_KINDS = "Everything"


def look_of(endpoint: WebhookEndpoint) -> Look:
    if endpoint.state == EndpointState.ACTIVE and endpoint.failing_since:
        return FAILING
    return ENDPOINT_LOOKS[EndpointState(endpoint.state)]


def kinds_of(endpoint: WebhookEndpoint) -> str:
    return ALL_KINDS if endpoint.kinds == ["*"] else ", ".join(endpoint.kinds)


def state_sentence(endpoint: WebhookEndpoint, *, voice: Voice, now: datetime) -> str:
    """What people should know about it, and do; empty where all is well."""
    if endpoint.state == EndpointState.DISABLED:
        return (
            f"{endpoint.reason} Events are not sent any more. Once the receiver is mended, open it "
            "again and send what it missed."
        )
    if endpoint.state == EndpointState.PAUSED:
        return "What happens meanwhile is kept and sent when you resume."
    if endpoint.failing_since is None:
        return ""
    said = f"Nothing has arrived since {voice.minute(endpoint.failing_since)}"
    if endpoint.rests_until and endpoint.rests_until > now:
        said += f"; the next attempt is at {voice.minute(endpoint.rests_until)}"
    return f"{said}. It is disabled after five days of that; nothing that waits is lost."


def next_step(delivery: WebhookDelivery, *, voice: Voice, now: datetime) -> str:
    """What becomes of a delivery that waits; empty for one that is over."""
    if delivery.state != DeliveryState.WAITING:
        return ""
    if delivery.is_leased:
        return "Being sent"
    if delivery.due_at <= now:
        return "Due now"
    return f"Again at {voice.minute(delivery.due_at)}"
