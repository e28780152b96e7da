"""Webhooks in words: what the states of endpoints and deliveries are called and look like."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.models.webhook import DeliveryState, EndpointState
from rewards.voice import Voice


@dataclass(frozen=True, slots=True)
class Look:
    label: str | Promise
    tone: str
    icon: str


ENDPOINT_LOOKS = {
    EndpointState.ACTIVE: Look(gettext_lazy("Active"), "good", "check-circle"),
    EndpointState.PAUSED: Look(gettext_lazy("Paused"), "warn", "pause-circle"),
    EndpointState.DISABLED: Look(gettext_lazy("Disabled"), "bad", "no-symbol"),
}
DELIVERY_LOOKS = {
    DeliveryState.WAITING: Look(gettext_lazy("Waiting"), "warn", "clock"),
    DeliveryState.DELIVERED: Look(gettext_lazy("Delivered"), "good", "check-circle"),
    DeliveryState.FAILED: Look(gettext_lazy("Failed"), "bad", "x-circle"),
}
FAILING = Look(gettext_lazy("Failing"), "bad", "exclamation-triangle")
ALL_KINDS = gettext_lazy("Everything")


def look_of(endpoint: WebhookEndpoint) -> Look:
    if endpoint.state == EndpointState.ACTIVE and endpoint.failing_since:
        return FAILING
    return ENDPOINT_LOOKS[EndpointState(endpoint.state)]


def kinds_of(endpoint: WebhookEndpoint) -> str:
    return str(ALL_KINDS) if endpoint.kinds == ["*"] else ", ".join(endpoint.kinds)


def state_sentence(endpoint: WebhookEndpoint, *, voice: Voice, now: datetime) -> str:
    """What people should know about it, and do; empty where all is well."""
    if endpoint.state == EndpointState.DISABLED:
        return _(
            "%(reason)s Events are not sent any more. Once the receiver is mended, open it again "
            "and send what it missed."
        ) % {"reason": endpoint.reason}
    if endpoint.state == EndpointState.PAUSED:
        return _("What happens meanwhile is kept and sent when you resume.")
    if endpoint.failing_since is None:
        return ""
    said = _("Nothing has arrived since %(at)s") % {"at": voice.minute(endpoint.failing_since)}
    if endpoint.rests_until and endpoint.rests_until > now:
        said += _("; the next attempt is at %(at)s") % {"at": voice.minute(endpoint.rests_until)}
    return _("%(said)s. It is disabled after five days of that; nothing that waits is lost.") % {
        "said": said
    }


def next_step(delivery: WebhookDelivery, *, voice: Voice, now: datetime) -> str:
    """What becomes of a delivery that waits; empty for one that is over."""
    if delivery.state != DeliveryState.WAITING:
        return ""
    if delivery.is_leased:
        return _("Being sent")
    if delivery.due_at <= now:
        return _("Due now")
    return _("Again at %(at)s") % {"at": voice.minute(delivery.due_at)}
