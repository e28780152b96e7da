"""The life of an endpoint: made, changed, its secret replaced, paused, disabled, opened again."""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext

from accounts import delivery, events
from accounts.ids import uuid7
from accounts.models import Event, WebhookDelivery, WebhookEndpoint
from accounts.models.webhook import EndpointState
from accounts.outward import read_address
from accounts.sealing import is_current, open_sealed, seal
from accounts.webhooks.kinds import TEST, read_kinds

READER = "webhooks"
MOST_ENDPOINTS = 20
PREFIX = "whsec_"
LONGEST_OVERLAP = timedelta(days=7)

_SECRET = re.compile(r"whsec_[A-Za-z0-9+/]+={0,2}")


class TooManyEndpoints(ValueError):
    def __init__(self) -> None:
        super().__init__(
            gettext(
                "There are %(most_endpoints)s endpoints already; change one that is not "
                "needed any more."
            )
            % {"most_endpoints": MOST_ENDPOINTS}
        )


class BadSecret(ValueError):
    def __init__(self) -> None:
        super().__init__(
            gettext(
                "A secret is “whsec_” and then 24 to 64 random bytes in base64; leave it to "
                "us to make one, or take them from a generator made for secrets."
            )
        )


class IsDisabled(ValueError):
    def __init__(self) -> None:
        super().__init__(gettext("It is disabled already; open it again, or leave it as it is."))


def make_secret() -> str:
    return PREFIX + b64encode(token_bytes(32)).decode()


def check_secret(secret: str) -> None:
    """Raises BadSecret."""
    try:
        length = len(b64decode(secret[len(PREFIX) :], validate=True))
    except (NotBase64, ValueError):
        length = 0
    if not _SECRET.fullmatch(secret) or not 24 <= length <= 64:
        raise BadSecret


def add_endpoint(
    *,
    url: str,
    kinds: Iterable[str],
    description: str,
    secret: str,
    actor: str,
    now: datetime,
) -> WebhookEndpoint:
    """An endpoint for what happens from now on; transactions under way count as now.

    Raises AddressRefused, BadKinds, BadSecret, TooManyEndpoints.
    """
    read_address(url)
    check_secret(secret)
    wanted = read_kinds(kinds)
    with transaction.atomic():
        position = delivery.horizon()
        delivery.begin_reading(READER, position=position)
        if WebhookEndpoint.objects.count() >= MOST_ENDPOINTS:
            raise TooManyEndpoints
        endpoint = WebhookEndpoint(
            id=uuid7(),
            url=url,
            kinds=wanted,
            description=description,
            position=position,
            created_by=actor,
            created_at=now,
        )
        endpoint.secret = seal(secret, bound_to=_place(endpoint))
        endpoint.save(force_insert=True)
        _record("added", endpoint, actor=actor, now=now)
    return endpoint


def change_endpoint(
    *,
    endpoint: WebhookEndpoint,
    url: str,
    kinds: Iterable[str],
    description: str,
    actor: str,
    now: datetime,
) -> None:
    """What waits goes to the new address, too. Raises AddressRefused, BadKinds."""
    read_address(url)
    wanted = read_kinds(kinds)
    with transaction.atomic():
        there = locked(endpoint)
        before = _said(there) | {"description": there.description}
        is_other = url != there.url
        there.url, there.kinds, there.description = url, wanted, description
        there.save(update_fields=["url", "kinds", "description"])
        changed = {"before": before, "address_changed": is_other}
        _record("changed", there, actor=actor, now=now, **changed)


def rotate_secret(
    *, endpoint: WebhookEndpoint, secret: str, overlap: timedelta, actor: str, now: datetime
) -> None:
    """Sign with `secret` from now on, and for the `overlap` with the one before as well.

    Raises BadSecret.
    """
    check_secret(secret)
    overlap = min(overlap, LONGEST_OVERLAP)
    with transaction.atomic():
        there = locked(endpoint)
        keeps = overlap > timedelta(0)
        there.old_secret = there.secret if keeps else None
        there.old_secret_until = now + overlap if keeps else None
        there.secret = seal(secret, bound_to=_place(there))
        there.save(update_fields=["secret", "old_secret", "old_secret_until"])
        until = now + overlap
        _record("secret_replaced", there, actor=actor, now=now, old_until=until.isoformat())


