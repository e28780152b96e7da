"""What the events of leads have to say to the partner that has them, or had them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from accounts.models import Event
from accounts.notices.news import Directory, News


def lead_offered(event: Event, names: Directory) -> Iterator[News]:
    yield from _of_lead("lead_offered", event, names, until=_until(event, names))


def lead_expired(event: Event, names: Directory) -> Iterator[News]:
    yield from _of_lead("lead_expired", event, names, until=_until(event, names))


def lead_withdrawn(event: Event, names: Directory) -> Iterator[News]:
    yield from _of_lead("lead_withdrawn", event, names, note=event.payload["note"])


def lead_silent(event: Event, names: Directory) -> Iterator[News]:
    yield from _of_lead("lead_silent", event, names)


def _until(event: Event, names: Directory) -> str:
    """To the minute, in the tenant's time, which is named: an hour more or less loses a lead."""
    until = datetime.fromisoformat(event.payload["until"]).astimezone(names.zone)
    return f"{until:%Y-%m-%d %H:%M} ({names.zone.key})"


def _of_lead(kind: str, event: Event, names: Directory, **more: Any) -> Iterator[News]:
    said = event.payload
    if event.account_id:
        yield News(
            kind=kind,
            about=str(event.id),
            account_id=event.account_id,
            details=names.details(
                event.account_id,
                None,
                lead_id=event.subject.partition(":")[2],
                customer=said["company"],
                reference=said["reference"],
                **more,
            ),
        )
