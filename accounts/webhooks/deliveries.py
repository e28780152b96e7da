"""Deliveries: written for each event and endpoint, claimed under a lease, settled, sent again.

A worker claims what is due, commits, calls, and settles in a second transaction: no lock is held
while somebody else's server thinks. Killed in between, its lease runs out and the delivery is
claimed anew: at least once, and at most one worker at a time.

Whoever locks both locks the endpoint first and then its deliveries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.ids import uuid7s
from accounts.models import Event, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from accounts.models.webhook import DeliveryState, EndpointState, Outcome
from accounts.postgres.arrays import texts, uuids
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from accounts.webhooks.endpoints import READER, locked
from accounts.webhooks.kinds import TEST, parts_of, wants

LEASE = timedelta(minutes=2)  # several times as long as a call may take (accounts.outward)
MOST_TRIES = 10  # until a delivery has failed, unless it is replayed
AT_ONCE = 4  # calls to one endpoint; so that the others get theirs, however slow it is
# An endpoint that failed so often in a row is tried with one call at a time, and rests in between.
STRUGGLING = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that is the caller's to attempt until the lease ends; `number` names the lease."""

    delivery_id: UUID
    endpoint_id: UUID
    event_id: UUID
    number: int


def fan_out(events: Sequence[Event]) -> None:
    """A delivery for each event and endpoint that wants it; one that is there stays as it is."""
    endpoints = list(WebhookEndpoint.objects.exclude(state=EndpointState.DISABLED).order_by("id"))
    WebhookDelivery.objects.bulk_create(
        [
            WebhookDelivery(
                endpoint=endpoint,
                event=event,
                due_at=event.recorded_at,
                created_at=event.recorded_at,
            )
            for event in events
            for endpoint in endpoints
            if event.position >= endpoint.position and wants(endpoint.kinds, event.kind)
        ],
        ignore_conflicts=True,
    )


_CLAIMABLE = """
SELECT id FROM accounts_webhookendpoint
WHERE tenant_id = %(tenant)s AND state = 'active'
  AND (rests_until IS NULL OR rests_until <= %(at)s)
ORDER BY id
FOR NO KEY UPDATE SKIP LOCKED
"""

# Of each endpoint no more than it has room for; first the first of every endpoint, then the second
# of every one: a long queue for one does not keep the others waiting.
_CLAIM = """
WITH room AS (
    SELECT endpoint.id,
           CASE WHEN endpoint.failures >= %(struggling)s THEN 1 ELSE %(at_once)s END - (
               SELECT count(*) FROM accounts_webhookdelivery leased
               WHERE leased.tenant_id = endpoint.tenant_id AND leased.endpoint_id = endpoint.id
                 AND leased.state = 'waiting' AND leased.is_leased AND leased.due_at > %(at)s
           ) AS free
    FROM accounts_webhookendpoint endpoint
    WHERE endpoint.tenant_id = %(tenant)s AND endpoint.id = ANY (%(endpoints)s::uuid[])
), picked AS (
    SELECT due.id, due.was_lost, due.attempts
    FROM room CROSS JOIN LATERAL (
        SELECT id, is_leased AS was_lost, attempts, due_at,
               row_number() OVER (ORDER BY due_at, id) AS turn
        FROM accounts_webhookdelivery
        WHERE tenant_id = %(tenant)s AND endpoint_id = room.id
          AND state = 'waiting' AND due_at <= %(at)s
        ORDER BY due_at, id LIMIT greatest(room.free, 0)
    ) due
    ORDER BY due.turn, due.due_at, due.id LIMIT %(most)s
)
UPDATE accounts_webhookdelivery delivery
SET is_leased = true, due_at = %(until)s, attempts = delivery.attempts + 1,
    tries = delivery.tries + 1
FROM picked
WHERE delivery.tenant_id = %(tenant)s AND delivery.id = picked.id
RETURNING delivery.id, delivery.endpoint_id, delivery.event_id, delivery.attempts,
          delivery.tries, picked.was_lost
"""


def claim(*, at: datetime, most: int) -> list[Claim]:
    """What is due, at most so many, for the caller to attempt within LEASE."""
    with transaction.atomic():
        values = {"tenant": current_tenant_id(), "at": at}
        # Locked first, and by a statement of its own: the next one's snapshot then sees every lease
        # that was given before, and two workers cannot fill the same room.
        endpoints = [row[0] for row in run(_CLAIMABLE, values)]
        if not endpoints:
            return []
        rows = run(
            _CLAIM,
            values
            | {
                "endpoints": uuids(endpoints),
                "until": at + LEASE,
                "most": most,
                "at_once": AT_ONCE,
                "struggling": STRUGGLING,
            },
        )
        _note_lost([(row[0], row[3] - 1) for row in rows if row[5]], at=at)
        worn_out = [row[0] for row in rows if row[4] > MOST_TRIES]
        if worn_out:
            run(_GIVE_UP, values | {"ids": uuids(worn_out)})
    return [Claim(*row[:4]) for row in rows if row[4] <= MOST_TRIES]


