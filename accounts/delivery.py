"""Events handed on, in order and without gaps, to whoever reads them: the record as an outbox.

Each reader has a row that says how far it has come. What it does with events and its new place are
committed together: killed anywhere, it goes on where it was, and repeats nothing it has kept.
"""

from collections.abc import Callable
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Q

from accounts.models import Event, EventReader
from accounts.postgres.rehearsal import OPEN_FROM

BATCH = 500
BEFORE_ALL = UUID(int=0)


class RestoredElsewhere(RuntimeError):
    """Transactions are numbered anew: new events would stand before those read long ago."""

    def __init__(self) -> None:
        super().__init__(
            "This database's events were written under higher transaction numbers than the server "
            "has reached: a dump was restored into a new server. Stop the server and set its next "
            "transaction number beyond them with pg_resetwal (--epoch, --next-transaction-id); "
            "until then nothing is handed on, and nothing is lost."
        )


class Horizon(models.Func):
    """The number of the oldest transaction that had not ended when the statement began, and that
    may commit events: rehearsals never do.

    Transactions commit in another order than they are numbered, and so rows appear behind others
    that were read long ago. Below the horizon nobody can commit any more: what is not visible there
    was rolled back. Read up to it, no late committer is ever skipped.
    """

    template = OPEN_FROM
    output_field = models.BigIntegerField()


def settled() -> Q:
    """Events before which none can appear any more; what begins long after them is still hidden.

    Compared in the very statement that reads: a horizon asked for after the rows would already be
    beyond some that were not visible to them.
    """
    return Q(position__lt=Horizon())


def behind(position: int, last: UUID) -> Q:
    """Events behind that place, in the order (position, id), as the index finds them."""
    return Q(position__gte=position) & (Q(position__gt=position) | Q(id__gt=last))


def horizon() -> int:
    """Where events that happen from now on will stand, or behind it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {OPEN_FROM}")
        return cursor.fetchone()[0]


def _reached() -> int:
    """The number that no transaction has had yet. Unlike the horizon it never goes back: that does
    for an instant where a rehearsal ends, and readers are beyond it by then."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        return cursor.fetchone()[0]


def begin_reading(reader: str, *, position: int) -> None:
    """Let `reader` have the events from `position` on; one that reads already goes on as it is."""
    EventReader.objects.bulk_create(
        [EventReader(name=reader, position=position, last_read=BEFORE_ALL)], ignore_conflicts=True
    )


def hand_on(*, reader: str, take: Callable[[list[Event]], None], most: int = BATCH) -> int:
    """Give the next events, at most so many, to `take`; how many there were.

    In one transaction with what `take` writes. Another worker that is at it for the same reader is
    left to it (0): two of them would hand out the same events. Raises RestoredElsewhere.
    """
    with transaction.atomic():
        place = EventReader.objects.select_for_update(skip_locked=True).filter(name=reader).first()
        if place is None:
            return 0
        if place.position > _reached():
            raise RestoredElsewhere
        events = list(
            Event.objects.filter(settled(), behind(place.position, place.last_read))
            .select_related("account")
            .order_by("position", "id")[:most]
        )
        if events:
            take(events)
            place.position, place.last_read = events[-1].position, events[-1].id
            place.save(update_fields=["position", "last_read"])
    return len(events)
