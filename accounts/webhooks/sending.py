"""Sending what is due: calls in threads, everything of ours in one.

The threads only talk to receivers; the database is this thread's. Whoever is slow holds one of the
few places its endpoint may have (accounts.webhooks.deliveries), never all of them.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom

from django.db import transaction

from accounts.models import Event, WebhookEndpoint
from accounts.models.webhook import Outcome
from accounts.outward import AddressRefused, CallFailed, post, read_address
from accounts.sealing import CannotOpen
from accounts.webhooks.deliveries import Claim, claim
from accounts.webhooks.endpoints import secrets_of
from accounts.webhooks.letters import body_of, headers_of
from accounts.webhooks.settling import Attempt, outcome_of, settle

PLACES = 16  # calls at once by one worker

_chance = SystemRandom()


@dataclass(frozen=True, slots=True)
class Parcel:
    """All that a thread needs to call; an endpoint without secrets cannot be signed for."""

    claim: Claim
    url: str
    secrets: tuple[str, ...]
    body: str


def send_due(*, now: Callable[[], datetime], go_on: Callable[[], bool]) -> int:
    """Send the open tenant's due deliveries until there are none or `go_on` says no; how many
    attempts that took. Not inside a transaction: it commits before each call and after it."""
    attempts = 0
    under_way: dict[Future[Attempt], Claim] = {}
    with ThreadPoolExecutor(PLACES, thread_name_prefix="webhook") as pool:
        while True:
            if go_on() and len(under_way) < PLACES:
                for parcel in _parcels(claim(at=now(), most=PLACES - len(under_way)), at=now()):
                    under_way[pool.submit(_attempt, parcel, now)] = parcel.claim
            if not under_way:
                return attempts
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for one in done:
                settle(under_way.pop(one), one.result())
                attempts += 1


def _parcels(claims: Sequence[Claim], *, at: datetime) -> list[Parcel]:
    with transaction.atomic():
        endpoints = WebhookEndpoint.objects.in_bulk({one.endpoint_id for one in claims})
        events = Event.objects.select_related("account").in_bulk({one.event_id for one in claims})
    secrets = {endpoint.pk: _secrets(endpoint, at=at) for endpoint in endpoints.values()}
    return [
        Parcel(
            one,
            endpoints[one.endpoint_id].url,
            secrets[one.endpoint_id],
            body_of(events[one.event_id]),
        )
        for one in claims
    ]


def _secrets(endpoint: WebhookEndpoint, *, at: datetime) -> tuple[str, ...]:
    try:
        return tuple(secrets_of(endpoint, at=at))
    except CannotOpen:
        return ()  # its attempts say so; the other endpoints are none the worse


def _attempt(parcel: Parcel, now: Callable[[], datetime]) -> Attempt:
    """One call, and how it ended. In a thread: nothing here touches the database."""
    started, at = time.monotonic(), now()
    found = _call(parcel, at)
    taken = round((time.monotonic() - started) * 1000)
    return Attempt(at=now(), milliseconds=taken, jitter=_chance.random(), **found)


def _call(parcel: Parcel, at: datetime) -> dict:
    if not parcel.secrets:
        said = "The key that sealed its secret is not among SEALING_KEYS: replace the secret."
        return {"outcome": Outcome.REFUSED, "answer": said}
    headers = headers_of(str(parcel.claim.event_id), parcel.body, secrets=parcel.secrets, at=at)
    try:
        answer = post(read_address(parcel.url), headers=headers, body=parcel.body.encode())
    except AddressRefused as refused:
        return {"outcome": Outcome.REFUSED, "answer": str(refused)}
    except CallFailed as failed:
        return {"outcome": Outcome(failed.why), "answer": str(failed)}
    return {
        "outcome": outcome_of(answer.status),
        "status": answer.status,
        "answer": answer.body.decode(errors="replace"),
        "retry_after": answer.retry_after,
    }
