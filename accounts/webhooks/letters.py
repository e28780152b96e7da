"""What is sent: an event as JSON, signed as Standard Webhooks has it (standardwebhooks.com)."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from standardwebhooks import Webhook

from accounts.models import Event

VERSION = 1  # of the shape of `data`; fields may be added without a new one
AGENT = "Loyalty-Webhooks/1"


def told(event: Event) -> dict[str, Any]:
    """The body: all that the event's row says, so that a receiver need not ask back."""
    account = event.account
    return {
        "type": event.kind,
        "timestamp": _instant(event.occurred_at),
        "version": VERSION,
        "data": {
            "recorded_at": _instant(event.recorded_at),
            "actor": event.actor,
            "subject": event.subject,
            "account": account
            and {"id": str(account.pk), "number": account.number, "name": account.name},
            "details": event.payload,
        },
    }


def body_of(event: Event) -> str:
    return json.dumps(told(event), ensure_ascii=False, separators=(",", ":"))


def headers_of(event_id: str, body: str, *, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """A signature under each secret: while one is being replaced, either of them verifies.

    `at` is the moment of the attempt, in UTC: receivers refuse what is older than minutes.
    """
    signed = [Webhook(secret).sign(event_id, at, body) for secret in secrets]
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": AGENT,
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signed),
    }


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