def secrets_of(endpoint: WebhookEndpoint, *, at: datetime) -> list[str]:
    """What signs at that moment, the newest first. Raises CannotOpen (accounts.sealing)."""
    sealed, until = [endpoint.secret], endpoint.old_secret_until
    if endpoint.old_secret is not None and until is not None and until > at:
        sealed.append(endpoint.old_secret)
    return [open_sealed(bytes(one), bound_to=_place(endpoint)) for one in sealed]


def reseal_secrets() -> int:
    """Seal anew what an older key has sealed; how many endpoints that were."""
    count = 0
    with transaction.atomic():
        for endpoint in WebhookEndpoint.objects.select_for_update().order_by("id"):
            changed = [
                name
                for name in ("secret", "old_secret")
                if (kept := getattr(endpoint, name)) is not None and not is_current(kept)
            ]
            for name in changed:
                place = _place(endpoint)
                text = open_sealed(getattr(endpoint, name), bound_to=place)
                setattr(endpoint, name, seal(text, bound_to=place))
            endpoint.save(update_fields=changed)
            count += bool(changed)
    return count


def pause(*, endpoint: WebhookEndpoint, actor: str, now: datetime) -> None:
    """Keep what happens for later. Pausing twice changes nothing. Raises IsDisabled."""
    with transaction.atomic():
        there = locked(endpoint)
        if there.state == EndpointState.DISABLED:
            raise IsDisabled
        if there.state == EndpointState.ACTIVE:
            there.state = EndpointState.PAUSED.value
            there.save(update_fields=["state"])
            _record("paused", there, actor=actor, now=now)


def resume(*, endpoint: WebhookEndpoint, actor: str, now: datetime) -> None:
    """Send again, beginning with what waited. Resuming an active one changes nothing."""
    with transaction.atomic():
        there = locked(endpoint)
        if there.state != EndpointState.ACTIVE:
            there.state, there.reason = EndpointState.ACTIVE.value, ""
            there.failures, there.failing_since, there.rests_until = 0, None, None
            there.save(
                update_fields=["state", "reason", "failures", "failing_since", "rests_until"]
            )
            _record("resumed", there, actor=actor, now=now)


def disable(*, endpoint: WebhookEndpoint, reason: str, actor: str, now: datetime) -> None:
    """Stop sending, for a reason people read; the caller holds the endpoint's lock."""
    if endpoint.state != EndpointState.DISABLED:
        endpoint.state, endpoint.reason = EndpointState.DISABLED.value, reason
        endpoint.save(update_fields=["state", "reason"])
        _record("disabled", endpoint, actor=actor, now=now, reason=reason)


def send_test(*, endpoint: WebhookEndpoint, actor: str, now: datetime) -> WebhookDelivery:
    """An event for this endpoint alone, on its way like any other. Raises IsDisabled."""
    with transaction.atomic():
        there = locked(endpoint)
        if there.state == EndpointState.DISABLED:
            raise IsDisabled
        event = Event.objects.create(
            kind=TEST,
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            subject=there.subject,
            payload={"host": _host(there)},
        )
        return WebhookDelivery.objects.create(
            endpoint=there, event=event, due_at=now, created_at=now
        )


def locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """As it is now, for the running transaction alone. Always before any of its deliveries."""
    return WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)


def _said(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """The host alone: what stands behind it may hold a token, and an event is for ever and for
    whoever reads events."""
    return {"host": _host(endpoint), "kinds": endpoint.kinds}


def _host(endpoint: WebhookEndpoint) -> str:
    return urlsplit(endpoint.url).hostname or ""


def _place(endpoint: WebhookEndpoint) -> str:
    return f"{endpoint.tenant_id}/{endpoint.subject}"


def _record(
    what: str, endpoint: WebhookEndpoint, *, actor: str, now: datetime, **more: Any
) -> None:
    events.record(
        kind=f"webhook.{what}",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=endpoint.subject,
        payload=_said(endpoint) | more,
    )