# Lost again and again: whatever kills workers there goes on to do so.
_GIVE_UP = """
UPDATE accounts_webhookdelivery
SET state = 'failed', is_leased = false, finished_at = %(at)s,
    attempts = attempts - 1, tries = tries - 1
WHERE tenant_id = %(tenant)s AND id = ANY (%(ids)s::uuid[])
"""


def _note_lost(lost: Sequence[tuple[UUID, int]], *, at: datetime) -> None:
    """The attempts of workers that died: nobody else will ever write them down."""
    WebhookAttempt.objects.bulk_create(
        WebhookAttempt(id=id, delivery_id=delivery_id, number=number, at=at, outcome=Outcome.LOST)
        for id, (delivery_id, number) in zip(uuid7s(len(lost)), lost, strict=True)
    )


def held(claimed: Claim) -> WebhookDelivery | None:
    """The claimed delivery, locked; None if the lease has run out and it is another's by now."""
    return (
        WebhookDelivery.objects.select_for_update(of=("self",), no_key=True)
        .filter(
            pk=claimed.delivery_id,
            attempts=claimed.number,
            is_leased=True,
            state=DeliveryState.WAITING,
        )
        .first()
    )


_AGAIN = """
UPDATE accounts_webhookdelivery
SET state = 'waiting', due_at = %(now)s, tries = 0, is_leased = false, finished_at = NULL
WHERE tenant_id = %(tenant)s AND endpoint_id = %(endpoint)s AND id = ANY (%(ids)s::uuid[])
  AND state <> 'waiting'
RETURNING id
"""


def replay(*, endpoint: WebhookEndpoint, delivery_ids: Sequence[UUID], now: datetime) -> int:
    """Send those again, delivered or not, with all attempts anew; how many. What waits, waits on:
    it is sent anyway."""
    with transaction.atomic():
        there = locked(endpoint)
        values = {"tenant": there.tenant_id, "endpoint": there.pk, "now": now}
        return len(run(_AGAIN, values | {"ids": uuids(sorted(delivery_ids))}))


_FAILED = """
UPDATE accounts_webhookdelivery
SET state = 'waiting', due_at = %(now)s, tries = 0, finished_at = NULL
WHERE tenant_id = %(tenant)s AND endpoint_id = %(endpoint)s AND state = 'failed'
  AND created_at >= %(since)s
RETURNING id
"""

# What happened while it was disabled. What the reader has not come to yet is not missed.
_MISSED = """
INSERT INTO accounts_webhookdelivery
    (tenant_id, id, endpoint_id, event_id, state, due_at, is_leased, attempts, tries, created_at)
SELECT tenant_id, uuidv7(), %(endpoint)s, id, 'waiting', %(now)s, false, 0, 0, recorded_at
FROM accounts_event event
WHERE tenant_id = %(tenant)s AND id >= %(first)s AND recorded_at >= %(since)s
  AND position >= %(position)s AND kind <> %(test)s
  AND (kind = ANY (%(named)s::text[])
       OR EXISTS (SELECT FROM unnest(%(beginnings)s::text[]) AS b (beginning)
                  WHERE starts_with(event.kind, b.beginning)))
  AND (position, id) <= (SELECT position, last_read FROM accounts_eventreader
                         WHERE tenant_id = %(tenant)s AND name = %(reader)s)
ON CONFLICT (tenant_id, endpoint_id, event_id) DO NOTHING
RETURNING id
"""


def replay_since(*, endpoint: WebhookEndpoint, since: datetime, now: datetime) -> int:
    """Send again what has failed since then, and what was never sent because the endpoint was
    disabled; how many. What was delivered is left alone."""
    with transaction.atomic():
        there = locked(endpoint)
        values = {"tenant": there.tenant_id, "endpoint": there.pk, "now": now, "since": since}
        again = run(_FAILED, values)
        named, beginnings = parts_of(there.kinds)
        values |= {
            "first": _first_id(since),
            "position": there.position,
            "named": texts(named),
            "beginnings": texts(beginnings),
            "test": TEST,
            "reader": READER,
        }
        return len(again) + len(run(_MISSED, values))


def _first_id(since: datetime) -> UUID:
    """No event recorded since then has a lower id: ids begin with the time they were made, on
    clocks that may differ by less than an hour."""
    made = int((since - timedelta(hours=1)).timestamp() * 1000)
    return UUID(int=max(made, 0) << 80)
