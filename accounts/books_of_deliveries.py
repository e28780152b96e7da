"""What must be true of the events on their way to webhooks, as SQL that finds where it is not."""

from accounts.invariants import Invariant

# What an endpoint was sent before it was last added, changed, disabled or opened again was decided
# by what it was then. From that event on it wants the same: and no event can stand behind that one
# and have been read before it, because events are read only below the oldest open transaction.
_SINCE = """
    SELECT endpoint.id, endpoint.kinds, (
        SELECT max(told.position) FROM accounts_event told
        WHERE told.tenant_id = endpoint.tenant_id
          AND told.subject = 'webhook:' || endpoint.id
          AND told.kind IN ('webhook.added', 'webhook.changed', 'webhook.resumed')
    ) AS position
    FROM accounts_webhookendpoint endpoint
    WHERE endpoint.state <> 'disabled'
"""

DELIVERIES = (
    Invariant(
        16,
        "every event that was read has a delivery at each endpoint that wants it",
        f"""
        SELECT event.id || ' for ' || wanting.id
        FROM ({_SINCE}) wanting
        JOIN accounts_eventreader reader ON reader.name = 'webhooks'
        JOIN accounts_event event
          ON event.position > wanting.position
         AND (event.position, event.id) <= (reader.position, reader.last_read)
         AND event.kind <> 'webhook.tested'
         AND EXISTS (
             SELECT FROM unnest(wanting.kinds) AS k (kind)
             WHERE CASE WHEN right(k.kind, 1) = '*'
                        THEN starts_with(event.kind, left(k.kind, -1))
                        ELSE event.kind = k.kind END)
        WHERE NOT EXISTS (
            SELECT FROM accounts_webhookdelivery delivery
            WHERE delivery.tenant_id = event.tenant_id AND delivery.endpoint_id = wanting.id
              AND delivery.event_id = event.id)
        """,  # noqa: S608 - only names of our own tables go into this text
        # Nobody's points depend on it.
        stops_payouts=False,
    ),
)
