"""The record of events: what happened, by whom, to what; audit trail and outbox in one."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet

from accounts.ids import uuid7s
from accounts.models.event import EVERYDAY, Event
from accounts.postgres.arrays import instants, texts, uuids
from accounts.postgres.statements import Ask, ask, nothing
from accounts.tenancy import current_tenant_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """`occurred_at` is when it took effect, `recorded_at` when it was written; both aware, UTC.

    `actor` and `subject` are "kind:id"; `payload` is all a notice or webhook needs to tell it.
    """

    kind: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    subject: str
    account_id: UUID | None = None
    payload: dict[str, Any]


def record(
    *,
    kind: str,
    occurred_at: datetime,
    recorded_at: datetime,
    actor: str,
    subject: str,
    account_id: UUID | None = None,
    payload: dict[str, Any],
) -> None:
    """Write one event in the running transaction."""
    record_many(
        [
            NewEvent(
                kind=kind,
                occurred_at=occurred_at,
                recorded_at=recorded_at,
                actor=actor,
                subject=subject,
                account_id=account_id,
                payload=payload,
            )
        ]
    )


def record_many(events: Sequence[NewEvent]) -> None:
    """Write events in the running transaction, in one statement."""
    if events:
        ask(recording(events))


def events_about(subject: str) -> QuerySet[Event]:
    """What is on record of a subject (“deal:<id>”), the first first. Said so that the index by
    subject serves: it leaves out what every fact says, which has other subjects."""
    told = Event.objects.exclude(kind__in=EVERYDAY).filter(subject=subject)
    return told.order_by("occurred_at", "id")


def as_recorded(row: Model, fields: Iterable[str]) -> dict[str, Any]:
    """Fields of a row as an event keeps them; a reference is the other row's id."""
    said = {}
    for name in fields:
        value = row._meta.get_field(name).to_python(row.serializable_value(name))
        # Stored as 1.5000 and set as 1.5: the same, and no change.
        said[name] = value.normalize() if isinstance(value, Decimal) else value
    return json.loads(json.dumps(said, cls=DjangoJSONEncoder))


def compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What a payload says of a change: the names whose values differ, before and after."""
    changed = [name for name in after if before.get(name) != after[name]]
    return {
        "before": {name: before.get(name) for name in changed},
        "after": {name: after[name] for name in changed},
    }


def recording(events: Sequence[NewEvent]) -> Ask[None]:
    """Writes events."""
    return Ask(
        """
        INSERT INTO accounts_event
            (tenant_id, id, kind, occurred_at, recorded_at, actor, subject, account_id, payload)
        SELECT %s, * FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::timestamptz[],
                                 %s::text[], %s::text[], %s::uuid[], %s::jsonb[])
        """,
        [
            current_tenant_id(),
            uuids(uuid7s(len(events))),
            texts(event.kind for event in events),
            instants(event.occurred_at for event in events),
            instants(event.recorded_at for event in events),
            texts(event.actor for event in events),
            texts(event.subject for event in events),
            uuids(event.account_id for event in events),
            texts(json.dumps(event.payload) for event in events),
        ],
        nothing,
    )


def insertion(rows: str, *, id_: str = "uuidv7()") -> str:
    """The statement that writes an event for each row of the query `rows`, for moves too many to
    be told one by one. Its columns are kind, occurred_at, recorded_at, actor, subject, account_id
    and payload; the statement has a place `tenant`. `id_` makes the id of each."""
    return f"""
        INSERT INTO accounts_event
            (tenant_id, id, kind, occurred_at, recorded_at, actor, subject, account_id, payload)
        SELECT %(tenant)s, {id_}, told.*
        FROM ({rows}) told (kind, occurred_at, recorded_at, actor, subject, account_id, payload)
    """  # noqa: S608 - only our own queries go into this text
